//! One log-on: the request of the client credentials flow, and what its answer means.

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::lenient::lenient;
use super::refusal::refusal;
use super::{Bearer, EntraApp, Permission};
use crate::foreign;
use crate::source::error_body::{self, ErrorBody};
use crate::source::http::Post;
use crate::source::json::{Number, Text, lenient_object};
use crate::source::rate_limit::LONGEST_SILENCE;
use crate::source::{SourceError, SourceErrorKind};

/// A token is renewed at least this often, whatever it says of itself.
const LONGEST: Duration = Duration::from_secs(86_400);
/// A token is renewed this long before it expires.
const EARLY: Duration = Duration::from_secs(300);

lenient_object! {
    struct Granted<'a> { "access_token" => token: Text<'a>, "expires_in" => expires_in: Number, }
}

/// Asks for a token, once.
///
/// # Errors
/// When the credential can't be shown, no answer comes, or it is a refusal.
pub(super) fn log_on(
    app: &EntraApp,
    permission: &Permission,
    http: &impl Post,
) -> Result<Bearer, SourceError> {
    let form = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let mut body = format!(
        "grant_type=client_credentials&client_id={}&scope={}",
        form(&app.client_id),
        form(&permission.scope)
    );
    let now_ms = (app.now)().wall_ms;
    let shown = app
        .credential
        .show(&app.token_url, &app.client_id, now_ms)?;
    for (name, value) in shown {
        body += &format!("&{name}={}", form(&value));
    }
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("accept", "application/json"),
    ];
    let response = http
        .post(&app.token_url, &headers, &body)
        .map_err(no_answer)?;
    let (status, retry_after) = (response.status, response.retry_after);
    let body = response.body.begin(error_body::MOST).map_err(no_answer)?;
    let voice = ErrorBody::of(&body);
    match status {
        200..=299 => granted(app, permission, &body, &voice),
        429 | 503 if status == 429 || retry_after.is_some() => {
            let wait = retry_after.filter(|wait| !wait.is_zero());
            let wait = wait.unwrap_or(Duration::from_secs(60)).min(LONGEST_SILENCE);
            Err(SourceError::new(
                SourceErrorKind::Throttled(wait),
                format!("Entra is temporarily unavailable ({status}: {voice})"),
            ))
        }
        300..=499 if !matches!(voice, ErrorBody::Json(_)) => Err(SourceError::new(
            SourceErrorKind::InTheWay,
            format!(
                "the response does not come from Entra ({status}: {voice}): a proxy, firewall or \
                    gateway answers instead; check login_url and proxy"
            ),
        )),
        400..=499 => Err(refusal(status, &body, &voice, &app.credential)),
        _ => Err(SourceError::new(
            SourceErrorKind::Passing,
            format!("the sign-in at Entra failed ({status}: {voice})"),
        )),
    }
}

/// That the answer of the log-on is slow or long is no reason to ask for fewer records.
fn no_answer(error: SourceError) -> SourceError {
    match error.trouble {
        SourceErrorKind::TooSlow | SourceErrorKind::TooLarge => SourceError::new(
            SourceErrorKind::Passing,
            format!("the sign-in at Entra failed: {error}"),
        ),
        _ => error,
    }
}

fn granted(
    app: &EntraApp,
    permission: &Permission,
    body: &[u8],
    voice: &ErrorBody,
) -> Result<Bearer, SourceError> {
    let granted: Granted<'_> = lenient(body).unwrap_or_default();
    let Some(text) = granted.token.said() else {
        let what = match voice {
            ErrorBody::Json(_) => "Entra's response contains no token: check login_url".to_owned(),
            other => format!(
                "the response does not come from Entra ({other}): check login_url and proxy"
            ),
        };
        return Err(SourceError::new(SourceErrorKind::Passing, what));
    };
    foreign::know_passing(&text);
    permission.check(&text)?;
    let lasts = granted.expires_in.0.and_then(|s| u64::try_from(s).ok());
    Ok(Bearer {
        text: text.into(),
        renew_at: (app.now)().steady + good_for(lasts),
    })
}

/// How long a token is used that expires after so many seconds.
fn good_for(expires_in: Option<u64>) -> Duration {
    let lasts = Duration::from_secs(expires_in.unwrap_or(3599)).min(LONGEST);
    lasts.saturating_sub(EARLY).max(lasts / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_renewed_before_it_expires() {
        let s = Duration::from_secs;
        assert_eq!(good_for(Some(3600)), s(3300));
        assert_eq!(good_for(Some(100)), s(50));
        assert_eq!(good_for(None), s(3299));
        assert_eq!(good_for(Some(u64::MAX)), s(86_100));
    }
}
