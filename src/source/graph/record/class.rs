//! What the old agent called the type of an alert. The API does not say it: a detector may have
//! the name, a title stands for one, and all else is made of what the API does say.

use std::borrow::Cow;

use super::titles::by_title;
use crate::event::{Names, alert_of_words};

/// An alert of a policy that the company has made.
const OF_A_POLICY: &str = "ALERT_CABINET_EVENT_MATCH_AUDIT";

/// The type of an alert with this title, detector, and category of the MITRE matrix.
pub(super) fn class<'a>(
    title: &str,
    detector: Option<Cow<'a, str>>,
    has_policy: bool,
    category: Option<Cow<'a, str>>,
    names: &Names,
) -> Cow<'a, str> {
    let set = |said: &str| names.alert(said).map(|name| Cow::Owned(name.to_owned()));
    set(title)
        .or_else(|| set(detector.as_deref()?))
        .or_else(|| detector.and_then(of_detector))
        .or_else(|| by_title(title).map(Cow::Borrowed))
        .or_else(|| has_policy.then_some(Cow::Borrowed(OF_A_POLICY)))
        .unwrap_or_else(|| alert_of_words(category.as_deref().unwrap_or("Unknown")).into())
}

/// `MCAS_ALERT_ANUBIS_DETECTION_VELOCITY`, as older APIs had it.
fn of_detector(detector: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let name = detector.strip_prefix("MCAS_").unwrap_or(&detector);
    let rest = name.strip_prefix("ALERT_")?;
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte == b'_';
    (!rest.is_empty() && rest.bytes().all(fits)).then(|| name.to_owned().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::NameTables;

    fn of(title: &str, detector: &str, policy: bool, category: &str) -> String {
        let text = |text: &str| (!text.is_empty()).then(|| Cow::Owned(text.to_owned()));
        let alerts = [("Own", "ALERT_OWN"), ("g-1", "ALERT_BY_DETECTOR")];
        let alerts = alerts.map(|(said, name)| (said.to_owned(), name.to_owned()));
        let names = Names::new(NameTables {
            alerts: alerts.into(),
            ..NameTables::default()
        });
        class(title, text(detector), policy, text(category), &names).into_owned()
    }

    #[test]
    fn settings_detector_title_policy_category() {
        const VELOCITY: &str = "ALERT_ANUBIS_DETECTION_VELOCITY";
        for (title, detector, policy, category, name) in [
            ("own", "ALERT_X", true, "Impact", "ALERT_OWN"),
            (
                "Ransomware activity",
                "G-1",
                true,
                "Impact",
                "ALERT_BY_DETECTOR",
            ),
            (
                "x",
                "MCAS_ALERT_ANUBIS_DETECTION_VELOCITY",
                true,
                "",
                VELOCITY,
            ),
            ("x", "ALERT_NEW", true, "", "ALERT_NEW"),
            (" IMPOSSIBLE travel ", "4c1d9f1e", true, "", VELOCITY),
            ("x", "ALERT_", true, "", OF_A_POLICY),
            ("x", "MCAS_ALERT_1", true, "", OF_A_POLICY),
            ("x", "", true, "Impact", OF_A_POLICY),
            (
                "x",
                "AnomalousToken",
                false,
                "CredentialAccess",
                "ALERT_CREDENTIAL_ACCESS",
            ),
            (
                "x",
                "",
                false,
                "SuspiciousOAuthApp",
                "ALERT_SUSPICIOUS_OAUTH_APP",
            ),
            ("x", "", false, "a-b c|d", "ALERT_A_B_C_D"),
            ("", "", false, "", "ALERT_UNKNOWN"),
        ] {
            assert_eq!(
                of(title, detector, policy, category),
                name,
                "{title} {detector}"
            );
        }
    }
}
