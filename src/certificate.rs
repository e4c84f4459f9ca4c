//! Reads the names in a certificate and how long it is valid, so that a message about it says whose
//! it is, who issued it and when it ends.
//!
//! Display only. What is read here was not checked by anybody; trust is decided by rustls alone.
//! Pure, and beside the rooms because both sides of the stream name the issuer: the SIEM's own
//! authority there, a TLS-inspecting proxy here.

mod ending;
mod validity;

use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::name::Name;

use crate::foreign::ForeignText;
pub use ending::{Ending, EndingKind};
pub use validity::Validity;

/// In place of a name that can't be read.
const UNREADABLE: &str = "unreadable";

/// Subject and issuer of a certificate, as `CN=…,O=…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naming {
    /// Whom it is for.
    pub subject: ForeignText,
    /// Who issued it.
    pub issuer: ForeignText,
    /// False where the certificate could not be read, and the names are ours.
    pub is_known: bool,
}

impl Naming {
    /// Reads both names from a certificate in DER; "unreadable" where it can't be read.
    #[must_use]
    pub fn of(der: &[u8]) -> Self {
        match Certificate::from_der(der) {
            Ok(certificate) => {
                let certificate = certificate.tbs_certificate();
                Self {
                    subject: shown(certificate.subject()),
                    issuer: shown(certificate.issuer()),
                    is_known: true,
                }
            }
            Err(_) => Self {
                subject: ForeignText::new(UNREADABLE),
                issuer: ForeignText::new(UNREADABLE),
                is_known: false,
            },
        }
    }

    /// The same of a chain: the issuer is that of its last certificate, which names the authority
    /// best.
    #[must_use]
    pub fn of_chain(leaf: &[u8], above: &[impl AsRef<[u8]>]) -> Self {
        let naming = Self::of(leaf);
        match above.last() {
            Some(last) => Self {
                subject: naming.subject,
                ..Self::of(last.as_ref())
            },
            None => naming,
        }
    }

    /// Issued by itself, as far as the names tell.
    #[must_use]
    pub fn is_self_signed(&self) -> bool {
        self.subject == self.issuer && self.is_known
    }
}

/// A distinguished name in DER as text, for the list of authorities that a server accepts.
#[must_use]
pub fn name(der: &[u8]) -> ForeignText {
    Name::from_der(der).map_or_else(|_| ForeignText::new(UNREADABLE), |name| shown(&name))
}

/// A peer chooses the name.
fn shown(name: &Name) -> ForeignText {
    let text = ForeignText::new(name.to_string());
    if text.is_empty() {
        return ForeignText::new("nobody");
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use rustls_pki_types::CertificateDer;
    use rustls_pki_types::pem::PemObject;
    use siembox_support::pki::Authority;

    fn der(pem: &str) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
    }

    #[test]
    fn names_the_issuer() {
        let authority = Authority::new("Contoso Inspection CA");
        let leaf = Naming::of(&der(&authority.issue(&["siem.example"]).cert_pem));
        assert!(
            leaf.subject.as_str().contains("CN=siem.example"),
            "{leaf:?}"
        );
        assert!(
            leaf.issuer.as_str().contains("CN=Contoso Inspection CA"),
            "{leaf:?}"
        );
        assert!(!leaf.is_self_signed());
        assert!(Naming::of(&der(&authority.cert_pem)).is_self_signed());
    }

    #[test]
    fn garbage_is_named_so() {
        assert_eq!(Naming::of(b"").issuer.as_str(), UNREADABLE);
        assert!(!Naming::of(b"").is_known && !Naming::of(b"").is_self_signed());
        // a name is not what makes it so
        let named = Authority::new(UNREADABLE);
        assert!(Naming::of(&der(&named.cert_pem)).is_known);
        assert_eq!(Naming::of(b"\x30\x82\xff\xff").subject.as_str(), UNREADABLE);
        assert_eq!(name(b"\x30").as_str(), UNREADABLE);
        assert_eq!(name(b"\x30\x00").as_str(), "nobody");
    }

    #[test]
    fn long_and_dirty_names_are_tamed() {
        let authority = Authority::new(&format!("a\nb{}", "é".repeat(300)));
        let issuer = Naming::of(&der(&authority.cert_pem)).issuer;
        assert_eq!(issuer.as_str().chars().count(), 200, "{issuer}");
        assert!(!issuer.as_str().contains('\n'), "{issuer}");
    }
}
