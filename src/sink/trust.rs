//! TLS material from the settings' files: trusted CAs and the client certificate.
//!
//! Loaded anew for each [`Target`](super::Target) that is built, so a renewed certificate counts
//! from the next connection on. Sessions are never resumed: a resumed one would not be checked
//! again. Revocation is not checked; a pin is the way to be strict.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, Error, InconsistentKeys};

use crate::trust::{self, PemError};

/// Files and values that TLS is set up from. The default: public roots, no client certificate, the
/// target's host as name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustFiles {
    /// PEM with one or more authorities; instead of the public roots.
    pub ca_file: Option<PathBuf>,
    /// PEM of our certificate (with its intermediates) and of its key.
    pub client: Option<(PathBuf, PathBuf)>,
    /// Name to ask for and to check, where it is not the target's host.
    pub server_name: Option<String>,
    /// SHA-256 of the receiver's certificate in DER: checked in addition.
    pub pin_sha256: Option<[u8; 32]>,
}

/// What a handshake needs. Cheap to clone.
#[derive(Clone)]
pub struct Trust {
    /// Everything but the client certificate, which is noted per connection.
    pub(super) config: Arc<ClientConfig>,
    /// Name to ask for and to check.
    pub(super) name: ServerName<'static>,
    /// How to show ourselves.
    pub(super) client: Option<Arc<CertifiedKey>>,
}

/// What is wrong with a file or name that TLS is set up from.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // the fields say it
pub enum TrustError {
    /// A file of certificates or of a key can't be used.
    #[error(transparent)]
    File(#[from] PemError),
    /// The key does not belong to the certificate.
    #[error(
        "the private key in {key} does not belong to the certificate in {cert}: use the pair that \
            was issued together"
    )]
    Mismatch { cert: PathBuf, key: PathBuf },
    /// The key or certificate is of a kind that can't be used.
    #[error(
        "the client certificate in {cert} with the key in {key} cannot be used ({reason}): use RSA (2048 bits or more), ECDSA (P-256, P-384) or Ed25519"
    )]
    Client {
        cert: PathBuf,
        key: PathBuf,
        reason: String,
    },
    /// The name is neither a DNS name nor an address.
    #[error(
        "{name} is neither a DNS name nor an IP address: set server_name to the name in the \
            receiver's certificate"
    )]
    Name { name: String },
    /// rustls did not accept the whole.
    #[error("TLS cannot be set up ({reason})")]
    Setup { reason: String },
}

impl TrustFiles {
    /// Reads the files; `host` is the name to check where no `server_name` is given.
    ///
    /// # Errors
    /// Which file, what is wrong with it, and the cure.
    pub fn load(&self, host: &str) -> Result<Trust, TrustError> {
        let name = self.server_name.as_deref().unwrap_or(host);
        let name = ServerName::try_from(name.to_owned()).map_err(|_| TrustError::Name {
            name: name.to_owned(),
        })?;
        let authorities = match &self.ca_file {
            Some(path) => trust::authorities(path)?,
            None => trust::public_roots().to_vec(),
        };
        let client = match &self.client {
            Some((cert, key)) => Some(Arc::new(identity(cert, key)?)),
            None => None,
        };
        let mut config =
            trust::client(authorities, self.pin_sha256).map_err(|error| TrustError::Setup {
                reason: error.to_string(),
            })?;
        config.resumption = Resumption::disabled();
        Ok(Trust {
            config: Arc::new(config),
            name,
            client,
        })
    }
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trust")
            .field("name", &self.name)
            .field("client", &self.client.is_some())
            .finish_non_exhaustive()
    }
}

/// The curve's name in a key: 1.3.132.0.35, in DER.
const P521: [u8; 7] = [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23];

fn identity(cert: &Path, key: &Path) -> Result<CertifiedKey, TrustError> {
    let chain = trust::certificates(cert)?;
    let private = trust::private_key(key)?;
    let is_p521 = (private.secret_der().windows(P521.len())).any(|part| part == P521);
    CertifiedKey::from_der(chain, private, &trust::provider()).map_err(|error| {
        let (cert, key) = (cert.to_owned(), key.to_owned());
        match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                TrustError::Mismatch { cert, key }
            }
            error => TrustError::Client {
                cert,
                key,
                reason: match is_p521 {
                    true => "its key uses P-521, with which siembox cannot sign".to_owned(),
                    false => error.to_string(),
                },
            },
        }
    })
}
