//! What the box tells in STATUS.TXT on its ESP: the one thing that a person without network can read.
//!
//! It is written when something has changed, and never more often than once a minute: a cable that is loose must not wear the
//! flash. Nothing in it changes by itself, no counter and no clock, so that an idle box writes nothing.

use std::io;
use std::path::Path;
use std::time::Duration;

use super::esp::Esp;
use crate::status::Condition;

const NAME: &str = "STATUS.TXT";
/// Between two writes; twice as long after each that follows soon, up to [`LONGEST`].
const SHORTEST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(3_600);

/// What is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Version of the firmware.
    pub version: String,
    /// The board's name for people.
    pub board: String,
    /// What the lamps say, in a word: "Connected", "Starting".
    pub state: String,
    /// What that means, and what to do.
    pub means: String,
    /// The box's address, where it has one: `10.0.2.15 by DHCP`.
    pub address: Option<String>,
    /// Where the page is.
    pub page: Vec<String>,
    /// SHA-256 of its certificate.
    pub fingerprint: String,
    /// How it stood with the data partition at the start.
    pub data: String,
    /// The SIEM agents: name, and how each does.
    pub agents: Vec<(String, Condition)>,
    /// What is wrong with the box or its settings, each with its cure; the gravest first.
    pub troubles: Vec<String>,
    /// What is wrong with the stream at present: a title, and the text with its cure. The text may speak of attempts and
    /// times: it is no change by itself.
    pub stream: Option<(String, String)>,
}

/// What stands in the file.
#[derive(Debug)]
pub struct StatusFile {
    written: Option<(Told, Duration)>,
    /// Before the next write.
    wait: Duration,
    /// The last write failed.
    failed: bool,
}

// === impl Told ===

impl Told {
    /// Does it say something else?
    fn differs(&self, other: &Self) -> bool {
        let title = |told: &Self| told.stream.as_ref().map(|(title, _)| title.clone());
        let rest = |told: &Self| Self {
            stream: None,
            ..told.clone()
        };
        title(self) != title(other) || rest(self) != rest(other)
    }
}

/// Where the page is for a browser: `https://10.0.2.15/` of `https://0.0.0.0:443/`, secure ones first.
#[must_use]
pub fn page_at(listening: &[String], address: Option<&str>) -> Vec<String> {
    let host = address.and_then(|address| address.split_whitespace().next());
    let mut page: Vec<String> = listening
        .iter()
        .filter_map(|url| {
            let (scheme, port) = match url.split_once("://0.0.0.0:") {
                Some((scheme, port)) => (scheme, port.trim_end_matches('/')),
                None => return Some(url.clone()),
            };
            let usual = matches!((scheme, port), ("http", "80") | ("https", "443"));
            let port = if usual {
                String::new()
            } else {
                format!(":{port}")
            };
            Some(format!("{scheme}://{}{port}/", host?))
        })
        .collect();
    page.sort_by_key(|url| !url.starts_with("https"));
    page
}

// === impl StatusFile ===

impl Default for StatusFile {
    fn default() -> Self {
        Self {
            written: None,
            wait: SHORTEST,
            failed: false,
        }
    }
}

impl StatusFile {
    /// Is this to be written now? `now` is steady time. `at_once`: it is the last chance.
    #[must_use]
    pub fn is_due(&self, told: &Told, now: Duration, at_once: bool) -> bool {
        match &self.written {
            None => true,
            Some((written, at)) => {
                let waited = at_once || now.saturating_sub(*at) >= self.wait;
                waited && (self.failed || written.differs(told))
            }
        }
    }

    /// Writes it.
    ///
    /// # Errors
    /// What the disk said, the first time only; it is tried again.
    pub fn write(&mut self, esp: &Esp, told: Told, text: &str, now: Duration) -> io::Result<()> {
        let written = esp.written(|place| replace(place, text));
        self.note(told, now);
        let said_before = std::mem::replace(&mut self.failed, written.is_err());
        if said_before { Ok(()) } else { written }
    }

    fn note(&mut self, told: Told, now: Duration) {
        let before = self.written.replace((told, now));
        let soon = before.is_some_and(|(_, at)| now.saturating_sub(at) < 2 * self.wait);
        self.wait = if soon {
            (2 * self.wait).min(LONGEST)
        } else {
            SHORTEST
        };
    }
}

/// A power cut leaves the old text or the new one.
fn replace(place: &Path, text: &str) -> io::Result<()> {
    let new = place.join("STATUS.NEW");
    std::fs::write(&new, text)?;
    std::fs::File::open(&new)?.sync_all()?;
    std::fs::rename(&new, place.join(NAME))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(state: &str) -> Told {
        Told {
            state: state.to_owned(),
            ..Told::default()
        }
    }

    #[test]
    fn is_written_at_changes_only() {
        let at = Duration::from_secs;
        let mut file = StatusFile::default();
        assert!(file.is_due(&told("Starting"), at(0), false));
        file.note(told("Starting"), at(0));
        assert!(!file.is_due(&told("Starting"), at(3_600), true));
        assert!(!file.is_due(&told("Connected"), at(59), false));
        assert!(file.is_due(&told("Connected"), at(60), false));
        assert!(file.is_due(&told("Stopped"), at(1), true));
        file.failed = true;
        assert!(file.is_due(&told("Starting"), at(60), false), "once more");
    }

    #[test]
    fn attempts_are_no_change() {
        let stream = |text: &str| Told {
            stream: Some(("SIEM".into(), text.into())),
            ..told("Interrupted")
        };
        assert!(!stream("again in 1 s").differs(&stream("again in 60 s")));
        assert!(stream("again in 1 s").differs(&told("Interrupted")));
    }

    #[test]
    fn a_loose_cable_wears_nothing() {
        let (mut file, mut writes) = (StatusFile::default(), 0);
        for second in 0..86_400 {
            let now = Duration::from_secs(second);
            let state = told(if second % 20 < 10 {
                "Connected"
            } else {
                "Interrupted"
            });
            if file.is_due(&state, now, false) {
                file.note(state, now);
                writes += 1;
            }
        }
        assert!(writes < 40, "{writes} writes in a day");
        file.note(told("Connected"), Duration::from_secs(200_000));
        assert_eq!(file.wait, SHORTEST, "a quiet day forgives");
    }

    #[test]
    fn names_the_page_as_a_browser_does() {
        let listening = [
            "http://0.0.0.0:80/",
            "https://0.0.0.0:443/",
            "https://0.0.0.0:8443/",
            "http://127.0.0.1:8514/",
        ];
        let listening = listening.map(str::to_owned);
        assert_eq!(
            page_at(&listening, Some("10.0.2.15 by DHCP")),
            [
                "https://10.0.2.15/",
                "https://10.0.2.15:8443/",
                "http://10.0.2.15/",
                "http://127.0.0.1:8514/"
            ]
        );
        assert_eq!(page_at(&listening, None), ["http://127.0.0.1:8514/"]);
    }
}
