//! An app that is registered in Entra, as it logs on.

use super::credential::Credential;
use crate::clock::Moment;

/// This moment, by both clocks: a token's life is measured, an assertion has a date.
pub type Now = Box<dyn Fn() -> Moment + Send + Sync>;

/// An app that is registered in Entra, and how it shows that it is the one.
pub struct EntraApp {
    /// The token endpoint: where assertions are for, too.
    pub(super) token_url: String,
    /// The app's id, a GUID.
    pub(super) client_id: String,
    /// What it shows.
    pub(super) credential: Credential,
    /// The caller's clock.
    pub(super) now: Now,
}

// === impl EntraApp ===

impl EntraApp {
    /// `login_url` is the cloud's log-on host, e.g. `https://login.microsoftonline.com`;
    /// `tenant_id` the directory's GUID or domain.
    #[must_use]
    pub fn new(
        login_url: &str,
        tenant_id: &str,
        client_id: &str,
        credential: Credential,
        now: Now,
    ) -> Self {
        let host = login_url.trim_end_matches('/');
        Self {
            token_url: format!("{host}/{tenant_id}/oauth2/v2.0/token"),
            client_id: client_id.to_owned(),
            credential,
            now,
        }
    }
}
