//! Asks again for a stretch that was passed over: whether a part of it is given out, and where that
//! part begins.

use super::probe::Probe;
use super::{Change, SAMPLES, Step};
use crate::source::by_time::TimeReader;
use crate::source::by_time::unserved::MOST_UNSERVED;

impl TimeReader {
    /// What is asked for again still fails: the walk goes on behind it.
    pub(super) fn go_around(&mut self) -> Step {
        match self.leave_again() {
            Some(known) => self.changed(Change::StillUnserved(known)),
            None => Step::Wait,
        }
    }

    /// Is a part of the stretch given out again? It is asked about at its beginning first, then
    /// each time elsewhere; a record that fails may come before one of the same millisecond, so
    /// that every second question passes one over.
    pub(super) fn sample(&mut self, left: u8) -> Step {
        let Some(known) = self.again else {
            return Step::Wait;
        };
        let asked = u32::from(SAMPLES - left);
        let (at_ms, skip) = if known.is_single() || asked == 0 {
            (known.from_ms, known.skip.saturating_add(asked))
        } else {
            let samples = self.narrow.samples.wrapping_add(1);
            self.narrow.samples = samples;
            let part = i128::from((samples / 2).reverse_bits());
            let long = i128::from(known.to_ms.saturating_sub(known.from_ms));
            let after = i64::try_from((long * part) >> 32).unwrap_or(0);
            let skip = if after == 0 { known.skip } else { 0 };
            (known.from_ms.saturating_add(after), skip + samples % 2)
        };
        self.probe(Probe::Sample { left, at_ms, skip })
    }

    /// A part of the stretch is given out again, and the questions that begin at one of these tell
    /// it: where does it begin?
    pub(super) fn look_for_begin(&mut self, fails_ms: i64, works_ms: i64, skip: u32) -> Step {
        if works_ms - fails_ms <= 1 {
            return self.narrow_again(works_ms);
        }
        let at_ms = fails_ms + (works_ms - fails_ms) / 2;
        self.probe(Probe::Begin {
            fails_ms,
            works_ms,
            at_ms,
            skip,
        })
    }

    /// From here on a part of the stretch is given out again: it is read from there. What lies
    /// before stays unserved.
    pub(super) fn narrow_again(&mut self, at_ms: i64) -> Step {
        self.narrowed = true;
        let Some((known, cursor)) = self.again.zip(self.cursor.as_mut()) else {
            return Step::Wait;
        };
        if at_ms == known.from_ms || cursor.unserved.len() >= MOST_UNSERVED {
            return self.narrow_down();
        }
        let (behind, to_ms) = (cursor.split(known, at_ms), known.to_ms);
        if let Some(walk) = &mut cursor.walk {
            (walk.from_ms, walk.to_ms, walk.skip) = (at_ms, Some(to_ms), 0);
        }
        self.again = Some(behind);
        self.changed(Change::Shorter {
            from_ms: at_ms,
            to_ms,
        })
    }
}
