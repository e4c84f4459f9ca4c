//! From rustls's errors to ours. rustls speaks to programmers ("invalid peer certificate: UnknownIssuer").

use std::io;

use jiff::Timestamp;
use rustls::{AlertDescription, CertificateError, Error, PeerIncompatible};

use super::tls_fault::TlsFault;
use super::verify::{Refused, WrongPin};
use crate::foreign::ForeignText;

impl TlsFault {
    /// The TLS fault inside an error of a TLS stream; `None` where the fault lies below TLS.
    pub(super) fn within(cause: &io::Error) -> Option<Self> {
        cause
            .get_ref()?
            .downcast_ref::<Error>()
            .map(Self::translate)
    }

    /// From rustls's words to ours.
    fn translate(error: &Error) -> Self {
        match error {
            Error::InvalidCertificate(CertificateError::Other(other)) => {
                if let Some(refused) = other.0.downcast_ref::<Refused>() {
                    Self::refused(refused)
                } else if let Some(WrongPin { found, naming }) = other.0.downcast_ref() {
                    Self::WrongPin {
                        found: found.clone(),
                        naming: naming.clone(),
                    }
                } else {
                    Self::Other { why: told(other) }
                }
            }
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

    /// A certificate that was not accepted.
    fn refused(Refused { why, naming }: &Refused) -> Self {
        let naming = naming.clone();
        match why {
            CertificateError::NotValidForNameContext {
                expected,
                presented,
            } => Self::WrongName {
                wanted: expected.to_str().into_owned(),
                presented: presented.iter().take(8).map(|name| bare(name)).collect(),
                naming,
            },
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
            // webpki's own error, which rustls passes on without a name of its own
            CertificateError::Other(other)
                if format!("{other:?}").contains("CaUsedAsEndEntity") =>
            {
                Self::Authority { naming }
            }
            why => Self::BadCertificate {
                why: told(why),
                naming,
            },
        }
    }
}

/// "HandshakeFailure" as "handshake failure", "UnknownCA" as "unknown CA".
fn spoken(alert: AlertDescription) -> String {
    let name = alert
        .as_str()
        .map_or_else(|| format!("{alert:?}"), ToOwned::to_owned);
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

/// `DnsName("siem.example")`, as rustls has it, without what only programmers need.
fn bare(name: &str) -> String {
    let inner = name
        .split_once('"')
        .and_then(|(_, rest)| rest.rsplit_once('"'))
        .map_or(name, |(inner, _)| inner);
    ForeignText::bounded(inner, 100).to_string()
}

/// rustls's words, which may hold the receiver's.
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
        assert_eq!(bare("IpAddress(127.0.0.1)"), "IpAddress(127.0.0.1)");
    }

    #[test]
    fn dates_are_readable() {
        assert_eq!(date(0), "1970-01-01T00:00:00Z");
        assert_eq!(date(u64::MAX), "an unreadable date");
    }
}
