//! SASL as the service does it: PLAIN with a connection string, OAUTHBEARER with a token of Entra.

use std::fmt;
use std::sync::Arc;

use kafka_protocol::messages::{SaslAuthenticateResponse, SaslHandshakeResponse};
use kafka_protocol::protocol::StrBytes;

/// Who is let in.
#[derive(Debug, Clone, Default)]
pub struct Users {
    /// The connection string that PLAIN takes as a password.
    pub connection_string: Option<String>,
    /// The tokens that OAUTHBEARER takes.
    pub tokens: Option<Tokens>,
}

/// Tells a good token from a bad one.
#[derive(Clone)]
pub struct Tokens(Arc<dyn Fn(&str) -> bool + Send + Sync>);

impl Tokens {
    /// Those for which this is true.
    pub fn that(are_good: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(are_good))
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

/// The error code of a login that fails (SASL_AUTHENTICATION_FAILED).
const REFUSED: i16 = 58;
/// The error code of a mechanism that is not known (UNSUPPORTED_SASL_MECHANISM).
const UNKNOWN_MECHANISM: i16 = 33;

/// How far a connection is with it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Login {
    /// Nothing was asked yet.
    #[default]
    Before,
    /// A mechanism was chosen.
    Chosen(String),
    /// It is let in.
    Done,
}

impl Login {
    pub(super) fn handshake(&mut self, mechanism: &str) -> SaslHandshakeResponse {
        let mechanisms = ["PLAIN", "OAUTHBEARER"];
        let known = mechanisms.contains(&mechanism);
        if known {
            *self = Self::Chosen(mechanism.to_owned());
        }
        SaslHandshakeResponse::default()
            .with_error_code(if known { 0 } else { UNKNOWN_MECHANISM })
            .with_mechanisms(mechanisms.map(StrBytes::from_static_str).to_vec())
    }

    pub(super) fn authenticate(&mut self, sent: &[u8], users: &Users) -> SaslAuthenticateResponse {
        let right = match self {
            Self::Chosen(mechanism) if mechanism == "PLAIN" => {
                let password = users.connection_string.as_deref();
                password.is_some_and(|password| {
                    sent == format!("\0$ConnectionString\0{password}").as_bytes()
                })
            }
            Self::Chosen(_) => {
                let tokens = users.tokens.as_ref();
                tokens.is_some_and(|tokens| bearer(sent).is_some_and(|token| tokens.0(token)))
            }
            _ => false,
        };
        if right {
            *self = Self::Done;
            return SaslAuthenticateResponse::default();
        }
        let why = "Invalid SASL mechanism response, server may be expecting a different protocol.";
        SaslAuthenticateResponse::default()
            .with_error_code(REFUSED)
            .with_error_message(Some(StrBytes::from_static_str(why)))
    }
}

/// The token of RFC 7628 §3.1: `n,,`, then pairs with 0x01 behind each.
fn bearer(sent: &[u8]) -> Option<&str> {
    let pairs = std::str::from_utf8(sent).ok()?.strip_prefix("n,,\x01")?;
    let pairs = pairs.strip_suffix("\x01\x01")?.split('\x01');
    let mut tokens = pairs.filter_map(|pair| pair.strip_prefix("auth=Bearer "));
    tokens.next()
}
