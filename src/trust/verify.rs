//! Verifies the peer's certificate: rustls's own check, always, and after it the pin if there is
//! one.
//!
//! A refusal carries the certificate's names out with it, because rustls's errors don't.

use std::fmt;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, SignatureScheme,
};

use crate::certificate::Naming;

/// A certificate that rustls's own check did not accept.
#[derive(Debug)]
pub(super) struct RefusedCertificate {
    pub(super) why: CertificateError,
    pub(super) naming: Naming,
}

/// A certificate that is fine, and not the pinned one.
#[derive(Debug)]
pub(super) struct WrongPin {
    /// SHA-256 of the certificate, as it would be pinned.
    pub(super) found: String,
    pub(super) naming: Naming,
}

/// The check.
#[derive(Debug)]
pub(super) struct Verifier {
    /// Chain, name, dates, purpose.
    pub(super) inner: Arc<WebPkiServerVerifier>,
    /// SHA-256 of the only leaf certificate that will do.
    pub(super) pin: Option<[u8; 32]>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self
            .inner
            .verify_server_cert(leaf, intermediates, name, ocsp, now)
            .map_err(|error| match error {
                Error::InvalidCertificate(why) => other(RefusedCertificate {
                    why,
                    naming: Naming::of_chain(leaf, intermediates),
                }),
                error => error,
            })?;
        let found = ring::digest::digest(&ring::digest::SHA256, leaf);
        match &self.pin {
            Some(pin) if pin != found.as_ref() => Err(other(WrongPin {
                found: found
                    .as_ref()
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect(),
                naming: Naming::of(leaf),
            })),
            _ => Ok(verified),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, cert, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, cert, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }

    fn root_hint_subjects(&self) -> Option<&[DistinguishedName]> {
        self.inner.root_hint_subjects()
    }
}

fn other(refusal: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(refusal))))
}

impl fmt::Display for RefusedCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.why.fmt(f)
    }
}

impl std::error::Error for RefusedCertificate {}

impl fmt::Display for WrongPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the pinned certificate")
    }
}

impl std::error::Error for WrongPin {}
