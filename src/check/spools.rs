//! Checks that each spool in the state folder belongs to an agent in the settings. Asked of the
//! siembox that runs on it, which has them open; without one, their folders say so much.

use std::path::Path;

use crate::settings::{AgentSettings, Settings};
use crate::status::{Snapshot, socket};
use crate::wiring;

/// All belong to somebody, or which do not and what to do about it.
pub(super) fn belong(settings: &Settings) -> Result<String, String> {
    let has = |name: &str| settings.agents.iter().any(|agent| agent.name == name);
    match socket::ask(&settings.state_dir) {
        Ok(snapshot) => running(&snapshot, has),
        Err(_) => Ok(resting(&settings.state_dir.join("agents"), has)),
    }
}

/// Beside a running siembox, whose settings may be others: these are about to take their place.
fn running(snapshot: &Snapshot, has: impl Fn(&str) -> bool) -> Result<String, String> {
    // these are told by the running one in its own right; they are no fault of the settings that
    // are checked
    let orphans = (snapshot.orphans.iter())
        .filter(|orphan| !has(&orphan.name))
        .map(|orphan| orphan.in_words());
    let leaving = snapshot.agents.iter().filter(|agent| {
        let is_orphan = snapshot
            .orphans
            .iter()
            .any(|orphan| orphan.name == agent.name);
        !has(&agent.name) && !is_orphan && agent.spool.waiting > 0
    });
    let leaving = leaving.map(|agent| {
        format!(
            "agent {0} runs but is not in these settings: the {1} lines in its spool would be \
                orphaned; wait until they have arrived, or keep the agent's name",
            agent.name, agent.spool.waiting
        )
    });
    let (leaving, orphans): (Vec<String>, Vec<String>) = (leaving.collect(), orphans.collect());
    match (leaving.is_empty(), orphans.is_empty()) {
        (false, _) => Err(leaving.join("\n")),
        (true, false) => Ok(orphans.join("\n")),
        (true, true) => Ok("no orphaned spool".to_owned()),
    }
}

/// Without one: what is in a spool is known once it is open, which is not done here.
fn resting(agents: &Path, has: impl Fn(&str) -> bool) -> String {
    let entries = std::fs::read_dir(agents).into_iter().flatten().flatten();
    let mut strange: Vec<String> = entries
        .filter(|entry| wiring::is_spool(&entry.path()))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| AgentSettings::can_be_called(name) && !has(name))
        .collect();
    strange.sort();
    match strange.is_empty() {
        true => "no orphaned spool".to_owned(),
        false => format!(
            "the spools {} belong to no agent: start siembox, then siembox status shows what waits \
                in them",
            strange.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use super::*;
    use crate::clock::Moment;
    use crate::orphan::Orphan;
    use crate::status::{Status, Thresholds};

    #[test]
    fn what_belongs_to_nobody_is_named() {
        let now = Moment {
            steady: Duration::ZERO,
            wall_ms: 0,
        };
        let status = Status::new(
            Thresholds {
                connection_error: Duration::from_secs(7200),
                disconnected: Duration::from_secs(43_200),
            },
            now,
        );
        let orphan = Orphan {
            name: "old".to_owned(),
            waiting: 7,
            ..Orphan::default()
        };
        status.orphans(vec![orphan], now);
        let snapshot = status.snapshot(now);
        let why = running(&snapshot, |_| false).unwrap();
        assert!(
            why.contains("7 lines wait") && why.contains("--send old"),
            "{why}"
        );
        assert!(
            running(&snapshot, |name| name == "old").is_ok(),
            "it comes back"
        );
    }

    #[test]
    fn without_a_running_one_the_folders_are_named() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["old", "new"] {
            let store = folder
                .path()
                .join(name)
                .join("store-000000-00000000000000000000");
            std::fs::create_dir_all(store).unwrap();
        }
        std::fs::create_dir(folder.path().join("no-spool")).unwrap();
        let said = resting(folder.path(), |name| name == "new");
        assert!(said.contains("spools old belong to no agent"), "{said}");
        assert_eq!(
            resting(&folder.path().join("none"), |_| false),
            "no orphaned spool"
        );
    }
}
