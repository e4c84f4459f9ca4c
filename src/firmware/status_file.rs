//! STATUS.TXT on the ESP: the one thing that a person without network can read. When it is written;
//! what stands in it is `status_txt`.
//!
//! It is written when something has changed, and never more often than once a minute: a cable that
//! is loose must not wear the flash. Nothing in it changes by itself, no counter and no clock, so
//! that an idle box writes nothing.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use super::esp::Esp;
use super::status_txt::{BoxFacts, changed, text};
use crate::durable::NewFile;

const NAME: &str = "STATUS.TXT";
/// While it is being written: a name that FAT has without a long one.
const NEW: &str = "STATUS.NEW";
/// Between two writes; twice as long after each that follows soon, up to [`LONGEST`].
const SHORTEST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(3_600);

/// What stands in the file.
#[derive(Debug)]
pub struct StatusFile {
    written: Option<(BoxFacts, Duration)>,
    /// Before the next write.
    wait: Duration,
    /// The last write failed.
    failed: bool,
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
    pub fn is_due(&self, facts: &BoxFacts, now: Duration, at_once: bool) -> bool {
        match &self.written {
            None => true,
            Some((written, at)) => {
                let waited = at_once || now.saturating_sub(*at) >= self.wait;
                waited && (self.failed || changed(written, facts))
            }
        }
    }

    /// Writes it.
    ///
    /// # Errors
    /// What the disk said, the first time only; it is tried again.
    pub fn write(&mut self, esp: &Esp, facts: BoxFacts, now: Duration) -> io::Result<()> {
        let written = esp.written(|place| replace(place, &text(&facts)));
        self.note(facts, now);
        let said_before = std::mem::replace(&mut self.failed, written.is_err());
        if said_before { Ok(()) } else { written }
    }

    fn note(&mut self, facts: BoxFacts, now: Duration) {
        let before = self.written.replace((facts, now));
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
    let mut new = NewFile::beside(&place.join(NAME), NEW, 0o644, None)?;
    new.file.write_all(text.as_bytes())?;
    new.file.sync_all()?;
    new.take_the_place()?;
    new.sync_folder()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(state: &str) -> BoxFacts {
        BoxFacts {
            state: state.to_owned(),
            ..BoxFacts::default()
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
}
