//! Responses that are not a page: what each means, and its cure (reference: successors.md §2.2).

use std::time::Duration;

use crate::foreign::ForeignText;
use crate::source::error_body::{self, ErrorBody};
use crate::source::http::Response;
use crate::source::json::list::Torn;
use crate::source::rate_limit::LONGEST_SILENCE;
use crate::source::{SourceError, SourceErrorKind};

/// Patience after a 429 that names none.
const AFTER_429: Duration = Duration::from_secs(10);

/// An answer that could not be taken apart.
pub(in crate::source) fn torn(torn: Torn) -> SourceError {
    match torn {
        Torn::NotJson(what) => SourceError::new(
            SourceErrorKind::InTheWay,
            format!(
                "the response does not come from Graph ({what}): check graph_url, and whether a \
                    proxy or portal asks for a sign-in"
            ),
        ),
        Torn::Empty => SourceError::new(
            SourceErrorKind::Passing,
            "the response is empty, which a response of Graph never is: another system on the way \
                answers instead; check graph_url and proxy",
        ),
        Torn::Refusal(said) => SourceError::new(
            SourceErrorKind::BadQuestion,
            format!("Graph refused the request: {said}"),
        ),
        Torn::Damaged(what) => SourceError::new(
            SourceErrorKind::Passing,
            format!("the response is damaged: {what}"),
        ),
    }
}

/// An answer that is no page: its status says so. `role` is the permission that the request needs.
///
/// # Errors
/// Where its body can't be read.
pub(in crate::source) fn refused(
    response: Response,
    role: &str,
) -> Result<SourceError, SourceError> {
    let (status, retry_after, location) =
        (response.status, response.retry_after, response.location);
    let voice = ErrorBody::of(&response.body.begin(error_body::MOST)?);
    let wait = retry_after.filter(|wait| !wait.is_zero());
    let (trouble, what) = match (status, &voice) {
        (429, _) => (
            SourceErrorKind::Throttled(wait.unwrap_or(AFTER_429).min(LONGEST_SILENCE)),
            format!("Graph throttles this app (429: {voice})"),
        ),
        (401 | 403 | 404, ErrorBody::Page(_)) | (403, ErrorBody::Text(_)) => (
            SourceErrorKind::InTheWay,
            format!(
                "a gateway answers in place of Graph ({status}: {voice}): a gateway of Microsoft's \
                    own does so at times, which passes; where it lasts, allow this machine to \
                    reach the host in graph_url, and check proxy"
            ),
        ),
        (401, _) => (
            SourceErrorKind::InvalidToken,
            format!(
                "Graph refused the app's token (401: {voice}): check tenant_id, cloud and graph_url"
            ),
        ),
        (403, _) => (
            SourceErrorKind::Refused,
            format!(
                "Graph does not let the Entra app read this (403: {voice}): add the application \
                    permission \"{role}\" of \"Microsoft Graph\" and grant admin consent"
            ),
        ),
        (404, _) => (
            SourceErrorKind::InTheWay,
            format!(
                "Graph was not found at this address (404: {voice}): check graph_url and cloud"
            ),
        ),
        (407 | 511, _) => (
            SourceErrorKind::InTheWay,
            format!("a proxy on the way asks for a sign-in ({status}: {voice}): check proxy"),
        ),
        (300..=399, _) => {
            let to = location.unwrap_or(ForeignText::new("nowhere"));
            (
                SourceErrorKind::InTheWay,
                format!("the address redirects to {to} ({status}): check graph_url"),
            )
        }
        (503, _) if wait.is_some() => (
            SourceErrorKind::Throttled(wait.unwrap_or(AFTER_429).min(LONGEST_SILENCE)),
            format!("Graph is temporarily unavailable (503: {voice})"),
        ),
        (408 | 500..=599, _) => (
            SourceErrorKind::Passing,
            format!("Graph failed ({status}: {voice})"),
        ),
        _ => (
            SourceErrorKind::BadQuestion,
            format!("Graph refused the request ({status}: {voice})"),
        ),
    };
    Ok(SourceError::new(trouble, what))
}
