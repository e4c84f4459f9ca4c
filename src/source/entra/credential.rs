//! What an app shows to prove that it is the one: a secret, an assertion that its certificate's key
//! has signed, or an assertion that another system made.

use super::assertion::Assertion;
use super::certificate::CertificateFiles;
use crate::source::{SourceError, SourceErrorKind};
use crate::{clock, foreign};

/// Reads a secret when it is needed, so that a replaced file takes effect at once. The error says
/// which and why.
pub type ReadSecret = Box<dyn Fn() -> Result<String, String> + Send + Sync>;

/// `client_assertion_type` (RFC 7523, 2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What an app shows at its log-on. Each is read anew at each log-on.
pub enum Credential {
    /// `client_secret_file`
    ClientSecret(ReadSecret),
    /// `certificate_file` and `key_file`
    Certificate(CertificateFiles),
    /// `assertion_file`: a token of another issuer that Entra trusts, which another system renews
    /// (workload identity federation).
    Assertion(ReadSecret),
}

// === impl Credential ===

impl Credential {
    /// What is read of it: another text where it was replaced. For whoever waits for that; not to
    /// be shown.
    ///
    /// # Errors
    /// When a file can't be read, in words.
    pub fn read(&self) -> Result<String, String> {
        match self {
            Self::ClientSecret(read) | Self::Assertion(read) => read(),
            Self::Certificate(files) => files.fingerprint().map_err(|error| error.to_string()),
        }
    }

    /// Says that it can be shown now and, of a certificate, whether it ends soon: for `check`.
    /// Whether it is accepted, only Entra tells.
    ///
    /// # Errors
    /// What is wrong with it, and the cure.
    pub fn look(&self, now_ms: i64) -> Result<String, String> {
        match self {
            Self::ClientSecret(read) => {
                read().map(|_| "the secret of the Entra app can be read".to_owned())
            }
            Self::Assertion(read) => {
                read().map(|_| "the assertion of the Entra app can be read".to_owned())
            }
            Self::Certificate(files) => {
                let validity = files.check(now_ms).map_err(|error| error.to_string())?;
                let ends = clock::in_words(validity.until_ms);
                let usable = "the certificate of the Entra app and its key can be used";
                Ok(match validity.ends_soon(now_ms) {
                    Some(when) => format!(
                        "{usable}; certificate_file: the certificate in {} {when}, and upload the \
                            new one in the app's \"Certificates & secrets\"",
                        files.certificate.display()
                    ),
                    None => format!("{usable}; it expires on {ends}"),
                })
            }
        }
    }

    /// The settings that name it.
    pub(super) fn settings(&self) -> &'static str {
        match self {
            Self::ClientSecret(_) => "client_secret_file, whose secret may have expired",
            Self::Certificate(_) => "certificate_file, whose certificate has to be uploaded there",
            Self::Assertion(_) => "assertion_file, and the app's \"Federated credentials\"",
        }
    }

    /// Its fields in the form of a log-on of the app `client_id` at `token_url`, now.
    pub(super) fn show(
        &self,
        token_url: &str,
        client_id: &str,
        now_ms: i64,
    ) -> Result<Vec<(&'static str, String)>, SourceError> {
        let refused = |why: String| SourceError::new(SourceErrorKind::Refused, why);
        let assertion = match self {
            Self::ClientSecret(read) => {
                return Ok(vec![("client_secret", read().map_err(refused)?)]);
            }
            Self::Certificate(files) => {
                let signer = files.load().and_then(|key| key.valid(now_ms));
                let signer = signer.map_err(|error| refused(error.to_string()))?;
                Assertion::new(token_url, client_id, now_ms)
                    .and_then(|assertion| assertion.signed_by(&signer))
                    .map_err(|why| SourceError::new(SourceErrorKind::Passing, why.to_string()))?
            }
            Self::Assertion(read) => read().map_err(refused)?,
        };
        foreign::know_passing(&assertion);
        Ok(vec![
            ("client_assertion_type", JWT_BEARER.to_owned()),
            ("client_assertion", assertion),
        ])
    }
}
