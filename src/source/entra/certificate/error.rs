//! Why an app can't log on with its certificate: the setting, what is wrong with its file, and the
//! cure.

use std::path::PathBuf;

use crate::trust::PemError;

/// Why an app can't log on with its certificate.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the fields say it
pub enum AppCertificateError {
    /// The file can't be used.
    #[error("certificate_file: {0}")]
    Certificate(PemError),
    /// The file can't be used.
    #[error("key_file: {0}")]
    Key(PemError),
    /// Not an RSA key.
    #[error(
        "key_file: {} holds a key of the kind {kind}, but Entra takes RSA only; cure: create a \
            certificate with an RSA key of 2048 to 4096 bits, and upload it in the app's \
            \"Certificates & secrets\"",
        .path.display()
    )]
    NotRsa { path: PathBuf, kind: &'static str },
    /// A key that ring does not take: too small, too large, or of another kind.
    #[error(
        "key_file: the key in {} cannot be used ({reason}); cure: create a certificate with an RSA \
            key of 2048 to 4096 bits, and upload it in the app's \"Certificates & secrets\"",
        .path.display()
    )]
    Unusable { path: PathBuf, reason: String },
    /// The key belongs to none of the certificates.
    #[error(
        "key_file: the key in {} does not belong to the certificate in {}; cure: set \
            certificate_file and key_file to the pair that was issued together",
        .key.display(),
        .certificate.display()
    )]
    Mismatch { certificate: PathBuf, key: PathBuf },
    /// Its end has come.
    #[error(
        "certificate_file: the certificate in {} expired on {ended}, and this machine's clock \
            shows {now}; cure: upload a new certificate in the app's \"Certificates & secrets\", and \
            set certificate_file and key_file to it",
        .path.display()
    )]
    Expired {
        path: PathBuf,
        ended: String,
        now: String,
    },
    /// Its time has not come.
    #[error(
        "certificate_file: the certificate in {} is valid from {begins} on, and this machine's \
            clock shows {now}; cure: set the clock, or wait until then",
        .path.display()
    )]
    NotYetValid {
        path: PathBuf,
        begins: String,
        now: String,
    },
    /// What stands in the PEM is no certificate that can be read.
    #[error(
        "certificate_file: the certificate in {} cannot be read; cure: copy it again",
        .path.display()
    )]
    Unreadable { path: PathBuf },
}
