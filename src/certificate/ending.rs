//! What lets siembox in somewhere and ends on a day: which it is, when it ends, and what to do
//! about it a month ahead.

use serde::{Deserialize, Serialize};

use super::validity::end_in_words;

/// A certificate or secret that ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// What it is.
    pub kind: EndingKind,
    /// The setting that names it or its end: `source.certificate_file`.
    pub setting: String,
    /// The file that holds it.
    pub file: String,
    /// When it ends, milliseconds since 1970.
    pub ends_ms: i64,
}

/// What ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndingKind {
    /// The certificate by which an Entra app logs on.
    AppCertificate,
    /// The secret by which an Entra app logs on: only the settings know its end.
    ClientSecret,
    /// The certificate that siembox shows to the SIEM.
    SiemCertificate,
}

// === impl Ending ===

impl Ending {
    /// What ends when, what follows from it and the cure: 30 days ahead, and from then on.
    #[must_use]
    pub fn warning(&self, now_ms: i64) -> Option<String> {
        let when = end_in_words(self.ends_ms, now_ms)?;
        let (what, (follows, cure)) = (self.kind.in_words(), self.kind.cure());
        Some(format!(
            "{what} in {} ({}) {when}: {follows}. Cure: {cure}",
            self.file, self.setting
        ))
    }
}

// === impl EndingKind ===

impl EndingKind {
    /// What it is.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::AppCertificate => "the certificate of the Entra app",
            Self::ClientSecret => "the client secret of the Entra app",
            Self::SiemCertificate => "the certificate that siembox shows to the SIEM",
        }
    }

    /// What follows from its end, and what to do.
    fn cure(self) -> (&'static str, &'static str) {
        const NO_LOG_ON: &str = "from then on Entra refuses the log-on, and nothing is read";
        match self {
            Self::AppCertificate => (
                NO_LOG_ON,
                "create a certificate, upload it in the app's \"Certificates & secrets\", then \
                    replace certificate_file and key_file; siembox uses them from its next log-on",
            ),
            Self::ClientSecret => (
                NO_LOG_ON,
                "create a secret in the app's \"Certificates & secrets\", write its value into \
                    client_secret_file and its end into client_secret_expires",
            ),
            Self::SiemCertificate => (
                "from then on the SIEM may refuse connections, and lines wait here",
                "replace client_cert_file and client_key_file",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const DAY: i64 = 86_400_000;
    const END: i64 = 1_803_859_200_000; // 2027-03-01

    #[test]
    fn it_is_spoken_of_a_month_ahead_and_once_it_has_ended() {
        let ending = Ending {
            kind: EndingKind::ClientSecret,
            setting: "source.client_secret_expires".into(),
            file: "/etc/siembox/client-secret".into(),
            ends_ms: END,
        };
        assert_eq!(ending.warning(END - 31 * DAY), None);
        assert_eq!(
            ending.warning(END - 12 * DAY).unwrap(),
            "the client secret of the Entra app in /etc/siembox/client-secret \
                (source.client_secret_expires) expires on 2027-03-01T00:00:00Z, in 12 days: from \
                then on Entra refuses the log-on, and nothing is read. Cure: create a secret in \
                the app's \"Certificates & secrets\", write its value into client_secret_file and \
                its end into client_secret_expires"
        );
        let ended = ending.warning(END + DAY).unwrap();
        assert!(
            ended.contains("expired on 2027-03-01T00:00:00Z: "),
            "{ended}"
        );
    }
}
