//! Which hour to ask the API about next, and what its answer means. Pure.
//!
//! An hour is asked about when the reader has come past it and no walk looks back at it any more, again a day later and
//! again after six days, because records have been seen to become visible late. Where the API counts more records than
//! were read it is asked once more before anybody is told, and then each hour until it adds up, for instance because the
//! hour was fetched again.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::key::{HOUR_MS, begin_of, hour_of};

/// An hour is asked about so long after the last walk that looks back at it, and then so long after that.
const AGES_MS: [i64; 3] = [10 * 60_000, 24 * HOUR_MS, 6 * 24 * HOUR_MS];
/// Older hours are not asked about for the first time.
const BACK_MS: i64 = 7 * 24 * HOUR_MS;
/// An hour that does not add up is asked about so often.
const AGAIN: Duration = Duration::from_secs(3600);

/// What the API was asked about one stream; kept over restarts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audited {
    /// Stands for the filters under which the hours were read.
    pub filters: u64,
    /// Hours that begin before were read under others, or without a ledger.
    pub from_ms: i64,
    /// How often each hour was asked about; only the last ones.
    pub asked: BTreeMap<u32, u8>,
}

/// The stretch that a stream has read, and what is now; milliseconds since 1970.
#[derive(Debug, Clone, Copy)]
pub struct Horizon {
    /// Nothing before was ever asked for.
    pub origin_ms: i64,
    /// Everything up to here was read.
    pub high_ms: i64,
    /// Each walk may look back so far.
    pub look_back_ms: i64,
    /// The cloud's clock.
    pub now_ms: i64,
}

/// An hour that does not add up.
#[derive(Debug, Clone, Copy)]
struct Open {
    missing: u64,
    /// Asked twice: it is no moment's whim.
    sure: bool,
    /// When to ask again.
    next: Duration,
}

/// What an answer changes for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing.
    Same,
    /// These hours do not add up, newest first, with the records that are missing.
    Short(Vec<(u32, u64)>),
    /// All hours add up again.
    Whole,
}

/// The audit of one stream.
#[derive(Debug, Default)]
pub struct Audit {
    open: BTreeMap<u32, Open>,
}

// === impl Audited ===

impl Audited {
    /// Takes other filters into account: what was read before says nothing about what the API counts under them. False where
    /// they are the same.
    pub fn under(&mut self, filters: u64, read_to_ms: i64) -> bool {
        let other = self.filters != filters;
        if other {
            (self.filters, self.from_ms) = (filters, read_to_ms.saturating_add(1));
            self.asked.clear();
        }
        other
    }

    fn first(&self, horizon: Horizon) -> u32 {
        let from = self
            .from_ms
            .max(horizon.origin_ms)
            .max(horizon.now_ms - BACK_MS);
        hour_of(from.saturating_add(HOUR_MS - 1))
    }
}

// === impl Audit ===

impl Audit {
    /// Goes on with hours that did not add up in an earlier life; they are asked about at once.
    #[must_use]
    pub fn of(open: impl IntoIterator<Item = (u32, u64)>) -> Self {
        let open = open.into_iter().map(|(hour, missing)| {
            let open = Open {
                missing,
                sure: true,
                next: Duration::ZERO,
            };
            (hour, open)
        });
        Self {
            open: open.collect(),
        }
    }

    /// The hour to ask about now.
    #[must_use]
    pub fn next(&self, audited: &Audited, horizon: Horizon, now: Duration) -> Option<u32> {
        let due = |sure| {
            let mut open = self.open.iter().rev();
            open.find(|(_, open)| open.sure == sure && now >= open.next)
                .map(|(hour, _)| *hour)
        };
        due(false)
            .or_else(|| fresh(audited, horizon))
            .or_else(|| due(true))
    }

    /// The API counts so many records more in this hour than were read.
    pub fn answered(
        &mut self,
        audited: &mut Audited,
        hour: u32,
        missing: u64,
        horizon: Horizon,
        now: Duration,
    ) -> Outcome {
        let first = audited.first(horizon);
        audited.asked.retain(|&asked, _| asked >= first);
        if hour >= first {
            audited.asked.insert(hour, stage(hour, horizon));
        }
        if missing == 0 {
            let was = self.open.remove(&hour);
            return match was.filter(|open| open.sure) {
                None => Outcome::Same,
                Some(_) if self.open.values().any(|open| open.sure) => self.short(),
                Some(_) => Outcome::Whole,
            };
        }
        let sure = self.open.contains_key(&hour);
        let next = if sure { now + AGAIN } else { now };
        self.open.insert(
            hour,
            Open {
                missing,
                sure,
                next,
            },
        );
        if sure { self.short() } else { Outcome::Same }
    }

    fn short(&self) -> Outcome {
        let sure = self.open.iter().rev().filter(|(_, open)| open.sure);
        Outcome::Short(sure.map(|(hour, open)| (*hour, open.missing)).collect())
    }
}

/// The newest hour that was not asked about as often as its age wants.
fn fresh(audited: &Audited, horizon: Horizon) -> Option<u32> {
    let settled = horizon.now_ms - horizon.look_back_ms - AGES_MS[0];
    // the hour of this time is not over yet
    let end = hour_of(horizon.high_ms.min(settled));
    let mut hours = (audited.first(horizon)..end).rev();
    hours.find(|&hour| audited.asked.get(&hour).copied().unwrap_or(0) < stage(hour, horizon))
}

/// How often an hour of this age should have been asked about.
fn stage(hour: u32, horizon: Horizon) -> u8 {
    let age = horizon.now_ms - horizon.look_back_ms - begin_of(hour) - HOUR_MS;
    AGES_MS
        .iter()
        .fold(0, |stage, &least| stage + u8::from(age >= least))
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;
    const NOON: u32 = 497_004;

    /// Read from eight hours before noon up to noon; the clock stands `minutes` behind noon.
    fn horizon(minutes: i64) -> Horizon {
        Horizon {
            origin_ms: begin_of(NOON - 8) + 5,
            high_ms: begin_of(NOON) + 1,
            look_back_ms: 15 * 60_000,
            now_ms: begin_of(NOON) + minutes * 60_000,
        }
    }

    #[test]
    fn each_whole_hour_once_newest_first() {
        let (mut audit, mut audited) = (Audit::default(), Audited::default());
        assert_eq!(audit.next(&audited, horizon(24), S(0)), Some(NOON - 2));
        let mut asked = Vec::new();
        while let Some(hour) = audit.next(&audited, horizon(25), S(0)) {
            asked.push(hour);
            assert_eq!(
                audit.answered(&mut audited, hour, 0, horizon(25), S(0)),
                Outcome::Same
            );
        }
        // not the first one, of which only a part was read
        assert_eq!(asked, (NOON - 7..NOON).rev().collect::<Vec<_>>());
        assert_eq!(
            audit.next(&audited, horizon(85), S(0)),
            None,
            "nothing was read behind noon"
        );
        let next_day = audit.next(&audited, horizon(24 * 60 + 15), S(0));
        assert_eq!(next_day, Some(NOON - 1), "and again a day later");
    }

    #[test]
    fn a_gap_is_told_when_it_was_seen_twice_and_closed_when_it_is_filled() {
        let (mut audit, mut audited) = (Audit::default(), Audited::default());
        let now = horizon(25);
        let mut answer = |audit: &mut Audit, hour, missing, at| {
            audit.answered(&mut audited, hour, missing, now, S(at))
        };
        let hour = NOON - 1;
        assert_eq!(answer(&mut audit, hour, 7, 1), Outcome::Same);
        assert_eq!(
            audit.next(&Audited::default(), now, S(1)),
            Some(hour),
            "asked again at once"
        );
        assert_eq!(
            answer(&mut audit, hour, 7, 2),
            Outcome::Short(vec![(hour, 7)])
        );
        assert_eq!(answer(&mut audit, hour - 3, 1, 3), Outcome::Same);
        assert_eq!(
            answer(&mut audit, hour - 3, 0, 3),
            Outcome::Same,
            "a moment's whim"
        );
        answer(&mut audit, hour - 2, 1, 3);
        assert_eq!(
            answer(&mut audit, hour - 2, 1, 3),
            Outcome::Short(vec![(hour, 7), (hour - 2, 1)])
        );
        assert_eq!(
            answer(&mut audit, hour - 2, 0, 4),
            Outcome::Short(vec![(hour, 7)])
        );
        assert_eq!(answer(&mut audit, hour, 0, 5), Outcome::Whole);
    }

    #[test]
    fn open_hours_are_asked_about_each_hour_and_after_a_restart() {
        let (mut audit, mut audited) = (Audit::of([(NOON - 1, 5)]), Audited::default());
        audited.asked.extend((NOON - 7..NOON).map(|hour| (hour, 1)));
        assert_eq!(audit.next(&audited, horizon(25), S(0)), Some(NOON - 1));
        let told = audit.answered(&mut audited, NOON - 1, 5, horizon(25), S(10));
        assert_eq!(told, Outcome::Short(vec![(NOON - 1, 5)]));
        assert_eq!(audit.next(&audited, horizon(25), S(3_609)), None);
        assert_eq!(audit.next(&audited, horizon(25), S(3_610)), Some(NOON - 1));
    }

    #[test]
    fn other_filters_begin_anew_where_they_begin() {
        let (audit, mut audited) = (Audit::default(), Audited::default());
        audited.under(7, begin_of(NOON - 3));
        let mut fresh = Vec::new();
        while let Some(hour) = audit.next(&audited, horizon(25), S(0)) {
            fresh.push(hour);
            audited.asked.insert(hour, 1);
        }
        assert_eq!(fresh, [NOON - 1, NOON - 2]);
        audited.under(7, begin_of(NOON));
        assert_eq!(audited.asked.len(), 2, "the same filters change nothing");
    }

    #[test]
    fn only_the_last_week() {
        let (audit, mut audited) = (Audit::default(), Audited::default());
        let mut wide = horizon(25);
        wide.origin_ms = 0;
        let mut count = 0;
        while let Some(hour) = audit.next(&audited, wide, S(0)) {
            audited.asked.insert(hour, 3);
            count += 1;
        }
        assert_eq!(count, 7 * 24 - 1);
    }
}
