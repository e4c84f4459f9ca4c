#![allow(clippy::unwrap_used)]
use super::*;

const RECORD: &str = r##"{
    "_id": "5f06d71dba4289d0602ba5ac", "timestamp": 1594283802753, "title": "block png files",
    "description": "<p>File policy 'block png files' __siteIcon__ was matched</p><p>by <a href=\"#/x\">x.png</a></p>",
    "severityValue": 2, "idValue": 15728642, "threatScore": 19, "isSystemAlert": false, "comment": "null",
    "entities": [
        {"id": "5f01dce13de79160fbec4150", "label": "block png files", "policyType": "FILE", "type": "policyRule"},
        {"id": 15600, "label": "Microsoft OneDrive for Business", "type": "service"},
        {"id": 15600, "label": "Microsoft OneDrive for Business", "type": "service"},
        {"id": "20893", "label": "Microsoft Exchange Online", "type": "service"},
        {"id": "guid", "label": "Ann", "pa": "ann@contoso.com", "type": "account"},
        {"id": "ann@contoso.com", "label": "Ann", "type": "user"},
        {"id": "bob@contoso.com", "type": "user"},
        {"id": "2001:db8::1", "type": "ip"}, {"id": "192.0.2.1", "type": "ip"}, {"type": "country", "id": "IL"},
        null
    ],
    "audits": ["a1", null, "a2"],
    "URL": "https://contoso.portal.cloudappsecurity.com/#/alerts/5f06d71dba4289d0602ba5ac"
}"##;

#[test]
fn a_whole_record() {
    let mapped = alert(RECORD).unwrap();
    assert_eq!(mapped.cursor_ms, 1_594_283_802_753);
    let app = |number, title: &'static str| App {
        number: Some(number),
        title: title.into(),
    };
    let expected = Event {
        id: "5f06d71dba4289d0602ba5ac".into(),
        identity: None,
        origin: Origin::Source,
        at_ms: 1_594_283_802_753,
        span: None,
        message: "File policy 'block png files' was matched\nby x.png".into(),
        users: vec!["ann@contoso.com".into(), "bob@contoso.com".into()],
        apps: vec![
            app(15600, "Microsoft OneDrive for Business"),
            app(20893, "Microsoft Exchange Online"),
        ],
        addresses: vec!["2001:db8::1".parse().unwrap(), [192, 0, 2, 1].into()],
        portal_url: Some(PortalPage::Told(
            "https://contoso.portal.cloudappsecurity.com/#/alerts/5f06d71dba4289d0602ba5ac".into(),
        )),
        policies: vec!["5f01dce13de79160fbec4150".into()],
        kind: EventKind::Alert {
            class: Some(AlertClass::Number(15_728_642)),
            title: "block png files".into(),
            policy_name: Some("block png files".into()),
            severity: Severity::High,
            risk_score: Some(19),
            related: vec!["a1".into(), "a2".into()],
        },
    };
    assert_eq!(mapped.event, expected);
}

#[test]
fn an_id_tells_the_time() {
    let mapped = alert(r#"{"_id": "596a7e360c204203a335a3fb", "entities": "none"}"#).unwrap();
    assert_eq!(
        (mapped.event.at_ms, mapped.cursor_ms),
        (1_500_151_350_000, 1_500_151_350_000)
    );
    let bad = alert(r#"{"_id": "596a7e36", "timestamp": null}"#).unwrap_err();
    assert_eq!((bad.id.as_deref(), bad.cursor_ms), (Some("596a7e36"), None));
}

#[test]
fn accounts_stand_in_for_users_and_the_policy_for_its_entity() {
    let raw = r#"{"_id": "1", "timestamp": 1, "severityValue": "INFORMATIONAL",
        "policy": {"id": "p", "label": "my policy"},
        "entities": {"0": {"type": "account", "label": "x", "em": "x@contoso.com", "pa": "null"},
                     "1": {"type": "account", "label": "y"}, "2": {"type": "service", "id": 20940}}}"#;
    let event = alert(raw).unwrap().event;
    assert_eq!(event.users, ["x@contoso.com", "y"]);
    assert_eq!(event.policies, ["p"]);
    assert_eq!(event.message, "my policy");
    assert_eq!(event.origin, Origin::DefenderForIdentity);
    assert!(matches!(
        event.kind,
        EventKind::Alert {
            severity: Severity::Informational,
            class: None,
            ..
        }
    ));
}
