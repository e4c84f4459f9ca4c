//! Translates rustls's errors into ours. rustls speaks to programmers ("invalid peer certificate:
//! UnknownIssuer").

use std::io;

use jiff::Timestamp;
use rustls::pki_types::ServerName;
use rustls::{AlertDescription, CertificateError, Error, PeerIncompatible};

use super::algorithm_names;
use super::fault::TlsFault;
use super::verify::{RefusedCertificate, WrongPin};
use crate::certificate::Naming;
use crate::foreign::ForeignText;

impl TlsFault {
    /// The TLS fault inside an error of a TLS stream; `None` where the fault lies below TLS.
    pub(crate) fn within(cause: &io::Error) -> Option<Self> {
        cause
            .get_ref()?
            .downcast_ref::<Error>()
            .map(Self::translate)
    }

    /// From rustls's words to ours.
    #[must_use]
    pub fn translate(error: &Error) -> Self {
        match error {
            Error::InvalidCertificate(CertificateError::Other(other)) => {
                if let Some(refused) = other.0.downcast_ref::<RefusedCertificate>() {
                    Self::refused(refused)
                } else if let Some(WrongPin { found, naming }) = other.0.downcast_ref() {
                    Self::WrongPin {
                        found: found.clone(),
                        naming: naming.clone(),
                    }
                } else {
                    Self::unnamed(&CertificateError::Other(other.clone()))
                }
            }
            Error::InvalidCertificate(why) => Self::unnamed(why),
            Error::PeerMisbehaved(how) => Self::Other {
                why: format!("a TLS protocol error occurred ({})", first_words(how)),
            },
            Error::InvalidMessage(_) => Self::NotTls,
            Error::AlertReceived(AlertDescription::ProtocolVersion)
            | Error::PeerIncompatible(
                PeerIncompatible::ServerDoesNotSupportTls12Or13
                | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
            ) => Self::TooOld,
            Error::PeerIncompatible(_)
            | Error::AlertReceived(AlertDescription::InsufficientSecurity) => Self::NothingInCommon,
            Error::AlertReceived(
                AlertDescription::CertificateRequired | AlertDescription::NoCertificate,
            ) => Self::ClientWanted {
                issuers: Vec::new(),
            },
            // A server sends these about a client certificate only.
            Error::AlertReceived(
                alert @ (AlertDescription::BadCertificate
                | AlertDescription::UnsupportedCertificate
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateUnknown
                | AlertDescription::UnknownCA
                | AlertDescription::AccessDenied),
            ) => Self::ClientRefused {
                why: spoken(*alert),
                issuers: Vec::new(),
            },
            Error::AlertReceived(alert) => Self::Alert {
                why: spoken(*alert),
            },
            other => Self::Other { why: told(other) },
        }
    }

    /// A refusal that did not come through our verifier: its names are not known.
    fn unnamed(why: &CertificateError) -> Self {
        Self::refused(&RefusedCertificate {
            why: why.clone(),
            naming: Naming::of(b""),
        })
    }

    /// A certificate that was not accepted.
    fn refused(RefusedCertificate { why, naming }: &RefusedCertificate) -> Self {
        let naming = naming.clone();
        match why {
            CertificateError::NotValidForNameContext {
                expected,
                presented,
            } => {
                let wanted = expected.to_str().into_owned();
                let presented: Vec<String> =
                    presented.iter().take(8).map(|name| bare(name)).collect();
                let is_address = matches!(expected, ServerName::IpAddress(_));
                // an address that stands as one would have been found
                match () {
                    () if presented.is_empty() => Self::NoName { wanted, naming },
                    () if is_address && presented.contains(&wanted) => {
                        Self::AddressAsName { wanted, naming }
                    }
                    () => Self::WrongName {
                        wanted,
                        presented,
                        naming,
                    },
                }
            }
            CertificateError::ExpiredContext { time, not_after } => Self::Expired {
                ended: date(not_after.as_secs()),
                now: date(time.as_secs()),
                naming,
            },
            CertificateError::NotValidYetContext { time, not_before } => Self::NotYetValid {
                begins: date(not_before.as_secs()),
                now: date(time.as_secs()),
                naming,
            },
            CertificateError::UnknownIssuer => Self::UnknownIssuer { naming },
            CertificateError::UnsupportedSignatureAlgorithmContext {
                signature_algorithm_id,
                ..
            } => Self::UnknownAlgorithm {
                what: algorithm_names::name(signature_algorithm_id),
                naming,
            },
            CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext {
                signature_algorithm_id,
                public_key_algorithm_id,
            } => Self::UnknownAlgorithm {
                what: format!(
                    "{} and a key of {}",
                    algorithm_names::name(signature_algorithm_id),
                    algorithm_names::name(public_key_algorithm_id)
                ),
                naming,
            },
            why => match webpki_error(why) {
                Some(webpki::Error::CaUsedAsEndEntity) => Self::Authority { naming },
                inner => Self::BadCertificate {
                    why: refusal(why, inner),
                    naming,
                },
            },
        }
    }
}

/// webpki's own error, which rustls passes on where it has no name of its own for it.
fn webpki_error(why: &CertificateError) -> Option<&webpki::Error> {
    match why {
        CertificateError::Other(other) => other.0.downcast_ref(),
        _ => None,
    }
}

/// Why a certificate is not acceptable, in words of people who issue them.
fn refusal(why: &CertificateError, inner: Option<&webpki::Error>) -> String {
    use webpki::Error as Inner;
    match (why, inner) {
        (CertificateError::BadEncoding, _) => "it is damaged",
        (CertificateError::BadSignature, _) => {
            "its signature does not match its CA's key: another CA has the same name, or the key \
                is RSA with less than 2048 bits"
        }
        (CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. }, _) => {
            "it is not for servers (extendedKeyUsage without serverAuth)"
        }
        (CertificateError::UnhandledCriticalExtension, _) => {
            "it has a critical extension that siembox does not support"
        }
        (_, Some(Inner::EndEntityUsedAsCa)) => {
            "a certificate in its chain is not a CA certificate (basicConstraints without CA:TRUE)"
        }
        (_, Some(Inner::PathLenConstraintViolated)) => {
            "its chain has more CAs than one of them allows (pathlen)"
        }
        (_, Some(Inner::NameConstraintViolation)) => {
            "its CA is not allowed to issue for this name (nameConstraints)"
        }
        (_, Some(Inner::UnsupportedCertVersion)) => "it is not an X.509 version 3 certificate",
        (_, Some(inner)) => return first_words(inner),
        (why, None) => return first_words(why),
    }
    .to_owned()
}

/// What a programmer called it, without what only programmers need: "InvalidSerialNumber" as
/// "invalid serial number".
fn first_words(error: &impl std::fmt::Debug) -> String {
    let name = format!("{error:?}");
    let end = name.find(|c: char| !c.is_ascii_alphanumeric());
    in_small_words(name.get(..end.unwrap_or(name.len())).unwrap_or_default())
}

/// "HandshakeFailure" as "handshake failure", "UnknownCA" as "unknown CA".
fn spoken(alert: AlertDescription) -> String {
    alert
        .as_str()
        .map_or_else(|| first_words(&alert), in_small_words)
}

fn in_small_words(name: &str) -> String {
    let mut words = String::new();
    let mut before = '\0';
    for c in name.chars() {
        if c.is_uppercase() && before.is_lowercase() {
            words.push(' ');
        }
        words.push(c);
        before = c;
    }
    let lower = |word: &str| {
        if word.chars().all(char::is_uppercase) {
            word.to_owned()
        } else {
            word.to_lowercase()
        }
    };
    words.split(' ').map(lower).collect::<Vec<_>>().join(" ")
}

/// `DnsName("siem.example")` and `IpAddress(192.0.2.1)`, as rustls has them, without what only
/// programmers need.
fn bare(name: &str) -> String {
    let inner = name
        .split_once('(')
        .and_then(|(_, rest)| rest.strip_suffix(')'))
        .unwrap_or(name);
    ForeignText::bounded(inner.trim_matches('"'), 100).to_string()
}

/// rustls's words, which may hold the other side's.
fn told(error: &impl std::fmt::Display) -> String {
    ForeignText::new(error.to_string()).to_string()
}

/// Seconds since 1970 as RFC 3339.
fn date(seconds: u64) -> String {
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .map_or_else(|| "an unreadable date".to_owned(), |at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_are_spoken() {
        for (alert, words) in [
            (AlertDescription::HandshakeFailure, "handshake failure"),
            (AlertDescription::UnknownCA, "unknown CA"),
            (AlertDescription::AccessDenied, "access denied"),
        ] {
            assert_eq!(spoken(alert), words);
        }
    }

    #[test]
    fn names_lose_their_wrapping() {
        assert_eq!(bare("DnsName(\"siem.example\")"), "siem.example");
        assert_eq!(bare("IpAddress(127.0.0.1)"), "127.0.0.1");
        assert_eq!(bare("odd"), "odd");
    }

    #[test]
    fn dates_are_readable() {
        assert_eq!(date(0), "1970-01-01T00:00:00Z");
        assert_eq!(date(u64::MAX), "an unreadable date");
    }
}
