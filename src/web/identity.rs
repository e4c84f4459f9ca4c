//! The page's TLS certificate: the operator's, or the box's own, created at the first start.
//!
//! No CA has signed the box's own certificate. A visitor compares its SHA-256 with the one in the
//! log and in `siembox status`.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose,
};
use ring::digest;
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::trust::{self, PemError};
use crate::{durable, own_file};

/// The box's own is good until ten years after this one, or after the year it is made in, whichever
/// is later: a board without a battery may believe that it is 1970.
const YOUNGEST: i16 = 2026;
const YEARS: i32 = 10;

/// What a TLS listener needs. Cheap to clone.
#[derive(Clone)]
pub struct Identity {
    config: Arc<ServerConfig>,
    fingerprint: String,
    /// Reason why the certificate is not the earlier one.
    renewed: Option<String>,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The certificate's file, or the key's, can't be used.
    #[error(transparent)]
    File(#[from] PemError),
    /// They don't belong together, or are of a kind that TLS here does not know.
    #[error("{}: cannot be used with its key: {cause}: the first certificate in the file must \
        belong to this key, which must be RSA (2048 bits or more), ECDSA (P-256, P-384) or \
        Ed25519", path.display())]
    Pair {
        /// The certificate's file.
        path: PathBuf,
        /// What is wrong.
        cause: rustls::Error,
    },
    /// The box's own can't be opened: a link, or no file.
    #[error("the page's own certificate: {0}")]
    Own(io::Error),
    /// The box's own can't be made.
    #[error("the page's own certificate cannot be created: {0}")]
    Make(rcgen::Error),
    /// The box's own cannot be written.
    #[error("{}: the page's own certificate cannot be saved: {cause}: check that siembox's user \
        can write to the state folder", path.display())]
    Keep {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
}

// === impl Identity ===

impl Identity {
    /// Reads certificate and key from PEM files.
    ///
    /// # Errors
    /// When one can't be read, or they don't belong together.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, IdentityError> {
        let chain = trust::certificates(certificate)?;
        let read = trust::private_key(key)?;
        Self::new(chain, read).map_err(|cause| IdentityError::Pair {
            path: certificate.to_owned(),
            cause,
        })
    }

    /// The box's own from its state folder, made where there is none that can be used. `machine`:
    /// its name; `now_ms`: wall clock, milliseconds.
    ///
    /// # Errors
    /// When it can be neither read nor made.
    pub fn own(
        state_dir: &Path,
        machine: Option<&str>,
        now_ms: i64,
    ) -> Result<Self, IdentityError> {
        let folder = state_dir.join("page");
        let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
        // what stands there instead of a file of ours is none
        let is_ours = || {
            [&certificate, &key].into_iter().try_for_each(|file| {
                let opened = own_file::read(file).map(drop);
                opened.map_err(IdentityError::Own)
            })
        };
        let renewed = match is_ours().and_then(|()| Self::load(&certificate, &key)) {
            Ok(identity) => return Ok(identity),
            Err(error) => certificate.exists().then(|| {
                format!(
                    "{error}; the page has created a new certificate of its own, with a different \
                        SHA-256"
                )
            }),
        };
        let (made, made_key) = make(machine, now_ms).map_err(IdentityError::Make)?;
        let kept = own_file::make_folder(&folder, 0o750)
            .and_then(|()| durable::replace(&key, made_key.as_bytes()))
            // the certificate last: where it is, the key is
            .and_then(|()| durable::replace(&certificate, made.as_bytes()));
        kept.map_err(|cause| IdentityError::Keep {
            path: folder,
            cause,
        })?;
        Ok(Self {
            renewed,
            ..Self::load(&certificate, &key)?
        })
    }

    fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, rustls::Error> {
        let fingerprint = chain.first().map(fingerprint).unwrap_or_default();
        let mut config = ServerConfig::builder_with_provider(trust::provider())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            config: Arc::new(config),
            fingerprint,
            renewed: None,
        })
    }

    /// SHA-256 of the certificate, `AB:CD:…`, as browsers show it.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Reason why the certificate is not the earlier one, if that one could not be used.
    #[must_use]
    pub fn renewed(&self) -> Option<&str> {
        self.renewed.as_deref()
    }

    pub(super) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fingerprint)
    }
}

fn fingerprint(certificate: &CertificateDer) -> String {
    let digest = digest::digest(&digest::SHA256, certificate);
    let bytes: Vec<String> = digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    bytes.join(":")
}

/// Certificate and key as PEM.
fn make(machine: Option<&str>, now_ms: i64) -> Result<(String, String), rcgen::Error> {
    let mut names = vec![
        "localhost".to_owned(),
        "127.0.0.1".to_owned(),
        "::1".to_owned(),
    ];
    if let Some(machine) = machine {
        let short = machine.split('.').next().unwrap_or(machine);
        names.extend([
            machine.to_owned(),
            short.to_owned(),
            format!("{short}.local"),
        ]);
    }
    names.sort_unstable();
    names.dedup();
    let year = jiff::Timestamp::from_millisecond(now_ms)
        .map_or(YOUNGEST, |now| now.to_zoned(jiff::tz::TimeZone::UTC).year());
    let mut params = CertificateParams::new(names)?;
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, machine.unwrap_or("siembox"));
    name.push(DnType::OrganizationName, "siembox");
    params.distinguished_name = name;
    params.not_before = rcgen::date_time_ymd(2025, 1, 1);
    params.not_after = rcgen::date_time_ymd(i32::from(year.max(YOUNGEST)) + YEARS, 12, 28);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
    let certificate = params.self_signed(&key)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_boxs_own_is_made_once_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let first = Identity::own(folder.path(), Some("Box.example"), 0).unwrap();
        assert_eq!(first.fingerprint().len(), 32 * 3 - 1);
        let again = Identity::own(folder.path(), Some("other"), 9).unwrap();
        assert_eq!(again.fingerprint(), first.fingerprint());
        let key = folder.path().join("page/key.pem");
        let mode = fs::metadata(&key).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        // damaged, it is made anew
        fs::write(&key, "-----BEGIN PRIVATE KEY-----\n").unwrap();
        let new = Identity::own(folder.path(), None, 0).unwrap();
        assert_ne!(new.fingerprint(), first.fingerprint());
    }

    #[test]
    fn files_that_do_not_belong_together_are_refused() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for folder in [&one, &other] {
            Identity::own(folder.path(), None, 0).unwrap();
        }
        let certificate = one.path().join("page/certificate.pem");
        let key = other.path().join("page/key.pem");
        let refused = Identity::load(&certificate, &key);
        assert!(matches!(refused, Err(IdentityError::Pair { .. })));
        let refused = Identity::load(&certificate, &certificate);
        assert!(matches!(
            refused,
            Err(IdentityError::File(PemError::NoKey { .. }))
        ));
        let refused = Identity::load(&key, &key);
        assert!(matches!(
            refused,
            Err(IdentityError::File(PemError::NoCertificate { .. }))
        ));
    }
}
