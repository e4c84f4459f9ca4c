//! The certificate and key of an app, out of the settings' files, with a word for each way in which
//! they can't be used.
//!
//! Read anew for each log-on, so that a renewed pair takes effect at once.

mod error;

use std::path::PathBuf;
use std::sync::Arc;

use ring::digest::{self, SHA256};
use rustls::sign::{CertifiedKey, SigningKey};
use rustls::{Error, SignatureAlgorithm, SignatureScheme};
use rustls_pki_types::CertificateDer;

use crate::clock;
use crate::random;
use crate::trust::{self, Validity};
use error::AppCertificateError;

/// The files of an app's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    /// `certificate_file`, PEM. Of several certificates in it, that of the key counts.
    pub certificate: PathBuf,
    /// `key_file`, PEM: PKCS #8 or PKCS #1, without a passphrase. May be the same file.
    pub key: PathBuf,
    /// `signature`
    pub algorithm: AssertionAlgorithm,
}

/// How an assertion is signed, always with an RSA key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AssertionAlgorithm {
    /// RSASSA-PSS with SHA-256, as Microsoft asks for.
    #[default]
    Ps256,
    /// RSASSA-PKCS1-v1_5 with SHA-256, for who knows only that.
    Rs256,
}

/// A certificate with its key, ready to sign.
#[derive(Debug)]
pub(super) struct CertificateKey {
    /// Of the certificate, to name it.
    path: PathBuf,
    certificate: CertificateDer<'static>,
    validity: Validity,
    key: Arc<dyn SigningKey>,
    algorithm: AssertionAlgorithm,
}

// === impl AssertionAlgorithm ===

impl AssertionAlgorithm {
    /// As a JWT's header has it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ps256 => "PS256",
            Self::Rs256 => "RS256",
        }
    }

    fn scheme(self) -> SignatureScheme {
        match self {
            Self::Ps256 => SignatureScheme::RSA_PSS_SHA256,
            Self::Rs256 => SignatureScheme::RSA_PKCS1_SHA256,
        }
    }
}

// === impl CertificateFiles ===

impl CertificateFiles {
    /// From when to when the certificate is valid, where an app can log on with it now. For whoever
    /// looks ahead.
    ///
    /// # Errors
    /// Which file can't be used, why, and the cure.
    pub fn check(&self, now_ms: i64) -> Result<Validity, AppCertificateError> {
        self.load()?.valid(now_ms).map(|key| key.validity)
    }

    /// When the certificate ends, also where that is past; `None` where the files can't be used.
    #[must_use]
    pub fn ends_ms(&self) -> Option<i64> {
        self.load().ok().map(|key| key.validity.until_ms)
    }

    /// Another text once one of the files was replaced.
    pub(super) fn fingerprint(&self) -> Result<String, AppCertificateError> {
        let key = self.load()?;
        let private = trust::private_key(&self.key).map_err(AppCertificateError::Key)?;
        let mut both = digest::Context::new(&SHA256);
        both.update(&key.certificate);
        both.update(private.secret_der());
        Ok(random::hex(both.finish().as_ref()))
    }

    /// Reads both files; when the certificate is valid is looked at by [`CertificateKey::valid`].
    pub(super) fn load(&self) -> Result<CertificateKey, AppCertificateError> {
        let all =
            trust::certificates(&self.certificate).map_err(AppCertificateError::Certificate)?;
        let key = self.signing_key()?;
        let mut unreadable = false;
        let certificate = all.into_iter().find(|certificate| {
            let pair = CertifiedKey::new(vec![certificate.clone()], Arc::clone(&key));
            let matched = pair.keys_match();
            unreadable |= matches!(matched, Err(Error::InvalidCertificate(_)));
            matched.is_ok()
        });
        let path = || self.certificate.clone();
        let Some(certificate) = certificate else {
            return Err(match unreadable {
                true => AppCertificateError::Unreadable { path: path() },
                false => AppCertificateError::Mismatch {
                    certificate: path(),
                    key: self.key.clone(),
                },
            });
        };
        let validity = Validity::of(&certificate)
            .ok_or_else(|| AppCertificateError::Unreadable { path: path() })?;
        Ok(CertificateKey {
            path: path(),
            certificate,
            validity,
            key,
            algorithm: self.algorithm,
        })
    }

    fn signing_key(&self) -> Result<Arc<dyn SigningKey>, AppCertificateError> {
        let private = trust::private_key(&self.key).map_err(AppCertificateError::Key)?;
        let key = trust::provider().key_provider.load_private_key(private);
        let key = key.map_err(|error| AppCertificateError::Unusable {
            path: self.key.clone(),
            reason: error.to_string(),
        })?;
        let kind = match key.algorithm() {
            SignatureAlgorithm::RSA => return Ok(key),
            SignatureAlgorithm::ECDSA => "ECDSA",
            SignatureAlgorithm::ED25519 => "Ed25519",
            _ => "unknown",
        };
        let path = self.key.clone();
        Err(AppCertificateError::NotRsa { path, kind })
    }
}

// === impl CertificateKey ===

impl CertificateKey {
    /// The same, where the certificate is valid now.
    pub(super) fn valid(self, now_ms: i64) -> Result<Self, AppCertificateError> {
        let (now, path) = (clock::in_words(now_ms), self.path.clone());
        let Validity { from_ms, until_ms } = self.validity;
        if now_ms < from_ms {
            let begins = clock::in_words(from_ms);
            return Err(AppCertificateError::NotYetValid { path, begins, now });
        }
        if now_ms > until_ms {
            let ended = clock::in_words(until_ms);
            return Err(AppCertificateError::Expired { path, ended, now });
        }
        Ok(self)
    }

    /// How it signs.
    pub(super) fn algorithm(&self) -> AssertionAlgorithm {
        self.algorithm
    }

    /// SHA-256 of the certificate in DER.
    pub(super) fn thumbprint(&self) -> digest::Digest {
        digest::digest(&SHA256, &self.certificate)
    }

    /// The signature of these bytes.
    pub(super) fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        match self.key.choose_scheme(&[self.algorithm.scheme()]) {
            Some(signer) => signer.sign(bytes),
            None => Err(Error::General("no RSA key".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests;
