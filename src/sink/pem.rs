//! Certificates and keys out of PEM files, with a word for each way in which such a file is wrong.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::trust::TrustError;

/// A bundle of all public roots has 250 kB; whatever is larger than this is no PEM file of certificates.
const MOST_BYTES: u64 = 4 << 20;

/// All certificates of a file, at least one.
pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let all = CertificateDer::pem_slice_iter(&read(path)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| damaged(path, &error))?;
    if all.is_empty() {
        return Err(TrustError::NoCertificate {
            path: path.to_owned(),
        });
    }
    Ok(all)
}

/// The first private key of a file.
pub(super) fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TrustError> {
    let bytes = read(path)?;
    let path = || path.to_owned();
    let text = String::from_utf8_lossy(&bytes);
    if text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(TrustError::EncryptedKey { path: path() });
    }
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|error| match error {
        pem::Error::NoItemsFound => TrustError::NoKey { path: path() },
        error => damaged(&path(), &error),
    })
}

fn damaged(path: &Path, error: &pem::Error) -> TrustError {
    TrustError::Pem {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TrustError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|cause| TrustError::Read {
            path: path.to_owned(),
            cause,
        })?;
    let path = || path.to_owned();
    if bytes.len() as u64 > MOST_BYTES {
        return Err(TrustError::Large { path: path() });
    }
    // DER: a SEQUENCE with a length of two or more bytes.
    if matches!(bytes.as_slice(), [0x30, 0x81..=0x84, ..]) {
        return Err(TrustError::Binary { path: path() });
    }
    Ok(bytes)
}
