//! `/healthz`, for load balancers and watchdogs: whether the process makes progress. A cloud or
//! SIEM that is away is no reason to restart it.

use std::time::Duration;

use super::page::Page;
use crate::clock::span_in_words;

/// Longer than this without a sign of progress is too long. A change of settings may take half a
/// minute.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// 200, or 503 with the reason. `silent`: how long ago there was the last sign of progress; `None`
/// where the status does not answer at all.
pub(super) fn page(silent: Option<Duration>) -> Page {
    match silent {
        None => Page::words(503, "unwell: the status does not respond"),
        Some(silent) if silent > PATIENCE => {
            let silent = span_in_words(silent);
            Page::words(503, &format!("unwell: no progress for {silent}"))
        }
        Some(_) => Page::words(200, "well: the process makes progress"),
    }
}
