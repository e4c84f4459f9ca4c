use super::*;
use crate::event::{App, Severity};

/// The sample of the reference, shortened.
const ALERT: &str = r##"{"id":"ca6911c0de0a4b1c2d3e4f5a6b","providerAlertId":"6911c0de0a4b1c2d3e4f5a6b","incidentId":"412","status":"new","severity":"medium","classification":null,"serviceSource":"microsoftDefenderForCloudApps","detectorId":"4c1d9f1e-0000-4000-8000-00000000a001","title":"Mass download by a single user","description":"The user <b>Ana Lima</b> downloaded 214 files &amp; more.","category":"Exfiltration","categories":["Exfiltration"],"assignedTo":null,"alertWebUrl":"https://security.microsoft.com/alerts/ca6911c0de0a4b1c2d3e4f5a6b?tid=1","createdDateTime":"2026-11-10T10:41:18.0433333Z","lastUpdateDateTime":"2026-11-10T10:44:02.48Z","firstActivityDateTime":"2026-11-10T10:31:05Z","lastActivityDateTime":"2026-11-10T10:37:12.9Z","alertPolicyId":"59f0ab82f797fa0681e9b1c7","additionalData":{},"evidence":[
{"@odata.type":"#microsoft.graph.security.userEvidence","roles":["contextual"],"userAccount":{"userPrincipalName":"bob@contoso.example"}},
{"@odata.type":"#microsoft.graph.security.userEvidence","roles":["compromised"],"userAccount":{"accountName":"ana.lima","domainName":null,"userPrincipalName":"ana.lima@contoso.example","displayName":"Ana Lima"}},
{"@odata.type":"#microsoft.graph.security.ipEvidence","roles":[],"ipAddress":"192.0.2.9","countryLetterCode":"BR"},
{"@odata.type":"#microsoft.graph.security.ipEvidence","roles":["source"],"ipAddress":"198.51.100.24","countryLetterCode":"BR"},
{"@odata.type":"#microsoft.graph.security.cloudApplicationEvidence","appId":15600,"displayName":"Microsoft OneDrive for Business","saasAppId":15600}]}"##;

const CREATED_MS: i64 = 1_794_307_278_043;
const UPDATED_MS: i64 = 1_794_307_442_480;

fn read(raw: &str) -> Record<'_> {
    alert(raw, &Names::default()).unwrap_or_else(|unreadable| panic!("{unreadable}: {raw}"))
}

fn with(members: &str) -> String {
    format!(r#"{{"id":"ra1","lastUpdateDateTime":"2026-11-10T10:44:02.48Z",{members}}}"#)
}

fn of_evidence(evidence: &str) -> Event<'static> {
    let raw = with(&format!(r#""evidence":[{evidence}]"#));
    read(&raw).event.into_owned()
}

fn piece(kind: &str, members: &str) -> String {
    format!(r##"{{"@odata.type":"#microsoft.graph.security.{kind}",{members}}}"##)
}

#[test]
fn an_alert_of_the_reference() {
    let record = read(ALERT);
    let expected = Event {
        id: "6911c0de0a4b1c2d3e4f5a6b".into(),
        identity: None,
        origin: Origin::Source,
        at_ms: CREATED_MS,
        span: Some(EventSpan {
            start_ms: 1_794_306_665_000,
            end_ms: 1_794_307_032_900,
        }),
        message: "The user Ana Lima downloaded 214 files & more.".into(),
        users: vec![
            "ana.lima@contoso.example".into(),
            "bob@contoso.example".into(),
        ],
        apps: vec![App {
            number: Some(15600),
            title: "Microsoft OneDrive for Business".into(),
        }],
        addresses: vec![[198, 51, 100, 24].into(), [192, 0, 2, 9].into()],
        portal_url: Some(PortalPage::Told(
            "https://security.microsoft.com/alerts/ca6911c0de0a4b1c2d3e4f5a6b?tid=1".into(),
        )),
        policies: vec!["59f0ab82f797fa0681e9b1c7".into()],
        kind: EventKind::Alert {
            class: Some(AlertClass::Name("ALERT_CABINET_EVENT_MATCH_AUDIT".into())),
            title: "Mass download by a single user".into(),
            policy_name: None,
            severity: Severity::Medium,
            risk_score: None,
            related: Vec::new(),
        },
    };
    assert_eq!((record.event, record.cursor_ms), (expected, UPDATED_MS));
}

#[test]
fn an_update_is_another_record_of_the_same_id() {
    let update = alert_update(ALERT, &Names::default()).unwrap();
    assert_eq!(update.event.id, "6911c0de0a4b1c2d3e4f5a6b");
    assert_eq!(update.event.at_ms, UPDATED_MS);
    let changed = ALERT.replace("10:44:02.48Z", "10:44:02.4833333Z");
    let changed = alert_update(&changed, &Names::default()).unwrap();
    assert_ne!(changed.event.identity(), update.event.identity());
    assert_eq!(changed.event.id, update.event.id);
}

/// The time of the line stands in for one that is missing, be it of an alert or of its change; no
/// line ends before it starts.
#[test]
fn what_began_at_an_unknown_time_began_at_that_of_its_line() {
    let raw = ALERT.replace("\"firstActivityDateTime\":\"2026-11-10T10:31:05Z\",", "");
    let begin = |record: Record<'_>| record.event.span.map(|span| span.start_ms);
    let ended_ms = read(ALERT).event.span().end_ms;
    assert_eq!(begin(read(&raw)), Some(ended_ms));
    let later = raw.replace("10:37:12.9Z", "10:50:00Z");
    assert_eq!(begin(read(&later)), Some(CREATED_MS));
    let update = alert_update(&later, &Names::default()).unwrap();
    assert_eq!(begin(update), Some(UPDATED_MS));
}

#[test]
fn an_id_of_cloud_apps_is_that_of_its_own_api() {
    for (id, expected) in [
        ("ca6911C0de0a4b1c2d3e4f5a6b", "6911C0de0a4b1c2d3e4f5a6b"),
        (
            "caD70CFEE2-1F54-32DB-9988-3A868A1EBFAC",
            "caD70CFEE2-1F54-32DB-9988-3A868A1EBFAC",
        ),
        ("ca6911c0de0a4b1c2d3e4f5a6", "ca6911c0de0a4b1c2d3e4f5a6"),
        ("ma6911c0de0a4b1c2d3e4f5a6b", "ma6911c0de0a4b1c2d3e4f5a6b"),
        ("CA6911c0de0a4b1c2d3e4f5a6b", "CA6911c0de0a4b1c2d3e4f5a6b"),
        ("ca", "ca"),
    ] {
        let raw = format!(r#"{{"id":"{id}","createdDateTime":"2026-11-10T10:41:18Z"}}"#);
        assert_eq!(read(&raw).event.id, expected);
    }
}

/// Each member in turn is null, absent, empty, or of another type.
#[test]
fn whatever_is_missing_costs_itself_alone() {
    let whole: serde_json::Value = serde_json::from_str(ALERT).unwrap();
    let keys: Vec<String> = whole.as_object().unwrap().keys().cloned().collect();
    let other = [
        "null", "\"\"", "\"null\"", "{}", "[]", "[null]", "7", "true",
    ];
    let values: Vec<serde_json::Value> = (other.iter())
        .map(|json| serde_json::from_str(json).unwrap())
        .collect();
    for key in &keys {
        for value in values.iter().map(Some).chain([None]) {
            let mut record = whole.clone();
            let object = record.as_object_mut().unwrap();
            match value {
                Some(value) => object.insert(key.clone(), value.clone()),
                None => object.remove(key),
            };
            let raw = record.to_string();
            match (key.as_str(), alert(&raw, &Names::default())) {
                ("id", Err(unreadable)) => {
                    assert_eq!(unreadable.cursor_ms, Some(UPDATED_MS), "{raw}");
                }
                (_, Ok(record)) => assert!(!record.event.id.is_empty()),
                (_, Err(unreadable)) => panic!("{unreadable}: {raw}"),
            }
        }
    }
}

#[test]
fn times_stand_in_for_each_other() {
    let spans = |members: &str| {
        let raw = format!(r#"{{"id":"1",{members}}}"#);
        let record = read(&raw);
        let span = record.event.span();
        [
            record.cursor_ms,
            record.event.at_ms,
            span.start_ms,
            span.end_ms,
        ]
    };
    let (created, updated) = (
        r#""createdDateTime":"2026-11-10T10:00:01Z""#,
        r#""lastUpdateDateTime":"2026-11-10T10:00:02.1234567Z""#,
    );
    let (first, last) = (
        r#""firstActivityDateTime":"2026-11-10T09:00:03""#,
        r#""lastActivityDateTime":"2026-11-10T09:00:04.9999999Z""#,
    );
    const AT: i64 = 1_794_304_800_000;
    const HOUR: i64 = 3_600_000;
    for (members, expected) in [
        (
            format!("{created},{updated},{first},{last}"),
            [AT + 2123, AT + 1000, AT - HOUR + 3000, AT - HOUR + 4999],
        ),
        (created.to_owned(), [AT + 1000; 4]),
        (updated.to_owned(), [AT + 2123; 4]),
        (
            format!("{created},{first}"),
            [AT + 1000, AT + 1000, AT - HOUR + 3000, AT - HOUR + 3000],
        ),
        (
            format!("{created},{last}"),
            [AT + 1000, AT + 1000, AT - HOUR + 4999, AT - HOUR + 4999],
        ),
        (
            format!("{created},{},{}", first.replace("T09", "T11"), last),
            [AT + 1000, AT + 1000, AT - HOUR + 4999, AT + HOUR + 3000],
        ),
    ] {
        assert_eq!(spans(&members), expected, "{members}");
    }
    let none = alert(r#"{"id":"1","createdDateTime":"soon"}"#, &Names::default());
    let none = none.unwrap_err();
    assert_eq!(none.id.as_deref(), Some("1"));
    assert!(none.reason.contains("lastUpdateDateTime"), "{none}");
}

#[test]
fn a_user_is_the_first_name_that_says_one() {
    let account = |members: &str| {
        let user = format!(r#""userAccount":{{{members}}}"#);
        of_evidence(&piece("userEvidence", &user)).users
    };
    let all = [
        r#""userPrincipalName":" ann@contoso.example ""#,
        r#""displayName":"Ann""#,
        r#""accountName":"ann""#,
        r#""domainName":"CONTOSO""#,
    ];
    for (from, expected) in [
        (0, vec!["ann@contoso.example"]),
        (1, vec!["Ann"]),
        (2, vec!["CONTOSO\\ann"]),
        (3, vec![]),
    ] {
        assert_eq!(account(&all[from..].join(",")), expected, "{from}");
    }
    assert_eq!(account(r#""accountName":"ann","domainName":null"#), ["ann"]);
    assert_eq!(
        account(r#""userPrincipalName":"null","displayName":"","accountName":"ann""#),
        ["ann"]
    );
}

#[test]
fn mailboxes_and_granted_apps_stand_in_where_nothing_better_is() {
    let mailbox = |members: &str| piece("mailboxEvidence", members);
    let user = piece("userEvidence", r#""userAccount":{"displayName":"Ann"}"#);
    let nobody = piece("userEvidence", r#""userAccount":null"#);
    let of = |pieces: &[&str]| of_evidence(&pieces.join(",")).users;
    let ben = mailbox(r#""upn":"ben@contoso.example","primaryAddress":"b@x""#);
    let cat = mailbox(r#""upn":null,"primaryAddress":"cat@contoso.example""#);
    let dan = mailbox(r#""displayName":"Dan""#);
    assert_eq!(of(&[&ben, &user]), ["Ann"]);
    assert_eq!(
        of(&[&nobody, &ben, &cat, &ben, &dan]),
        ["ben@contoso.example", "cat@contoso.example", "Dan"]
    );

    let app = |kind, members: &str| piece(kind, members);
    let cloud = app(
        "cloudApplicationEvidence",
        r#""appId":7,"saasAppId":0,"displayName":"Box""#,
    );
    let granted = app(
        "oauthApplicationEvidence",
        r#""appId":"11111111-0000","displayName":"Mail sorter""#,
    );
    let box_app = App {
        number: Some(7),
        title: "Box".into(),
    };
    let sorter = App {
        number: None,
        title: "Mail sorter".into(),
    };
    let of = |pieces: &[&str]| of_evidence(&pieces.join(",")).apps;
    assert_eq!(of(&[&granted, &cloud, &cloud]), [box_app]);
    assert_eq!(of(&[&granted]), [sorter]);
}

/// Every type of the reference, and more, with every member that is read null or of another type.
#[test]
fn evidence_of_any_type_costs_nothing_else() {
    let user = piece(
        "userEvidence",
        r#""userAccount":{"userPrincipalName":"ann@x"},"roles":null"#,
    );
    let types = [
        "userEvidence",
        "ipEvidence",
        "cloudApplicationEvidence",
        "oauthApplicationEvidence",
        "mailboxEvidence",
        "fileEvidence",
        "cloudLogonSessionEvidence",
        "cloudLogonRequestEvidence",
        "deviceEvidence",
        "processEvidence",
        "urlEvidence",
        "securityGroupEvidence",
        "malwareEvidence",
        "analyzedMessageEvidence",
        "azureResourceEvidence",
        "amazonResourceEvidence",
        "googleCloudResourceEvidence",
        "evidenceOfTomorrow",
    ];
    for kind in types {
        for value in ["null", "{}", "[]", "7", "\"\"", "true", "[{}]"] {
            let members = ["roles", "userAccount", "ipAddress", "displayName", "upn"]
                .map(|key| format!(r#""{key}":{value}"#));
            let odd = piece(kind, &members.join(","));
            let event = of_evidence(&format!("{odd},{user},null,7,[],\"x\",{{}}"));
            assert!(event.users.contains(&"ann@x".into()), "{odd}");
            assert_eq!(event.addresses, Vec::<std::net::IpAddr>::new());
        }
    }
}

#[test]
fn addresses_come_by_role_and_in_every_form() {
    let source = |role: &str, address: &str| {
        piece(
            "ipEvidence",
            &format!(r#""roles":["{role}"],"ipAddress":"{address}""#),
        )
    };
    let event = of_evidence(
        &[
            source("contextual", "192.0.2.1"),
            source("attacker", "2001:db8:0:0:0:0:0:1"),
            source("source", "::ffff:192.0.2.2"),
            source("attacker", "no address"),
            source("attacker", "2001:db8::1"),
        ]
        .join(","),
    );
    let addresses: Vec<String> = event.addresses.iter().map(ToString::to_string).collect();
    assert_eq!(addresses, ["2001:db8::1", "192.0.2.2", "192.0.2.1"]);
}

#[test]
fn severity_and_origin_by_their_words() {
    for (word, severity) in [
        ("informational", Severity::Informational),
        ("low", Severity::Low),
        ("Medium", Severity::Medium),
        ("high", Severity::High),
        ("unknown", Severity::Unknown),
        ("unknownFutureValue", Severity::Unknown),
        ("critical", Severity::Unknown),
    ] {
        let raw = with(&format!(r#""severity":"{word}""#));
        let EventKind::Alert { severity: is, .. } = read(&raw).event.kind else {
            panic!()
        };
        assert_eq!(is, severity, "{word}");
    }
    let raw = with(r#""serviceSource":"microsoftDefenderForIdentity""#);
    assert_eq!(read(&raw).event.origin, Origin::DefenderForIdentity);
}

#[test]
fn what_is_no_json_is_repaired_or_told_with_its_id() {
    let cut = with(r#""title":"half \ud83d emoji""#);
    let EventKind::Alert { title, .. } = read(&cut).event.kind else {
        panic!()
    };
    assert_eq!(title, "half \u{fffd} emoji");
    let broken = alert(&ALERT[..ALERT.len() - 2], &Names::default()).unwrap_err();
    assert_eq!(broken.id.as_deref(), Some("ca6911c0de0a4b1c2d3e4f5a6b"));
    assert_eq!(broken.cursor_ms, Some(UPDATED_MS));
    for raw in ["", "7", "null", "[]", "\"x\""] {
        assert!(alert(raw, &Names::default()).is_err(), "{raw}");
    }
}
