#![allow(clippy::unwrap_used)]
use serde_json::{Value, json};

use super::*;

fn row() -> Value {
    json!({
        "Timestamp": "2026-11-10T10:41:00.5Z", "BehaviorId": "bc1",
        "ActionType": "ImpossibleTravelActivity", "Title": "Impossible travel activity",
        "Description": "Ana was in <b>two</b> places &amp; more.", "AccountUpn": null,
        "AccountObjectId": "guid", "StartTime": "2026-11-10T10:31:00Z",
        "EndTime": "2026-11-10T10:39:00Z",
        "Entities": [
            {"EntityType": "CloudApplication", "Application": "Dropbox", "ApplicationId": 11627},
            {"EntityType": "Ip", "RemoteIP": "198.51.100.24"},
            {"EntityType": "User", "AccountName": "ana", "AccountDomain": "contoso.example"},
            {"EntityType": "Ip", "RemoteIP": "2001:db8:0:0:0:0:0:1"},
            {"EntityType": "Ip", "RemoteIP": "198.51.100.24"},
            {"EntityType": "CloudApplication", "Application": "Dropbox", "ApplicationId": "11627"},
            {"EntityType": "User", "AccountUpn": "second@contoso.example"},
            {"EntityType": "Moon"}, null, 7,
        ],
    })
}

fn with(changes: Value) -> Event<'static> {
    let mut row = row();
    for (key, value) in changes.as_object().unwrap() {
        row[key] = value.clone();
    }
    let text = row.to_string();
    let Record { event, cursor_ms } = behavior(&text, &Names::default()).unwrap();
    assert_eq!(event.at_ms, cursor_ms);
    event.into_owned()
}

#[test]
fn a_behavior_is_the_alert_that_it_was() {
    let event = with(json!({}));
    let expected = Event {
        id: "bc1".into(),
        identity: None,
        origin: Origin::Source,
        at_ms: 1_794_307_260_500,
        span: Some(EventSpan {
            start_ms: 1_794_306_660_000,
            end_ms: 1_794_307_140_000,
        }),
        message: "Ana was in two places & more.".into(),
        users: vec!["ana@contoso.example".into()],
        apps: vec![App {
            number: Some(11627),
            title: "Dropbox".into(),
        }],
        addresses: ["198.51.100.24", "2001:db8::1"]
            .map(|ip| ip.parse().unwrap())
            .into(),
        portal_url: Some(PortalPage::Told("".into())),
        policies: Vec::new(),
        kind: EventKind::Alert {
            class: Some(AlertClass::Name("ALERT_ANUBIS_DETECTION_VELOCITY".into())),
            title: "Impossible travel activity".into(),
            policy_name: None,
            severity: Severity::Low,
            risk_score: None,
            related: Vec::new(),
        },
    };
    assert_eq!(event, expected);
    let entities = row()["Entities"].to_string();
    assert_eq!(with(json!({ "Entities": entities })), expected, "as text");
}

#[test]
fn what_is_missing_stands_in() {
    for nothing in [json!(null), json!(""), json!({}), json!([])] {
        let event = with(json!({
            "Entities": nothing, "StartTime": nothing, "EndTime": nothing, "Description": nothing,
        }));
        assert_eq!(event.users, ["guid"]);
        assert_eq!(event.message, "Impossible travel activity");
        let at_ms = 1_794_307_260_500;
        let span = EventSpan {
            start_ms: at_ms,
            end_ms: at_ms,
        };
        assert_eq!(event.span(), span);
    }
    let event = with(json!({"AccountUpn": "ana@x", "EndTime": null}));
    assert_eq!(event.users, ["ana@x"]);
    assert_eq!(event.span().end_ms - event.span().start_ms, 0);
}
