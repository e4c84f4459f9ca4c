//! Responses that are not a page: what each means, and its cure.

use std::time::Duration;

use crate::foreign::ForeignText;
use crate::source::error_body::{self, ErrorBody};
use crate::source::http::Response;
use crate::source::json::list::Torn;
use crate::source::rate_limit::LONGEST_SILENCE;
use crate::source::{SourceError, SourceErrorKind};

/// Patience after a plain 429, and after one that says "throttled" without a number (reference:
/// §1.9).
const AFTER_429: Duration = Duration::from_secs(5);
const AFTER_THROTTLED: Duration = Duration::from_secs(60);

/// An answer that could not be taken apart.
pub(super) fn torn(torn: Torn) -> SourceError {
    match torn {
        Torn::NotJson(what) => SourceError::new(
            SourceErrorKind::InTheWay,
            format!(
                "the response does not come from the API ({what}): check api_url, and whether a \
                    proxy or portal asks for a sign-in"
            ),
        ),
        Torn::Empty => SourceError::new(
            SourceErrorKind::Passing,
            "the response is empty, which a response of the API never is: another system on the \
                way answers instead; check api_url and proxy",
        ),
        Torn::Refusal(said) => SourceError::new(
            SourceErrorKind::BadQuestion,
            format!("the API refused the request: {said}"),
        ),
        Torn::Damaged(what) => SourceError::new(
            SourceErrorKind::Passing,
            format!("the response is damaged: {what}"),
        ),
    }
}

/// An answer that is no page: its status says so.
///
/// # Errors
/// Where its body can't be read.
pub(super) fn refused(response: Response) -> Result<SourceError, SourceError> {
    let (status, retry_after, location) =
        (response.status, response.retry_after, response.location);
    let voice = ErrorBody::of(&response.body.begin(error_body::MOST)?);
    let (trouble, what) = match (status, &voice) {
        (429, _) => (
            SourceErrorKind::Throttled(patience(retry_after, &voice)),
            format!("the API throttles this tenant (429: {voice})"),
        ),
        (401 | 403 | 404, ErrorBody::Page(_)) | (403, ErrorBody::Text(_)) => (
            SourceErrorKind::InTheWay,
            format!(
                "the response does not come from the API ({status}: {voice}): a proxy, firewall or \
                    gateway answers instead; allow this machine to reach the host in api_url, and \
                    check api_url and proxy"
            ),
        ),
        (401 | 403, _) => (
            SourceErrorKind::InvalidToken,
            format!(
                "Invalid token: the API refused it ({status}: {voice}). The token is wrong, or the \
                    admin who created it was removed: create a new one and put it into the token \
                    file"
            ),
        ),
        (404, _) => (
            SourceErrorKind::InTheWay,
            format!("the API was not found at this address (404: {voice}): check api_url"),
        ),
        (407 | 511, _) => (
            SourceErrorKind::InTheWay,
            format!("a proxy on the way asks for a sign-in ({status}: {voice}): check proxy"),
        ),
        (300..=399, _) => {
            let to = location.unwrap_or(ForeignText::new("nowhere"));
            (
                SourceErrorKind::InTheWay,
                format!("the address redirects to {to} ({status}): check api_url"),
            )
        }
        (503, _) if retry_after.is_some_and(|wait| !wait.is_zero()) => (
            SourceErrorKind::Throttled(patience(retry_after, &voice)),
            format!("the API is temporarily unavailable (503: {voice})"),
        ),
        (408 | 500..=599, _) => (
            SourceErrorKind::Passing,
            format!("the API failed ({status}: {voice})"),
        ),
        _ => (
            SourceErrorKind::BadQuestion,
            format!("the API refused the request ({status}: {voice})"),
        ),
    };
    Ok(SourceError::new(trouble, what))
}

/// How long to be silent: as the header says, or the words; "at once" says nothing.
fn patience(retry_after: Option<Duration>, voice: &ErrorBody) -> Duration {
    let said = voice.to_string();
    retry_after
        .filter(|wait| !wait.is_zero())
        .or_else(|| seconds_in(&said).filter(|wait| !wait.is_zero()))
        .unwrap_or(if said.to_ascii_lowercase().contains("throttled") {
            AFTER_THROTTLED
        } else {
            AFTER_429
        })
        .min(LONGEST_SILENCE)
}

/// "Expected available in 17 seconds."
fn seconds_in(said: &str) -> Option<Duration> {
    let (before, _) = said.split_once(" second")?;
    before
        .rsplit(' ')
        .next()?
        .parse()
        .ok()
        .map(Duration::from_secs)
}

#[cfg(test)]
mod tests;
