//! Gets access tokens for an Entra app, and keeps one a scope until shortly before it expires
//! (reference: successors.md §1, api-authentication-application.md).
//!
//! A handle is cheap to clone, and all clones share the token: the streams of an agent make one
//! log-on, not one each. Who comes while another one logs on waits for it and takes what it brings,
//! be it a token or a refusal, so that nobody waits longer than for one log-on.

mod app;
mod assertion;
mod certificate;
mod credential;
mod lenient;
mod log_on;
mod permission;
mod refusal;

use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::http::Post;
use super::{SourceError, SourceErrorKind};
use crate::foreign::ForeignText;
use crate::random::HashKeys;
pub use app::EntraApp;
pub use certificate::{AssertionAlgorithm, CertificateFiles};
pub use credential::{Credential, ReadSecret};
pub use permission::{Permission, RequiredRole};

/// A refusal counts for all who ask this soon after it, unless the credential was replaced. Shorter
/// than the shortest wait of a poller after a refusal (agent/poller/state.rs), so that its next
/// try is one.
const REFUSED_FOR: Duration = Duration::from_secs(4);

/// The token of an app for one scope, shared by all clones.
#[derive(Clone)]
pub struct Entra {
    shared: Arc<Shared>,
}

struct Shared {
    app: Arc<EntraApp>,
    /// What the token is asked for.
    permission: Permission,
    /// Log-ons that came to an end: who waited for one knows by it.
    log_ons: AtomicU64,
    /// Held while somebody logs on.
    state: Mutex<State>,
    /// So that no secret is kept where its fingerprint does.
    keys: HashKeys,
}

#[derive(Default)]
struct State {
    token: Option<Bearer>,
    /// Of the last log-on, where it failed.
    failed: Option<Failed>,
}

/// A token, and when it is renewed.
struct Bearer {
    text: Arc<str>,
    /// On the steady clock.
    renew_at: Duration,
}

/// A log-on that failed.
struct Failed {
    error: SourceError,
    /// On the steady clock.
    at: Duration,
    /// Of the credential that was shown; `None` where none could be read.
    credential: Option<u64>,
}

// === impl Failed ===

impl Failed {
    /// Would it have failed for another clone as well? Not where only one stream was stopped.
    fn is_for_all(&self) -> bool {
        self.error.trouble != SourceErrorKind::Stopped
    }
}

// === impl Entra ===

impl Entra {
    /// No token yet; the first who asks logs on.
    #[must_use]
    pub fn new(app: Arc<EntraApp>, permission: Permission) -> Self {
        Self {
            shared: Arc::new(Shared {
                app,
                permission,
                log_ons: AtomicU64::new(0),
                state: Mutex::default(),
                keys: HashKeys::new(),
            }),
        }
    }

    /// The same app's token for something else.
    #[must_use]
    pub fn of(&self, permission: Permission) -> Self {
        Self::new(Arc::clone(&self.shared.app), permission)
    }

    /// A token that is good for the next request: a new one where the last has expired. Blocks for
    /// one log-on at most, over `http` or over that of another clone.
    ///
    /// # Errors
    /// When the credential can't be read, the log-on is refused, or the token lacks a role without
    /// which the API is not asked.
    pub fn bearer(&self, http: &impl Post) -> Result<Arc<str>, SourceError> {
        self.bearer_since(self.log_ons(), http)
    }

    /// The same for one who came when so many log-ons had ended.
    fn bearer_since(&self, log_ons: u64, http: &impl Post) -> Result<Arc<str>, SourceError> {
        let app = &self.shared.app;
        let mut state = self.state();
        let now = (app.now)();
        if let Some(token) = &state.token
            && now.steady < token.renew_at
        {
            return Ok(Arc::clone(&token.text));
        }
        state.token = None;
        let has_waited = self.log_ons() != log_ons;
        if let Some(failed) = &state.failed
            && (self.still_counts(failed, now.steady) || has_waited && failed.is_for_all())
        {
            return Err(failed.error.clone());
        }
        let credential = self.fingerprint();
        let outcome = log_on::log_on(app, &self.shared.permission, http);
        self.shared.log_ons.fetch_add(1, Ordering::AcqRel);
        match outcome {
            Ok(token) => {
                let text = Arc::clone(&token.text);
                *state = State {
                    token: Some(token),
                    failed: None,
                };
                Ok(text)
            }
            Err(error) => {
                state.failed = Some(Failed {
                    error: error.clone(),
                    at: (app.now)().steady,
                    credential,
                });
                Err(error)
            }
        }
    }

    /// The API refused this token: the next request gets a new one, unless another clone has
    /// brought one already.
    pub fn forget(&self, refused: &str) {
        self.state().token.take_if(|token| &*token.text == refused);
    }

    /// The roles that the present token tells, sorted; `None` where there is no token, or none that
    /// can be read. A hint for whoever checks the app's permissions and nothing else: Microsoft may
    /// change what a token looks like.
    #[must_use]
    pub fn roles(&self) -> Option<Vec<ForeignText>> {
        let state = self.state();
        let mut roles = permission::roles(&state.token.as_ref()?.text)?;
        roles.sort_unstable();
        Some(roles.into_iter().map(ForeignText::new).collect())
    }

    /// A refusal by Entra is the same for the next who asks; whatever else fails is tried again.
    fn still_counts(&self, failed: &Failed, now: Duration) -> bool {
        failed.error.trouble == SourceErrorKind::Refused
            && now.saturating_sub(failed.at) < REFUSED_FOR
            && failed.credential == self.fingerprint()
    }

    /// How many have come to an end.
    fn log_ons(&self) -> u64 {
        self.shared.log_ons.load(Ordering::Acquire)
    }

    fn fingerprint(&self) -> Option<u64> {
        let shown = self.shared.app.credential.read().ok()?;
        Some(self.shared.keys.hash_one(shown))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let state = self.shared.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
