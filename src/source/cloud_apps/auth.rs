//! How the API lets us in: `Authorization: Token …`, or a bearer token of an Entra app
//! (reference: api-tokens-legacy.md, api-authentication-application.md).

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::{LONGEST_SILENCE, page};
use crate::foreign::{self, ForeignText};
use crate::source::http::Post;
use crate::source::{SourceError, Trouble};

/// The API "Microsoft Cloud App Security", for which the Entra app asks its token.
const SCOPE: &str = "05a65629-4c1b-48c1-a78b-804c4abdd4af/.default";
/// A token is renewed at least this often, whatever it says of itself.
const LONGEST: Duration = Duration::from_secs(86_400);
/// A token is renewed this long before it expires.
const EARLY: Duration = Duration::from_secs(300);

/// Reads a secret when it is needed, so that a replaced file takes effect at once. The error says which and why.
pub type ReadSecret = Box<dyn Fn() -> Result<String, String> + Send>;

/// How the API lets us in.
pub enum Auth {
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
}

struct Bearer {
    text: String,
    renew_at: Instant,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    expires_in: Option<u64>,
}

// === impl Auth ===

impl Auth {
    /// The value of the `Authorization` header.
    ///
    /// # Errors
    /// When the secret can't be read, or the log-on is refused.
    pub fn header(&mut self, http: &impl Post) -> Result<String, SourceError> {
        match self {
            Self::Token(read) => {
                let token = read().map_err(|why| SourceError::new(Trouble::Refused, why))?;
                Ok(format!("Token {token}"))
            }
            Self::Entra(entra) => entra.bearer(http).map(|token| format!("Bearer {token}")),
        }
    }

    /// The API refused what [`Auth::header`] gave: get a new one next time.
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
    pub fn new(login_url: &str, tenant_id: &str, client_id: &str, read_secret: ReadSecret) -> Self {
        Self {
            token_url: format!(
                "{}/{tenant_id}/oauth2/v2.0/token",
                login_url.trim_end_matches('/')
            ),
            client_id: client_id.to_owned(),
            read_secret,
            token: None,
        }
    }

    fn bearer(&mut self, http: &impl Post) -> Result<&str, SourceError> {
        let token = match self
            .token
            .take()
            .filter(|token| Instant::now() < token.renew_at)
        {
            Some(token) => token,
            None => self.log_on(http)?,
        };
        Ok(&self.token.insert(token).text)
    }

    fn log_on(&self, http: &impl Post) -> Result<Bearer, SourceError> {
        let secret = (self.read_secret)().map_err(|why| SourceError::new(Trouble::Refused, why))?;
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
        let body = response.body.whole()?;
        let said = || page::refusal(&String::from_utf8_lossy(&body));
        match status {
            200 => {}
            429 => {
                let wait = retry_after.unwrap_or(Duration::from_secs(60));
                return Err(SourceError::new(
                    Trouble::Throttled(wait.min(LONGEST_SILENCE)),
                    "Entra asks for patience",
                ));
            }
            status @ 400..=499 => {
                let what = format!(
                    "Entra refused the app's log-on ({status}: {}): check tenant_id, client_id and the client secret, which may have expired",
                    said()
                );
                return Err(SourceError::new(Trouble::Refused, what));
            }
            status => {
                let what = format!("Entra's log-on failed ({status}: {})", said());
                return Err(SourceError::new(Trouble::Passing, what));
            }
        }
        let granted: Granted = serde_json::from_slice(&body).map_err(|_| {
            SourceError::new(
                Trouble::Passing,
                "Entra's answer holds no token: check login_url",
            )
        })?;
        foreign::know_passing(&granted.access_token);
        check_roles(&granted.access_token)?;
        Ok(Bearer {
            text: granted.access_token,
            renew_at: Instant::now() + good_for(granted.expires_in),
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
    Err(SourceError::new(Trouble::Refused, what))
}

/// The `roles` of a JWT; `None` where the token is no JWT that can be read (then the API itself must tell).
fn roles(token: &str) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    struct Claims {
        #[serde(default)]
        roles: Vec<String>,
    }
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    Some(serde_json::from_slice::<Claims>(&payload).ok()?.roles)
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn names_the_missing_role() {
        assert!(check_roles(&jwt(r#"{"roles":["Investigation.read"]}"#)).is_ok());
        assert!(check_roles("opaque").is_ok(), "the API itself must tell");
        for claims in ["{}", r#"{"roles":["Discovery.read"]}"#] {
            let error = check_roles(&jwt(claims)).unwrap_err();
            assert_eq!(error.trouble, Trouble::Refused);
            assert!(error.what.contains("Investigation.read"), "{error}");
        }
    }
}
