//! Whom siembox trusts, and what a failed handshake means in plain words. Both sides of the stream use it.

use std::path::{Path, PathBuf};

use rustls::{AlertDescription, CertificateError, Error};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

/// A PEM file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// It can't be read.
    #[error("{}: cannot be read: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: rustls_pki_types::pem::Error,
    },
    /// It holds no certificate.
    #[error("{}: holds no certificate; a PEM file with -----BEGIN CERTIFICATE----- is wanted", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

/// Mozilla's roots.
#[must_use]
pub fn public_roots() -> &'static [CertificateDer<'static>] {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS
}

/// The certificates of a PEM file.
///
/// # Errors
/// When the file can't be read or holds none.
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let read = |cause| TrustError::Read {
        path: path.to_owned(),
        cause,
    };
    let certificates = CertificateDer::pem_file_iter(path).map_err(read)?;
    let certificates: Vec<_> = certificates.collect::<Result<_, _>>().map_err(read)?;
    if certificates.is_empty() {
        return Err(TrustError::Empty {
            path: path.to_owned(),
        });
    }
    Ok(certificates)
}

/// What a failed handshake means, and what to do.
#[must_use]
pub fn in_words(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "the certificate comes from an unknown issuer: if a TLS-inspecting proxy is in the way, name its CA in ca_file".into()
        }
        Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            "the certificate has expired: check this machine's clock, then the certificate".into()
        }
        Error::InvalidCertificate(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }) => {
            "the certificate is not valid yet: check this machine's clock".into()
        }
        Error::InvalidCertificate(CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }) => {
            "the certificate is for another name: check the address".into()
        }
        Error::AlertReceived(AlertDescription::ProtocolVersion) | Error::PeerIncompatible(_) => {
            "the server offers only TLS 1.1 or older; siembox speaks TLS 1.2 and 1.3".into()
        }
        Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "the server asks for a client certificate".into()
        }
        other => format!("the TLS handshake failed: {other}"),
    }
}
