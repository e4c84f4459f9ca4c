//! Who is let in: the holder of the token, or of a bearer token that the Entra endpoint gave out
//! (reference §1.2).

use std::collections::HashMap;

use super::http::Request;
use super::refusal::Refusal;

/// Role that the lists of Cloud Apps need.
pub const ROLE: &str = "investigation.read";

/// The API that a bearer token opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Defender for Cloud Apps.
    CloudApps,
    /// Microsoft Graph.
    Graph,
    /// A namespace of Event Hubs.
    EventHubs,
}

/// A bearer token that was given out.
#[derive(Debug, Clone)]
pub struct Bearer {
    /// When it ends, epoch ms.
    pub until_ms: i64,
    /// What it opens.
    pub audience: Audience,
    /// What its app may do there.
    pub roles: Vec<String>,
}

impl Bearer {
    /// May its app do this?
    #[must_use]
    pub fn may(&self, role: &str) -> bool {
        self.roles.iter().any(|has| has.eq_ignore_ascii_case(role))
    }
}

/// What opens the API.
#[derive(Debug, Default)]
pub struct Keys {
    /// The key of `Authorization: Token …`; `None` where every token was revoked.
    pub token: Option<String>,
    /// A known key whose owner lost the right: 403 instead of 401.
    pub fallen: Option<String>,
    /// Bearer tokens.
    pub bearers: HashMap<String, Bearer>,
}

impl Keys {
    /// Checks the header of a request to Cloud Apps.
    ///
    /// # Errors
    /// 401 or 403.
    pub fn check(&self, request: &Request, now_ms: i64) -> Result<(), Refusal> {
        let header = request.header("authorization").ok_or(Refusal::NotLetIn(
            "Authentication credentials were not provided.",
        ))?;
        match header.split_once(' ') {
            Some(("Token", key)) if self.token.as_deref() == Some(key) => Ok(()),
            Some(("Token", key)) if self.fallen.as_deref() == Some(key) => Err(Refusal::NotAllowed),
            Some(("Token", _)) => Err(Refusal::NotLetIn("Invalid token.")),
            Some(("Bearer", key)) => match self.bearers.get(key) {
                Some(bearer) if bearer.until_ms <= now_ms => {
                    Err(Refusal::NotLetIn("The access token expired."))
                }
                Some(bearer) if bearer.audience != Audience::CloudApps => {
                    Err(Refusal::NotLetIn("Invalid token."))
                }
                Some(bearer) if bearer.may(ROLE) => Ok(()),
                Some(_) => Err(Refusal::NotAllowed),
                None => Err(Refusal::NotLetIn("Invalid token.")),
            },
            _ => Err(Refusal::NotLetIn(
                "Authentication credentials were not provided.",
            )),
        }
    }

    /// The bearer token of a request, where it is one for this API that has not ended.
    #[must_use]
    pub fn bearer(&self, request: &Request, audience: Audience, now_ms: i64) -> Option<&Bearer> {
        let key = key_of(request)?;
        let bearer = self.bearers.get(key)?;
        (bearer.audience == audience && bearer.until_ms > now_ms).then_some(bearer)
    }

    /// Ends the bearer token of a request before its time.
    pub fn end_bearer(&mut self, request: &Request) {
        if let Some(key) = key_of(request) {
            self.bearers.remove(key);
        }
    }
}

fn key_of(request: &Request) -> Option<&str> {
    request.header("authorization")?.strip_prefix("Bearer ")
}
