use super::*;
use crate::event::Severity;

const INCIDENT: &str = r#"{"id":"412","incidentWebUrl":"https://security.microsoft.com/incident2/412/overview?tid=1","redirectIncidentId":null,"displayName":"Exfiltration involving one user","createdDateTime":"2026-11-10T10:41:20.06Z","lastUpdateDateTime":"2026-11-10T11:02:33.6066667Z","assignedTo":"soc@contoso.example","classification":"truePositive","determination":"unknown","status":"active","severity":"high","customTags":["Demo"],"systemTags":["Defender Experts"],"description":"One &lt;user&gt;","lastModifiedBy":"x"}"#;

fn read(raw: &str) -> Record<'_> {
    incident(raw, &Names::default()).unwrap_or_else(|unreadable| panic!("{unreadable}: {raw}"))
}

#[test]
fn an_incident_tells_what_has_become_of_it() {
    let record = read(INCIDENT);
    let event = &record.event;
    assert_eq!(event.id, "412");
    assert_eq!(event.at_ms, record.cursor_ms);
    assert_eq!(event.span().end_ms - event.span().start_ms, 1_273_546);
    assert_eq!(
        event.message,
        "One <user>; status active; assigned to soc@contoso.example; classification truePositive; \
            tags Defender Experts, Demo"
    );
    let EventKind::Alert {
        class,
        title,
        severity,
        ..
    } = &event.kind
    else {
        panic!()
    };
    assert_eq!(*class, Some(AlertClass::Name("INCIDENT".into())));
    assert_eq!(
        (&**title, *severity),
        ("Exfiltration involving one user", Severity::High)
    );
}

#[test]
fn each_change_is_a_record_of_its_own() {
    let changed = INCIDENT.replace("11:02:33", "11:02:34");
    let (before, after) = (read(INCIDENT), read(&changed));
    assert_eq!(before.event.id, after.event.id);
    assert_ne!(before.event.identity(), after.event.identity());
}

#[test]
fn whatever_is_missing_costs_itself_alone() {
    let whole: serde_json::Value = serde_json::from_str(INCIDENT).unwrap();
    let keys: Vec<String> = whole.as_object().unwrap().keys().cloned().collect();
    for key in &keys {
        for value in ["null", "\"\"", "{}", "[null]", "true"] {
            let mut record = whole.clone();
            record[key] = serde_json::from_str(value).unwrap();
            let raw = record.to_string();
            match (key.as_str(), incident(&raw, &Names::default())) {
                ("id", Err(_)) => {}
                (_, Ok(record)) => assert!(!record.event.id.is_empty()),
                (_, Err(unreadable)) => panic!("{unreadable}: {raw}"),
            }
        }
    }
    let bare = read(r#"{"id":"7","createdDateTime":"2026-11-10T10:41:20Z"}"#)
        .event
        .into_owned();
    assert_eq!(
        bare.portal_url,
        Some(PortalPage::Defender("/incident2/7/overview".into()))
    );
    assert_eq!(bare.message, "");
}
