//! Certificates and keys out of PEM files, with a word for each way in which such a file is wrong.

use std::path::{Path, PathBuf};

use rustls::RootCertStore;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use x509_cert::Certificate;
use x509_cert::der::Decode;

use crate::certificate::{Naming, Validity};
use crate::text_file::{self, FileError, UnreadableFile};

/// A bundle of all public roots has 250 kB; whatever is larger than this is no PEM file of
/// certificates.
const MOST_BYTES: u64 = 4 << 20;

/// What is wrong with a file of certificates or of a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // the fields say it
pub enum PemError {
    /// It can't be read, is too large, or is no text.
    #[error(transparent)]
    File(#[from] FileError),
    /// It holds `what`, which is not PEM; `cure` is the command that makes PEM of it.
    #[error("{path} is not PEM but {what}: convert it with \"{cure}\"")]
    NotPem {
        path: PathBuf,
        what: &'static str,
        cure: String,
    },
    /// It holds no certificate.
    #[error(
        "{path} contains no certificate: it must have a part that starts with -----BEGIN \
            CERTIFICATE-----"
    )]
    NoCertificate { path: PathBuf },
    /// It holds no key.
    #[error(
        "{path} contains no private key: it must have a part that starts with -----BEGIN PRIVATE \
            KEY-----"
    )]
    NoKey { path: PathBuf },
    /// The key is encrypted.
    #[error(
        "the private key in {path} has a passphrase, which siembox cannot enter: save it without \
            one with \"openssl pkey -in {path} -out FILE.key\""
    )]
    EncryptedKey { path: PathBuf },
    /// It is not well-formed PEM.
    #[error("{path} is damaged ({reason}): copy it again")]
    Damaged { path: PathBuf, reason: String },
    /// Its first certificate is none that can be read.
    #[error("the certificate in {path} cannot be read: copy it again")]
    Unreadable { path: PathBuf },
    /// A certificate can't be used as an authority.
    #[error(
        "certificate {number} of {path} ({subject}) cannot be used as a CA ({reason}): remove it"
    )]
    Authority {
        path: PathBuf,
        number: usize,
        subject: String,
        reason: String,
    },
}

/// All certificates of a file, at least one.
///
/// # Errors
/// What is wrong with the file, and the cure.
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, PemError> {
    let text = read(path)?;
    let all = CertificateDer::pem_slice_iter(text.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| damaged(path, &error))?;
    if all.is_empty() {
        if text.contains("-----BEGIN PKCS7-----") {
            return Err(not_pem(
                path,
                "PKCS #7 (.p7b)",
                "pkcs7 -print_certs -in PATH -out FILE.pem",
            ));
        }
        return Err(PemError::NoCertificate {
            path: path.to_owned(),
        });
    }
    Ok(all)
}

/// The same, each of which can be trusted.
///
/// # Errors
/// As [`certificates`], and where one can't be an authority.
pub fn authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, PemError> {
    let all = certificates(path)?;
    let mut tried = RootCertStore::empty();
    for (index, certificate) in all.iter().enumerate() {
        tried
            .add(certificate.clone())
            .map_err(|error| PemError::Authority {
                path: path.to_owned(),
                number: index + 1,
                subject: Naming::of(certificate).subject.to_string(),
                reason: error.to_string(),
            })?;
    }
    Ok(all)
}

/// From when to when the first certificate of a file is valid: for whoever looks ahead.
///
/// # Errors
/// What is wrong with the file, and the cure.
pub fn validity(path: &Path) -> Result<Validity, PemError> {
    let all = certificates(path)?;
    let validity = all
        .first()
        .and_then(|certificate| Validity::of(certificate));
    validity.ok_or_else(|| PemError::Unreadable {
        path: path.to_owned(),
    })
}

/// The first private key of a file.
///
/// # Errors
/// What is wrong with the file, and the cure.
pub fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, PemError> {
    let text = read(path)?;
    let path = || path.to_owned();
    if text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(PemError::EncryptedKey { path: path() });
    }
    PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|error| match error {
        pem::Error::NoItemsFound => PemError::NoKey { path: path() },
        error => damaged(&path(), &error),
    })
}

fn damaged(path: &Path, error: &pem::Error) -> PemError {
    PemError::Damaged {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

fn read(path: &Path) -> Result<String, PemError> {
    let bytes = text_file::bytes(path, MOST_BYTES)?;
    if let Some((what, cure)) = binary(&bytes) {
        return Err(not_pem(path, what, cure));
    }
    let text = text_file::decode(&bytes).map_err(|why| FileError {
        path: path.to_owned(),
        why: UnreadableFile::NotText(why),
    })?;
    // pasted out of YAML or a mail it may be indented
    Ok(text.lines().map(str::trim).collect::<Vec<_>>().join("\n"))
}

fn not_pem(path: &Path, what: &'static str, cure: &str) -> PemError {
    PemError::NotPem {
        path: path.to_owned(),
        what,
        cure: format!(
            "openssl {}",
            cure.replace("PATH", &path.display().to_string())
        ),
    }
}

/// What a file in DER holds (a SEQUENCE with a length of two or more bytes), and openssl's words to
/// make PEM of it.
fn binary(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let inside = match bytes {
        [0x30, 0x81, _, inside @ ..]
        | [0x30, 0x82, _, _, inside @ ..]
        | [0x30, 0x83, _, _, _, inside @ ..]
        | [0x30, 0x84, _, _, _, _, inside @ ..] => inside,
        _ => return None,
    };
    let signed_data = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
    Some(match inside {
        [0x02, 0x01, 0x03, ..] => (
            "PKCS #12 (.pfx, .p12)",
            "pkcs12 -nodes -in PATH -out FILE.pem",
        ),
        [0x02, 0x01, 0x00 | 0x01, ..] => (
            "a key in DER (binary)",
            "pkey -inform der -in PATH -out FILE.key",
        ),
        inside if inside.starts_with(signed_data) => (
            "PKCS #7 (.p7b)",
            "pkcs7 -inform der -print_certs -in PATH -out FILE.pem",
        ),
        _ if Certificate::from_der(bytes).is_ok() => (
            "a certificate in DER (binary)",
            "x509 -inform der -in PATH -out FILE.pem",
        ),
        _ => ("DER (binary)", "x509 -inform der -in PATH -out FILE.pem"),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use siembox_support::pki::Authority;

    use super::*;

    #[test]
    fn certificates_and_keys_are_read_as_windows_and_people_write_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let issued = Authority::new("Lab CA").issue(&["siem.example"]);
        let pem = format!("{}{}", issued.cert_pem, issued.key_pem).replace("\r\n", "\n");
        let wide = |text: &str| {
            let units = text.encode_utf16().flat_map(u16::to_le_bytes);
            [0xff, 0xfe].into_iter().chain(units).collect::<Vec<u8>>()
        };
        for bytes in [
            pem.clone().into_bytes(),
            format!("\u{feff}{pem}").into_bytes(),
            pem.replace('\n', "\r\n").into_bytes(),
            wide(&pem.replace('\n', "\r\n")),
            format!("Bag Attributes\n  {}", pem.replace('\n', "\n  ")).into_bytes(),
        ] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(certificates(&path).unwrap().len(), 1);
            assert!(private_key(&path).is_ok());
        }
    }

    #[test]
    fn what_is_not_pem_is_named_with_the_command_that_makes_pem_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let authority = Authority::new("Lab CA");
        std::fs::write(&path, &authority.cert_pem).unwrap();
        let der = certificates(&path).unwrap()[0].to_vec();
        let sequence = |inside: &[u8]| [b"\x30\x82\x01\x00", inside].concat();
        for (bytes, what, cure) in [
            (der, "a certificate in DER", "openssl x509 -inform der -in "),
            (
                sequence(b"\x02\x01\x03\x30"),
                "PKCS #12",
                "openssl pkcs12 -nodes -in ",
            ),
            (
                sequence(b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0"),
                "PKCS #7",
                "openssl pkcs7 -inform der -print_certs -in ",
            ),
            (
                sequence(b"\x02\x01\x00\x30"),
                "a key in DER",
                "openssl pkey -inform der -in ",
            ),
            (
                b"-----BEGIN PKCS7-----\nMAA=\n-----END PKCS7-----\n".to_vec(),
                "PKCS #7",
                "openssl pkcs7 -print_certs -in ",
            ),
        ] {
            std::fs::write(&path, bytes).unwrap();
            let told = certificates(&path).unwrap_err().to_string();
            let cure = format!("{cure}{} -out FILE", path.display());
            assert!(told.contains(what) && told.contains(&cure), "{told}");
        }
    }
}
