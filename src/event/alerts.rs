//! `ALERT_*`: what the old agent called the types of alerts. SIEM rules match on these names.
//!
//! The API gives a number, the old agent wrote a name, and nobody published the list that joins
//! them. What stands here is what public code or a pair of published records shows; for any other
//! number `cef` writes `ALERT_<number>`.

/// The cloud's number of an alert type (`idValue`) and the old agent's name for it, by number.
pub const ALERTS: &[(i64, &str)] = &[
    (196_608, "ALERT_GEOLOCATION_NEW_COUNTRY"),
    (14_680_070, "ALERT_ADMIN_USER"),
    (14_680_083, "ALERT_SUSPICIOUS_ACTIVITY"),
    (15_728_641, "ALERT_CABINET_EVENT_MATCH_AUDIT"),
    (15_728_642, "ALERT_CABINET_EVENT_MATCH_FILE"),
    (15_794_945, "ALERT_MANAGEMENT_DISCONNECTED_API"),
    // by the title "Impossible travel activity"
    (15_859_716, "ALERT_ANUBIS_DETECTION_VELOCITY"),
    // by the title "Suspicious administrative activity"
    (
        15_859_721,
        "ALERT_ANUBIS_DETECTION_REPEATED_ACTIVITY_ADMIN_ACTIVITY",
    ),
];

/// The old agent's name of an alert type, where it is known.
#[must_use]
pub fn alert_name(number: i64) -> Option<&'static str> {
    (ALERTS.binary_search_by_key(&number, |row| row.0).ok()).map(|row| ALERTS[row].1)
}

/// The name of a type that is told in words alone, such as a category or an action:
/// `CredentialAccess` → `ALERT_CREDENTIAL_ACCESS`. What no name of the old agent has in it is `_`.
#[must_use]
pub fn alert_of_words(words: &str) -> String {
    let mut name = "ALERT_".to_owned();
    let mut before = ' ';
    for sign in words.chars() {
        if sign.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit()) {
            name.push('_');
        }
        match sign.is_ascii_alphanumeric() {
            true => name.push(sign.to_ascii_uppercase()),
            false => name.push('_'),
        }
        before = sign;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_made_of_words() {
        for (words, name) in [
            ("CredentialAccess", "ALERT_CREDENTIAL_ACCESS"),
            ("SuspiciousOAuthApp", "ALERT_SUSPICIOUS_OAUTH_APP"),
            ("Oauth2 app-use", "ALERT_OAUTH2_APP_USE"),
            ("方針X", "ALERT___X"),
        ] {
            assert_eq!(alert_of_words(words), name);
        }
    }

    #[test]
    fn table_is_sorted_and_unique() {
        assert!(ALERTS.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn known_and_unknown() {
        let known = alert_name(15_728_641);
        assert_eq!(known, Some("ALERT_CABINET_EVENT_MATCH_AUDIT"));
        assert_eq!(alert_name(15_795_464), None);
    }
}
