//! Authentication at the API: `Authorization: Token …`, or a bearer token of an Entra app
//! (reference: api-tokens-legacy.md, api-authentication-application.md).

use std::borrow::Cow;

use crate::source::entra::{Entra, Permission, ReadSecret, RequiredRole};
use crate::source::http::Post;
use crate::source::{SourceError, SourceErrorKind};

/// What an Entra app needs to read this API.
pub const PERMISSION: Permission = Permission {
    scope: Cow::Borrowed("05a65629-4c1b-48c1-a78b-804c4abdd4af/.default"),
    required: Some(RequiredRole {
        api: "Microsoft Cloud App Security",
        role: "Investigation.read",
        roles_begin: "investigation.",
    }),
};

/// What stands before an Entra app's token.
const BEARER: &str = "Bearer ";

/// How the API lets us in.
pub enum CloudAuth {
    /// A SIEM or API token.
    Token(ReadSecret),
    /// An Entra app.
    Entra(Entra),
}

// === impl CloudAuth ===

impl CloudAuth {
    /// The value of the `Authorization` header.
    ///
    /// # Errors
    /// When the secret can't be read, or the log-on is refused.
    pub fn header(&self, http: &impl Post) -> Result<String, SourceError> {
        match self {
            Self::Token(read) => {
                let token =
                    read().map_err(|why| SourceError::new(SourceErrorKind::InvalidToken, why))?;
                Ok(format!("Token {token}"))
            }
            Self::Entra(entra) => entra.bearer(http).map(|token| format!("{BEARER}{token}")),
        }
    }

    /// The API refused this value of [`CloudAuth::header`]: another one is given next time, where
    /// there can be another one.
    pub fn forget(&self, header: &str) {
        if let (Self::Entra(entra), Some(token)) = (self, header.strip_prefix(BEARER)) {
            entra.forget(token);
        }
    }
}
