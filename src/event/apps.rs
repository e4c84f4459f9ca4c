//! `APPID_*`: what the old agent called the apps. SIEM rules match on these names.
//!
//! Only names that a published line shows are here; the old agent wrote `APPID_<number>` for the
//! rest (`APPID_26069` Google Drive, `APPID_33626` Google, `APPID_11394` Microsoft Online
//! Services), and so does `cef`.

/// The cloud's number of an app and the old agent's name for it, by number.
pub const APP_NUMBERS: &[(u32, &str)] = &[
    (10489, "APPID_BOX"),
    (11114, "APPID_SALESFORCE"),
    (11161, "APPID_O365"),
    (14509, "APPID_SERVICENOW"),
    (15600, "APPID_ONEDRIVE"),
    // the one published line of Cloud App Security's own activities has both
    (20595, "APPID_OFFICE,APPID_MCAS"),
    (20893, "APPID_OUTLOOK"),
    (20940, "APPID_ACTIVE_DIRECTORY"),
];

/// Title of an app and the old agent's name for it, by title: apps whose number is not public.
pub const APP_TITLES: &[(&str, &str)] = &[
    ("Jive Software", "APPID_JIVE"),
    ("Microsoft 365 admin center", "APPID_O365_PORTAL"),
    ("Microsoft Office 365 admin center", "APPID_O365_PORTAL"),
];

/// The old agent's name of an app, where one is known.
#[must_use]
pub fn app_name(number: Option<u32>, title: &str) -> Option<&'static str> {
    let by_number = number.and_then(|n| APP_NUMBERS.binary_search_by_key(&n, |row| row.0).ok());
    match by_number {
        Some(row) => Some(APP_NUMBERS[row].1),
        None => {
            (APP_TITLES.binary_search_by_key(&title, |row| row.0).ok()).map(|row| APP_TITLES[row].1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_unique() {
        assert!(APP_NUMBERS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(APP_TITLES.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn number_goes_before_title() {
        assert_eq!(app_name(Some(15600), "OneDrive"), Some("APPID_ONEDRIVE"));
        assert_eq!(app_name(Some(10489), "Jive Software"), Some("APPID_BOX"));
        assert_eq!(app_name(Some(1), "Jive Software"), Some("APPID_JIVE"));
        assert_eq!(app_name(None, "Jive Software"), Some("APPID_JIVE"));
        assert_eq!(app_name(Some(26069), "Google Drive"), None);
    }
}
