//! What an Entra app shows at its log-on: a client secret, a certificate with its key, or an
//! assertion that another system renews.

use std::path::{Path, PathBuf};

use super::SecretSource;
use super::section::Section;

/// What an Entra app shows at its log-on. Each is read when it is needed.
#[derive(Debug, Clone, PartialEq)]
pub enum EntraCredential {
    /// `client_secret_file`
    ClientSecret(SecretSource),
    /// `certificate_file` and `key_file`
    Certificate {
        /// `certificate_file`: PEM, the certificate that was uploaded to the app.
        certificate: PathBuf,
        /// `key_file`: PEM, its RSA key.
        key: PathBuf,
        /// `signature`. "PS256"; or "RS256"
        signature: AssertionSignature,
    },
    /// `assertion_file`: a token of an issuer that the app trusts; another system renews the file.
    Assertion(SecretSource),
}

/// `signature`: how the key signs a client assertion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AssertionSignature {
    /// RSASSA-PSS with SHA-256.
    #[default]
    Ps256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
}

/// The ways, as a finding tells them.
pub(super) const WAYS: &str = "one credential of the Entra app: client_secret_file; or certificate_file \
    and key_file; or assertion_file";

const SIGNATURES: &[(&str, AssertionSignature)] = &[
    ("PS256", AssertionSignature::Ps256),
    ("RS256", AssertionSignature::Rs256),
];

/// The key that stands for each way.
const KEYS: [&str; 3] = ["client_secret_file", "certificate_file", "assertion_file"];

/// Reads the one credential that is set; where it is `required` and none is, that is an error.
pub(super) fn read(section: &Section, required: bool) -> Option<EntraCredential> {
    let secret = section.secret_file("client_secret_file");
    let certificate = section.certificate_file("certificate_file");
    let key = section.secret_file("key_file");
    let signature = section.word("signature", SIGNATURES);
    let assertion = section.secret_file("assertion_file");

    if section.has("certificate_file") != section.has("key_file") {
        let (present, absent) = match section.has("key_file") {
            true => ("key_file", "certificate_file"),
            false => ("certificate_file", "key_file"),
        };
        let text = format!("is set without {absent}; allowed: both, of one file or two, or none");
        section.refuse(present, &text);
    } else if section.has("signature") && !section.has("certificate_file") {
        section.refuse(
            "signature",
            "is set without certificate_file; allowed: only with certificate_file and key_file",
        );
    }
    let set: Vec<&str> = KEYS.into_iter().filter(|key| section.has(key)).collect();
    match set[..] {
        [] => {
            if required && !section.has("key_file") {
                section.refuse("client_secret_file", &format!("missing; allowed: {WAYS}"));
            }
            None
        }
        ["client_secret_file"] => Some(EntraCredential::ClientSecret(SecretSource::File(secret?))),
        ["assertion_file"] => Some(EntraCredential::Assertion(SecretSource::File(assertion?))),
        ["certificate_file"] => Some(EntraCredential::Certificate {
            certificate: certificate?,
            key: key?,
            signature: signature.unwrap_or_default(),
        }),
        [first, ref more @ ..] => {
            for key in more {
                section.refuse(
                    key,
                    &format!("is set together with {first}; allowed: {WAYS}"),
                );
            }
            None
        }
    }
}

// === impl EntraCredential ===

impl EntraCredential {
    /// The files of certificate and key, which never leave this machine.
    #[must_use]
    pub fn certificate_files(&self) -> Option<[&Path; 2]> {
        match self {
            Self::Certificate {
                certificate, key, ..
            } => Some([certificate, key]),
            Self::ClientSecret(_) | Self::Assertion(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use toml_edit::Document;

    use super::*;
    use crate::settings::SettingsReport;

    /// What is read, and what is said about it.
    fn read_from(text: &str, required: bool) -> (Option<EntraCredential>, Vec<String>) {
        let document: Document<&str> = Document::parse(text).unwrap();
        let report = SettingsReport::new(Some(Path::new("/etc/siembox.toml")), text);
        let section = Section::top(&report, document.as_table());
        let read = read(&section, required);
        section.close();
        let (errors, _, _) = report.into_parts();
        let said = errors.iter().map(|it| format!("{}: {}", it.key, it.text));
        (read, said.collect())
    }

    #[test]
    fn each_credential_is_read_with_its_paths_beside_the_settings() {
        let file = |name: &str| Path::new("/etc").join(name);
        let pair = |signature| EntraCredential::Certificate {
            certificate: file("app.pem"),
            key: file("app.key"),
            signature,
        };
        let both = "certificate_file = \"app.pem\"\nkey_file = \"app.key\"\n";
        for (text, expected) in [
            (
                "client_secret_file = \"secret\"",
                EntraCredential::ClientSecret(SecretSource::File(file("secret"))),
            ),
            (
                "assertion_file = \"/run/token\"",
                EntraCredential::Assertion(SecretSource::File("/run/token".into())),
            ),
            (both, pair(AssertionSignature::Ps256)),
            (
                &format!("{both}signature = \"RS256\""),
                pair(AssertionSignature::Rs256),
            ),
        ] {
            assert_eq!(read_from(text, true), (Some(expected), vec![]), "{text}");
        }
        assert_eq!(read_from("", false), (None, vec![]));
    }

    #[test]
    fn what_is_missing_too_much_or_half_is_named() {
        for (text, said) in [
            (
                "",
                vec![format!("client_secret_file: missing; allowed: {WAYS}")],
            ),
            (
                "client_secret_file = \"a\"\nassertion_file = \"b\"\ncertificate_file = \"c\"\n\
                 key_file = \"d\"",
                ["assertion_file", "certificate_file"]
                    .map(|key| {
                        format!("{key}: is set together with client_secret_file; allowed: {WAYS}")
                    })
                    .to_vec(),
            ),
            (
                "key_file = \"d\"",
                vec![
                    "key_file: is set without certificate_file; allowed: both, of one file or \
                        two, or none"
                        .to_owned(),
                ],
            ),
            (
                "certificate_file = \"c\"",
                vec![
                    "certificate_file: is set without key_file; allowed: both, of one file or \
                        two, or none"
                        .to_owned(),
                ],
            ),
            (
                "client_secret_file = \"a\"\nsignature = \"RS256\"",
                vec![
                    "signature: is set without certificate_file; allowed: only with \
                        certificate_file and key_file"
                        .to_owned(),
                ],
            ),
            (
                "certificate_file = \"c\"\nkey_file = \"d\"\nsignature = \"ES256\"",
                vec![
                    "signature: found \"ES256\"; allowed: \"PS256\", \"RS256\"; did you mean \
                        \"PS256\"?"
                        .to_owned(),
                ],
            ),
        ] {
            assert_eq!(read_from(text, true).1, said, "{text}");
        }
    }
}
