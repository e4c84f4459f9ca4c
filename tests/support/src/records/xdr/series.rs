//! Many records of Defender XDR over a stretch of time, from one seed.

use super::{Body, List, Record, Ticks, alert, behavior, incident};
use crate::clock;
use crate::dice::Dice;
use crate::records;

const MINUTE: i64 = 60_000;
const TWO_DAYS: i64 = 2 * 24 * 60 * MINUTE;

/// Plan of a series. As an iterator it draws the records, oldest first.
#[derive(Debug, Clone)]
pub struct Series {
    kind: Kind,
    seed: u64,
    count: u64,
    from_ms: i64,
    to_ms: i64,
    /// How many of a hundred share their stamp with the one before.
    ties: u64,
    next: u64,
    last_ms: i64,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Alert,
    Incident,
    Behavior,
}

/// Alerts of Graph that have no record in Cloud Apps: app governance, Identity, Entra, the XDR
/// engine, one of Cloud Apps with a GUID, one of Endpoint. They become visible one to six minutes
/// after they were made; a fifth share their stamp with the one before.
#[must_use]
pub fn alerts(seed: u64, count: usize) -> Series {
    Series::new(Kind::Alert, seed, count)
}

/// Incidents. A third of them was changed an hour after it was made, or twice.
#[must_use]
pub fn incidents(seed: u64, count: usize) -> Series {
    Series::new(Kind::Incident, seed, count)
}

/// Behaviors, each with its entities.
#[must_use]
pub fn behaviors(seed: u64, count: usize) -> Series {
    Series::new(Kind::Behavior, seed, count)
}

/// The twins of drawn records of Cloud Apps.
pub fn twins(of: impl IntoIterator<Item = records::Record>) -> impl Iterator<Item = Record> {
    of.into_iter().filter_map(|record| record.twin())
}

/// Rows of `IdentityQueryEvents` and `IdentityDirectoryEvents`: the twins of
/// [`records::directory_activities`].
pub fn directory(seed: u64, count: usize) -> impl Iterator<Item = Record> {
    twins(records::directory_activities(seed, count))
}

impl Series {
    fn new(kind: Kind, seed: u64, count: usize) -> Self {
        let now = clock::real_ms();
        Self {
            kind,
            seed,
            count: count as u64,
            from_ms: now - TWO_DAYS + 10 * MINUTE,
            to_ms: now - 10 * MINUTE,
            ties: 20,
            next: 0,
            last_ms: i64::MIN,
        }
    }

    /// Spread over this time (epoch ms).
    #[must_use]
    pub fn between(mut self, from_ms: i64, to_ms: i64) -> Self {
        (self.from_ms, self.to_ms) = (from_ms, to_ms);
        self
    }

    /// So many of a hundred share their stamp with the one before; 100 gives all the same.
    #[must_use]
    pub fn ties(mut self, of_hundred: u64) -> Self {
        self.ties = of_hundred;
        self
    }
}

impl Iterator for Series {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        if self.next >= self.count {
            return None;
        }
        let n = self.next;
        self.next += 1;
        let mut dice = Dice::nth(self.seed, n);
        let tied = self.last_ms != i64::MIN && dice.percent(self.ties);
        if !tied {
            let span = i128::from(self.to_ms.saturating_sub(self.from_ms));
            let step = span * i128::from(n) / i128::from(self.count);
            self.last_ms = (self.from_ms + i64::try_from(step).unwrap_or(0)).max(self.last_ms);
        }
        let at_ms = self.last_ms;
        let seed = dice.throw();
        let late = MINUTE + i64::try_from(dice.below(300_000)).unwrap_or(0);
        let at = match self.kind {
            Kind::Behavior => Ticks::of_ms(at_ms),
            _ => Ticks::on_grid(at_ms),
        };
        let (list, id, body) = match self.kind {
            Kind::Alert => (List::Alerts, alert::other_id(seed), Body::Alert(seed)),
            Kind::Incident => (
                List::Incidents,
                incident::id(self.seed * 1_000_000 + n),
                Body::Incident(seed),
            ),
            Kind::Behavior => (List::BehaviorInfo, behavior::id(seed), Body::Behavior(seed)),
        };
        let mut record = Record {
            list,
            id,
            at,
            updated: at,
            visible_ms: at.ms() + late,
            changes: 0,
            body,
        };
        if matches!(self.kind, Kind::Incident) && dice.percent(33) {
            let times = 1 + u32::from(dice.percent(50));
            record.changes = times;
            record.updated = Ticks::on_grid(at_ms + i64::from(times) * 60 * MINUTE);
            record.visible_ms = record.visible_ms.max(record.updated.ms());
        }
        Some(record)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::try_from(self.count - self.next).unwrap_or(0);
        (left, Some(left))
    }
}
