//! Responses that hold no rows: what each means, and its cure.

use std::time::Duration;

use super::phrases::{RefusalMeaning, meaning};
use crate::foreign::ForeignText;
use crate::source::error_body::{self, ErrorBody};
use crate::source::http::Response;
use crate::source::json::list::Torn;
use crate::source::rate_limit::LONGEST_SILENCE;
use crate::source::{SourceError, SourceErrorKind};

/// The processor time of a tenant is counted in cycles of a quarter of an hour.
const CYCLE: Duration = Duration::from_secs(900);
/// Calls are counted by the minute.
const AFTER_CALLS: Duration = Duration::from_secs(60);
/// The cycles of the service begin when they do: a little later is surely in the next one.
const MARGIN: Duration = Duration::from_secs(5);

/// An answer that could not be taken apart.
pub(super) fn torn(torn: Torn) -> SourceError {
    match torn {
        Torn::NotJson(what) => SourceError::new(
            SourceErrorKind::InTheWay,
            format!(
                "the response does not come from Microsoft Graph ({what}): check graph_url, and \
                    whether a proxy or portal asks for a sign-in"
            ),
        ),
        Torn::Empty => SourceError::new(
            SourceErrorKind::Passing,
            "the response is empty, which a response of Microsoft Graph never is: another system \
                on the way answers instead; check graph_url and proxy",
        ),
        Torn::Refusal(said) => SourceError::new(
            SourceErrorKind::BadQuestion,
            format!("Microsoft Graph refused the query: {said}"),
        ),
        Torn::Damaged(what) => SourceError::new(
            SourceErrorKind::Passing,
            format!("the response is damaged: {what}"),
        ),
    }
}

/// An answer that is none: its status and its words say so. `table` is what was asked for.
///
/// # Errors
/// Where its body can't be read.
pub(super) fn refused(response: Response, table: &str) -> Result<SourceError, SourceError> {
    let (status, date_ms) = (response.status, response.date_ms);
    let (retry_after, location) = (response.retry_after, response.location);
    let voice = ErrorBody::of(&response.body.begin(error_body::MOST)?);
    let said = meaning(&voice.to_string());
    let throttled = || SourceErrorKind::Throttled(silence(retry_after, &voice, said, date_ms));
    let (trouble, what) = match (status, said, &voice) {
        (429, ..) | (400, Some(RefusalMeaning::NoProcessor), _) => (
            throttled(),
            format!(
                "the tenant's quota for advanced hunting, which its analysts share, is used up \
                    ({status}: {voice}); reading goes on when the service allows it. Where this \
                    comes often: lower hunting_calls_per_minute, or raise poll_interval"
            ),
        ),
        (400 | 413 | 500..=599, Some(RefusalMeaning::TooLarge), _) | (413, ..) => (
            SourceErrorKind::TooLarge,
            format!("the rows asked for are too large for one answer ({status}: {voice})"),
        ),
        (400 | 408 | 500..=599, Some(RefusalMeaning::TooSlow), _) | (504, ..) => (
            SourceErrorKind::TooSlow,
            format!("the query is too much work for the service ({status}: {voice})"),
        ),
        (400 | 404, Some(RefusalMeaning::Absent), _) => {
            (SourceErrorKind::Absent, absent(status, &voice, table))
        }
        (403, _, ErrorBody::Json(_)) => (SourceErrorKind::Absent, absent(status, &voice, table)),
        (401, _, ErrorBody::Json(_) | ErrorBody::Silence) => (
            SourceErrorKind::InvalidToken,
            format!(
                "Invalid token: Microsoft Graph refused it ({status}: {voice}); a new one is asked \
                    for. Where this stays: check tenant_id, client_id and cloud"
            ),
        ),
        (401 | 403 | 404, ..) => (
            SourceErrorKind::InTheWay,
            format!(
                "the response does not come from Microsoft Graph ({status}: {voice}): a proxy, \
                    firewall or gateway answers instead, or the address is wrong; check graph_url \
                    and proxy"
            ),
        ),
        (407 | 511, ..) => (
            SourceErrorKind::InTheWay,
            format!("a proxy on the way asks for a sign-in ({status}: {voice}): check proxy"),
        ),
        (300..=399, ..) => {
            let to = location.unwrap_or(ForeignText::new("nowhere"));
            (
                SourceErrorKind::InTheWay,
                format!("the address redirects to {to} ({status}): check graph_url"),
            )
        }
        (503, ..) if retry_after.is_some_and(|wait| !wait.is_zero()) => (
            throttled(),
            format!("Microsoft Graph is temporarily unavailable (503: {voice})"),
        ),
        (408 | 500..=599, ..) => (
            SourceErrorKind::Passing,
            format!("Microsoft Graph failed ({status}: {voice})"),
        ),
        _ => (
            SourceErrorKind::BadQuestion,
            format!("Microsoft Graph refused the query ({status}: {voice})"),
        ),
    };
    Ok(SourceError::new(trouble, what))
}

/// Both causes: the same words come for either (reference: successors.md §3.1).
fn absent(status: u16, voice: &ErrorBody, table: &str) -> String {
    format!(
        "{table} cannot be read ({status}: {voice}): either this tenant does not have the table or \
            column, as the product that fills it is not set up; or the Entra app lacks the \
            application permission ThreatHunting.Read.All of Microsoft Graph, with admin consent. \
            siembox tries again once an hour, and reads everything else meanwhile"
    )
}

/// How long to be silent: as the header says, or the words; else until the quota is counted anew.
fn silence(
    retry_after: Option<Duration>,
    voice: &ErrorBody,
    said: Option<RefusalMeaning>,
    date_ms: Option<i64>,
) -> Duration {
    let wait = retry_after
        .filter(|wait| !wait.is_zero())
        .or_else(|| duration_in(&voice.to_string()).filter(|wait| !wait.is_zero()))
        .unwrap_or_else(|| match said {
            Some(RefusalMeaning::NoProcessor) => until_next_cycle(date_ms),
            _ => AFTER_CALLS,
        });
    wait.min(LONGEST_SILENCE)
}

fn until_next_cycle(date_ms: Option<i64>) -> Duration {
    let cycle_ms = i64::try_from(CYCLE.as_millis()).unwrap_or(i64::MAX);
    let into_ms = date_ms.map_or(0, |date_ms| date_ms.rem_euclid(cycle_ms));
    CYCLE - Duration::from_millis(into_ms.unsigned_abs()) + MARGIN
}

/// `… queries again in <duration>`: `00:12:30`, or "12 minutes", "30 seconds", "1 hour".
fn duration_in(said: &str) -> Option<Duration> {
    let (_, behind) = said.split_once("again in ")?;
    let mut words = behind.split_whitespace();
    let first = words.next()?.trim_end_matches(['.', ',']);
    if first.contains(':') {
        let parts = first.split(':').map(|part| part.parse::<u32>().ok());
        let parts: Vec<u32> = parts.collect::<Option<_>>()?;
        let [hours, minutes, seconds] = parts[..] else {
            return None;
        };
        let minutes = u64::from(hours) * 60 + u64::from(minutes);
        return Some(Duration::from_secs(minutes * 60 + u64::from(seconds)));
    }
    let count: u32 = first.parse().ok()?;
    let unit = match words.next()?.to_ascii_lowercase() {
        unit if unit.starts_with("second") => 1,
        unit if unit.starts_with("minute") => 60,
        unit if unit.starts_with("hour") => 3600,
        _ => return None,
    };
    Some(Duration::from_secs(u64::from(count) * unit))
}

#[cfg(test)]
mod tests;
