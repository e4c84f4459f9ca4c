//! Many records over a stretch of time, from one seed.

use super::deeds::{DEEDS, DIRECTORY_DEEDS, Deed};
use super::{Body, Record, activity, alert};
use crate::clock;
use crate::dice::Dice;

/// Usual size of a record, bytes.
const SIZE: usize = 1500;
const MINUTE: i64 = 60_000;
const TWO_DAYS: i64 = 2 * 24 * 60 * MINUTE;

/// Plan of a series of records. As an iterator it draws them, oldest first.
#[derive(Debug, Clone)]
pub struct Series {
    kind: Kind,
    seed: u64,
    count: u64,
    from_ms: i64,
    to_ms: i64,
    size: usize,
    /// How many of a hundred share their millisecond with the one before.
    ties: u64,
    next: u64,
    last_ms: i64,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Activity,
    /// Questions to the directory, and its changes.
    Directory,
    Alert,
}

/// Activities of the last two days, of about 1.5 KB each, a fifth of them sharing their millisecond
/// with the one before.
#[must_use]
pub fn activities(seed: u64, count: usize) -> Series {
    Series::new(Kind::Activity, seed, count)
}

/// What Defender for Identity sees besides log-ons, as activities of Active Directory: SAMR, DNS
/// and LDAP queries, and changes of accounts and groups. Their successors are rows of
/// `IdentityQueryEvents` and `IdentityDirectoryEvents`.
#[must_use]
pub fn directory_activities(seed: u64, count: usize) -> Series {
    Series::new(Kind::Directory, seed, count)
}

/// Alerts of the last two days. They become visible one to six minutes after their date.
#[must_use]
pub fn alerts(seed: u64, count: usize) -> Series {
    Series::new(Kind::Alert, seed, count)
}

/// The `n`-th activity of a seed, saved at this moment (epoch ms).
#[must_use]
pub fn one_activity(seed: u64, n: u64, created_ms: i64) -> Record {
    activity::Draft::draw(DEEDS, Dice::nth(seed, n).throw(), SIZE, created_ms)
}

/// The `n`-th question to the directory, or change of it, of a seed, saved at this moment (epoch
/// ms).
#[must_use]
pub fn one_directory_activity(seed: u64, n: u64, created_ms: i64) -> Record {
    let seed = Dice::nth(!seed, n).throw();
    activity::Draft::draw(DIRECTORY_DEEDS, seed, SIZE, created_ms)
}

/// The `n`-th alert of a seed, raised at this moment (epoch ms).
#[must_use]
pub fn one_alert(seed: u64, n: u64, at_ms: i64) -> Record {
    alert::Draft::draw(Dice::nth(seed, n).throw(), SIZE, at_ms)
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
            size: SIZE,
            ties: 20,
            next: 0,
            last_ms: i64::MIN,
        }
    }

    /// Spread over this time (epoch ms): `created` of activities, `timestamp` of alerts.
    #[must_use]
    pub fn between(mut self, from_ms: i64, to_ms: i64) -> Self {
        (self.from_ms, self.to_ms) = (from_ms, to_ms);
        self
    }

    /// About so many bytes each; smaller than about 1,000 can't be had.
    #[must_use]
    pub fn size(mut self, bytes: usize) -> Self {
        self.size = bytes;
        self
    }

    /// So many of a hundred share their millisecond with the one before; 100 puts all into one.
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
            let due = self.from_ms + i64::try_from(step).unwrap_or(0);
            self.last_ms = due.max(self.last_ms);
        }
        Some(match self.kind {
            Kind::Activity => activity::Draft::draw(DEEDS, dice.throw(), self.size, self.last_ms),
            Kind::Directory => {
                activity::Draft::draw(DIRECTORY_DEEDS, dice.throw(), self.size, self.last_ms)
            }
            Kind::Alert => alert::Draft::draw(dice.throw(), self.size, self.last_ms),
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::try_from(self.count - self.next).unwrap_or(0);
        (left, Some(left))
    }
}

impl activity::Draft {
    fn draw(deeds: &'static [Deed], seed: u64, size: usize, created_ms: i64) -> Record {
        let draft = Self { seed, size, deeds };
        let (id, at_ms) = draft.id_and_date(created_ms);
        Record::drawn(id, at_ms, created_ms, created_ms, Body::Activity(draft))
    }
}

impl alert::Draft {
    fn draw(seed: u64, size: usize, at_ms: i64) -> Record {
        let draft = Self { seed, size };
        let (id, visible_ms) = draft.id_and_visible(at_ms);
        Record::drawn(id, at_ms, at_ms, visible_ms, Body::Alert(draft))
    }
}
