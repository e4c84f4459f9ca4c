//! How a client logs on (SASL).

use std::fmt;

use super::error::HubError;

/// What gives a login its secret, each time anew: a connection string may be replaced, a token ends.
pub(in crate::source::event_hubs) type GiveSecret =
    std::sync::Arc<dyn Fn() -> Result<String, HubError> + Send + Sync>;

/// Hears which token was refused, so that the next one is another.
pub(in crate::source::event_hubs) type ForgetToken = std::sync::Arc<dyn Fn(&str) + Send + Sync>;

/// How it logs on.
#[derive(Clone)]
pub(in crate::source::event_hubs) enum Login {
    /// With a connection string: SASL PLAIN, user `$ConnectionString`.
    ConnectionString(GiveSecret),
    /// With a token of Entra: SASL OAUTHBEARER (RFC 7628).
    Token(GiveSecret, ForgetToken),
}

// === impl Login ===

impl Login {
    /// The connection string or the token, as it is now.
    ///
    /// # Errors
    /// Where it can't be had.
    pub(super) fn secret(&self) -> Result<String, HubError> {
        match self {
            Self::ConnectionString(give) | Self::Token(give, _) => give(),
        }
    }

    /// The mechanism, and the message by which it logs on with this secret.
    pub(super) fn message(&self, secret: &str) -> (&'static str, String) {
        match self {
            Self::ConnectionString(_) => ("PLAIN", format!("\0$ConnectionString\0{secret}")),
            Self::Token(..) => (
                "OAUTHBEARER",
                format!("n,,\x01auth=Bearer {secret}\x01\x01"),
            ),
        }
    }

    /// The service refused it.
    pub(super) fn refused(&self, secret: &str) {
        if let Self::Token(_, forget) = self {
            forget(secret);
        }
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ConnectionString(_) => "ConnectionString",
            Self::Token(..) => "Token",
        })
    }
}
