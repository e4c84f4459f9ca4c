//! A change of the page's own settings reverts unless it is kept in time, because it could lock out
//! its author. So it is on trial: unless somebody keeps it from the changed page within two
//! minutes, it goes back. Times are given; nothing here waits.
//!
//! What to go back to is on flash as long as the trial lasts, so that a box that is switched off
//! and on in the meantime goes back at once.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::durable;
use crate::settings::edit::{EditError, MAX_EXPORT_BYTES, SettingsDraft};
use crate::text_file;

/// So long a change is on trial.
const TRIAL: Duration = Duration::from_secs(120);

/// The keys of `[page]` that are on trial.
pub(super) const KEYS: [&str; 6] = [
    "listen",
    "https_listen",
    "hosts",
    "status_without_login",
    "certificate_file",
    "key_file",
];

/// The trial, where there is one.
#[derive(Debug)]
pub(super) struct PendingChange {
    settings: PathBuf,
    /// The settings file as it was before.
    before: PathBuf,
    /// When it ends, steady time.
    ends: Mutex<Option<Duration>>,
}

// === impl Trial ===

impl PendingChange {
    /// Of this settings file; `before` is where what it goes back to is kept. One that an earlier
    /// life left behind ends at once.
    pub(super) fn new(settings: &Path, before: PathBuf) -> Self {
        let left_behind = before.exists().then_some(Duration::ZERO);
        Self {
            settings: settings.to_owned(),
            before,
            ends: Mutex::new(left_behind),
        }
    }

    /// The settings are about to change, from this text.
    pub(super) fn begin(&self, text: &str, now: Duration) -> Result<(), EditError> {
        let mut ends = self.lock();
        // a change upon a change goes back to what was kept last
        if ends.is_none() {
            let written = durable::replace(&self.before, text.as_bytes());
            written.map_err(|source| EditError::Write {
                path: self.before.clone(),
                step: "written",
                source,
                cure: "check that siembox's user can write to the state folder and that the disk \
                    is not full",
            })?;
        }
        *ends = Some(now + TRIAL);
        Ok(())
    }

    /// How long it still lasts.
    pub(super) fn left(&self, now: Duration) -> Option<Duration> {
        self.lock().map(|ends| ends.saturating_sub(now))
    }

    /// The change stays.
    pub(super) fn keep(&self) {
        *self.lock() = None;
        let _ = std::fs::remove_file(&self.before);
    }

    /// Goes back, where it is time for that, or at once. True where the settings file was changed.
    pub(super) fn end(&self, now: Option<Duration>) -> Result<bool, EditError> {
        let mut ends = self.lock();
        let due = ends.is_some_and(|ends| now.is_none_or(|now| ends <= now));
        if !due {
            return Ok(false);
        }
        let text = text_file::read(&self.before, MAX_EXPORT_BYTES as u64).map_err(EditError::File);
        // what can't be read now can't be later: there is nothing to go back to
        *ends = None;
        let before = SettingsDraft::open(&self.settings)?.with_text(text?)?;
        let mut draft = SettingsDraft::open(&self.settings)?;
        for key in KEYS {
            draft.set_page(key, before.page_value(key));
        }
        draft.save()?;
        let _ = std::fs::remove_file(&self.before);
        Ok(true)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Duration>> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const OLD: &str = "[page]\nlisten = \"127.0.0.1:1\" # ours\n";
    const NEW: &str = "[page]\nlisten = \"127.0.0.1:2\" # ours\n";
    const MINUTE: Duration = Duration::from_secs(60);

    fn change(folder: &Path) -> (PathBuf, PathBuf) {
        let (settings, before) = (folder.join("siembox.toml"), folder.join("before"));
        std::fs::write(&settings, OLD).unwrap();
        (settings, before)
    }

    #[test]
    fn goes_back_unless_it_is_kept() {
        for keeps in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let (settings, before) = change(folder.path());
            let trial = PendingChange::new(&settings, before.clone());
            trial.begin(OLD, MINUTE).unwrap();
            std::fs::write(&settings, NEW).unwrap();
            assert!(!trial.end(Some(MINUTE * 2)).unwrap(), "not yet");
            assert_eq!(trial.left(MINUTE * 2), Some(MINUTE));
            if keeps {
                trial.keep();
            }
            assert_eq!(trial.end(Some(MINUTE * 3)).unwrap(), !keeps);
            let now = std::fs::read_to_string(&settings).unwrap();
            assert_eq!(now, if keeps { NEW } else { OLD });
            assert!(!before.exists() && trial.left(MINUTE * 3).is_none());
        }
    }

    #[test]
    fn a_restart_in_the_midst_of_it_goes_back_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let (settings, before) = change(folder.path());
        PendingChange::new(&settings, before.clone())
            .begin(OLD, MINUTE)
            .unwrap();
        std::fs::write(&settings, NEW).unwrap();
        let next = PendingChange::new(&settings, before);
        assert!(next.end(Some(Duration::ZERO)).unwrap());
        assert_eq!(std::fs::read_to_string(&settings).unwrap(), OLD);
    }

    #[test]
    fn what_else_was_changed_meanwhile_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (settings, before) = change(folder.path());
        let trial = PendingChange::new(&settings, before);
        trial.begin(OLD, MINUTE).unwrap();
        std::fs::write(&settings, format!("logs_dir = \"logs\"\n{NEW}")).unwrap();
        assert!(trial.end(None).unwrap());
        let now = std::fs::read_to_string(&settings).unwrap();
        assert_eq!(now, format!("logs_dir = \"logs\"\n{OLD}"));
    }
}
