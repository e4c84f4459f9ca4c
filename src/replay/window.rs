//! Checks which window of time can be fetched again.

use std::time::Duration;

use super::When;
use crate::clock::in_words;

/// No window begins earlier: the cloud keeps nothing older.
const FARTHEST: Duration = Duration::from_secs(180 * 86_400);

/// A window that can't be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It begins too long ago; milliseconds since 1970, as below.
    #[error("found {}; allowed: at most 180 days ago, because the cloud keeps records for 180 \
        days", in_words(*from_ms))]
    TooOld {
        /// Where it begins.
        from_ms: i64,
    },
    /// It begins in a time to come.
    #[error("found {}, which is in the future; allowed: a time in the past", in_words(*from_ms))]
    ToCome {
        /// Where it begins.
        from_ms: i64,
    },
    /// It ends before it begins.
    #[error("found an end of {} and a start of {}; allowed: a start before the \
        end", in_words(*until_ms), in_words(*from_ms))]
    Backwards {
        /// Where it begins.
        from_ms: i64,
        /// Where it ends.
        until_ms: i64,
    },
}

/// The first and the last millisecond of a window. The end itself is not included, so that one
/// window may begin where the other ends; without one it is now.
///
/// # Errors
/// Where there can't be such a window.
pub fn window(from_ms: i64, until_ms: Option<i64>, now_ms: i64) -> Result<(i64, i64), Unfit> {
    if from_ms < When::Ago(FARTHEST).at_ms(now_ms) {
        return Err(Unfit::TooOld { from_ms });
    }
    match until_ms {
        Some(until_ms) if from_ms >= until_ms => Err(Unfit::Backwards { from_ms, until_ms }),
        None if from_ms >= now_ms => Err(Unfit::ToCome { from_ms }),
        _ => Ok((
            from_ms,
            until_ms.map_or(now_ms, |until_ms| until_ms.min(now_ms)) - 1,
        )),
    }
}
