//! What a token is asked for, and whether it lets the app in.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::lenient::lenient;
use crate::foreign::ForeignText;
use crate::source::json::{Text, Texts, lenient_object};
use crate::source::{SourceError, SourceErrorKind};

lenient_object! {
    struct Claims<'a> { "roles" => roles: Texts<'a>, }
}

/// What a token is asked for.
#[derive(Debug, Clone)]
pub struct Permission {
    /// The API that the token is for: `https://graph.microsoft.com/.default`.
    pub scope: Cow<'static, str>,
    /// A role without which the API is not asked at all; `None` where only the API itself tells.
    pub required: Option<RequiredRole>,
}

/// A role that a token must tell.
#[derive(Debug, Clone, Copy)]
pub struct RequiredRole {
    /// The API's name in the list of APIs, as the operator finds it.
    pub api: &'static str,
    /// The application permission to be granted.
    pub role: &'static str,
    /// How each role begins, in lower case, that suffices.
    pub roles_begin: &'static str,
}

// === impl Permission ===

impl Permission {
    /// What the app was granted, of which only the API tells whether it suffices. The token's roles
    /// are a hint: [`Entra::roles`](super::Entra::roles).
    #[must_use]
    pub fn of_scope(scope: &str) -> Self {
        Self {
            scope: scope.to_owned().into(),
            required: None,
        }
    }

    /// An app without the permission gets a token all the same; only the `roles` claim tells
    /// (reference: lesson 8).
    pub(super) fn check(&self, token: &str) -> Result<(), SourceError> {
        match &self.required {
            Some(required) => required.check(token),
            None => Ok(()),
        }
    }
}

// === impl RequiredRole ===

impl RequiredRole {
    fn check(&self, token: &str) -> Result<(), SourceError> {
        let Some(roles) = roles(token) else {
            return Ok(());
        };
        let suffices = |role: &String| role.to_ascii_lowercase().starts_with(self.roles_begin);
        if roles.iter().any(suffices) {
            return Ok(());
        }
        let has = if roles.is_empty() {
            "none".to_owned()
        } else {
            ForeignText::new(roles.join(", ")).to_string()
        };
        let Self { api, role, .. } = self;
        let what = format!(
            "the Entra app lacks the role {role} (its token's roles: {has}): add the application \
                permission \"{role}\" of \"{api}\" and grant admin consent"
        );
        Err(SourceError::new(SourceErrorKind::Refused, what))
    }
}

/// The `roles` of a JWT; `None` where the token is no JWT that can be read (then the API itself
/// must tell).
pub(super) fn roles(token: &str) -> Option<Vec<String>> {
    let payload = token.split('.').nth(1)?.trim_end_matches('=');
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let claims: Claims<'_> = lenient(&payload)?;
    let roles = claims.roles.0.texts(Text::said).into_iter();
    Some(roles.map(Cow::into_owned).collect())
}
