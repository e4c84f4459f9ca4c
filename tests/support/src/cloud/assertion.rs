//! The client assertion: a token that the app, or a system it trusts, has signed instead of sending
//! a secret (successors §1).

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm};
use serde_json::Value;
use webpki::{EndEntityCert, ring as algorithms};

use super::entra::{App, Code};

/// The signature, the key or the use of an assertion is not right.
pub const REFUSED: Code = 700_027;
/// `aud` of foreign tokens.
const EXCHANGE: &str = "api://AzureADTokenExchange";
/// Clocks may differ so much, seconds.
const SKEW: i64 = 300;
/// A careful client's assertion lasts no longer, seconds.
const LONGEST: i64 = 600;

/// What an assertion is held against.
#[derive(Debug)]
pub struct Expected<'a> {
    /// The app that logs on.
    pub app: &'a App,
    /// The host that was asked.
    pub host: &'a str,
    /// Epoch ms.
    pub now_ms: i64,
}

/// What a good assertion says.
#[derive(Debug, Default)]
pub struct Claims {
    /// Its own id, which is good once.
    pub jti: Option<String>,
    /// What a careful client doesn't do.
    pub complaints: Vec<String>,
}

impl Expected<'_> {
    /// Checks an assertion.
    ///
    /// # Errors
    /// Entra's code.
    pub fn check(&self, jwt: &str) -> Result<Claims, Code> {
        let parts: Vec<&str> = jwt.split('.').collect();
        let [head, body, signature] = parts[..] else {
            return Err(REFUSED);
        };
        let signed = &jwt[..head.len() + 1 + body.len()];
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| REFUSED)?;
        let (head, claims) = (object(head)?, object(body)?);
        let text = |key: &str| claims.get(key).and_then(Value::as_str).unwrap_or_default();
        let algorithm = match head.get("alg").and_then(Value::as_str) {
            Some("PS256") => algorithms::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
            Some("RS256") => algorithms::RSA_PKCS1_2048_8192_SHA256,
            _ => return Err(REFUSED),
        };
        let is_foreign = text("iss") != self.app.client_id;
        let certificate = match (is_foreign, &self.app.federated) {
            (false, _) => self.own(&head)?,
            (true, Some(known)) if known.issuer != text("iss") => return Err(700_211),
            (true, Some(known)) if known.subject != text("sub") => return Err(700_213),
            (true, Some(known)) => known.certificate.clone(),
            (true, None) if self.app.certificates.is_empty() => return Err(700_211),
            (true, None) => return Err(700_021),
        };
        verified(&certificate, algorithm, signed, &signature)?;
        if !is_foreign && text("sub") != self.app.client_id {
            return Err(700_021);
        }
        match is_foreign {
            true if text("aud") != EXCHANGE => return Err(700_023),
            false if !self.is_endpoint(text("aud")) => return Err(700_023),
            _ => {}
        }
        self.lasts(&claims, is_foreign)
    }

    /// The certificate whose thumbprint the head names.
    fn own(&self, head: &HashMap<String, Value>) -> Result<Vec<u8>, Code> {
        let print = |key: &str| head.get(key).and_then(Value::as_str);
        let (name, digest) = match (print("x5t#S256"), print("x5t")) {
            (Some(name), _) => (name, &ring::digest::SHA256),
            (None, Some(name)) => (name, &ring::digest::SHA1_FOR_LEGACY_USE_ONLY),
            (None, None) => return Err(REFUSED),
        };
        let is_named = |der: &&Vec<u8>| {
            URL_SAFE_NO_PAD.encode(ring::digest::digest(digest, der.as_slice())) == name
        };
        let found = self.app.certificates.iter().find(is_named);
        found.cloned().ok_or(REFUSED)
    }

    /// Is it the address of the endpoint, with tenant?
    fn is_endpoint(&self, aud: &str) -> bool {
        let path = format!("/{}/oauth2/v2.0/token", self.app.tenant_id);
        let hosts = [
            self.host,
            "login.microsoftonline.com",
            "login.microsoftonline.us",
            "login.chinacloudapi.cn",
            "login.partner.microsoftonline.cn",
        ];
        let host = aud.strip_suffix(&path);
        let host = host.and_then(|host| {
            host.strip_prefix("https://")
                .or(host.strip_prefix("http://"))
        });
        host.is_some_and(|host| hosts.contains(&host))
    }

    fn lasts(&self, claims: &HashMap<String, Value>, is_foreign: bool) -> Result<Claims, Code> {
        let now = self.now_ms / 1000;
        let time = |key: &str| claims.get(key).and_then(Value::as_i64);
        let exp = time("exp").ok_or(700_024_u32)?;
        if exp + SKEW <= now || time("nbf").is_some_and(|nbf| nbf > now + SKEW) {
            return Err(700_024);
        }
        let mut good = Claims::default();
        if !is_foreign {
            if exp > now + LONGEST + SKEW {
                good.complaints
                    .push("an assertion that lasts longer than 10 minutes".to_owned());
            }
            let jti = claims
                .get("jti")
                .and_then(Value::as_str)
                .filter(|jti| !jti.is_empty());
            good.jti = Some(jti.ok_or(REFUSED)?.to_owned());
            for key in ["nbf", "iat"] {
                if time(key).is_none() {
                    good.complaints.push(format!("an assertion without {key}"));
                }
            }
        }
        Ok(good)
    }
}

fn object(part: &str) -> Result<HashMap<String, Value>, Code> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| REFUSED)?;
    serde_json::from_slice(&json).map_err(|_| REFUSED)
}

fn verified(
    certificate: &[u8],
    algorithm: &dyn SignatureVerificationAlgorithm,
    signed: &str,
    signature: &[u8],
) -> Result<(), Code> {
    let der = CertificateDer::from(certificate);
    let certificate = EndEntityCert::try_from(&der).map_err(|_| REFUSED)?;
    let verified = certificate.verify_signature(algorithm, signed.as_bytes(), signature);
    verified.map_err(|_| REFUSED)
}
