#![allow(clippy::unwrap_used)]
use serde_json::{Value, json};

use super::*;
use crate::event::{App, NameTables};

/// A download, in the form of today (reference: successors.md §8).
fn row() -> Value {
    json!({
        "Timestamp": "2026-11-10T10:31:05.2391234Z",
        "ActionType": "FileDownloaded",
        "Application": "Microsoft OneDrive for Business",
        "ApplicationId": 15600,
        "AccountObjectId": "aaaaaaaa-0000-4000-8000-000000000001",
        "AccountId": "aaaaaaaa-0000-4000-8000-000000000001",
        "AccountDisplayName": "Ana Lima",
        "IsAdminOperation@odata.type": "#SByte",
        "IsAdminOperation": 0,
        "IPAddress": "198.51.100.24",
        "UserAgent": " Mozilla/5.0 ",
        "ActivityType": "Download",
        "ActivityObjects": [
            {"Type": "File", "Role": "Target object", "Name": "plan | q4.xlsx",
                "Id": "https://contoso.example/plan%20q4.xlsx"},
            {"Type": "User", "Role": "Actor", "Name": "Ana Lima", "Id": "aaaaaaaa"},
        ],
        "ObjectName": "plan | q4.xlsx",
        "ObjectType": "File",
        "ObjectId": "https://contoso.example/plan%20q4.xlsx",
        "ReportId": "94207312_15600_5d2f0a1b",
        "UserAgentTags": {},
        "RawEventData": {"Operation": "FileDownloaded", "UserId": "ana.lima@contoso.example"},
        "OAuthAppId": null,
    })
}

fn with(changes: Value) -> Value {
    let mut row = row();
    for (key, value) in changes.as_object().unwrap() {
        row[key] = value.clone();
    }
    row
}

fn read(row: &Value) -> Event<'static> {
    let text = row.to_string();
    let record = cloud_app(&text, &Names::default()).unwrap();
    assert_eq!(record.cursor_ms, record.event.at_ms);
    record.event.into_owned()
}

fn message(changes: Value) -> String {
    read(&with(changes)).message.into_owned()
}

fn user(changes: Value) -> String {
    read(&with(changes)).users.join(",")
}

#[test]
fn a_download_as_a_whole() {
    let event = read(&row());
    let expected = Event {
        id: "94207312_15600_5d2f0a1b".into(),
        identity: None,
        origin: Origin::Source,
        at_ms: 1_794_306_665_239,
        span: None,
        message: "Download file: file https://contoso.example/plan%20q4.xlsx".into(),
        users: vec!["ana.lima@contoso.example".into()],
        apps: vec![App {
            number: Some(15600),
            title: "Microsoft OneDrive for Business".into(),
        }],
        addresses: vec!["198.51.100.24".parse().unwrap()],
        portal_url: Some(PortalPage::DefenderActivity),
        policies: Vec::new(),
        kind: EventKind::Activity {
            category: "EVENT_CATEGORY_DOWNLOAD_FILE".into(),
            label: "Download file".into(),
            user_agent: "Mozilla/5.0".into(),
            objects: vec!["plan | q4.xlsx".into(), "Ana Lima".into()],
        },
    };
    assert_eq!(event, expected);
}

/// Reference: successors.md §3.3.
#[test]
fn every_form_of_a_value_says_the_same() {
    let expected = read(&row());
    let mut small = serde_json::Map::new();
    for (key, value) in row().as_object().unwrap() {
        let (first, rest) = key.split_at(1);
        small.insert(first.to_lowercase() + rest, value.clone());
    }
    assert_eq!(
        read(&Value::Object(small)),
        expected,
        "keys that begin small"
    );
    let as_text = |key: &str| Value::from(row()[key].to_string());
    let forms = [
        json!({"IsAdminOperation": false}),
        json!({"IsAdminOperation": "0"}),
        json!({"IsAdminOperation": null, "ApplicationId": "15600"}),
        json!({"ApplicationId": 15600.0}),
        json!({"ActivityObjects": as_text("ActivityObjects")}),
        json!({"RawEventData": as_text("RawEventData")}),
        json!({"RawEventData": {}, "UserId": "ana.lima@contoso.example"}),
        json!({"RawEventData": null, "UserId": "", "MailboxOwnerUPN": "ana.lima@contoso.example"}),
        json!({"AccountId": "ana.lima@contoso.example"}),
        json!({"Timestamp": "2026-11-10T10:31:05.239Z"}),
        json!({"ActionType": " filedownloaded"}),
        json!({"IPAddress": "::ffff:198.51.100.24"}),
    ];
    for form in forms {
        assert_eq!(read(&with(form.clone())), expected, "{form}");
    }
    for nothing in [json!(null), json!(""), json!({}), json!("null"), json!([])] {
        let event = read(&with(json!({
            "Application": nothing, "ApplicationId": nothing, "IPAddress": nothing,
            "UserAgent": nothing, "ActivityObjects": nothing, "ObjectName": nothing,
            "ObjectType": nothing, "ObjectId": nothing, "RawEventData": nothing,
            "AccountId": nothing, "AccountDisplayName": nothing, "AccountObjectId": nothing,
        })));
        assert_eq!(event.message, "Download file", "{nothing}");
        let EventKind::Activity {
            user_agent,
            objects,
            ..
        } = &event.kind
        else {
            panic!()
        };
        let empty = event.users.is_empty() && event.apps.is_empty() && event.addresses.is_empty();
        assert!(
            empty && user_agent.is_empty() && objects.is_empty(),
            "{event:?}"
        );
    }
}

#[test]
fn users_in_their_order() {
    let nobody = json!({"RawEventData": null});
    assert_eq!(user(nobody), "Ana Lima");
    for (changes, expected) in [
        (json!({"AccountId": "a@b", "UserId": "c@d"}), "a@b"),
        (json!({"RawEventData": {"MailboxOwnerUPN": "m@b"}}), "m@b"),
        (
            json!({"RawEventData": {"UserId": "svc", "MailboxOwnerUPN": "m@b"}}),
            "svc",
        ),
        (
            json!({"RawEventData": {}, "ActivityObjects": [
                {"Role": "Actor", "Name": "x"}, {"Role": "actor", "Name": "ana@b"}]}),
            "ana@b",
        ),
        (
            json!({"RawEventData": "{\"UserId\":", "AccountDisplayName": " Bo "}),
            "Bo",
        ),
        (
            json!({"RawEventData": [], "AccountDisplayName": ""}),
            "aaaaaaaa-0000-4000-8000-000000000001",
        ),
    ] {
        assert_eq!(user(changes.clone()), expected, "{changes}");
    }
}

#[test]
fn messages_by_the_old_grammar() {
    let object = |changes: Value| {
        let mut object = json!({"Role": "Target object", "Type": "Task", "Name": "x"});
        for (key, value) in changes.as_object().unwrap() {
            object[key] = value.clone();
        }
        object
    };
    let none = json!([]);
    for (changes, expected) in [
        (
            json!({"ActivityObjects": [object(json!({"ServiceObjectType": "ServiceNow Report"}))]}),
            "Download file: ServiceNow Report x",
        ),
        (
            json!({"ActivityObjects": [object(json!({})), object(json!({"Name": "y"}))]}),
            "Download file: task x, task y",
        ),
        // a file that is named as the row's own object has its address
        (
            json!({"ActivityObjects": [object(json!({"Type": "File", "Name": "plan | q4.xlsx"}))]}),
            "Download file: file https://contoso.example/plan%20q4.xlsx",
        ),
        (
            json!({"ActivityObjects": [object(json!({"Type": "File", "Name": "other"}))]}),
            "Download file: file other",
        ),
        (
            json!({"ActivityObjects": none, "ObjectId": "77"}),
            "Download file: file plan | q4.xlsx",
        ),
        (
            json!({"ActivityObjects": none}),
            "Download file: file https://contoso.example/plan%20q4.xlsx",
        ),
        (
            json!({"ActivityObjects": none, "ObjectName": ""}),
            "Download file",
        ),
        (
            json!({"ActivityObjects": none, "ObjectName": {}, "ActionType": "UserLoginFailed"}),
            "Failed log on",
        ),
        (
            json!({"ActionType": "Write Deployments", "ActivityType": "Basic",
                "ActivityObjects": none, "ObjectType": "Task"}),
            "Write Deployments: task plan | q4.xlsx",
        ),
        (
            json!({"ActionType": "New-InboxRule", "ActivityType": "Run", "ObjectName": null,
            "ActivityObjects": [
                {"Role": "Parameter", "Name": "Force", "Value": "True"},
                {"Role": "Parameter", "ServiceObjectType": "Session ID", "Value": "4711"},
                {"Role": "Parameter", "Type": "Structured object", "Name": "z"},
                {"Role": "Parameter", "Type": "Structured object"},
            ]}),
            "Run command; Parameters: Force True, Session ID 4711, Structured object z",
        ),
    ] {
        assert_eq!(message(changes.clone()), expected, "{changes}");
    }
}

#[test]
fn the_settings_name_actions_before_the_table_does() {
    let actions = [
        ("FILEDOWNLOADED", "EVENT_CATEGORY_FETCH"),
        ("x", "EVENT_CATEGORY_X_Y"),
    ];
    let owned = actions.map(|(action, name)| (action.to_owned(), name.to_owned()));
    let names = Names::new(NameTables {
        actions: owned.into_iter().collect(),
        ..NameTables::default()
    });
    let label = |action: &str| {
        let text = with(json!({"ActionType": action, "ActivityObjects": [], "ObjectName": ""}));
        let text = text.to_string();
        let event = cloud_app(&text, &names).unwrap().event.into_owned();
        event.message.into_owned()
    };
    assert_eq!((&*label("FileDownloaded"), &*label("X")), ("Fetch", "X y"));
}

#[test]
fn a_row_without_id_or_time_is_set_aside_with_what_is_known_of_it() {
    for (changes, id, at_ms) in [
        (json!({"ReportId": null}), None, Some(1_794_306_665_239)),
        (json!({"ReportId": {}}), None, Some(1_794_306_665_239)),
        (
            json!({"Timestamp": {}}),
            Some("94207312_15600_5d2f0a1b"),
            None,
        ),
    ] {
        let row = with(changes).to_string();
        let unreadable = cloud_app(&row, &Names::default()).unwrap_err();
        assert_eq!(
            (unreadable.id.as_deref(), unreadable.cursor_ms),
            (id, at_ms)
        );
    }
    let torn = row()
        .to_string()
        .replace("\"ActionType\":", "\"ActionType\";");
    let unreadable = cloud_app(&torn, &Names::default()).unwrap_err();
    assert_eq!(unreadable.id.as_deref(), Some("94207312_15600_5d2f0a1b"));
    assert_eq!(unreadable.cursor_ms, Some(1_794_306_665_239));
}

/// Of 11 MB of brackets nothing may become large.
#[test]
fn many_objects_are_bounded() {
    let objects = vec![json!({"Name": "x", "Role": "Actor"}); 10_007];
    let event = read(&with(json!({"ActivityObjects": objects})));
    let EventKind::Activity { objects, .. } = event.kind else {
        panic!()
    };
    assert_eq!((objects.len(), &*objects[10_000]), (10_001, "and 7 more"));
}
