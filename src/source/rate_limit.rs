//! Keeps the tenant's request limit: 30 requests in any minute over the whole API (reference:
//! api-introduction.md).
//!
//! A window of the last requests rather than a bucket: a full bucket would let 60 requests into one
//! minute. All pollers of a tenant share one throttle; requests of other clients of the tenant show
//! only as answers 429.
//!
//! A process that is killed and started again must not begin a minute of its own: what was let
//! through, and the silence that the cloud asked for, are written to a [`RequestMemory`] before the
//! request goes out. They stand there by the wall clock, which may be set meanwhile; a time that
//! lies ahead counts as this moment, so that a wrong clock costs a minute at most.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use crate::clock::Moment;

/// No answer makes us wait longer than this.
pub(super) const LONGEST_SILENCE: Duration = Duration::from_secs(900);

/// A second more than the minute that the cloud measures: requests do not all travel equally fast.
const MINUTE: Duration = Duration::from_secs(61);

/// A limit on the requests of a minute. Steady times are counted from any fixed moment.
#[derive(Debug)]
pub struct RequestLimit {
    per_minute: usize,
    /// When the requests that were let through grow too old to count.
    old_at: VecDeque<Duration>,
    /// The cloud asked for silence until then.
    silent_until: Duration,
    /// Did it ask an earlier process? Then nobody has told of it in this one.
    is_silence_of_before: bool,
    /// What outlives the process, where something does.
    memory: Option<Box<dyn RequestMemory>>,
    /// Is what earlier processes let through still to be read? That waits for the first request:
    /// the clock may not be set before.
    is_unread: bool,
}

/// Keeps beyond the end of the process what a limit has let through. It has no errors: where it
/// can't keep something, it says so to the operator, and nothing waits for it.
pub trait RequestMemory: fmt::Debug + Send {
    /// What earlier processes have written.
    fn read(&mut self) -> PastRequests;

    /// Writes this in place of all that is there.
    fn replace(&mut self, all: &PastRequests);

    /// Writes that a request goes out at this time.
    fn add(&mut self, at_ms: i64);

    /// Writes that the cloud asks for silence.
    fn keep_silence(&mut self, silence: Silence);
}

/// What earlier processes let through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PastRequests {
    /// When requests went out, by the wall clock, in any order.
    pub times_ms: Vec<i64>,
    /// The last silence that the cloud asked for.
    pub silence: Option<Silence>,
}

/// A silence that the cloud asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silence {
    /// When it asked, by the wall clock.
    pub from_ms: i64,
    /// For how long.
    pub length: Duration,
}

// === impl RequestLimit ===

impl RequestLimit {
    /// Lets `per_minute` requests (at least 1) into any minute.
    #[must_use]
    pub fn new(per_minute: u32) -> Self {
        Self {
            per_minute: per_minute.max(1) as usize,
            old_at: VecDeque::new(),
            silent_until: Duration::ZERO,
            is_silence_of_before: false,
            memory: None,
            is_unread: false,
        }
    }

    /// Counts what earlier processes let through, and writes down what it lets through itself.
    #[must_use]
    pub fn with_memory(self, memory: Box<dyn RequestMemory>) -> Self {
        Self {
            memory: Some(memory),
            is_unread: true,
            ..self
        }
    }

    /// Takes another limit.
    pub fn set_limit(&mut self, per_minute: u32) {
        self.per_minute = per_minute.max(1) as usize;
    }

    /// Lets a request through now, or says how long to wait before asking again.
    ///
    /// # Errors
    /// The time to wait.
    pub fn admit(&mut self, now: Moment) -> Result<(), Duration> {
        self.read_memory(now);
        let is_old = |old_at: &Duration| *old_at <= now.steady;
        while self.old_at.front().is_some_and(is_old) {
            self.old_at.pop_front();
        }
        if now.steady < self.silent_until {
            return Err(self.silent_until - now.steady);
        }
        if self.old_at.len() >= self.per_minute {
            let blocker = self.old_at[self.old_at.len() - self.per_minute];
            return Err(blocker.saturating_sub(now.steady));
        }
        self.old_at.push_back(now.steady + MINUTE);
        if let Some(memory) = &mut self.memory {
            memory.add(now.wall_ms);
        }
        Ok(())
    }

    /// The cloud asked for silence: nobody asks for this long.
    pub fn hold(&mut self, now: Moment, silence: Duration) {
        self.read_memory(now);
        self.silent_until = self.silent_until.max(now.steady.saturating_add(silence));
        self.is_silence_of_before = false;
        if let Some(memory) = &mut self.memory {
            memory.keep_silence(Silence {
                from_ms: now.wall_ms,
                length: self.silent_until.saturating_sub(now.steady),
            });
        }
    }

    /// How long the silence still lasts that the cloud asked an earlier process for; `None` where
    /// there is none.
    pub fn silence_of_before(&mut self, now: Moment) -> Option<Duration> {
        self.read_memory(now);
        let left = self.silent_until.saturating_sub(now.steady);
        (self.is_silence_of_before && !left.is_zero()).then_some(left)
    }

    /// Counts what earlier processes let through.
    fn read_memory(&mut self, now: Moment) {
        let Some(memory) = self.memory.as_mut().filter(|_| self.is_unread) else {
            return;
        };
        self.is_unread = false;
        let found = memory.read();
        let past = found.seen_at(now.wall_ms);
        if found.is_ahead_of(now.wall_ms) {
            // the next start must not take it for this moment once more
            memory.replace(&past);
        }
        let old_at = past.times_ms.iter().map(|at_ms| {
            let age = since(*at_ms, now.wall_ms);
            now.steady + MINUTE.saturating_sub(age)
        });
        self.old_at = old_at.collect();
        if let Some(silence) = past.silence {
            self.silent_until = now.steady + silence.left(now.wall_ms);
            self.is_silence_of_before = true;
        }
    }
}

// === impl PastRequests ===

impl PastRequests {
    /// What of it still counts, the oldest first; what lies ahead counts as this moment.
    fn seen_at(&self, now_ms: i64) -> Self {
        let times = self.times_ms.iter().map(|at_ms| (*at_ms).min(now_ms));
        let mut times_ms: Vec<i64> = times.filter(|at| since(*at, now_ms) < MINUTE).collect();
        times_ms.sort_unstable();
        let silence = self.silence.map(|silence| silence.seen_at(now_ms));
        Self {
            times_ms,
            silence: silence.filter(|silence| !silence.left(now_ms).is_zero()),
        }
    }

    /// Was the clock set back since?
    fn is_ahead_of(&self, now_ms: i64) -> bool {
        let silence = self.silence.iter().map(|silence| &silence.from_ms);
        self.times_ms.iter().chain(silence).any(|at| *at > now_ms)
    }
}

// === impl Silence ===

impl Silence {
    fn seen_at(self, now_ms: i64) -> Self {
        let most = match self.from_ms > now_ms {
            true => MINUTE,
            false => LONGEST_SILENCE,
        };
        Self {
            from_ms: self.from_ms.min(now_ms),
            length: self.length.min(most),
        }
    }

    fn left(self, now_ms: i64) -> Duration {
        self.length.saturating_sub(since(self.from_ms, now_ms))
    }
}

/// The time from then to now; none where then lies ahead.
fn since(then_ms: i64, now_ms: i64) -> Duration {
    let ms = now_ms.saturating_sub(then_ms);
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

#[cfg(test)]
mod tests;
