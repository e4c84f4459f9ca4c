//! The clock's floor. A board without a battery wakes up in 1970, where no certificate is valid; it
//! can't be earlier than the image was built, nor than the last time that is known here.
//!
//! The last known time is written when it is six hours old, and at stop: four small writes a day,
//! the only ones of an idle box.

use std::io;
use std::path::{Path, PathBuf};

use rustix::time::{ClockId, Timespec, clock_settime};

use crate::timekeeping::{self, ClockSource, ClockState};
use crate::{clock, durable, run_file};

/// Between two notes of the time, milliseconds: 6 hours.
const NOTE_MS: i64 = 6 * 3_600_000;
/// No clock is believed that is so far past the build, as no time server is.
const YEARS_30_MS: i64 = 30 * 366 * 86_400_000;

/// Start of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Floor {
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// Source of this time.
    pub source: ClockSource,
}

/// The last known time, on the data partition.
#[derive(Debug)]
pub struct LastTime {
    path: PathBuf,
    noted_ms: Option<i64>,
}

/// Where the clock begins: `now`, or the latest of what is known.
#[must_use]
pub fn floor(now_ms: i64, built_ms: i64, known_ms: Option<i64>) -> Floor {
    let least = known_ms.map_or(built_ms, |known| known.max(built_ms));
    // a PC's clock has two digits for the year: 1970 comes out as 2070
    let is_possible = built_ms == 0 || now_ms <= built_ms.saturating_add(YEARS_30_MS);
    match now_ms >= least && is_possible {
        true => Floor {
            at_ms: now_ms,
            source: ClockSource::Rtc,
        },
        false => Floor {
            at_ms: least,
            source: ClockSource::Floor,
        },
    }
}

// === impl Floor ===

impl Floor {
    /// The same, once the last time is known that was noted here. What was only a floor stays one,
    /// though the clock stands on it by now.
    #[must_use]
    pub fn raised(self, now_ms: i64, known_ms: Option<i64>) -> Self {
        let floor = floor(now_ms, self.at_ms, known_ms);
        match self.source {
            ClockSource::Floor => Self {
                source: ClockSource::Floor,
                ..floor
            },
            _ => floor,
        }
    }
}

/// Puts the clock on its floor.
///
/// # Errors
/// What the system said.
pub fn begin(floor: Floor) -> io::Result<()> {
    if floor.source == ClockSource::Rtc {
        return Ok(());
    }
    let time = Timespec {
        tv_sec: floor.at_ms.div_euclid(1_000),
        tv_nsec: floor.at_ms.rem_euclid(1_000) * 1_000_000,
    };
    clock_settime(ClockId::Realtime, time).map_err(io::Error::from)
}

/// Tells the others on the box: whoever polls over TLS asks whether the time can be believed.
///
/// # Errors
/// What the system said.
pub fn tell(floor: Floor) -> io::Result<()> {
    let word = ClockState {
        source: floor.source,
        at_ms: floor.at_ms,
        ..ClockState::default()
    };
    run_file::say(Path::new(timekeeping::FILE), &word)
}

// === impl Keeper ===

impl LastTime {
    /// Reads what was noted before.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        let path = folder.join("clock");
        let text = std::fs::read_to_string(&path).ok();
        let noted_ms = text.and_then(|text| text.trim().parse::<jiff::Timestamp>().ok());
        Self {
            path,
            noted_ms: noted_ms.map(|time| time.as_millisecond()),
        }
    }

    /// The last known time.
    #[must_use]
    pub fn known_ms(&self) -> Option<i64> {
        self.noted_ms
    }

    /// Notes the time where the note is six hours off (either way: a time server may have set the
    /// clock back), or at `stop` where it has changed at all.
    ///
    /// # Errors
    /// What the disk said; the old note stays.
    pub fn note(&mut self, now_ms: i64, stop: bool) -> io::Result<()> {
        if !is_due(now_ms, self.noted_ms, stop) {
            return Ok(());
        }
        durable::replace(&self.path, clock::in_words(now_ms).as_bytes())?;
        self.noted_ms = Some(now_ms);
        Ok(())
    }
}

fn is_due(now_ms: i64, noted_ms: Option<i64>, stop: bool) -> bool {
    /// A stop soon after a note needs none.
    const MINUTE_MS: u64 = 60_000;
    let least = if stop {
        MINUTE_MS
    } else {
        NOTE_MS.unsigned_abs()
    };
    noted_ms.is_none_or(|noted| now_ms.abs_diff(noted) >= least)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn begins_at_the_latest_of_what_is_known() {
        let is = |now, built, known| {
            let floor = floor(now, built, known);
            (floor.at_ms, floor.source)
        };
        assert_eq!(is(0, 100, None), (100, ClockSource::Floor), "1970");
        assert_eq!(is(0, 100, Some(500)), (500, ClockSource::Floor));
        assert_eq!(
            is(0, 100, Some(50)),
            (100, ClockSource::Floor),
            "a newer firmware"
        );
        assert_eq!(is(300, 100, Some(200)), (300, ClockSource::Rtc));
        assert_eq!(
            is(150, 100, Some(200)),
            (200, ClockSource::Floor),
            "an empty battery"
        );
        let late = 101 + YEARS_30_MS;
        assert_eq!(is(late, 100, None), (100, ClockSource::Floor), "2070");
        assert_eq!(is(late, 100, Some(500)), (500, ClockSource::Floor));
        assert_eq!(
            is(late, 0, None),
            (late, ClockSource::Rtc),
            "no build is known"
        );
        let raised = |begun: Floor, now, known| {
            let floor = begun.raised(now, known);
            (floor.at_ms, floor.source)
        };
        let built = floor(0, 100, None);
        assert_eq!(raised(built, 101, None), (101, ClockSource::Floor));
        assert_eq!(raised(built, 101, Some(500)), (500, ClockSource::Floor));
        let right = floor(600, 100, None);
        assert_eq!(raised(right, 601, Some(500)), (601, ClockSource::Rtc));
        assert_eq!(raised(right, 601, Some(700)), (700, ClockSource::Floor));
    }

    #[test]
    fn notes_four_times_a_day_and_at_stop() {
        let folder = tempfile::tempdir().unwrap();
        let mut keeper = LastTime::new(folder.path());
        assert_eq!(keeper.known_ms(), None);
        let begin = 1_790_000_000_000;
        keeper.note(begin, false).unwrap();
        let text = || std::fs::read_to_string(folder.path().join("clock")).unwrap();
        let first = text();
        for minute in 0..360 {
            keeper.note(begin + minute * 60_000, false).unwrap();
        }
        assert_eq!(text(), first);
        keeper.note(begin + NOTE_MS, false).unwrap();
        assert_ne!(text(), first);
        assert_eq!(
            LastTime::new(folder.path()).known_ms(),
            Some(begin + NOTE_MS)
        );
        assert!(!is_due(begin + 1_000, Some(begin), true));
        assert!(is_due(begin + 61_000, Some(begin), true));
        assert!(is_due(begin - NOTE_MS, Some(begin), false), "set back");
    }
}
