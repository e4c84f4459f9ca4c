//! Gets access tokens for an Entra app with its client secret, and keeps each until shortly before
//! it expires (reference: api-authentication-application.md).

mod permission;

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::Deserialize;

use super::error_body::{self, ErrorBody};
use super::http::Post;
use super::json::{Number, Text, lenient_object};
use super::rate_limit::LONGEST_SILENCE;
use super::{SourceError, SourceErrorKind};
use crate::foreign;
pub use permission::Permission;

/// A token is renewed at least this often, whatever it says of itself.
const LONGEST: Duration = Duration::from_secs(86_400);
/// A token is renewed this long before it expires.
const EARLY: Duration = Duration::from_secs(300);

/// Reads a secret when it is needed, so that a replaced file takes effect at once. The error says
/// which and why.
pub type ReadSecret = Box<dyn Fn() -> Result<String, String> + Send>;

/// The time since any fixed moment: a token's life is measured with it.
pub type Steady = Box<dyn Fn() -> Duration + Send>;

/// An Entra app with client credentials, and its token for as long as it lasts.
pub struct Entra {
    permission: &'static Permission,
    token_url: String,
    client_id: String,
    read_secret: ReadSecret,
    token: Option<Bearer>,
    steady: Steady,
}

struct Bearer {
    text: String,
    renew_at: Duration,
}

lenient_object! {
    struct Granted<'a> { "access_token" => token: Text<'a>, "expires_in" => expires_in: Number, }
}

// === impl Entra ===

impl Entra {
    /// `login_url` is the cloud's log-on host, e.g. `https://login.microsoftonline.com`.
    #[must_use]
    pub fn new(
        permission: &'static Permission,
        login_url: &str,
        tenant_id: &str,
        client_id: &str,
        read_secret: ReadSecret,
        steady: Steady,
    ) -> Self {
        Self {
            permission,
            token_url: format!(
                "{}/{tenant_id}/oauth2/v2.0/token",
                login_url.trim_end_matches('/')
            ),
            client_id: client_id.to_owned(),
            read_secret,
            token: None,
            steady,
        }
    }

    /// A token that is good for the next request: a new one where the last has expired.
    ///
    /// # Errors
    /// When the secret can't be read, the log-on is refused, or the token lacks the role.
    pub fn bearer(&mut self, http: &impl Post) -> Result<&str, SourceError> {
        let token = match self
            .token
            .take()
            .filter(|token| (self.steady)() < token.renew_at)
        {
            Some(token) => token,
            None => self.log_on(http)?,
        };
        Ok(&self.token.insert(token).text)
    }

    /// The API refused the token: the next request gets a new one.
    pub fn forget(&mut self) {
        self.token = None;
    }

    fn log_on(&self, http: &impl Post) -> Result<Bearer, SourceError> {
        let secret =
            (self.read_secret)().map_err(|why| SourceError::new(SourceErrorKind::Refused, why))?;
        let form = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let body = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope={}",
            form(&self.client_id),
            form(&secret),
            form(self.permission.scope)
        );
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "application/json"),
        ];
        let response = http.post(&self.token_url, &headers, &body)?;
        let (status, retry_after) = (response.status, response.retry_after);
        let body = response.body.begin(error_body::MOST)?;
        let voice = ErrorBody::of(&body);
        match status {
            200..=299 => self.granted(&body, &voice),
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
                    "the response does not come from Entra ({status}: {voice}): a proxy, firewall \
                        or gateway answers instead; check login_url and proxy"
                ),
            )),
            400..=499 => Err(SourceError::new(
                SourceErrorKind::Refused,
                format!(
                    "Entra refused the app's sign-in ({status}: {voice}): check tenant_id, \
                        client_id and the client secret, which may have expired"
                ),
            )),
            _ => Err(SourceError::new(
                SourceErrorKind::Passing,
                format!("the sign-in at Entra failed ({status}: {voice})"),
            )),
        }
    }

    fn granted(&self, body: &[u8], voice: &ErrorBody) -> Result<Bearer, SourceError> {
        let granted: Granted<'_> = lenient(body).unwrap_or_default();
        let Some(text) = granted.token.said() else {
            let what = match voice {
                ErrorBody::Json(_) => "Entra's response contains no token: check \
                    login_url"
                    .to_owned(),
                other => format!(
                    "the response does not come from Entra ({other}): check login_url \
                    and proxy"
                ),
            };
            return Err(SourceError::new(SourceErrorKind::Passing, what));
        };
        foreign::know_passing(&text);
        self.permission.check(&text)?;
        let lasts = granted.expires_in.0.and_then(|s| u64::try_from(s).ok());
        Ok(Bearer {
            text: text.into_owned(),
            renew_at: (self.steady)() + good_for(lasts),
        })
    }
}

/// How long a token is used that expires after so many seconds.
fn good_for(expires_in: Option<u64>) -> Duration {
    let lasts = Duration::from_secs(expires_in.unwrap_or(3599)).min(LONGEST);
    lasts.saturating_sub(EARLY).max(lasts / 2)
}

/// JSON that may have a byte order mark before it and anything behind it.
fn lenient<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Option<T> {
    let text = std::str::from_utf8(json)
        .ok()?
        .trim_start_matches('\u{feff}');
    T::deserialize(&mut serde_json::Deserializer::from_str(text)).ok()
}

#[cfg(test)]
mod tests;
