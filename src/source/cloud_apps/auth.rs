//! How the API lets us in: `Authorization: Token …`, or a bearer token of an Entra app
//! (reference: api-tokens-legacy.md, api-authentication-application.md).

use std::borrow::Cow;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::Deserialize;

use super::LONGEST_SILENCE;
use super::record::loose::{Number, Text, Texts};
use super::record::loose_object::loose_object;
use super::voice::{self, Voice};
use crate::foreign::{self, ForeignText};
use crate::source::http::Post;
use crate::source::{SourceError, SourceErrorKind};

/// The API "Microsoft Cloud App Security", for which the Entra app asks its token.
const SCOPE: &str = "05a65629-4c1b-48c1-a78b-804c4abdd4af/.default";
/// A token is renewed at least this often, whatever it says of itself.
const LONGEST: Duration = Duration::from_secs(86_400);
/// A token is renewed this long before it expires.
const EARLY: Duration = Duration::from_secs(300);

/// Reads a secret when it is needed, so that a replaced file takes effect at once. The error says which and why.
pub type ReadSecret = Box<dyn Fn() -> Result<String, String> + Send>;

/// The time since any fixed moment: a token's life is measured with it.
pub type Steady = Box<dyn Fn() -> Duration + Send>;

/// How the API lets us in.
pub enum CloudAuth {
    /// A SIEM or API token.
    Token(ReadSecret),
    /// An Entra app.
    Entra(Entra),
}

/// An Entra app with client credentials, and its token for as long as it lasts.
pub struct Entra {
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

loose_object! {
    struct Granted<'a> { "access_token" => token: Text<'a>, "expires_in" => expires_in: Number, }
}

loose_object! {
    struct Claims<'a> { "roles" => roles: Texts<'a>, }
}

// === impl Auth ===

impl CloudAuth {
    /// The value of the `Authorization` header.
    ///
    /// # Errors
    /// When the secret can't be read, or the log-on is refused.
    pub fn header(&mut self, http: &impl Post) -> Result<String, SourceError> {
        match self {
            Self::Token(read) => {
                let token =
                    read().map_err(|why| SourceError::new(SourceErrorKind::InvalidToken, why))?;
                Ok(format!("Token {token}"))
            }
            Self::Entra(entra) => entra.bearer(http).map(|token| format!("Bearer {token}")),
        }
    }

    /// The API refused what [`CloudAuth::header`] gave: get a new one next time.
    pub fn forget(&mut self) {
        if let Self::Entra(entra) = self {
            entra.token = None;
        }
    }
}

// === impl Entra ===

impl Entra {
    /// `login_url` is the cloud's log-on host, e.g. `https://login.microsoftonline.com`.
    #[must_use]
    pub fn new(
        login_url: &str,
        tenant_id: &str,
        client_id: &str,
        read_secret: ReadSecret,
        steady: Steady,
    ) -> Self {
        Self {
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

    fn bearer(&mut self, http: &impl Post) -> Result<&str, SourceError> {
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

    fn log_on(&self, http: &impl Post) -> Result<Bearer, SourceError> {
        let secret =
            (self.read_secret)().map_err(|why| SourceError::new(SourceErrorKind::Refused, why))?;
        let form = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let body = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope={}",
            form(&self.client_id),
            form(&secret),
            form(SCOPE)
        );
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "application/json"),
        ];
        let response = http.post(&self.token_url, &headers, &body)?;
        let (status, retry_after) = (response.status, response.retry_after);
        let body = response.body.begin(voice::MOST)?;
        let voice = Voice::of(&body);
        match status {
            200..=299 => self.granted(&body, &voice),
            429 | 503 if status == 429 || retry_after.is_some() => {
                let wait = retry_after.filter(|wait| !wait.is_zero());
                let wait = wait.unwrap_or(Duration::from_secs(60)).min(LONGEST_SILENCE);
                Err(SourceError::new(
                    SourceErrorKind::Throttled(wait),
                    format!("Entra asks for a pause ({status}: {voice})"),
                ))
            }
            300..=499 if !matches!(voice, Voice::Json(_)) => Err(SourceError::new(
                SourceErrorKind::InTheWay,
                format!(
                    "this is not Entra's answer ({status}: {voice}): a proxy, firewall or gateway stands in the way; check login_url and proxy"
                ),
            )),
            400..=499 => Err(SourceError::new(
                SourceErrorKind::Refused,
                format!(
                    "Entra refused the app's log-on ({status}: {voice}): check tenant_id, client_id and the client secret, which may have expired"
                ),
            )),
            _ => Err(SourceError::new(
                SourceErrorKind::Passing,
                format!("Entra's log-on failed ({status}: {voice})"),
            )),
        }
    }

    fn granted(&self, body: &[u8], voice: &Voice) -> Result<Bearer, SourceError> {
        let granted: Granted<'_> = lenient(body).unwrap_or_default();
        let Some(text) = granted.token.said() else {
            let what = match voice {
                Voice::Json(_) => "Entra's answer holds no token: check login_url".to_owned(),
                other => format!("this is not Entra's answer ({other}): check login_url and proxy"),
            };
            return Err(SourceError::new(SourceErrorKind::Passing, what));
        };
        foreign::know_passing(&text);
        check_roles(&text)?;
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

/// An app without the permission gets a token all the same; only the `roles` claim tells (reference: lesson 8).
fn check_roles(token: &str) -> Result<(), SourceError> {
    let Some(roles) = roles(token) else {
        return Ok(());
    };
    if roles
        .iter()
        .any(|role| role.to_ascii_lowercase().starts_with("investigation."))
    {
        return Ok(());
    }
    let has = if roles.is_empty() {
        "none".to_owned()
    } else {
        ForeignText::new(roles.join(", ")).to_string()
    };
    let what = format!(
        "the Entra app lacks the role Investigation.read (its token's roles: {has}): add the application permission \
         \"Investigation.read\" of \"Microsoft Cloud App Security\" and grant admin consent"
    );
    Err(SourceError::new(SourceErrorKind::Refused, what))
}

/// The `roles` of a JWT; `None` where the token is no JWT that can be read (then the API itself must tell).
fn roles(token: &str) -> Option<Vec<String>> {
    let payload = token.split('.').nth(1)?.trim_end_matches('=');
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let claims: Claims<'_> = lenient(&payload)?;
    let roles = claims.roles.0.texts(Text::said).into_iter();
    Some(roles.map(Cow::into_owned).collect())
}

/// JSON that may have a byte order mark before it and anything behind it.
fn lenient<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Option<T> {
    let text = std::str::from_utf8(json)
        .ok()?
        .trim_start_matches('\u{feff}');
    T::deserialize(&mut serde_json::Deserializer::from_str(text)).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::cell::Cell;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::source::http::Response;

    fn jwt(claims: &str) -> String {
        format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn a_token_is_renewed_before_it_expires() {
        let s = Duration::from_secs;
        assert_eq!(good_for(Some(3600)), s(3300));
        assert_eq!(good_for(Some(100)), s(50));
        assert_eq!(good_for(None), s(3299));
        assert_eq!(good_for(Some(u64::MAX)), s(86_100));
    }

    /// Answers every log-on with this body, and counts them.
    struct Played(&'static str, Cell<u32>);

    impl Post for Played {
        fn post(&self, _: &str, _: &[(&str, &str)], _: &str) -> Result<Response, SourceError> {
            self.1.set(self.1.get() + 1);
            Ok(Response {
                status: 200,
                retry_after: None,
                date_ms: None,
                location: None,
                body: self.0.as_bytes().to_vec().into(),
            })
        }
    }

    fn entra(clock: &Arc<AtomicU64>) -> CloudAuth {
        let clock = Arc::clone(clock);
        let steady = Box::new(move || Duration::from_secs(clock.load(Ordering::SeqCst)));
        let secret = Box::new(|| Ok("s".to_owned()));
        CloudAuth::Entra(Entra::new("https://login", "t", "c", secret, steady))
    }

    #[test]
    fn a_token_is_kept_until_shortly_before_its_end_whatever_the_type_of_its_life() {
        for answer in [
            r#"{"access_token":"x","expires_in":3600}"#,
            r#"{"access_token":"x","expires_in":"3600"}"#,
            r#"{"access_token":"x","expires_in":3600.0,"token_type":null}"#,
            "\u{feff}{\"access_token\":\"x\",\"expires_in\":\"3600\"}\n",
        ] {
            let clock = Arc::new(AtomicU64::new(1_000_000));
            let (mut auth, played) = (entra(&clock), Played(answer, Cell::new(0)));
            for (after, log_ons) in [(0, 1), (3_299, 1), (3_300, 2), (6_599, 2), (6_600, 3)] {
                clock.store(1_000_000 + after, Ordering::SeqCst);
                assert_eq!(auth.header(&played).unwrap(), "Bearer x");
                assert_eq!(played.1.get(), log_ons, "after {after} s, {answer}");
            }
        }
    }

    #[test]
    fn an_answer_without_a_token_is_named_for_what_it_is() {
        for (answer, words) in [
            (r#"{"access_token":null}"#, "holds no token"),
            (r#"{"token":"x"}"#, "holds no token"),
            ("", "no word of why"),
            ("<html><title>Sign in</title>", "a web page, \"Sign in\""),
        ] {
            let (mut auth, played) = (entra(&Arc::default()), Played(answer, Cell::new(0)));
            let error = auth.header(&played).unwrap_err();
            assert!(error.what.contains(words), "{answer}: {error}");
        }
    }

    #[test]
    fn names_the_missing_role() {
        assert!(check_roles(&jwt(r#"{"roles":["Investigation.read"]}"#)).is_ok());
        assert!(check_roles(&jwt(r#"{"roles":"Investigation.read"}"#)).is_ok());
        assert!(check_roles("opaque").is_ok(), "the API itself must tell");
        for claims in ["{}", r#"{"roles":["Discovery.read"]}"#] {
            let error = check_roles(&jwt(claims)).unwrap_err();
            assert_eq!(error.trouble, SourceErrorKind::Refused);
            assert!(error.what.contains("Investigation.read"), "{error}");
        }
    }
}
