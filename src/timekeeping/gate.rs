//! Waiting for a clock by which certificates can be judged.

use std::path::PathBuf;
use std::time::Duration;

use super::ClockState;
use crate::clock::Moment;
use crate::run_file;

/// Where pollers wait until the clock is set: only on siembox's own firmware, and never for long.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gate {
    /// The [`ClockState`]'s file; `None` is always open.
    file: Option<PathBuf>,
}

/// What the gate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// The clock is as good as can be known.
    Open,
    /// It is not set, and the waiting has come to its end.
    Late {
        /// The servers that had no answer.
        asked: Vec<String>,
    },
    /// It is not set yet.
    Shut {
        /// The servers that had no answer so far.
        asked: Vec<String>,
    },
}

/// From the start of the process; then it is better to try with the clock there is.
const LONGEST: Duration = Duration::from_secs(120);

// === impl Gate ===

impl Gate {
    /// One that is always open: machines that have a clock.
    #[must_use]
    pub const fn open() -> Self {
        Self { file: None }
    }

    /// One that opens when this file says that the clock is set.
    #[must_use]
    pub const fn at(file: PathBuf) -> Self {
        Self { file: Some(file) }
    }

    /// Is it open? A file that is not there, or says nothing, is a clock that nobody set.
    #[must_use]
    pub fn look(&self, now: Moment) -> Look {
        let Some(file) = &self.file else {
            return Look::Open;
        };
        let word: ClockState = run_file::heard(file).unwrap_or_default();
        match (word.is_plausible(), now.steady >= LONGEST) {
            (true, _) => Look::Open,
            (false, true) => Look::Late { asked: word.asked },
            (false, false) => Look::Shut { asked: word.asked },
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::timekeeping::ClockSource;

    fn after(seconds: u64) -> Moment {
        Moment {
            wall_ms: 0,
            steady: Duration::from_secs(seconds),
        }
    }

    #[test]
    fn it_opens_with_the_clock_or_after_two_minutes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("clock");
        let gate = Gate::at(file.clone());
        let nobody = Vec::<String>::new();
        assert_eq!(
            gate.look(after(119)),
            Look::Shut {
                asked: nobody.clone()
            }
        );
        assert_eq!(gate.look(after(120)), Look::Late { asked: nobody });
        let mut told = ClockState {
            asked: vec!["a".to_owned()],
            ..ClockState::default()
        };
        run_file::say(&file, &told).unwrap();
        assert_eq!(
            gate.look(after(1)),
            Look::Shut {
                asked: told.asked.clone()
            }
        );
        for source in [ClockSource::Rtc, ClockSource::Sntp] {
            told.source = source;
            run_file::say(&file, &told).unwrap();
            assert_eq!(gate.look(after(1)), Look::Open);
        }
        assert_eq!(Gate::open().look(after(0)), Look::Open);
    }

    #[test]
    fn the_word_is_what_the_start_writes() {
        let word: ClockState =
            serde_json::from_str(r#"{"source":"floor","server":null,"at_ms":5}"#).unwrap();
        assert_eq!(
            (word.source, word.at_ms, word.is_plausible()),
            (ClockSource::Floor, 5, false)
        );
        let word: ClockState = serde_json::from_str(r#"{"source":"rtc"}"#).unwrap();
        assert!(word.is_plausible());
    }
}
