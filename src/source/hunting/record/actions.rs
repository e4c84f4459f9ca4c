//! `EVENT_CATEGORY_*` of an `ActionType`: what the old agent called what somebody did.
//!
//! The tables of hunting name an operation where the old API named a category, and nobody published
//! the list that joins them. The settings can add rows: `agent.names.actions`.

use std::borrow::Cow;

use crate::event::Names;

/// Where a row comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Basis {
    /// A published line or record of the old agent's API, with the operation of a row of today
    /// (reference: cloud-apps-api.md §5.3, cef-samples.txt).
    Record,
    /// A guess: the label that published lines have for what the operation does (reference:
    /// cloud-apps-api.md §3.3).
    Label,
}

use Basis::{Label, Record};

/// An `ActionType` in lower case, and the category without its prefix, by action.
const ACTIONS: &[(&str, &str, Basis)] = &[
    ("add member to group.", "ADD_MEMBER_TO_GROUP", Label),
    ("add member to role.", "ADD_MEMBER_TO_ROLE", Label),
    ("add service principal.", "ADD_SERVICE_PRINCIPAL", Label),
    ("add user.", "CREATE_USER", Label),
    ("add-mailboxpermission", "ADD_PERMISSION_TO_MAILBOX", Label),
    (
        "add-recipientpermission",
        "ADD_RECIPIENT_MAILBOX_PERMISSION",
        Label,
    ),
    ("add_group_member", "ADD_USER_TO_GROUP", Record),
    ("change user license.", "CHANGE_USER_LICENSE", Label),
    ("change user password.", "CHANGE_USER_PASSWORD", Label),
    (
        "consent to application.",
        "GRANT_CONSENT_FOR_THIRD_PARTY_APPLICATION",
        Label,
    ),
    ("delete user.", "DELETE_USER", Label),
    ("fileaccessed", "ACCESS_FILE", Label),
    ("filecheckedin", "CHECK_IN_FILE", Label),
    ("filecheckedout", "CHECK_OUT_FILE", Label),
    ("filedeleted", "DELETE_FILE", Label),
    ("filedownloaded", "DOWNLOAD_FILE", Record),
    ("filemodified", "MODIFY_FILE", Label),
    ("filemoved", "MOVE_FILE", Label),
    ("filerenamed", "RENAME_FILE", Label),
    ("filesyncdownloadedfull", "SYNC_FILE_DOWNLOAD", Label),
    ("filesyncuploadedfull", "SYNC_FILE_UPLOAD", Label),
    ("fileuploaded", "UPLOAD_FILE", Record),
    ("folderaccessed", "ACCESS_FOLDER", Label),
    ("foldercreated", "CREATE_FOLDER", Label),
    ("folderdeleted", "DELETE_FOLDER", Label),
    ("foldermoved", "MOVE_FOLDER", Label),
    ("folderrenamed", "RENAME_FOLDER", Label),
    ("log on", "LOGIN", Record),
    ("login", "LOGIN", Record),
    ("logonfailed", "FAILED_LOGIN", Record),
    ("logonsuccess", "LOGIN", Record),
    (
        "movetodeleteditems",
        "MOVE_MESSAGES_TO_DELETED_ITEMS_FOLDER",
        Label,
    ),
    (
        "remove member from group.",
        "REMOVE_MEMBER_FROM_GROUP",
        Label,
    ),
    ("reportview", "VIEW_REPORT", Record),
    ("reset user password.", "RESET_PASSWORD", Label),
    ("userloggedin", "LOGIN", Record),
    ("userloginfailed", "FAILED_LOGIN", Record),
    ("view_report", "VIEW_REPORT", Record),
];

/// What has no name of its own.
pub(super) const UNSPECIFIED: &str = "EVENT_CATEGORY_UNSPECIFIED";
pub(super) const RUN_COMMAND: &str = "EVENT_CATEGORY_RUN_COMMAND";
pub(super) const LOGIN: &str = "EVENT_CATEGORY_LOGIN";
pub(super) const FAILED_LOGIN: &str = "EVENT_CATEGORY_FAILED_LOGIN";

/// The category of this action, by the settings, else by the table.
pub(super) fn category(action: &str, names: &Names) -> Option<Cow<'static, str>> {
    if let Some(named) = names.action(action) {
        return Some(Cow::Owned(named.to_owned()));
    }
    let action = action.trim().to_lowercase();
    let row = ACTIONS.binary_search_by_key(&&*action, |row| row.0).ok()?;
    Some(Cow::Owned(format!("EVENT_CATEGORY_{}", ACTIONS[row].1)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn table_is_sorted_unique_and_in_lower_case() {
        assert!(ACTIONS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(ACTIONS.iter().all(|row| row.0 == row.0.to_lowercase()));
        assert!(ACTIONS.iter().any(|row| row.2 == Label));
    }

    #[test]
    fn case_and_outer_blanks_do_not_matter() {
        let names = Names::default();
        let found = |action| category(action, &names);
        assert_eq!(
            found(" FileDownloaded ").unwrap(),
            "EVENT_CATEGORY_DOWNLOAD_FILE"
        );
        assert_eq!(found("LogonFailed").unwrap(), FAILED_LOGIN);
        assert_eq!(found("Write Deployments"), None);
    }
}
