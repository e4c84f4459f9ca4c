//! Names by number, as the old agent printed them.

/// `APPID_…` of an app; by its number where no name is known.
pub(super) fn app(id: &str) -> String {
    let name = match id {
        "" => return String::new(),
        "11161" => "O365",
        "20893" => "OUTLOOK",
        "15600" => "ONEDRIVE",
        "20940" => "ACTIVE_DIRECTORY",
        "14509" => "SERVICENOW",
        "10489" => "BOX",
        "11114" => "SALESFORCE",
        // the cloud's own activities have two
        "20595" => return "APPID_OFFICE,APPID_MCAS".to_owned(),
        number => number,
    };
    format!("APPID_{name}")
}

/// `ALERT_…` of an alert's type; by its number where no name is known.
pub(super) fn alert(id: &str) -> String {
    let name = match id {
        "14680070" => "ADMIN_USER",
        "14680083" => "SUSPICIOUS_ACTIVITY",
        "15728641" => "CABINET_EVENT_MATCH_AUDIT",
        "15728642" => "CABINET_EVENT_MATCH_FILE",
        "196608" => "GEOLOCATION_NEW_COUNTRY",
        "15794945" => "MANAGEMENT_DISCONNECTED_API",
        "15859716" => "ANUBIS_DETECTION_VELOCITY",
        "15859721" => "ANUBIS_DETECTION_REPEATED_ACTIVITY_ADMIN_ACTIVITY",
        number => number,
    };
    format!("ALERT_{name}")
}

/// What a category is called where the record does not say.
pub(super) fn category(id: &str) -> String {
    let bare = id.strip_prefix("EVENT_CATEGORY_").unwrap_or(id);
    match bare {
        "LOGIN" => return "Log on".to_owned(),
        "SSO_LOGIN" => return "Single sign-on log on".to_owned(),
        "LOGOUT" => return "Log out".to_owned(),
        "FAILED_LOGIN" => return "Failed log on".to_owned(),
        "UPLOAD_DISCOVERY_FILE" => return "Upload Cloud Discovery file".to_owned(),
        _ => {}
    }
    let words = bare.replace('_', " ").to_lowercase();
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
