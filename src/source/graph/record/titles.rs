//! Titles of alerts, and what the old agent called their types.
//!
//! A name is **sourced** where public code or a published record has both title and name, or both
//! the name and the words; it is **guessed** where only the name is public and its words fit the
//! title. `[agent.names.alerts]` goes before this table.

/// A title in lower case, and the name, by title.
const TITLES: &[(&str, &str)] = &[
    // guessed: the name's words
    (
        "activity from anonymous ip addresses",
        "ALERT_ANUBIS_DETECTION_RISKY_IP_ANONYMOUS",
    ),
    // guessed: the name's words
    (
        "activity from infrequent country",
        "ALERT_ANUBIS_DETECTION_NEW_COUNTRY",
    ),
    // guessed: the name's words
    (
        "activity from suspicious ip addresses",
        "ALERT_ANUBIS_DETECTION_RISKY_IP_SUSPICIOUS",
    ),
    // sourced: number 15794945 in public code
    (
        "app connector disconnected",
        "ALERT_MANAGEMENT_DISCONNECTED_API",
    ),
    // sourced: a published record has the title and the type's number
    ("impossible travel", "ALERT_ANUBIS_DETECTION_VELOCITY"),
    (
        "impossible travel activity",
        "ALERT_ANUBIS_DETECTION_VELOCITY",
    ),
    // guessed: the name's words
    (
        "mass delete",
        "ALERT_ANUBIS_DETECTION_REPEATED_ACTIVITY_DELETE",
    ),
    (
        "mass download",
        "ALERT_ANUBIS_DETECTION_REPEATED_ACTIVITY_DOWNLOAD",
    ),
    (
        "multiple failed login attempts",
        "ALERT_ANUBIS_DETECTION_REPEATED_ACTIVITY_FAILED_LOGIN",
    ),
    // sourced: number 196608 in public code
    ("new country", "ALERT_GEOLOCATION_NEW_COUNTRY"),
    // guessed: the name's words
    ("ransomware activity", "ALERT_ANUBIS_DETECTION_RANSOMWARE"),
    // sourced: a published record has the title and the type's number
    (
        "suspicious administrative activity",
        "ALERT_ANUBIS_DETECTION_REPEATED_ACTIVITY_ADMIN_ACTIVITY",
    ),
    // guessed: the name's words
    (
        "suspicious creation activity for cloud region",
        "ALERT_ANUBIS_DETECTION_UNCOMMON_CLOUD_REGION",
    ),
    (
        "suspicious email deletion activity",
        "ALERT_ANUBIS_DETECTION_SUSPICIOUS_EMAIL_DELETION",
    ),
    (
        "suspicious email deletion activity (by user)",
        "ALERT_ANUBIS_DETECTION_SUSPICIOUS_EMAIL_DELETION",
    ),
    (
        "suspicious inbox manipulation rule",
        "ALERT_ANUBIS_DETECTION_INBOX_HIDING",
    ),
    // guessed: the policy's older name
    (
        "unusual administrative activity (by user)",
        "ALERT_ANUBIS_DETECTION_REPEATED_ACTIVITY_ADMIN_ACTIVITY",
    ),
    // guessed: the name's words
    (
        "unusual file deletion activity (by user)",
        "ALERT_ANUBIS_DETECTION_REPEATED_ACTIVITY_DELETE",
    ),
    (
        "unusual file download (by user)",
        "ALERT_ANUBIS_DETECTION_REPEATED_ACTIVITY_DOWNLOAD",
    ),
];

/// The name of the type of alerts with this title, where one is known.
pub(super) fn by_title(title: &str) -> Option<&'static str> {
    let title = title.trim().to_lowercase();
    let row = TITLES.binary_search_by_key(&&*title, |row| row.0).ok()?;
    Some(TITLES[row].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_sorted_and_in_lower_case() {
        assert!(TITLES.is_sorted_by(|a, b| a.0 < b.0));
        for (title, name) in TITLES {
            assert_eq!(*title, title.trim().to_lowercase());
            assert!(name.starts_with("ALERT_"), "{name}");
        }
    }
}
