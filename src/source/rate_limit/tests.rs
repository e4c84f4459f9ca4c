#![allow(clippy::unwrap_used)]
use std::sync::{Arc, Mutex};

use proptest::prelude::*;

use super::*;

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A moment of a process that began at the second 1000 of the wall clock.
fn at(steady: Duration) -> Moment {
    Moment {
        wall_ms: 1_000_000 + i64::try_from(steady.as_millis()).unwrap(),
        steady,
    }
}

/// A memory that several processes have one after the other.
#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<PastRequests>>);

impl RequestMemory for Kept {
    fn read(&mut self) -> PastRequests {
        self.0.lock().unwrap().clone()
    }

    fn replace(&mut self, all: &PastRequests) {
        *self.0.lock().unwrap() = all.clone();
    }

    fn add(&mut self, at_ms: i64) {
        self.0.lock().unwrap().times_ms.push(at_ms);
    }

    fn keep_silence(&mut self, silence: Silence) {
        self.0.lock().unwrap().silence = Some(silence);
    }
}

impl Kept {
    /// What a process works with that begins now.
    fn limit(&self, per_minute: u32) -> RequestLimit {
        RequestLimit::new(per_minute).with_memory(Box::new(self.clone()))
    }
}

/// The wall clock shows this second, and the process has just begun.
fn begun(wall_s: i64) -> Moment {
    Moment {
        wall_ms: wall_s * 1000,
        steady: Duration::ZERO,
    }
}

#[test]
fn the_31st_request_waits_for_the_first_to_grow_old() {
    let mut throttle = RequestLimit::new(30);
    for i in 0..30 {
        assert_eq!(throttle.admit(at(s(i))), Ok(()));
    }
    assert_eq!(throttle.admit(at(s(30))), Err(s(31)));
    assert_eq!(throttle.admit(at(s(61))), Ok(()));
    assert_eq!(throttle.admit(at(s(61))), Err(s(1)));
}

#[test]
fn silence_holds_everybody() {
    let mut throttle = RequestLimit::new(30);
    throttle.hold(at(s(5)), s(60));
    assert_eq!(throttle.admit(at(s(6))), Err(s(59)));
    assert_eq!(throttle.admit(at(s(65))), Ok(()));
}

#[test]
fn no_silence_is_too_long_to_be_kept() {
    let mut throttle = RequestLimit::new(30);
    throttle.hold(at(s(5)), Duration::MAX);
    assert_eq!(throttle.admit(at(s(5))), Err(Duration::MAX - s(5)));
}

#[test]
fn a_lower_limit_counts_what_was_let_through() {
    let mut throttle = RequestLimit::new(30);
    for _ in 0..20 {
        assert_eq!(throttle.admit(at(s(0))), Ok(()));
    }
    throttle.set_limit(10);
    assert_eq!(throttle.admit(at(s(1))), Err(s(60)));
}

#[test]
fn the_next_process_counts_what_the_one_before_let_through() {
    let kept = Kept::default();
    let mut before = kept.limit(2);
    assert_eq!(before.admit(begun(1_000)), Ok(()));
    let mut after = kept.limit(2);
    assert_eq!(after.admit(begun(1_010)), Ok(()));
    assert_eq!(after.admit(begun(1_010)), Err(s(51)));
    assert_eq!(kept.limit(2).admit(begun(1_030)), Err(s(31)));
    assert_eq!(kept.limit(2).admit(begun(1_061)), Ok(()));
}

#[test]
fn a_silence_outlives_the_process_that_was_asked_for_it() {
    let kept = Kept::default();
    kept.limit(9).hold(begun(1_000), s(300));
    let mut after = kept.limit(9);
    assert_eq!(after.silence_of_before(begun(1_100)), Some(s(200)));
    assert_eq!(after.admit(begun(1_100)), Err(s(200)));
    let now = Moment {
        wall_ms: 1_300_000,
        steady: s(200),
    };
    assert_eq!(after.admit(now), Ok(()));
    assert_eq!(after.silence_of_before(now), None);
    assert_eq!(kept.limit(9).admit(begun(1_300)), Ok(()));
    // the longest one counts, whoever asked for it and whatever came behind it
    let mut asked = kept.limit(9);
    asked.hold(begun(2_000), s(5_000));
    asked.hold(begun(2_000), s(1));
    assert_eq!(kept.limit(9).admit(begun(2_100)), Err(s(800)));
}

#[test]
fn a_clock_that_was_set_back_costs_one_minute_once() {
    let kept = Kept::default();
    let mut before = kept.limit(1);
    before.hold(begun(900_000), s(900));
    let later = Moment {
        wall_ms: 900_900_000,
        steady: s(900),
    };
    assert_eq!(before.admit(later), Ok(()));
    assert_eq!(kept.limit(1).admit(begun(5_000)), Err(MINUTE));
    assert_eq!(kept.limit(1).admit(begun(5_030)), Err(s(31)));
    assert_eq!(kept.limit(1).admit(begun(5_061)), Ok(()));
}

proptest! {
    /// Whenever a process is killed and another one begins, no minute holds more.
    #[test]
    fn no_minute_ever_holds_more(
        limit in 1_u32..40,
        steps in prop::collection::vec((0_u64..5_000, prop::bool::weighted(0.1)), 1..300),
    ) {
        let kept = Kept::default();
        let mut throttle = kept.limit(limit);
        let (mut now, mut begin, mut let_through) = (0_u64, 0, Vec::new());
        for (step, is_killed) in steps {
            now += step;
            if is_killed {
                throttle = kept.limit(limit);
                begin = now;
            }
            let moment = Moment {
                wall_ms: 1_000_000 + i64::try_from(now).unwrap(),
                steady: Duration::from_millis(now - begin),
            };
            if throttle.admit(moment).is_ok() {
                let_through.push(now);
            }
        }
        for (i, &start) in let_through.iter().enumerate() {
            let minute = start + u64::try_from(MINUTE.as_millis()).unwrap();
            let within = let_through[i..].iter().filter(|&&t| t < minute).count();
            prop_assert!(within <= limit as usize);
        }
    }

    /// Whatever the clock does meanwhile, and whatever stands in the memory, nobody waits longer
    /// than the cloud asked for, and a minute for a time that lies ahead.
    #[test]
    fn no_memory_holds_back_for_long(
        times_ms in prop::collection::vec(any::<i64>(), 0..50),
        silence in prop::option::of((any::<i64>(), any::<u64>())),
        now_ms in any::<i64>(),
    ) {
        let kept = Kept::default();
        let silence = silence.map(|(from_ms, ms)| Silence {
            from_ms,
            length: Duration::from_millis(ms),
        });
        *kept.0.lock().unwrap() = PastRequests { times_ms, silence };
        let now = Moment { wall_ms: now_ms, steady: Duration::ZERO };
        let wait = kept.limit(1).admit(now).err().unwrap_or_default();
        let is_ahead = silence.is_none_or(|silence| silence.from_ms > now_ms);
        let most = if is_ahead { MINUTE } else { LONGEST_SILENCE };
        prop_assert!(wait <= most);
    }
}
