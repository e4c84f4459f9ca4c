//! Orphaned spools: spools that belong to no agent in the settings, and the requests to send or
//! delete them. `siembox orphans` and the page ask; the appliance does it.

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

/// A spool in the state folder that belongs to no agent of the settings, and holds something.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orphan {
    /// Name of its folder: of the agent that it belonged to.
    pub name: String,
    /// Lines that wait in it.
    pub waiting: u64,
    /// Bytes that they take as text.
    pub waiting_bytes: u64,
    /// When the oldest of them was appended, milliseconds since 1970.
    pub oldest_ms: Option<i64>,
    /// Bytes on disk.
    pub disk_bytes: u64,
    /// Records set aside in it, because they cannot be read.
    pub aside: u64,
    /// The agent with whose SIEM settings its lines are sent, because somebody asked for that.
    pub sends_to: Option<String>,
    /// Why it can't be read or sent at present.
    pub trouble: Option<String>,
}

/// What the running siembox is asked to do with one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrphanRequest {
    /// Send the lines that wait in it.
    Send {
        /// The orphaned spool.
        name: String,
        /// With the SIEM settings of this agent; `None` where the settings have only one.
        agent: Option<String>,
    },
    /// Delete it with all that is in it.
    Delete {
        /// The orphaned spool.
        name: String,
    },
}

/// What became of a request: a sentence of what is done, or why it can't be.
pub type OrphanOutcome = Result<String, String>;

/// A request on its way to the appliance.
#[derive(Debug)]
pub struct OrphanCall {
    /// What is asked.
    pub request: OrphanRequest,
    /// Takes the outcome. Closed where nobody listens any more.
    pub done: oneshot::Sender<OrphanOutcome>,
}

// === impl Orphan ===

impl Orphan {
    /// Is there anything in it that would be lost with it, or that can't be told?
    #[must_use]
    pub fn holds_something(&self) -> bool {
        self.waiting > 0 || self.aside > 0 || self.trouble.is_some()
    }

    /// What it holds: "1000 lines wait, 3 records are set aside".
    #[must_use]
    pub fn contents(&self) -> String {
        let waiting = match self.waiting {
            1 => "1 line waits".to_owned(),
            lines => format!("{lines} lines wait"),
        };
        match self.aside {
            0 => waiting,
            1 => format!("{waiting}, 1 record is set aside"),
            aside => format!("{waiting}, {aside} records are set aside"),
        }
    }

    /// What is the matter and what can be done, for the notice and the log. It says the same until
    /// something else is the matter.
    #[must_use]
    pub fn in_words(&self) -> String {
        let Self { name, .. } = self;
        let begin = format!("the spool {name} belongs to no agent in the settings");
        let back = format!("Add an agent named {name} again");
        let delete = format!("delete it (siembox orphans --delete {name} --yes)");
        let page = "the page offers the same under Set up";
        match (&self.trouble, &self.sends_to) {
            (Some(trouble), Some(agent)) => format!(
                "{begin}; its lines cannot be sent with the SIEM settings of agent {agent}: \
                    {trouble}. {back}, or choose another agent (siembox orphans --send {name} \
                    --agent AGENT), or {delete}; {page}"
            ),
            (Some(trouble), None) => {
                format!("{begin}, and cannot be read: {trouble}. {back}, or {delete}")
            }
            (None, Some(agent)) => format!(
                "{begin}; its lines are being sent with the SIEM settings of agent {agent}; \
                    siembox status shows how many are left"
            ),
            (None, None) if self.waiting == 0 => format!(
                "{begin}: {}. {back} to keep the records, or {delete}; the page offers the same \
                    under Set up",
                self.contents()
            ),
            (None, None) => format!(
                "{begin}: {}, and they are not sent. {back} to send them to its SIEM, or send them \
                    with the SIEM settings of another agent (siembox orphans --send {name} --agent \
                    AGENT), or {delete}; {page}",
                self.contents()
            ),
        }
    }
}

// === impl Request ===

impl OrphanRequest {
    /// The spool that it is about.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Send { name, .. } | Self::Delete { name } => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_case_names_the_spool_and_its_cures() {
        let idle = Orphan {
            name: "old".to_owned(),
            waiting: 1000,
            ..Orphan::default()
        };
        let aside = Orphan {
            waiting: 0,
            aside: 1,
            ..idle.clone()
        };
        let sends = Orphan {
            sends_to: Some("new".to_owned()),
            ..idle.clone()
        };
        let stuck = Orphan {
            trouble: Some("no agent is called new".to_owned()),
            ..sends.clone()
        };
        let broken = Orphan {
            trouble: Some("damaged".to_owned()),
            ..idle.clone()
        };
        for (orphan, said) in [
            (
                &idle,
                &[
                    "1000 lines wait",
                    "--send old",
                    "--delete old",
                    "Add an agent named old",
                ][..],
            ),
            (&aside, &["1 record is set aside", "--delete old"]),
            (&sends, &["being sent", "agent new"]),
            (
                &stuck,
                &["no agent is called new", "--send old", "--delete old"],
            ),
            (&broken, &["damaged", "--delete old"]),
        ] {
            let words = orphan.in_words();
            for part in said {
                assert!(words.contains(part), "{part}: {words}");
            }
            assert!(orphan.holds_something());
        }
        assert!(
            !aside.in_words().contains("--send"),
            "there is nothing to send"
        );
        let fewer = Orphan {
            waiting: 7,
            ..sends.clone()
        };
        assert_eq!(
            fewer.in_words(),
            sends.in_words(),
            "one notice while it goes on"
        );
    }
}
