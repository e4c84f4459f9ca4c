//! `EVENT_CATEGORY_*`: how the portal displays the categories of activities. The label is the name
//! of the CEF line.
//!
//! Most records carry the label themselves; this is for those that don't.

use std::borrow::Cow;

const PREFIX: &str = "EVENT_CATEGORY_";

/// A category without its prefix and its label, by category, as published lines and records show
/// them.
pub const CATEGORIES: &[(&str, &str)] = &[
    ("CREATE_USER", "Create user"),
    ("DELETE_OBJECT", "Delete object"),
    ("DELETE_USER", "Delete user"),
    ("DISMISS_ALERT", "Dismiss alert"),
    ("DOWNLOAD_FILE", "Download file"),
    ("FAILED_LOGIN", "Failed log on"),
    ("LOGIN", "Log on"),
    ("LOGOUT", "Log out"),
    ("RESOLVE_ALERT", "Resolve alert"),
    ("RUN_COMMAND", "Run command"),
    ("SSO_LOGIN", "Single sign-on log on"),
    ("UNSPECIFIED", "Unspecified"),
    ("UPLOAD_DISCOVERY_FILE", "Upload Cloud Discovery file"),
    ("UPLOAD_FILE", "Upload file"),
    ("VIEW_REPORT", "View report"),
];

/// The label of a category such as `EVENT_CATEGORY_LOGIN`; for one that is not in the table its
/// words, first letter large.
#[must_use]
pub fn category_label(category: &str) -> Cow<'static, str> {
    let words = category.strip_prefix(PREFIX).unwrap_or(category);
    match CATEGORIES.binary_search_by_key(&words, |row| row.0) {
        Ok(row) => Cow::Borrowed(CATEGORIES[row].1),
        Err(_) => Cow::Owned(sentence(words)),
    }
}

/// `ADD_MEMBER_TO_GROUP` → "Add member to group"
fn sentence(words: &str) -> String {
    let mut text = words.replace('_', " ").to_lowercase();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_sorted_and_unique() {
        assert!(CATEGORIES.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn labels() {
        for (category, label) in [
            ("EVENT_CATEGORY_SSO_LOGIN", "Single sign-on log on"),
            ("EVENT_CATEGORY_ADD_MEMBER_TO_GROUP", "Add member to group"),
            ("EVENT_CATEGORY_", ""),
            ("", ""),
            ("LOGIN", "Log on"),
            ("émigré", "émigré"),
        ] {
            assert_eq!(category_label(category), label, "{category}");
        }
    }
}
