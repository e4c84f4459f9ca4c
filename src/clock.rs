//! The only access to time. Everything else is handed the time it needs, so that tests can choose
//! it.
//!
//! Wall time is an `i64` of milliseconds since 1970-01-01T00:00:00Z, as the cloud's API has it; it
//! may jump. What is measured, and not only shown, is measured in [`Moment`]s, which don't.

use std::io;
use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use jiff::SignedDuration;

/// 2026-01-01T00:00:00Z: no siembox is older. A clock that shows less was never set.
pub const FIRST_MS: i64 = 1_767_225_600_000;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// A moment of both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moment {
    /// Milliseconds since 1970, to be shown.
    pub wall_ms: i64,
    /// Time since the process first asked, to be measured with.
    pub steady: Duration,
}

/// Time as somebody who works in it and waits meets it: the real one, or a test's own, in which
/// hours pass at once.
pub trait Time: Send {
    /// This moment.
    fn now(&self) -> Moment;

    /// Sleeps, but not beyond the end of the work. True where that has come.
    fn sleep(&self, time: Duration) -> bool;

    /// Sleeps as [`Time::sleep`]; `why` is for whoever watches the wait, where somebody does.
    fn sleep_because(&self, time: Duration, why: &str) -> bool {
        let _ = why;
        self.sleep(time)
    }

    /// Has the end of the work come?
    fn over(&self) -> bool;

    /// Any number, all equally likely: for waits that should not be in step with others'.
    fn chance(&self) -> u64;
}

/// This moment.
#[must_use]
pub fn now() -> Moment {
    Moment {
        wall_ms: now_ms(),
        steady: steady(),
    }
}

/// Time since the process first asked, to be measured with: it never jumps.
#[must_use]
pub fn steady() -> Duration {
    START.elapsed()
}

/// How long something takes.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch {
    began: Duration,
}

impl Stopwatch {
    /// Measures from this moment on.
    #[must_use]
    pub fn start() -> Self {
        let began = steady();
        Self { began }
    }

    /// Time since it was started.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        steady().saturating_sub(self.began)
    }
}

/// The wall clock now, in milliseconds since 1970. Negative before 1970; saturates at the ends of
/// `i64`.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the door")]
pub fn now_ms() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
    }
}

/// Puts the wall clock on by so much (back, where it is less than zero). Only root may; only
/// `siembox clock` does.
///
/// # Errors
/// When the system refuses, or the time would be none.
pub fn put_on(offset: SignedDuration) -> io::Result<()> {
    use rustix::time::{ClockId, Timespec, clock_gettime, clock_settime};
    let now = clock_gettime(ClockId::Realtime);
    let now = SignedDuration::new(now.tv_sec, i32::try_from(now.tv_nsec).unwrap_or(0));
    let then = now.checked_add(offset).filter(|then| !then.is_negative());
    let then = then.ok_or(io::ErrorKind::InvalidInput)?;
    clock_settime(
        ClockId::Realtime,
        Timespec {
            tv_sec: then.as_secs(),
            tv_nsec: then.subsec_nanos().into(),
        },
    )?;
    Ok(())
}

/// `2023-03-02T21:10:02Z`, for people; a time outside the calendar as its number.
#[must_use]
pub fn in_words(wall_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(wall_ms)
        .map_or_else(|_| format!("{wall_ms} ms"), |time| format!("{time:.0}"))
}

/// `2 d 3 h`, `4 min`, `12 s`, `700 ms`: the two largest units.
#[must_use]
pub fn span_in_words(span: Duration) -> String {
    let seconds = span.as_secs();
    let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let Some(largest) = units.iter().position(|&(size, _)| seconds >= size) else {
        return format!("{} ms", span.as_millis());
    };
    let mut rest = seconds;
    let mut words = Vec::new();
    for &(size, name) in units.iter().skip(largest).take(2) {
        if rest >= size {
            words.push(format!("{} {name}", rest / size));
            rest %= size;
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speaks_of_times() {
        assert_eq!(in_words(1_677_791_402_022), "2023-03-02T21:10:02Z");
        assert_eq!(in_words(i64::MAX), "9223372036854775807 ms");
        let words =
            [0, 59, 60, 3_725, 90_000, 172_800].map(|s| span_in_words(Duration::from_secs(s)));
        assert_eq!(
            words,
            ["0 ms", "59 s", "1 min", "1 h 2 min", "1 d 1 h", "2 d"]
        );
    }
}
