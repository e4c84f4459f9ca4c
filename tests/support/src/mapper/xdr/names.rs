//! Names of alerts and apps by what the successors say of them.

/// `APPID_…`: by number, else by title; an app without number whose title says nothing has none.
pub(super) fn app(number: Option<i64>, title: &str) -> String {
    if let Some(number) = number {
        return crate::mapper::names::app(&number.to_string());
    }
    let name = match title {
        "Jive Software" => "JIVE",
        "Microsoft 365 admin center" | "Microsoft Office 365 admin center" => "O365_PORTAL",
        _ => return String::new(),
    };
    format!("APPID_{name}")
}

/// What the alerts of a title were called.
pub(super) fn by_title(title: &str) -> Option<String> {
    let anubis = match title.trim().to_lowercase().as_str() {
        "new country" => return Some("ALERT_GEOLOCATION_NEW_COUNTRY".to_owned()),
        "app connector disconnected" => {
            return Some("ALERT_MANAGEMENT_DISCONNECTED_API".to_owned());
        }
        "impossible travel activity" | "impossible travel" => "VELOCITY",
        "suspicious administrative activity" | "unusual administrative activity (by user)" => {
            "REPEATED_ACTIVITY_ADMIN_ACTIVITY"
        }
        "activity from infrequent country" => "NEW_COUNTRY",
        "ransomware activity" => "RANSOMWARE",
        "suspicious inbox manipulation rule" => "INBOX_HIDING",
        "activity from suspicious ip addresses" => "RISKY_IP_SUSPICIOUS",
        "activity from anonymous ip addresses" => "RISKY_IP_ANONYMOUS",
        "suspicious email deletion activity" | "suspicious email deletion activity (by user)" => {
            "SUSPICIOUS_EMAIL_DELETION"
        }
        "suspicious creation activity for cloud region" => "UNCOMMON_CLOUD_REGION",
        "unusual file deletion activity (by user)" | "mass delete" => "REPEATED_ACTIVITY_DELETE",
        "unusual file download (by user)" | "mass download" => "REPEATED_ACTIVITY_DOWNLOAD",
        "multiple failed login attempts" => "REPEATED_ACTIVITY_FAILED_LOGIN",
        _ => return None,
    };
    Some(format!("ALERT_ANUBIS_DETECTION_{anubis}"))
}

/// What the alerts of a behavior's kind were called.
pub(super) fn by_action(action: &str) -> String {
    let anubis = match action {
        "ImpossibleTravelActivity" => "VELOCITY",
        "ActivityFromInfrequentCountry" => "NEW_COUNTRY",
        "MassDelete" => "REPEATED_ACTIVITY_DELETE",
        "MassDownload" => "REPEATED_ACTIVITY_DOWNLOAD",
        "MultipleFailedLoginAttempts" => "REPEATED_ACTIVITY_FAILED_LOGIN",
        "SuspiciousAdministrativeActivity" => "REPEATED_ACTIVITY_ADMIN_ACTIVITY",
        other => return of_words(other),
    };
    format!("ALERT_ANUBIS_DETECTION_{anubis}")
}

/// `CredentialAccess` → `ALERT_CREDENTIAL_ACCESS`; nothing is `ALERT_UNKNOWN`.
pub(super) fn of_words(words: &str) -> String {
    if words.is_empty() {
        return "ALERT_UNKNOWN".to_owned();
    }
    let mut name = "ALERT_".to_owned();
    let mut before = ' ';
    for sign in words.chars() {
        if sign.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit()) {
            name.push('_');
        }
        let stands = sign.is_ascii_alphanumeric();
        name.push(if stands {
            sign.to_ascii_uppercase()
        } else {
            '_'
        });
        before = sign;
    }
    name
}

/// `ALERT_X` of `ALERT_X` and of `MCAS_ALERT_X`.
pub(super) fn of_detector(detector: &str) -> Option<String> {
    let name = detector.strip_prefix("MCAS_").unwrap_or(detector);
    let rest = name.strip_prefix("ALERT_")?;
    let fits = !rest.is_empty() && rest.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    fits.then(|| name.to_owned())
}
