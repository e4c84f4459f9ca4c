//! Access tokens of an Entra app: they are asked for with its client secret, and kept until shortly before they expire
//! (reference: api-authentication-application.md).

use std::borrow::Cow;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::Deserialize;

use super::error_body::{self, ErrorBody};
use super::http::Post;
use super::json::{Number, Text, Texts, lenient_object};
use super::rate_limit::LONGEST_SILENCE;
use super::{SourceError, SourceErrorKind};
use crate::foreign::{self, ForeignText};

/// A token is renewed at least this often, whatever it says of itself.
const LONGEST: Duration = Duration::from_secs(86_400);
/// A token is renewed this long before it expires.
const EARLY: Duration = Duration::from_secs(300);

/// Reads a secret when it is needed, so that a replaced file takes effect at once. The error says which and why.
pub type ReadSecret = Box<dyn Fn() -> Result<String, String> + Send>;

/// The time since any fixed moment: a token's life is measured with it.
pub type Steady = Box<dyn Fn() -> Duration + Send>;

/// What an app needs to use an API: it is asked for with the token, and looked for in it.
#[derive(Debug)]
pub struct Permission {
    /// The API that the token is for.
    pub scope: &'static str,
    /// Its name in the list of APIs, as the operator finds it.
    pub api: &'static str,
    /// The application permission to be granted.
    pub role: &'static str,
    /// How each role begins, in lower case, that suffices.
    pub roles_begin: &'static str,
}

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

lenient_object! {
    struct Claims<'a> { "roles" => roles: Texts<'a>, }
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

// === impl Permission ===

impl Permission {
    /// An app without the permission gets a token all the same; only the `roles` claim tells (reference: lesson 8).
    fn check(&self, token: &str) -> Result<(), SourceError> {
        let Some(roles) = roles(token) else {
            return Ok(());
        };
        if roles
            .iter()
            .any(|role| role.to_ascii_lowercase().starts_with(self.roles_begin))
        {
            return Ok(());
        }
        let has = if roles.is_empty() {
            "none".to_owned()
        } else {
            ForeignText::new(roles.join(", ")).to_string()
        };
        let Self { api, role, .. } = self;
        let what = format!(
            "the Entra app lacks the role {role} (its token's roles: {has}): add the application permission \
             \"{role}\" of \"{api}\" and grant admin consent"
        );
        Err(SourceError::new(SourceErrorKind::Refused, what))
    }
}

/// How long a token is used that expires after so many seconds.
fn good_for(expires_in: Option<u64>) -> Duration {
    let lasts = Duration::from_secs(expires_in.unwrap_or(3599)).min(LONGEST);
    lasts.saturating_sub(EARLY).max(lasts / 2)
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

    const PERMISSION: Permission = Permission {
        scope: "api/.default",
        api: "The API",
        role: "Investigation.read",
        roles_begin: "investigation.",
    };

    fn entra(clock: &Arc<AtomicU64>) -> Entra {
        let clock = Arc::clone(clock);
        let steady = Box::new(move || Duration::from_secs(clock.load(Ordering::SeqCst)));
        let secret = Box::new(|| Ok("s".to_owned()));
        Entra::new(&PERMISSION, "https://login", "t", "c", secret, steady)
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
                assert_eq!(auth.bearer(&played).unwrap(), "x");
                assert_eq!(played.1.get(), log_ons, "after {after} s, {answer}");
            }
        }
    }

    #[test]
    fn an_answer_without_a_token_is_named_for_what_it_is() {
        for (answer, words) in [
            (r#"{"access_token":null}"#, "contains no token"),
            (r#"{"token":"x"}"#, "contains no token"),
            ("", "no reason given"),
            ("<html><title>Sign in</title>", "a web page, \"Sign in\""),
        ] {
            let (mut auth, played) = (entra(&Arc::default()), Played(answer, Cell::new(0)));
            let error = auth.bearer(&played).unwrap_err();
            assert!(error.what.contains(words), "{answer}: {error}");
        }
    }

    #[test]
    fn names_the_missing_role() {
        assert!(
            PERMISSION
                .check(&jwt(r#"{"roles":["Investigation.read"]}"#))
                .is_ok()
        );
        assert!(
            PERMISSION
                .check(&jwt(r#"{"roles":"Investigation.read"}"#))
                .is_ok()
        );
        assert!(
            PERMISSION.check("opaque").is_ok(),
            "the API itself must tell"
        );
        for claims in ["{}", r#"{"roles":["Discovery.read"]}"#] {
            let error = PERMISSION.check(&jwt(claims)).unwrap_err();
            assert_eq!(error.trouble, SourceErrorKind::Refused);
            assert!(error.what.contains("Investigation.read"), "{error}");
        }
    }
}
