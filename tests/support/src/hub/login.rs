//! SASL as the service does it: PLAIN with a connection string, OAUTHBEARER with a token of Entra.

use kafka_protocol::messages::{SaslAuthenticateResponse, SaslHandshakeResponse};
use kafka_protocol::protocol::StrBytes;

/// Who is let in.
#[derive(Debug, Clone, Default)]
pub struct Users {
    /// The connection string that PLAIN takes as a password.
    pub connection_string: Option<String>,
    /// The token that OAUTHBEARER takes.
    pub token: Option<String>,
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
                let token = users.token.as_deref();
                token.is_some_and(|token| is_bearer(sent, token))
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

/// RFC 7628 §3.1: `n,,`, then pairs with 0x01 behind each.
fn is_bearer(sent: &[u8], token: &str) -> bool {
    let Some(pairs) = sent.strip_prefix(b"n,,\x01") else {
        return false;
    };
    let auth = format!("auth=Bearer {token}");
    pairs
        .split(|byte| *byte == 1)
        .any(|pair| pair == auth.as_bytes())
        && sent.ends_with(b"\x01\x01")
}
