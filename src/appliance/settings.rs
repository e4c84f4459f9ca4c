//! Takes new settings: reads the file when it has changed, and restarts what they concern.

use std::path::PathBuf;

use super::Appliance;
use crate::clock;
use crate::settings::{HealthSettings, Overrides, Settings};
use crate::status::Thresholds;
use crate::timekeeping::Gate;

/// Where new settings come from, and who is told of them.
pub trait SettingsProvider {
    /// The settings file's fingerprint: changes when the file changes.
    fn fingerprint(&self) -> u64;
    /// Reads the settings again. The error names file, line, key and what is allowed.
    ///
    /// # Errors
    /// The text for the operator.
    fn read(&self) -> Result<Settings, String>;
    /// Why the box begins without the file's settings, where it does; it takes them once the file
    /// has changed and is right.
    fn refused(&self) -> Option<&str> {
        None
    }
    /// What is wrong with the box itself, where siembox has one for itself. Asked for again and
    /// again.
    fn box_trouble(&self) -> Option<String> {
        None
    }
    /// The file itself, for who changes it on the page, and what the command line said beside it.
    /// None where there are only flags.
    fn file(&self) -> Option<(PathBuf, Overrides)>;
    /// Other settings are in force.
    fn took(&self, settings: &Settings);
    /// What the pollers wait for before they go by the clock.
    fn clock(&self) -> Gate {
        Gate::open()
    }
}

impl Appliance {
    /// Reads the settings again and brings the agents in line. A bad file changes nothing.
    pub(super) async fn take_settings(&mut self, provider: &impl SettingsProvider) {
        let new = match provider.read() {
            Ok(new) => new,
            Err(why) => {
                tracing::error!(
                    "the changed settings are refused, the old ones stay in \
                    effect:\n{why}"
                );
                self.status.settings(Some(&why), clock::now());
                return;
            }
        };
        self.status.settings(None, clock::now());
        if new == self.settings {
            return;
        }
        if new.state_dir != self.settings.state_dir {
            tracing::warn!("state_dir takes effect at the next start");
        }
        let state_dir = self.settings.state_dir.clone();
        let old = std::mem::replace(&mut self.settings, Settings { state_dir, ..new });
        self.status
            .set_thresholds(thresholds(&self.settings.health));
        provider.took(&self.settings);
        if old.page != self.settings.page {
            self.close_page().await;
            self.open_page();
        }
        for agent in &old.agents {
            if self.settings.agents.contains(agent) {
                continue;
            }
            self.waiting.remove(&agent.name);
            if let Some(running) = self.agents.remove(&agent.name) {
                running.stop().await;
            }
            let kept = self
                .settings
                .agents
                .iter()
                .find(|kept| kept.name == agent.name);
            if kept.is_none_or(|kept| kept.spool != agent.spool) {
                self.spools.remove(&agent.name);
            }
            if kept.is_none() {
                tracing::info!(agent = agent.name, "removed from the settings");
            }
        }
        self.release_orphans().await;
        self.start_all();
        tracing::info!("new settings are in effect");
    }
}

pub(super) fn thresholds(health: &HealthSettings) -> Thresholds {
    Thresholds {
        connection_error: health.connection_error_after,
        disconnected: health.disconnected_after,
    }
}
