//! Why TLS failed, in words that name the certificate, the file or the setting to look at. Receiver
//! and cloud have the same ones; only who it is and the settings differ.
//!
//! `translate.rs` makes these of rustls's errors.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::certificate::Naming;

/// With whom TLS failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsSide {
    /// The API, the log-on, or a proxy before them: `[agent.source]`.
    Cloud,
    /// The receiver: `[agent.siem]`.
    Siem,
}

impl TlsSide {
    fn who(self) -> &'static str {
        match self {
            Self::Cloud => "server",
            Self::Siem => "receiver",
        }
    }
}

/// What went wrong. Names in it come from the peer, tamed for display.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)] // `naming` is whom the certificate is for and who issued it
pub enum TlsFault {
    /// What came back was not TLS.
    NotTls,
    /// The other side speaks TLS 1.1 or older only.
    TooOld,
    /// No cipher, group or signature kind in common.
    NothingInCommon,
    /// The certificate is for other names.
    WrongName {
        wanted: String,
        presented: Vec<String>,
        naming: Naming,
    },
    /// The certificate has the address that we call, but as a DNS name, which does not count.
    AddressAsName { wanted: String, naming: Naming },
    /// The certificate has no name that counts: one in its subject does not.
    NoName { wanted: String, naming: Naming },
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
    /// Signed, or with a key, by `what`, which is not known here.
    UnknownAlgorithm { what: String, naming: Naming },
    /// The certificate is bad in another way.
    BadCertificate { why: String, naming: Naming },
    /// The certificate is fine, and not the pinned one.
    WrongPin { found: String, naming: Naming },
    /// The other side asks for a client certificate, and we have none; `issuers` are the
    /// authorities it accepts, if it names them.
    ClientWanted { issuers: Vec<String> },
    /// The other side does not accept the client certificate that we showed.
    ClientRefused { why: String, issuers: Vec<String> },
    /// The other side ended the handshake without a word.
    HungUp,
    /// The other side ended TLS with this alert.
    Alert { why: String },
    /// Anything else, in rustls's words.
    Other { why: String },
}

impl TlsFault {
    /// The same, knowing that the receiver asked for a client certificate, and whether it was given
    /// one.
    pub(crate) fn asked(self, accepted: &[String], given: bool) -> Self {
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
                why: "it closed the connection without an alert".to_owned(),
                issuers,
            },
            other => other,
        }
    }

    /// What happened, without the other side's address.
    #[must_use]
    pub fn reason(&self, side: TlsSide) -> String {
        let who = side.who();
        match self {
            Self::NotTls => "the response was not TLS".to_owned(),
            Self::TooOld => format!("the {who} speaks only TLS 1.1 or older"),
            Self::NothingInCommon => {
                format!("the {who} and siembox have no cipher suite in common")
            }
            Self::WrongName {
                wanted,
                presented,
                naming,
            } => format!(
                "the certificate is for {}, not for {wanted}{}",
                presented.join(", "),
                by(naming)
            ),
            Self::AddressAsName { wanted, naming } => format!(
                "the certificate has {wanted} as a DNS name, which an address is not{}",
                by(naming)
            ),
            Self::NoName { wanted, naming } => format!(
                "the certificate is for no name at all, so not for {wanted}: it has no subjectAltName, and {} does not count{}",
                naming.subject,
                by(naming)
            ),
            Self::Expired { ended, now, naming } => format!(
                "the certificate expired on {ended}, and this machine's clock shows {now}{}",
                by(naming)
            ),
            Self::NotYetValid {
                begins,
                now,
                naming,
            } => format!(
                "the certificate is valid from {begins} on, and this machine's clock shows {now}{}",
                by(naming)
            ),
            Self::UnknownIssuer { naming } if naming.is_self_signed() => {
                format!("the certificate is self-signed ({})", naming.issuer)
            }
            Self::UnknownIssuer { naming } => {
                format!(
                    "the certificate is issued by {}, which is not trusted",
                    naming.issuer
                )
            }
            Self::Authority { naming } => {
                format!(
                    "the certificate is a CA certificate ({}), not a server certificate",
                    naming.subject
                )
            }
            Self::UnknownAlgorithm { what, naming } => format!(
                "the certificate, or one in its chain, is signed with {what}, which siembox does \
                    not support{}",
                by(naming)
            ),
            Self::BadCertificate { why, naming } => {
                format!("the certificate is not acceptable: {why}{}", by(naming))
            }
            Self::WrongPin { found, naming } => format!(
                "the certificate is not the pinned one: its SHA-256 is {found}{}",
                by(naming)
            ),
            Self::ClientWanted { issuers } => {
                format!(
                    "the {who} asks for a client certificate{}",
                    issued_by(issuers)
                )
            }
            Self::ClientRefused { why, issuers } => format!(
                "the {who} does not accept siembox's client certificate ({why}); it asks for one{}",
                issued_by(issuers)
            ),
            Self::HungUp => format!("the {who} closed the connection during the handshake"),
            Self::Alert { why } => format!("the {who} refused ({why})"),
            Self::Other { why } => why.clone(),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn cure(&self, side: TlsSide) -> Cow<'static, str> {
        let who = side.who();
        let both = match (self, side) {
            (Self::NotTls, TlsSide::Siem) => {
                "this port may not use TLS (syslog over TLS usually uses 6514): check port and \
                    protocol"
            }
            (Self::NotTls, TlsSide::Cloud) => {
                "the program that answers there is not the API: check api_url and proxy"
            }
            (Self::TooOld, _) => {
                return format!("enable TLS 1.2 or newer on the {who}").into();
            }
            (Self::NothingInCommon, _) => {
                return format!(
                    "enable ECDHE with AES-GCM or ChaCha20-Poly1305 on the {who}, and a certificate with {KINDS}"
                )
                .into();
            }
            (Self::WrongName { .. }, TlsSide::Siem) => {
                "set host, or server_name, to a name in the certificate, or have the certificate \
                    issued for this name"
            }
            (Self::WrongName { .. }, TlsSide::Cloud) => {
                "check the address; if a proxy answers instead of the server, have it issue \
                    certificates for this name"
            }
            (Self::AddressAsName { wanted, .. }, _) => {
                return format!(
                    "have the certificate issued for the IP address (openssl: \
                        subjectAltName=IP:{wanted}), or use a name for the {who}"
                )
                .into();
            }
            (Self::NoName { wanted, .. }, _) => {
                let kind = match wanted.parse::<IpAddr>() {
                    Ok(_) => "IP",
                    Err(_) => "DNS",
                };
                return format!(
                    "have the certificate issued with subjectAltName (openssl: \
                        subjectAltName={kind}:{wanted})"
                )
                .into();
            }
            (Self::Expired { .. }, _) => {
                return format!("check this machine's clock, or renew the {who}'s certificate")
                    .into();
            }
            (Self::NotYetValid { .. }, _) => "check this machine's clock",
            (Self::UnknownIssuer { naming }, TlsSide::Siem) if naming.is_self_signed() => {
                "use a certificate issued by a CA for the receiver, and set ca_file to that CA"
            }
            (Self::UnknownIssuer { .. }, TlsSide::Siem) => {
                "set ca_file to the issuer's certificate, and have the receiver send its \
                    intermediate certificates"
            }
            (Self::UnknownIssuer { .. }, TlsSide::Cloud) => {
                "if a proxy on the way inspects TLS, set source.ca_file to its CA, or exempt this \
                    host from inspection"
            }
            (Self::Authority { .. }, _) => {
                return format!(
                    "issue a server certificate for the {who} with this CA (openssl: \
                        basicConstraints CA:FALSE)"
                )
                .into();
            }
            (Self::UnknownAlgorithm { .. }, _) => {
                return format!("have the {who}'s certificate, and its CA's, issued with {KINDS}")
                    .into();
            }
            (Self::BadCertificate { .. }, _) => {
                return format!("have the {who}'s certificate issued again").into();
            }
            (Self::WrongPin { .. }, _) => {
                "if the receiver's certificate was renewed, set pin_sha256 to the new one; if not, \
                    another system intercepts the connection"
            }
            (Self::ClientWanted { .. }, TlsSide::Siem) => {
                "set client_cert_file and client_key_file"
            }
            (Self::ClientRefused { .. }, TlsSide::Siem) => {
                "set client_cert_file to a certificate that the receiver's CA issued and that is \
                    valid now"
            }
            (Self::ClientWanted { .. } | Self::ClientRefused { .. }, TlsSide::Cloud) => {
                "siembox sends the cloud no client certificate: exempt this host on the proxy"
            }
            (Self::HungUp, TlsSide::Siem) => {
                "check the receiver's log; it may allow certain senders only"
            }
            (Self::Alert { .. }, TlsSide::Siem) => {
                "check the receiver's log: its cipher suites or its list of allowed senders may \
                    exclude this system"
            }
            (Self::HungUp | Self::Alert { .. } | Self::Other { .. }, TlsSide::Cloud) => {
                "check whether a firewall or proxy on the way blocks it"
            }
            (Self::Other { .. }, TlsSide::Siem) => "check the receiver's log",
        };
        both.into()
    }

    /// Both in one sentence.
    #[must_use]
    pub fn in_words(&self, side: TlsSide) -> String {
        format!("{}: {}", self.reason(side), self.cure(side))
    }
}

/// What siembox verifies.
const KINDS: &str = "RSA (2048 bits or more), ECDSA (P-256, P-384, P-521) or Ed25519, and SHA-256, SHA-384 or SHA-512";

fn by(naming: &Naming) -> String {
    match naming.is_known {
        true => format!(" (issued by {})", naming.issuer),
        false => String::new(),
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
    use crate::foreign::ForeignText;

    #[test]
    fn what_was_asked_for_makes_an_alert_clear() {
        let alert = || TlsFault::Alert {
            why: "handshake failure".to_owned(),
        };
        let issuers = ["CN=Lab CA".to_owned()];
        assert_eq!(
            alert().asked(&issuers, false).reason(TlsSide::Siem),
            "the receiver asks for a client certificate issued by CN=Lab CA"
        );
        assert_eq!(
            alert().asked(&issuers, true).reason(TlsSide::Siem),
            "the receiver does not accept siembox's client certificate (handshake failure); it \
                asks for one issued by CN=Lab CA"
        );
        assert_eq!(TlsFault::TooOld.asked(&issuers, false), TlsFault::TooOld);
    }

    #[test]
    fn both_sides_have_the_same_reasons() {
        let naming = || Naming {
            subject: ForeignText::new("CN=siem"),
            issuer: ForeignText::new("CN=Lab CA"),
            is_known: true,
        };
        let wanted = || "192.0.2.1".to_owned();
        for fault in [
            TlsFault::NoName {
                wanted: wanted(),
                naming: naming(),
            },
            TlsFault::AddressAsName {
                wanted: wanted(),
                naming: naming(),
            },
            TlsFault::UnknownIssuer { naming: naming() },
            TlsFault::Authority { naming: naming() },
            TlsFault::UnknownAlgorithm {
                what: "RSA with SHA-1".to_owned(),
                naming: naming(),
            },
        ] {
            let reason = fault.reason(TlsSide::Cloud);
            assert_eq!(reason, fault.reason(TlsSide::Siem));
            assert!(reason.contains("CN="), "{reason}");
            let cures = [fault.cure(TlsSide::Cloud), fault.cure(TlsSide::Siem)];
            assert!(!cures[0].contains("receiver"), "{cures:?}");
            assert!(!cures[1].contains("proxy"), "{cures:?}");
        }
    }
}
