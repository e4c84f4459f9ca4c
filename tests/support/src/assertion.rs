//! Verifies client assertions, by PyPI's `PyJWT` and `cryptography` (tests/parsers/assertion.py).

use serde::Deserialize;
use serde_json::{Value, json};

use crate::python;

/// What an assertion says, after its signature, its audience and its time were verified.
#[derive(Debug, Deserialize)]
pub struct Verified {
    /// The JWT's header.
    pub header: Value,
    /// What it claims.
    pub claims: Value,
    /// Of the certificate: SHA-256 in base64url.
    pub thumbprint: String,
}

/// Verifies an assertion with the public key of a certificate (PEM), for whom it is.
///
/// # Errors
/// Why it is refused, as Python tells it.
///
/// # Panics
/// Where `make tools-test` has not run.
pub fn verify(assertion: &str, certificate: &str, audience: &str) -> Result<Verified, String> {
    let asked = json!({"assertion": assertion, "certificate": certificate, "audience": audience});
    let output = python::run("assertion.py", &asked);
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(serde_json::from_slice(&output.stdout).expect("assertion.py writes one object"))
}
