//! Responses that are not a page: what each means, and its cure.

use std::time::Duration;

use crate::foreign::ForeignText;
use crate::source::error_body::{self, ErrorBody};
use crate::source::http::Response;
use crate::source::json::list::Torn;
use crate::source::rate_limit::LONGEST_SILENCE;
use crate::source::{SourceError, SourceErrorKind};

/// Patience after a plain 429, and after one that says "throttled" without a number (reference: §1.9).
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
mod tests {
    use super::*;

    fn response(status: u16, retry_after: Option<Duration>, body: &str) -> Response {
        Response {
            status,
            retry_after,
            date_ms: None,
            location: None,
            body: body.as_bytes().to_vec().into(),
        }
    }

    #[test]
    fn a_page_of_others_is_no_word_of_the_api() {
        let invalid = r#"{"detail":"Invalid token."}"#;
        let page = "<!DOCTYPE html>\n<html><title>Blocked</title>";
        for (status, body, trouble, words) in [
            (
                401,
                invalid,
                SourceErrorKind::InvalidToken,
                "Invalid token: the API",
            ),
            (
                403,
                invalid,
                SourceErrorKind::InvalidToken,
                "Invalid token: the API",
            ),
            (
                403,
                "",
                SourceErrorKind::InvalidToken,
                "Invalid token: the API",
            ),
            (
                403,
                page,
                SourceErrorKind::InTheWay,
                "(403: a web page, \"Blocked\")",
            ),
            (
                401,
                page,
                SourceErrorKind::InTheWay,
                "does not come from the API (401",
            ),
            (
                403,
                "Forbidden by policy",
                SourceErrorKind::InTheWay,
                "(403: Forbidden by policy)",
            ),
            (
                404,
                page,
                SourceErrorKind::InTheWay,
                "does not come from the API (404",
            ),
            (
                404,
                "{}",
                SourceErrorKind::InTheWay,
                "the API was not found",
            ),
            (
                407,
                "",
                SourceErrorKind::InTheWay,
                "asks for a sign-in (407",
            ),
            (
                502,
                page,
                SourceErrorKind::Passing,
                "the API failed (502: a web page, \"Blocked\")",
            ),
            (
                400,
                "{}",
                SourceErrorKind::BadQuestion,
                "refused the request (400",
            ),
        ] {
            let error = refused(response(status, None, body)).unwrap();
            assert_eq!(error.trouble, trouble, "{status} {body}");
            assert!(error.what.contains(words), "{error}");
            assert!(
                trouble == SourceErrorKind::InvalidToken || !error.what.contains("token"),
                "{error}"
            );
        }
    }

    #[test]
    fn every_429_says_how_long() {
        let wait =
            |retry_after, body: &str| refused(response(429, retry_after, body)).unwrap().trouble;
        let s = Duration::from_secs;
        assert_eq!(wait(None, ""), SourceErrorKind::Throttled(s(5)));
        assert_eq!(
            wait(Some(s(0)), ""),
            SourceErrorKind::Throttled(s(5)),
            "no floor"
        );
        assert_eq!(wait(Some(s(1)), ""), SourceErrorKind::Throttled(s(1)));
        assert_eq!(
            wait(Some(s(9)), r#"{"detail":"Request was throttled."}"#),
            SourceErrorKind::Throttled(s(9))
        );
        assert_eq!(
            wait(None, r#"{"detail":"Request was throttled."}"#),
            SourceErrorKind::Throttled(s(60))
        );
        let named = r#"{"detail":"Request was throttled. Expected available in 17 seconds."}"#;
        assert_eq!(wait(None, named), SourceErrorKind::Throttled(s(17)));
        assert_eq!(
            wait(Some(s(99_999)), ""),
            SourceErrorKind::Throttled(LONGEST_SILENCE)
        );
        let pause = refused(response(503, Some(s(40)), "")).unwrap();
        assert_eq!(pause.trouble, SourceErrorKind::Throttled(s(40)));
        let failure = refused(response(503, None, "")).unwrap();
        assert_eq!(failure.trouble, SourceErrorKind::Passing);
    }
}
