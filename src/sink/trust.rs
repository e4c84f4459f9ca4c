//! From the files of the settings to what a handshake needs: whom to believe, and how to show ourselves.
//!
//! Loaded anew for each [`Target`](super::Target) that is built, so a renewed certificate counts from the next connection on.
//! Sessions are never resumed: a resumed one would not be checked again. Revocation is not checked; a pin is the way to be strict.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::ServerName;
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, Error, InconsistentKeys, RootCertStore};

use super::pem;
use super::verify::Verifier;
use crate::certificate::Naming;

/// Files and values that TLS is set up from. The default: public roots, no client certificate, the target's host as name.
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
    /// The file can't be read.
    #[error("can't read {path} ({cause}): check the path and its permissions")]
    Read { path: PathBuf, cause: io::Error },
    /// The file is far too large.
    #[error("{path} is larger than 4 MB, so it is no PEM file of certificates: check the path")]
    Large { path: PathBuf },
    /// The file holds DER.
    #[error(
        "{path} is not PEM but DER (binary): convert it with \"openssl x509 -inform der -in {path} -out FILE.pem\""
    )]
    Binary { path: PathBuf },
    /// The file holds no certificate.
    #[error(
        "{path} holds no certificate: it must have a part that starts with -----BEGIN CERTIFICATE-----"
    )]
    NoCertificate { path: PathBuf },
    /// The file holds no key.
    #[error(
        "{path} holds no private key: it must have a part that starts with -----BEGIN PRIVATE KEY-----"
    )]
    NoKey { path: PathBuf },
    /// The key is encrypted.
    #[error(
        "the private key in {path} has a passphrase, which nobody could enter here: write it without one with \"openssl pkey -in {path} -out FILE.key\""
    )]
    EncryptedKey { path: PathBuf },
    /// The file is not well-formed PEM.
    #[error("{path} is damaged ({reason}): copy it again")]
    Pem { path: PathBuf, reason: String },
    /// A certificate in `ca_file` can't be used.
    #[error(
        "certificate {number} of {path} ({subject}) can't be used as an authority ({reason}): take it out"
    )]
    Authority {
        path: PathBuf,
        number: usize,
        subject: String,
        reason: String,
    },
    /// The key does not belong to the certificate.
    #[error(
        "the private key in {key} does not belong to the certificate in {cert}: give the pair that was issued together"
    )]
    Mismatch { cert: PathBuf, key: PathBuf },
    /// The key or certificate is of a kind that can't be used.
    #[error(
        "the client certificate in {cert} with the key in {key} can't be used ({reason}): use RSA (2048 bits or more), ECDSA (P-256, P-384) or Ed25519"
    )]
    Client {
        cert: PathBuf,
        key: PathBuf,
        reason: String,
    },
    /// The name is neither a DNS name nor an address.
    #[error(
        "{name} is neither a DNS name nor an address: set server_name to the name in the receiver's certificate"
    )]
    Name { name: String },
    /// rustls did not accept the whole.
    #[error("TLS can't be set up ({reason})")]
    Setup { reason: String },
}

impl TrustFiles {
    /// Reads the files; `host` is the name to check where no `server_name` is given.
    ///
    /// # Errors
    /// Which file, what is wrong with it, and the cure.
    pub fn load(&self, host: &str) -> Result<Trust, TrustError> {
        let setup = |error: &dyn std::fmt::Display| TrustError::Setup {
            reason: error.to_string(),
        };
        let name = self.server_name.as_deref().unwrap_or(host);
        let name = ServerName::try_from(name.to_owned()).map_err(|_| TrustError::Name {
            name: name.to_owned(),
        })?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let roots = Arc::new(match &self.ca_file {
            Some(path) => authorities(path)?,
            None => public_roots(),
        });
        let client = match &self.client {
            Some((cert, key)) => Some(Arc::new(identity(cert, key, &provider)?)),
            None => None,
        };
        let inner = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider))
            .build()
            .map_err(|error| setup(&error))?;
        let verifier = Verifier {
            inner,
            pin: self.pin_sha256,
        };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(|error| setup(&error))?
            .dangerous() // rustls's word for any verifier of one's own; ours asks rustls's first
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
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

fn public_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
    roots
}

fn authorities(path: &Path) -> Result<RootCertStore, TrustError> {
    let mut roots = RootCertStore::empty();
    for (index, certificate) in pem::certificates(path)?.into_iter().enumerate() {
        let subject = Naming::of(&certificate).subject.to_string();
        roots
            .add(certificate)
            .map_err(|error| TrustError::Authority {
                path: path.to_owned(),
                number: index + 1,
                subject,
                reason: error.to_string(),
            })?;
    }
    Ok(roots)
}

fn identity(
    cert: &Path,
    key: &Path,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, TrustError> {
    let chain = pem::certificates(cert)?;
    let private = pem::private_key(key)?;
    CertifiedKey::from_der(chain, private, provider).map_err(|error| {
        let (cert, key) = (cert.to_owned(), key.to_owned());
        match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                TrustError::Mismatch { cert, key }
            }
            error => TrustError::Client {
                cert,
                key,
                reason: error.to_string(),
            },
        }
    })
}
