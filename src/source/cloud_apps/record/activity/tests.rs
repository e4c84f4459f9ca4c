#![allow(clippy::unwrap_used)]
use super::*;

const RECORD: &str = r#"{
    "_id": "97_15600_1", "uid": "97_15600_1", "tenantId": 97, "appId": 15600, "saasId": 15600,
    "appName": "Microsoft OneDrive for Business", "timestamp": 1595096313000, "created": 1595096586840,
    "instantiation": 1595096584556, "eventTypeName": "EVENT_CATEGORY_DOWNLOAD_FILE",
    "description": "Download file: file <b>a&amp;b.txt</b>",
    "description_metadata": {"event_category": "Download file", "dash": ""},
    "device": {"clientIP": "192.0.2.7", "userAgent": "curl/8 (x; y=z)", "countryCode": "IL"},
    "user": {"userName": "ann@contoso.com", "userTags": ["1"]},
    "mainInfo": {"eventObjects": [{"name": "a&b.txt", "objType": 1}, {"objType": 7, "value": "x"}, null]},
    "entityData": {"0": {"displayName": "Ann"}, "1": null}, "rawDataJson": {"Level": 1, "level": "x"}
}"#;

fn read(raw: &str) -> Record<'_> {
    activity(raw).unwrap()
}

#[test]
fn a_whole_record() {
    let mapped = read(RECORD);
    assert_eq!(mapped.cursor_ms, 1_595_096_586_840);
    let expected = Event {
        id: "97_15600_1".into(),
        identity: None,
        origin: Origin::Source,
        at_ms: 1_595_096_313_000,
        span: None,
        message: "Download file: file a&b.txt".into(),
        users: vec!["ann@contoso.com".into()],
        apps: vec![App {
            number: Some(15600),
            title: "Microsoft OneDrive for Business".into(),
        }],
        addresses: vec![[192, 0, 2, 7].into()],
        portal_url: None,
        policies: Vec::new(),
        kind: EventKind::Activity {
            category: "EVENT_CATEGORY_DOWNLOAD_FILE".into(),
            label: "Download file".into(),
            user_agent: "curl/8 (x; y=z)".into(),
            objects: vec!["a&b.txt".into(), "".into(), "".into()],
        },
    };
    assert_eq!(mapped.event, expected);
}

#[test]
fn borrows_from_the_record() {
    let mapped = read(RECORD);
    assert!(matches!(mapped.event.id, Cow::Borrowed(_)));
    assert!(matches!(mapped.event.users[0], Cow::Borrowed(_)));
}

#[test]
fn the_least_that_will_do() {
    let mapped = read(
        r#"{"uid": 12, "created": "1595096586840.0", "device": "none", "user": null, "mainInfo": []}"#,
    );
    let event = mapped.event;
    assert_eq!((&*event.id, event.at_ms), ("12", 1_595_096_586_840));
    assert_eq!(event.message, "Unspecified");
    assert!(event.users.is_empty() && event.apps.is_empty() && event.addresses.is_empty());
}

#[test]
fn times_step_in_for_one_another() {
    let times = |json: &str| {
        let raw = format!(r#"{{"_id": "1", {json}}}"#);
        let mapped = read(&raw);
        (mapped.event.at_ms, mapped.cursor_ms)
    };
    assert_eq!(
        times(r#""timestamp": 1, "instantiation": 2, "created": 3"#),
        (1, 3)
    );
    assert_eq!(
        times(r#""timestamp": 1, "instantiationRaw": 2, "created": 0"#),
        (1, 2)
    );
    assert_eq!(times(r#""timestampRaw": 1, "createdRaw": null"#), (1, 1));
    assert_eq!(times(r#""created": 3, "timestamp": "soon""#), (3, 3));
}

#[test]
fn several_addresses_and_a_time_in_seconds() {
    let mapped = read(
        r#"{"_id": "1", "created": 1595096586, "timestamp": "1595096313.5",
            "device": {"clientIP": ["HOST (192.0.2.4)", null, "[2001:db8::1]:443"]}}"#,
    );
    assert_eq!(mapped.cursor_ms, 1_595_096_586_000);
    assert_eq!(mapped.event.at_ms, 1_595_096_313_500);
    let expected: [std::net::IpAddr; 2] = [[192, 0, 2, 4].into(), "2001:db8::1".parse().unwrap()];
    assert_eq!(mapped.event.addresses, expected);
}

#[test]
fn a_failed_log_on_names_its_user_elsewhere() {
    let mapped = read(
        r#"{"_id": "1", "timestamp": 1, "user": {"userTags": []}, "failedUserData": {"userName": "bob"}}"#,
    );
    assert_eq!(mapped.event.users, ["bob"]);
    let mapped = read(r#"{"_id": "1", "timestamp": 1, "user": {"userName": "null"}}"#);
    assert!(mapped.event.users.is_empty());
}

#[test]
fn half_a_character_costs_a_character() {
    let mapped =
        read(r#"{"_id": "1", "timestamp": 1, "description": "cut \ud83d", "appName": "Box"}"#);
    assert_eq!(mapped.event.message, "cut \u{fffd}");
    assert_eq!(mapped.event.apps[0].title, "Box");
    // in a part that nobody reads it costs nothing
    assert!(activity(r#"{"_id": "1", "timestamp": 1, "rawDataJson": "\ud83d"}"#).is_ok());
}

#[test]
fn unreadable_says_what_it_knows() {
    let bad = |raw: &str| {
        let bad = activity(raw).unwrap_err();
        (bad.id.unwrap_or_default(), bad.cursor_ms, bad.reason)
    };
    let (id, at, reason) = bad(r#"{"_id": "x", "timestamp": 9, "appName": }"#);
    assert_eq!((&*id, at), ("x", Some(9)));
    assert!(
        reason.starts_with("the record is not valid JSON: "),
        "{reason}"
    );
    assert_eq!(
        bad(r#"{"_id": "x"}"#),
        (
            "x".into(),
            None,
            "the record has no usable time (timestamp)".into()
        )
    );
    assert_eq!(
        bad(r#"{"_id": null, "created": 7}"#),
        (String::new(), Some(7), "the record has no id (_id)".into())
    );
    for raw in ["", "[]", "null", "7", "\"{\""] {
        assert_eq!(
            bad(raw),
            (
                String::new(),
                None,
                "the record is not a JSON object".into()
            ),
            "{raw}"
        );
    }
}
