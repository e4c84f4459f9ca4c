#![allow(clippy::unwrap_used)]
use serde_json::{Value, json};

use super::*;
use crate::event::App;

type ReadRow = for<'r> fn(&'r str, &Names) -> Result<Record<'r>, Unreadable>;

fn event(read: ReadRow, row: &Value) -> Event<'static> {
    let text = row.to_string();
    read(&text, &Names::default()).unwrap().event.into_owned()
}

/// Reference: successors.md §8.
fn success() -> Value {
    json!({
        "ActionType": "LogonSuccess", "LogonType": "Login:reprocess", "Protocol": null,
        "AccountDisplayName": "Ana Lima", "AccountUpn": "ana.lima@contoso.example",
        "AccountName": "ana.lima", "AccountDomain": "contoso.example", "AccountSid": null,
        "IPAddress": "2001:db8:1f05:0:0:0:0:1077", "DeviceName": null, "FailureReason": null,
        "AdditionalFields": {"ARG.CLOUD_SERVICE": "Salesforce", "Request ID": "8d25",
            "ACTOR.ENTITY_USER": "Ana Lima", "ACTOR.ALIAS": "ana"},
        "ReportId": "d00f01fb", "Timestamp": "2026-11-10T10:43:48.137Z",
        "Application": "Microsoft 365",
    })
}

fn failure() -> Value {
    json!({
        "ActionType": "LogonFailed", "LogonType": "Failed logon", "Protocol": "Ntlm",
        "AccountUpn": null, "AccountName": "svc-backup", "AccountDomain": "contoso.example",
        "IPAddress": null, "DeviceName": "WIN-A1B2C3D4E5F", "FailureReason": "WrongPassword",
        "DestinationDeviceName": "dc01.contoso.example",
        "AdditionalFields": {"Count": "1", "TO.DEVICE": "DC01",
            "FROM.DEVICE": "WIN-A1B2C3D4E5F", "ACTOR.DEVICE": ""},
        "ReportId": "5006fead_94207312_1794307000598_20940",
        "Timestamp": "2026-11-10T10:36:40.598Z", "Application": "Active Directory",
    })
}

fn parts(event: &Event<'_>) -> (String, String, String) {
    let EventKind::Activity {
        category, objects, ..
    } = &event.kind
    else {
        panic!()
    };
    (
        category.to_string(),
        event.message.to_string(),
        objects.join("|"),
    )
}

fn expected(category: &str, message: &str, objects: &str) -> (String, String, String) {
    (category.to_owned(), message.to_owned(), objects.to_owned())
}

#[test]
fn log_ons() {
    let event_of = |row| event(log_on, &row);
    let good = event_of(success());
    let ok = expected("EVENT_CATEGORY_LOGIN", "Log on", "ana|Ana Lima|Salesforce");
    assert_eq!(parts(&good), ok);
    assert_eq!(good.users, ["ana.lima@contoso.example"]);
    assert_eq!(good.addresses[0].to_string(), "2001:db8:1f05::1077");
    let app = |number, title: &'static str| App {
        number: Some(number),
        title: title.into(),
    };
    assert_eq!(good.apps, [app(11161, "Microsoft 365")]);
    let bad = event_of(failure());
    let message = "Failed log on (Failure message: WrongPassword)";
    assert_eq!(
        parts(&bad),
        expected(
            "EVENT_CATEGORY_FAILED_LOGIN",
            message,
            "WIN-A1B2C3D4E5F|DC01"
        )
    );
    assert_eq!(bad.users, ["svc-backup@contoso.example"]);
    assert_eq!(bad.apps, [app(20940, "Active Directory")]);
    let mut silent = failure();
    silent["FailureReason"] = json!("");
    assert_eq!(event_of(silent).message, "Failed log on");
}

#[test]
fn without_fields_account_target_and_device_are_the_objects() {
    for nothing in [
        json!(null),
        json!({}),
        json!(""),
        json!("{\"Count\":\"1\"}"),
    ] {
        let mut row = failure();
        row["AdditionalFields"] = nothing;
        row["TargetAccountDisplayName"] = json!("Bo");
        let objects = parts(&event(log_on, &row)).2;
        assert_eq!(
            objects,
            "svc-backup@contoso.example|Bo|dc01.contoso.example"
        );
    }
}

#[test]
fn users_in_their_order() {
    let user = |changes: Value| {
        let mut row = success();
        for (key, value) in changes.as_object().unwrap() {
            row[key] = value.clone();
        }
        event(log_on, &row).users.join(",")
    };
    for (changes, expected) in [
        (json!({"AccountUpn": ""}), "ana.lima@contoso.example"),
        (json!({"AccountUpn": {}, "AccountDomain": null}), "Ana Lima"),
        (
            json!({"AccountUpn": null, "AccountDomain": "", "AccountDisplayName": ""}),
            "ana.lima",
        ),
        (
            json!({"AccountUpn": null, "AccountName": "", "AccountDisplayName": "",
                "AccountObjectId": "guid"}),
            "guid",
        ),
    ] {
        assert_eq!(user(changes.clone()), expected, "{changes}");
    }
}

#[test]
fn queries_are_commands() {
    let row = json!({
        "ActionType": "LDAP query", "Application": "Active Directory", "QueryType": "AllUsers",
        "QueryTarget": "Users", "Query": "(objectClass=user)", "Protocol": "Ldap",
        "AccountName": "ana", "DestinationDeviceName": "DC01", "AdditionalFields": {},
        "ReportId": "q1", "Timestamp": "2026-11-10T10:36:40Z",
    });
    let message = "Run command: task LDAP query; Parameters: Query type AllUsers, \
        Query target Users, Query (objectClass=user), Protocol Ldap, Destination device DC01";
    let found = event(directory_query, &row);
    let all = expected("EVENT_CATEGORY_RUN_COMMAND", message, "ana|DC01");
    assert_eq!(parts(&found), all);
    let bare =
        json!({"ActionType": "DNS query", "ReportId": 7, "Timestamp": "2026-11-10T10:36:40Z"});
    let found = event(directory_query, &bare);
    assert_eq!(
        (&*found.id, &*found.message),
        ("7", "Run command: task DNS query")
    );
}

#[test]
fn changes_name_whom_they_concern() {
    let row = |target: &str, value: &str| {
        json!({
            "ActionType": "Account Password changed", "Application": "Active Directory",
            target: value, "ReportId": "c1", "Timestamp": "2026-11-10T10:36:40Z",
        })
    };
    for (target, value, message) in [
        (
            "TargetAccountUpn",
            "bo@x",
            "Account Password changed: user bo@x",
        ),
        (
            "TargetAccountDisplayName",
            "Bo",
            "Account Password changed: user Bo",
        ),
        (
            "TargetDeviceName",
            "PC1",
            "Account Password changed: device PC1",
        ),
        ("Protocol", "x", "Account Password changed"),
    ] {
        let found = event(directory_change, &row(target, value));
        assert_eq!(parts(&found).0, "EVENT_CATEGORY_UNSPECIFIED");
        assert_eq!(found.message, message);
    }
}
