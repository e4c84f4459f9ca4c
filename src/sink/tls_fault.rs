//! Why TLS with the receiver failed, in words that name the certificate, the file or the setting to look at.
//!
//! `translate.rs` makes these of rustls's errors.

use std::borrow::Cow;

use crate::certificate::Naming;

/// What went wrong. Names in it come from the peer, tamed for display.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)] // `naming` is whom the receiver's certificate is for and who issued it
pub enum TlsFault {
    /// What came back was not TLS.
    NotTls,
    /// The receiver speaks TLS 1.1 or older only.
    TooOld,
    /// No cipher, group or signature kind in common.
    NothingInCommon,
    /// The certificate is for other names.
    WrongName {
        wanted: String,
        presented: Vec<String>,
        naming: Naming,
    },
    /// The certificate ended; times as RFC 3339.
    Expired {
        ended: String,
        now: String,
        naming: Naming,
    },
    /// The certificate is for later; times as RFC 3339.
    NotYetValid {
        begins: String,
        now: String,
        naming: Naming,
    },
    /// Issued by somebody we don't trust.
    UnknownIssuer { naming: Naming },
    /// The certificate is one of an authority, not one of a server.
    Authority { naming: Naming },
    /// The certificate is bad in another way.
    BadCertificate { why: String, naming: Naming },
    /// The certificate is fine, and not the pinned one.
    WrongPin { found: String, naming: Naming },
    /// The receiver asks for a client certificate, and we have none; `issuers` are the authorities it accepts, if it names them.
    ClientWanted { issuers: Vec<String> },
    /// The receiver does not accept the client certificate that we showed.
    ClientRefused { why: String, issuers: Vec<String> },
    /// The receiver ended the handshake without a word.
    HungUp,
    /// The receiver ended TLS with this alert.
    Alert { why: String },
    /// Anything else, in rustls's words.
    Other { why: String },
}

impl TlsFault {
    /// The same, knowing that the receiver asked for a client certificate, and whether it was given one.
    pub(super) fn asked(self, accepted: &[String], given: bool) -> Self {
        let issuers = accepted.to_vec();
        match self {
            Self::ClientWanted { .. } => Self::ClientWanted { issuers },
            Self::ClientRefused { .. } | Self::Alert { .. } | Self::HungUp if !given => {
                Self::ClientWanted { issuers }
            }
            Self::ClientRefused { why, .. } | Self::Alert { why } => {
                Self::ClientRefused { why, issuers }
            }
            Self::HungUp => Self::ClientRefused {
                why: "it closed the connection without a word".to_owned(),
                issuers,
            },
            other => other,
        }
    }

    /// What happened, without the receiver's address.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::NotTls => "the answer was not TLS".to_owned(),
            Self::TooOld => "the receiver speaks only TLS 1.1 or older".to_owned(),
            Self::NothingInCommon => {
                "the receiver's cipher suites have nothing in common with ours".to_owned()
            }
            Self::WrongName {
                wanted,
                presented,
                naming,
            } => format!(
                "the certificate is for {}, not for {wanted} (issued by {})",
                listed(presented),
                naming.issuer
            ),
            Self::Expired { ended, now, naming } => format!(
                "the certificate ended on {ended}, and the clock here says {now} (issued by {})",
                naming.issuer
            ),
            Self::NotYetValid {
                begins,
                now,
                naming,
            } => format!(
                "the certificate is valid from {begins}, and the clock here says {now} (issued by {})",
                naming.issuer
            ),
            Self::UnknownIssuer { naming } if naming.is_self_signed() => {
                format!("the certificate is issued by itself ({})", naming.issuer)
            }
            Self::UnknownIssuer { naming } => {
                format!(
                    "the certificate is issued by {}, which is not trusted",
                    naming.issuer
                )
            }
            Self::Authority { naming } => {
                format!(
                    "the certificate is one of an authority ({}), not one of a server",
                    naming.subject
                )
            }
            Self::BadCertificate { why, naming } => {
                format!(
                    "the certificate is not acceptable: {why} (issued by {})",
                    naming.issuer
                )
            }
            Self::WrongPin { found, naming } => format!(
                "the certificate is not the pinned one: its SHA-256 is {found} (issued by {})",
                naming.issuer
            ),
            Self::ClientWanted { issuers } => {
                format!(
                    "the receiver asks for a client certificate{}",
                    issued_by(issuers)
                )
            }
            Self::ClientRefused { why, issuers } => format!(
                "the receiver does not accept our client certificate ({why}); it asks for one{}",
                issued_by(issuers)
            ),
            Self::HungUp => "the receiver hung up during the handshake".to_owned(),
            Self::Alert { why } => format!("the receiver refused ({why})"),
            Self::Other { why } => why.clone(),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn cure(&self) -> Cow<'static, str> {
        match self {
            Self::NotTls => {
                "this port may be one without TLS (syslog with TLS is mostly on 6514): check port and protocol"
            }
            Self::TooOld => "enable TLS 1.2 or newer on the receiver",
            Self::NothingInCommon => {
                "enable ECDHE with AES-GCM or ChaCha20-Poly1305 on the receiver"
            }
            Self::WrongName { .. } => {
                "set host, or server_name, to a name in the certificate, or have it issued for this one"
            }
            Self::Expired { .. } => "renew the receiver's certificate, or check the clock here",
            Self::NotYetValid { .. } => "check the clock here",
            Self::UnknownIssuer { naming } if naming.is_self_signed() => {
                "give the receiver a certificate of an authority, and that authority as ca_file"
            }
            Self::UnknownIssuer { .. } => {
                "give the issuer's certificate as ca_file, and have the receiver send its intermediate certificates"
            }
            Self::Authority { .. } => {
                "issue the receiver a certificate of its own with this authority (openssl: basicConstraints CA:FALSE)"
            }
            Self::BadCertificate { .. } => "have the receiver's certificate issued anew",
            Self::WrongPin { .. } => {
                "if the receiver's certificate was renewed, set pin_sha256 to the new one; if not, somebody is in between"
            }
            Self::ClientWanted { .. } => "set client_cert_file and client_key_file",
            Self::ClientRefused { .. } => {
                "set client_cert_file to a certificate that the receiver's authority issued and that is valid now"
            }
            Self::HungUp => "see the receiver's log; it may allow certain senders only",
            Self::Alert { .. } => "see the receiver's log: its cipher suites or its list of allowed senders may leave this system out",
            Self::Other { .. } => "see the receiver's log",
        }
        .into()
    }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        "no name at all".to_owned()
    } else {
        names.join(", ")
    }
}

fn issued_by(issuers: &[String]) -> String {
    if issuers.is_empty() {
        String::new()
    } else {
        format!(" issued by {}", issuers.join(" or "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_makes_an_alert_clear() {
        let alert = || TlsFault::Alert {
            why: "handshake failure".to_owned(),
        };
        let issuers = ["CN=Lab CA".to_owned()];
        assert_eq!(
            alert().asked(&issuers, false).reason(),
            "the receiver asks for a client certificate issued by CN=Lab CA"
        );
        assert_eq!(
            alert().asked(&issuers, true).reason(),
            "the receiver does not accept our client certificate (handshake failure); it asks for one issued by CN=Lab CA"
        );
        assert_eq!(TlsFault::TooOld.asked(&issuers, false), TlsFault::TooOld);
    }
}
