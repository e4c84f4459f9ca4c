use super::*;

fn alert(id: &'static str, identity: Option<&'static str>) -> Event<'static> {
    Event {
        id: id.into(),
        identity: identity.map(Cow::Borrowed),
        origin: Origin::default(),
        at_ms: 1,
        span: None,
        message: "".into(),
        users: Vec::new(),
        apps: Vec::new(),
        addresses: Vec::new(),
        portal_url: None,
        policies: Vec::new(),
        kind: EventKind::Alert {
            class: Some(AlertClass::Name("Ransomware".into())),
            title: "".into(),
            policy_name: None,
            severity: Severity::default(),
            risk_score: None,
            related: Vec::new(),
        },
    }
}

#[test]
fn one_record_from_two_sources_has_one_identity() {
    let by_its_own = alert("5f06d71dba4289d0602ba5ac", None);
    let by_another = alert("da637-graph", Some("5f06d71dba4289d0602ba5ac"));
    assert_eq!(by_its_own.identity(), by_another.identity());
    assert_ne!(by_its_own.id, by_another.id);
}

#[test]
fn an_owned_event_is_the_same_and_weighs_all_its_texts() {
    let event = alert("da637-graph", Some("5f06d71dba4289d0602ba5ac"));
    assert_eq!(event.clone().into_owned(), event);
    let least = size_of::<Event<'_>>() + "da637-graph5f06d71dba4289d0602ba5acRansomware".len();
    assert_eq!(event.weight(), least);
}

#[test]
fn a_span_never_ends_before_it_starts() {
    for (start_ms, end_ms, at_ms, expected) in [
        (None, None, 5, None),
        (Some(3), None, 5, Some((3, 3))),
        (Some(3), Some(4), 5, Some((3, 4))),
        (Some(4), Some(3), 5, Some((3, 4))),
        (None, Some(7), 5, Some((5, 7))),
        (None, Some(3), 5, Some((3, 3))),
    ] {
        let span = EventSpan::told(start_ms, end_ms, at_ms);
        let span = span.map(|span| (span.start_ms, span.end_ms));
        assert_eq!(span, expected, "{start_ms:?} {end_ms:?}");
    }
}
