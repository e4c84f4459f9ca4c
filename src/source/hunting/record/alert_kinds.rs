//! `ALERT_*` of a behavior: what its alerts were called before it raised none any more.

use std::borrow::Cow;

use crate::event::{Names, alert_of_words};

/// What the names of the old agent's own detections begin with.
const DETECTION: &str = "ALERT_ANUBIS_DETECTION_";

/// An `ActionType`, and its detection, by action (reference: successors.md §7, and the titles that
/// the alerts of these detections had).
const BEHAVIORS: &[(&str, &str)] = &[
    ("ActivityFromInfrequentCountry", "NEW_COUNTRY"),
    ("ImpossibleTravelActivity", "VELOCITY"),
    ("MassDelete", "REPEATED_ACTIVITY_DELETE"),
    ("MassDownload", "REPEATED_ACTIVITY_DOWNLOAD"),
    (
        "MultipleFailedLoginAttempts",
        "REPEATED_ACTIVITY_FAILED_LOGIN",
    ),
    (
        "SuspiciousAdministrativeActivity",
        "REPEATED_ACTIVITY_ADMIN_ACTIVITY",
    ),
];

/// The type of the alert that a behavior was; made of its own words where none is known.
pub(super) fn class(action: &str, title: &str, names: &Names) -> Option<Cow<'static, str>> {
    if let Some(named) = names.alert(action).or_else(|| names.alert(title)) {
        return Some(Cow::Owned(named.to_owned()));
    }
    let known = BEHAVIORS
        .iter()
        .find(|row| row.0.eq_ignore_ascii_case(action));
    match known {
        Some((_, detection)) => Some(Cow::Owned(format!("{DETECTION}{detection}"))),
        None if action.is_empty() => None,
        None => Some(Cow::Owned(alert_of_words(action))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_by_the_table_else_by_the_words() {
        assert!(BEHAVIORS.is_sorted_by(|a, b| a.0 < b.0));
        let names = Names::default();
        for (action, expected) in [
            (
                "ImpossibleTravelActivity",
                Some("ALERT_ANUBIS_DETECTION_VELOCITY"),
            ),
            (
                "massdelete",
                Some("ALERT_ANUBIS_DETECTION_REPEATED_ACTIVITY_DELETE"),
            ),
            ("MassShare", Some("ALERT_MASS_SHARE")),
            (
                "MultipleDeleteVmActivities",
                Some("ALERT_MULTIPLE_DELETE_VM_ACTIVITIES"),
            ),
            ("Oauth2 app-use", Some("ALERT_OAUTH2_APP_USE")),
            ("SuspiciousOAuthApp", Some("ALERT_SUSPICIOUS_OAUTH_APP")),
            ("", None),
        ] {
            assert_eq!(class(action, "", &names).as_deref(), expected, "{action}");
        }
    }
}
