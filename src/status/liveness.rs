//! Liveness: each part of the program promises by when it will report again. If one is late, the
//! hardware watchdog is no longer fed.
//!
//! A good reason for silence is a wait whose end is known: the time limit of a request, a back-off,
//! the pause between two polls, a full spool that is looked at again. The promise is then as long
//! as that wait, and [`WORK`] more: for what is done without waiting for anybody but the disk. A
//! part that has ended, or is paused, promises nothing.
//!
//! No false alarm, ever: a box that is started anew for nothing is worse than one that is started
//! anew late. So a part is late only when it was found overdue twice, [`CONFIRM`] apart: a process
//! that stood still as a whole (a machine suspended, SIGSTOP) finds all its promises broken when it
//! goes on, and has to be given time to renew them.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

/// The longest that anything may take that waits only for processor and disk. A card in its last
/// days was seen to hold up one write for half a minute.
pub const WORK: Duration = Duration::from_secs(300);
/// Twice found overdue, so far apart, is late.
const CONFIRM: Duration = Duration::from_secs(5);
/// Promises nothing.
const NEVER: u64 = u64::MAX;

/// The signs of life of all parts of the process.
#[derive(Debug, Clone, Default)]
pub struct LivenessWatch(Arc<Mutex<Vec<Weak<Beat>>>>);

/// The sign of life of one part; given back when the last clone is dropped. A default one is heard
/// by nobody.
#[derive(Debug, Clone, Default)]
pub struct Liveness(Arc<Beat>);

#[derive(Debug)]
struct Beat {
    part: String,
    /// The next sign is promised by then, steady milliseconds.
    due_ms: AtomicU64,
    /// When it was first found overdue.
    found_ms: AtomicU64,
}

/// A future that gives a sign of life whenever something happens to it.
#[derive(Debug)]
pub struct Watched<F> {
    liveness: Liveness,
    within: Duration,
    now: fn() -> Duration,
    future: Pin<Box<F>>,
}

// === impl LivenessWatch ===

impl LivenessWatch {
    /// A part begins: in words, as an operator is to read it. It promises nothing yet.
    #[must_use]
    pub fn part(&self, part: impl Into<String>) -> Liveness {
        let beat = Arc::new(Beat {
            part: part.into(),
            ..Beat::default()
        });
        let mut beats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        beats.retain(|beat| beat.strong_count() > 0);
        beats.push(Arc::downgrade(&beat));
        Liveness(beat)
    }

    /// The parts that did not keep their promise, at this steady time. To be asked every few
    /// seconds; see `CONFIRM`.
    #[must_use]
    pub fn late(&self, now: Duration) -> Vec<String> {
        let beats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let there = beats.iter().filter_map(Weak::upgrade);
        let late = there.filter(|beat| beat.is_late(ms(now)));
        late.map(|beat| beat.part.clone()).collect()
    }
}

// === impl Liveness ===

impl Liveness {
    /// A sign of life; the next one comes within this time.
    pub fn promise(&self, now: Duration, within: Duration) {
        let due = ms(now.saturating_add(within)).min(NEVER - 1);
        self.0.due_ms.store(due, Ordering::Relaxed);
    }

    /// This part rests, and promises nothing until it goes on.
    pub fn rest(&self) {
        self.0.due_ms.store(NEVER, Ordering::Relaxed);
    }

    /// A task that promises, each time that something wakes it, that something will again within
    /// this time: the longest of the time limits that it sets itself, and [`WORK`]. A wait without
    /// a limit, a disk that never answers, or a runtime that no longer runs, breaks the promise.
    pub fn watch<F: Future>(
        self,
        within: Duration,
        now: fn() -> Duration,
        future: F,
    ) -> Watched<F> {
        Watched {
            liveness: self,
            within,
            now,
            future: Box::pin(future),
        }
    }
}

// === impl Beat ===

impl Default for Beat {
    fn default() -> Self {
        Self {
            part: String::new(),
            due_ms: AtomicU64::new(NEVER),
            found_ms: AtomicU64::new(0),
        }
    }
}

impl Beat {
    fn is_late(&self, now_ms: u64) -> bool {
        let due = self.due_ms.load(Ordering::Relaxed);
        if now_ms <= due {
            return false;
        }
        let found = self.found_ms.load(Ordering::Relaxed);
        if found <= due {
            // an earlier promise was found overdue then, if any
            self.found_ms.store(now_ms, Ordering::Relaxed);
            return false;
        }
        now_ms - found >= ms(CONFIRM)
    }
}

// === impl Watched ===

impl<F: Future> Future for Watched<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let now = (self.now)();
        self.liveness.promise(now, self.within);
        self.future.as_mut().poll(context)
    }
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    #[test]
    fn a_frozen_part_is_named_and_one_that_waits_is_not() {
        let pulses = LivenessWatch::default();
        let (reader, sender) = (pulses.part("a: reader of alerts"), pulses.part("a: sender"));
        let none: [&str; 0] = [];
        assert_eq!(pulses.late(S(1_000_000)), none, "nothing is promised yet");
        reader.promise(S(10), S(60));
        sender.promise(S(10), S(3600));
        assert_eq!(pulses.late(S(70)), none);
        assert_eq!(pulses.late(S(71)), none, "found overdue for the first time");
        assert_eq!(pulses.late(S(75)), none);
        assert_eq!(pulses.late(S(76)), ["a: reader of alerts"]);
        reader.promise(S(77), S(60));
        assert_eq!(pulses.late(S(78)), none, "it lives");
        reader.rest();
        assert_eq!(pulses.late(S(3610)), none);
        drop(sender);
        assert_eq!(pulses.late(S(9_000)), none, "ended");
    }

    #[test]
    fn a_process_that_stood_still_as_a_whole_has_time_to_go_on() {
        let pulses = LivenessWatch::default();
        let reader = pulses.part("reader");
        reader.promise(S(10), S(60));
        assert!(pulses.late(S(12)).is_empty());
        // an hour of SIGSTOP; whoever looks may be the first to run
        assert!(pulses.late(S(3612)).is_empty());
        reader.promise(S(3613), S(60));
        assert!(pulses.late(S(3620)).is_empty());
        // and again, with the promise of before found overdue long ago
        assert!(pulses.late(S(7220)).is_empty());
        assert!(!pulses.late(S(7225)).is_empty());
    }

    #[tokio::test]
    async fn a_task_gives_a_sign_whenever_it_is_woken() {
        static NOW: AtomicU64 = AtomicU64::new(100);
        let now = || S(NOW.load(Ordering::Relaxed));
        let pulses = LivenessWatch::default();
        let (wake, woken) = tokio::sync::oneshot::channel::<()>();
        let task = tokio::spawn(pulses.part("sender").watch(S(60), now, async move {
            woken.await.ok();
            std::future::pending::<()>().await;
        }));
        tokio::task::yield_now().await;
        NOW.store(150, Ordering::Relaxed);
        wake.send(()).unwrap();
        tokio::task::yield_now().await;
        assert!(pulses.late(S(205)).is_empty() && pulses.late(S(210)).is_empty());
        assert!(pulses.late(S(211)).is_empty());
        assert_eq!(pulses.late(S(216)), ["sender"], "it waits without a limit");
        task.abort();
        let _ = task.await;
        assert!(pulses.late(S(999)).is_empty());
    }
}
