//! The client assertion: a short-lived JWT by which an app shows that it has the key of a
//! certificate that Entra knows (Microsoft's certificate-credentials.md, RFC 7523).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::certificate::CertificateKey;
use crate::random::{self, NoRandomness};

/// Entra advises 5 to 10 minutes at most; a clock that is 5 minutes off is survived so.
const LASTS_S: i64 = 600;

/// What an assertion says.
#[derive(Debug)]
pub(super) struct Assertion {
    claims: serde_json::Value,
}

/// Why there is no assertion.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAssertion {
    /// No `jti`.
    #[error("a client assertion cannot be made: {0}")]
    Random(#[from] NoRandomness),
    /// No signature.
    #[error("a client assertion cannot be signed: {0}")]
    Signature(#[from] rustls::Error),
}

// === impl Assertion ===

impl Assertion {
    /// Of the app `client_id`, for the token endpoint `token_url`, from now on.
    pub(super) fn new(token_url: &str, client_id: &str, now_ms: i64) -> Result<Self, NoAssertion> {
        let now = now_ms.div_euclid(1000);
        Ok(Self {
            claims: json!({
                "aud": token_url,
                "iss": client_id,
                "sub": client_id,
                "jti": uuid(random::bytes()?),
                "nbf": now,
                "iat": now,
                "exp": now + LASTS_S,
            }),
        })
    }

    /// The JWT.
    pub(super) fn signed_by(&self, key: &CertificateKey) -> Result<String, NoAssertion> {
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let header = json!({
            "alg": key.algorithm().name(),
            "typ": "JWT",
            "x5t#S256": part(key.thumbprint().as_ref()),
        });
        let said = format!(
            "{}.{}",
            part(header.to_string().as_bytes()),
            part(self.claims.to_string().as_bytes())
        );
        let signature = key.sign(said.as_bytes())?;
        Ok(format!("{said}.{}", part(&signature)))
    }
}

/// A random UUID (RFC 9562, 5.4).
fn uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = random::hex(&bytes);
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    parts.join("-")
}

#[cfg(test)]
mod tests;
