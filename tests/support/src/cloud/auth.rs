//! Who is let in: the holder of the token, or of a bearer token that the Entra endpoint gave out
//! (reference §1.2).

use std::collections::HashMap;

use super::http::Request;
use super::refusal::Refusal;

/// Role that lists need.
pub const ROLE: &str = "investigation.read";

/// What opens the API.
#[derive(Debug, Default)]
pub struct Keys {
    /// The key of `Authorization: Token …`; `None` where every token was revoked.
    pub token: Option<String>,
    /// A known key whose owner lost the right: 403 instead of 401.
    pub fallen: Option<String>,
    /// Bearer tokens, with when they end (epoch ms) and whether they carry the role.
    pub bearers: HashMap<String, (i64, bool)>,
}

impl Keys {
    /// Checks the header of a request.
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
                Some((until_ms, _)) if *until_ms <= now_ms => {
                    Err(Refusal::NotLetIn("The access token expired."))
                }
                Some((_, false)) => Err(Refusal::NotAllowed),
                Some((_, true)) => Ok(()),
                None => Err(Refusal::NotLetIn("Invalid token.")),
            },
            _ => Err(Refusal::NotLetIn(
                "Authentication credentials were not provided.",
            )),
        }
    }
}
