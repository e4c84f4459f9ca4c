//! Finds orphaned spools in the state folder, and counts what is in them.

use std::collections::HashSet;
use std::io;
use std::time::Duration;

use super::send::sends_to;
use super::{Appliance, Found};
use crate::orphan::Orphan;
use crate::settings::AgentSettings;
use crate::spool::Spool;
use crate::wiring::{is_spool, open_orphan};

impl Appliance {
    /// Goes through the folders of agents. A spool is opened once, to be counted; what waits in it
    /// changes only where it is sent.
    pub(super) fn find_orphans(&mut self) {
        let names = match self.strange_folders() {
            Ok(names) => names,
            Err(cause) => {
                let folder = self.settings.state_dir.join("agents");
                tracing::debug!("{}: cannot be listed: {cause}", folder.display());
                return;
            }
        };
        (self.orphans.found)
            .retain(|found| found.sending.is_some() || names.contains(&found.orphan.name));
        for name in names {
            let known = self.orphans.named(&name);
            if known.is_some_and(|found| found.sending.is_some() || found.orphan.trouble.is_none())
            {
                continue;
            }
            let orphan = self.count_orphan(&name);
            (self.orphans.found).retain(|found| found.orphan.name != name);
            if orphan.holds_something() {
                self.orphans.found.push(Found {
                    orphan,
                    sending: None,
                    due: Duration::ZERO,
                });
            }
        }
        (self.orphans.found).sort_by(|one, other| one.orphan.name.cmp(&other.orphan.name));
    }

    /// Folders beside those of the agents that hold a spool.
    fn strange_folders(&self) -> io::Result<Vec<String>> {
        let folder = self.settings.state_dir.join("agents");
        let entries = match std::fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let ours: HashSet<&str> = (self.settings.agents.iter())
            .map(|agent| agent.name.as_str())
            .collect();
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let is_strange = !ours.contains(&*name) && AgentSettings::can_be_called(&name);
            if is_strange && is_spool(&entry.path()) {
                names.push(name);
            }
        }
        Ok(names)
    }

    /// Opens it to see what it holds.
    fn count_orphan(&mut self, name: &str) -> Orphan {
        self.busy();
        let folder = self.orphans_folder(name);
        let named = Orphan {
            name: name.to_owned(),
            sends_to: sends_to(&folder),
            ..Orphan::default()
        };
        // whatever the bound was: nothing is added to it
        match open_orphan(&folder) {
            Ok(spool) => counted(named, &spool),
            Err(error) => Orphan {
                trouble: Some(error.to_string()),
                ..named
            },
        }
    }
}

/// What it holds now.
pub(super) fn counted(orphan: Orphan, spool: &impl Spool) -> Orphan {
    let stats = spool.stats();
    Orphan {
        waiting: stats.waiting,
        waiting_bytes: stats.waiting_bytes,
        oldest_ms: stats.oldest_ms,
        disk_bytes: stats.disk_bytes,
        aside: stats.aside,
        ..orphan
    }
}
