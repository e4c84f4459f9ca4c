//! How long a certificate is valid, and whether it ends so soon that somebody should know.

use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::time::Time;

use crate::clock;

const DAY_MS: i64 = 86_400_000;
/// So long before its end a certificate is spoken of: a month is time to order another one.
const SOON_DAYS: i64 = 30;

/// From when to when a certificate is valid, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// `notBefore`, milliseconds since 1970.
    pub from_ms: i64,
    /// `notAfter`, milliseconds since 1970.
    pub until_ms: i64,
}

impl Validity {
    /// Reads it from a certificate in DER; `None` where that can't be read.
    #[must_use]
    pub fn of(der: &[u8]) -> Option<Self> {
        let certificate = Certificate::from_der(der).ok()?;
        let validity = certificate.tbs_certificate().validity();
        let ms = |time: Time| i64::try_from(time.to_unix_duration().as_millis()).ok();
        Some(Self {
            from_ms: ms(validity.not_before)?,
            until_ms: ms(validity.not_after)?,
        })
    }

    /// Whole days until it ends; less than zero once it has ended.
    #[must_use]
    pub fn days_left(&self, now_ms: i64) -> i64 {
        days_left(self.until_ms, now_ms)
    }

    /// `expires on …, in 12 days; cure: …`, 30 days ahead and from then on.
    #[must_use]
    pub fn ends_soon(&self, now_ms: i64) -> Option<String> {
        let when = end_in_words(self.until_ms, now_ms)?;
        Some(format!("{when}; cure: replace certificate and key in time"))
    }
}

/// `expires on …, in 12 days`, 30 days ahead; `expired on …` from then on.
pub(super) fn end_in_words(until_ms: i64, now_ms: i64) -> Option<String> {
    let end = clock::in_words(until_ms);
    Some(match days_left(until_ms, now_ms) {
        ..0 => format!("expired on {end}"),
        0 => format!("expires on {end}, within a day"),
        1 => format!("expires on {end}, in 1 day"),
        days @ 2..=SOON_DAYS => format!("expires on {end}, in {days} days"),
        _ => return None,
    })
}

/// Whole days until then; less than zero once it has passed.
fn days_left(until_ms: i64, now_ms: i64) -> i64 {
    until_ms.saturating_sub(now_ms).div_euclid(DAY_MS)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rustls_pki_types::CertificateDer;
    use rustls_pki_types::pem::PemObject;
    use siembox_support::pki::AppCertificate;

    use super::*;

    #[test]
    fn the_end_of_a_certificate_is_told_a_month_ahead() {
        let pem = AppCertificate::ecdsa().between(2026, 2027).issue().cert_pem;
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
        let validity = Validity::of(&der).unwrap();
        assert_eq!(clock::in_words(validity.from_ms), "2026-01-01T00:00:00Z");
        let before = |days: i64| validity.until_ms - days * DAY_MS;
        for (now_ms, days, words) in [
            (before(31), 31, None),
            (before(31) + 1, 30, Some("in 30 days; cure: ")),
            (before(1), 1, Some("in 1 day; cure: ")),
            (before(1) + 1, 0, Some("within a day; cure: ")),
            (
                before(0) + 1,
                -1,
                Some("expired on 2027-01-01T00:00:00Z; cure: "),
            ),
        ] {
            assert_eq!(validity.days_left(now_ms), days);
            let told = validity.ends_soon(now_ms);
            assert_eq!(told.is_some(), words.is_some());
            assert!(told.unwrap_or_default().contains(words.unwrap_or_default()));
        }
        assert_eq!(Validity::of(b"\x30\x00"), None);
    }
}
