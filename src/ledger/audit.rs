//! Chooses the hour whose records the API is asked to count next, and compares its response. Pure.
//!
//! An hour is asked about when the reader has come past it and no walk looks back at it any more,
//! again a day later and again after six days, because records have been seen to become visible
//! late. Where the API counts more records than were read it is asked once more before anybody is
//! told, and then each hour until it adds up, for instance because the hour was fetched again. An
//! hour whose question fails stands behind all others, and is asked about less and less often.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::key::{HOUR_MS, begin_of, hour_of};

/// An hour is asked about so long after the last walk that looks back at it, and then so long after
/// that.
const AGES_MS: [i64; 3] = [10 * 60_000, 24 * HOUR_MS, 6 * 24 * HOUR_MS];
/// Older hours are not asked about for the first time.
const BACK_MS: i64 = 7 * 24 * HOUR_MS;
/// An hour that does not add up is asked about so often.
const AGAIN: Duration = Duration::from_secs(3600);
/// An hour whose question failed is asked about again after so long, then after twice as long, up
/// to [`RARELY`].
const AFTER_FAILURE: Duration = Duration::from_secs(1200);
/// An hour whose question fails for ever is asked about so often.
const RARELY: Duration = Duration::from_secs(12 * 3600);
/// After so many failures of one hour's question, while others are answered, somebody is told.
const TELL_AFTER: u32 = 3;

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

/// An hour whose question fails.
#[derive(Debug, Clone, Copy)]
struct Failing {
    /// In a row.
    times: u32,
    /// When to ask again.
    next: Duration,
}

/// What an answer changes for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditOutcome {
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
    failing: BTreeMap<u32, Failing>,
}

// === impl Audited ===

impl Audited {
    /// Takes other filters into account: what was read before says nothing about what the API
    /// counts under them. False where they are the same.
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
            failing: BTreeMap::new(),
        }
    }

    /// The hour to ask about now.
    #[must_use]
    pub fn next(&self, audited: &Audited, horizon: Horizon, now: Duration) -> Option<u32> {
        let due = |sure| {
            let mut open = self.open.iter().rev();
            open.find(|(hour, open)| {
                open.sure == sure && now >= open.next && !self.failing.contains_key(hour)
            })
            .map(|(hour, _)| *hour)
        };
        due(false)
            .or_else(|| self.fresh(audited, horizon))
            .or_else(|| due(true))
            .or_else(|| self.failed_before(audited, horizon, now))
    }

    /// The question about this hour failed. Gives the hours of which that is to be told, newest
    /// first.
    pub fn failed(&mut self, hour: u32, now: Duration) -> Vec<u32> {
        let times = self.failing.get(&hour).map_or(0, |failing| failing.times) + 1;
        let wait = AFTER_FAILURE.saturating_mul(1 << (times - 1).min(16));
        let next = now + wait.min(RARELY);
        self.failing.insert(hour, Failing { times, next });
        if times < TELL_AFTER {
            return Vec::new();
        }
        self.unanswered()
    }

    /// The hours whose question fails again and again, newest first.
    #[must_use]
    pub fn unanswered(&self) -> Vec<u32> {
        let told = self.failing.iter().rev();
        let told = told.filter(|(_, failing)| failing.times >= TELL_AFTER);
        told.map(|(hour, _)| *hour).collect()
    }

    /// The newest hour that was not asked about as often as its age wants, but for those whose
    /// question fails.
    fn fresh(&self, audited: &Audited, horizon: Horizon) -> Option<u32> {
        wanting(audited, horizon).find(|hour| !self.failing.contains_key(hour))
    }

    /// The hour whose question failed, and that waits longest to be asked about again.
    fn failed_before(&self, audited: &Audited, horizon: Horizon, now: Duration) -> Option<u32> {
        let due = self.failing.iter().filter(|(hour, failing)| {
            let wanted = || wanting(audited, horizon).any(|wanting| wanting == **hour);
            now >= failing.next && (self.open.contains_key(hour) || wanted())
        });
        due.min_by_key(|(_, failing)| failing.next)
            .map(|(hour, _)| *hour)
    }

    /// The API counts so many records more in this hour than were read.
    pub fn answered(
        &mut self,
        audited: &mut Audited,
        hour: u32,
        missing: u64,
        horizon: Horizon,
        now: Duration,
    ) -> AuditOutcome {
        let first = audited.first(horizon);
        self.failing
            .retain(|&failing, _| failing >= first && failing != hour);
        audited.asked.retain(|&asked, _| asked >= first);
        if hour >= first {
            audited.asked.insert(hour, stage(hour, horizon));
        }
        if missing == 0 {
            let was = self.open.remove(&hour);
            return match was.filter(|open| open.sure) {
                None => AuditOutcome::Same,
                Some(_) if self.open.values().any(|open| open.sure) => self.short(),
                Some(_) => AuditOutcome::Whole,
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
        if sure {
            self.short()
        } else {
            AuditOutcome::Same
        }
    }

    fn short(&self) -> AuditOutcome {
        let sure = self.open.iter().rev().filter(|(_, open)| open.sure);
        AuditOutcome::Short(sure.map(|(hour, open)| (*hour, open.missing)).collect())
    }
}

/// The hours that were not asked about as often as their age wants, newest first.
fn wanting(audited: &Audited, horizon: Horizon) -> impl Iterator<Item = u32> + '_ {
    let settled = horizon.now_ms - horizon.look_back_ms - AGES_MS[0];
    // the hour of this time is not over yet
    let end = hour_of(horizon.high_ms.min(settled));
    let hours = (audited.first(horizon)..end).rev();
    hours.filter(move |hour| audited.asked.get(hour).copied().unwrap_or(0) < stage(*hour, horizon))
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
                AuditOutcome::Same
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
        assert_eq!(answer(&mut audit, hour, 7, 1), AuditOutcome::Same);
        assert_eq!(
            audit.next(&Audited::default(), now, S(1)),
            Some(hour),
            "asked again at once"
        );
        assert_eq!(
            answer(&mut audit, hour, 7, 2),
            AuditOutcome::Short(vec![(hour, 7)])
        );
        assert_eq!(answer(&mut audit, hour - 3, 1, 3), AuditOutcome::Same);
        assert_eq!(
            answer(&mut audit, hour - 3, 0, 3),
            AuditOutcome::Same,
            "a moment's whim"
        );
        answer(&mut audit, hour - 2, 1, 3);
        assert_eq!(
            answer(&mut audit, hour - 2, 1, 3),
            AuditOutcome::Short(vec![(hour, 7), (hour - 2, 1)])
        );
        assert_eq!(
            answer(&mut audit, hour - 2, 0, 4),
            AuditOutcome::Short(vec![(hour, 7)])
        );
        assert_eq!(answer(&mut audit, hour, 0, 5), AuditOutcome::Whole);
    }

    #[test]
    fn open_hours_are_asked_about_each_hour_and_after_a_restart() {
        let (mut audit, mut audited) = (Audit::of([(NOON - 1, 5)]), Audited::default());
        audited.asked.extend((NOON - 7..NOON).map(|hour| (hour, 1)));
        assert_eq!(audit.next(&audited, horizon(25), S(0)), Some(NOON - 1));
        let told = audit.answered(&mut audited, NOON - 1, 5, horizon(25), S(10));
        assert_eq!(told, AuditOutcome::Short(vec![(NOON - 1, 5)]));
        assert_eq!(audit.next(&audited, horizon(25), S(3_609)), None);
        assert_eq!(audit.next(&audited, horizon(25), S(3_610)), Some(NOON - 1));
    }

    #[test]
    fn an_hour_whose_question_fails_for_ever_stands_behind_the_others_and_is_named() {
        let (mut audit, mut audited) = (Audit::default(), Audited::default());
        let (poison, minute) = (NOON - 1, S(60));
        let (mut now, mut asked, mut told) = (S(0), Vec::new(), Vec::new());
        for _ in 0..24 * 60 {
            now += minute;
            match audit.next(&audited, horizon(25), now) {
                Some(hour) if hour == poison => {
                    asked.push(now);
                    told = audit.failed(hour, now);
                }
                Some(hour) => {
                    audit.answered(&mut audited, hour, 0, horizon(25), now);
                }
                None => {}
            }
            // all others are asked about at once
            assert!(now < S(600) || audited.asked.len() == 6, "{audited:?}");
        }
        assert_eq!(told, [poison]);
        assert!((5..=8).contains(&asked.len()), "{asked:?}");
        assert!(asked[2] < S(2 * 3600), "told within two hours: {asked:?}");
        audit.answered(&mut audited, poison, 0, horizon(25), now);
        assert_eq!(audit.unanswered(), [0; 0]);
        assert_eq!(audit.next(&audited, horizon(25), now + S(86_400)), None);
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
