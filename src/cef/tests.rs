//! What the old agent wrote is in `tests/golden`; here are the rules that hold for any event.
#![allow(clippy::unwrap_used)]

use std::borrow::Cow;

use proptest::collection::vec;
use proptest::prelude::*;
use siembox_support::cef_reader::Cef;

use super::*;
use crate::event::{
    AlertClass, App, Event, EventKind, EventSpan, NameTables, Names, Origin, PortalPage, Severity,
};

const API: &str = "https://contoso.us3.portal.cloudappsecurity.com";

fn style(profile: Profile, version: &str) -> Style {
    let agent_version = Version::parse(version).unwrap();
    Style::new(&Looks {
        profile,
        severity: [3, 6, 9, 0],
        alert_name: AlertName::Title,
        api_url: API,
        portal: None,
        defender_portal: None,
        names: &Names::default(),
        agent_version: &agent_version,
    })
}

fn line(style: &Style, event: &Event<'_>) -> String {
    let mut out = String::new();
    style.line(event, &mut out);
    out
}

fn alert(title: &'static str) -> Event<'static> {
    Event {
        id: "596a7e360c204203a335a3fb".into(),
        identity: None,
        origin: Origin::Source,
        at_ms: 1_500_151_350_531,
        span: None,
        message: "Ann did it".into(),
        users: vec![
            "ann@contoso.com".into(),
            "".into(),
            "bob@contoso.com".into(),
        ],
        apps: vec![
            App {
                number: Some(15600),
                title: "Microsoft OneDrive for Business".into(),
            },
            App {
                number: None,
                title: "Something".into(),
            },
            App {
                number: Some(26069),
                title: "".into(),
            },
        ],
        addresses: vec![
            "2001:db8::1".parse().unwrap(),
            [192, 0, 2, 1].into(),
            [192, 0, 2, 2].into(),
        ],
        portal_url: None,
        policies: vec!["p1".into(), "p2".into()],
        kind: EventKind::Alert {
            class: Some(AlertClass::Number(15_795_464)),
            title: title.into(),
            policy_name: Some("policy".into()),
            severity: Severity::High,
            risk_score: Some(34),
            related: vec!["a1".into(), "a2".into()],
        },
    }
}

#[test]
fn a_whole_alert() {
    let expected = "CEF:0|MCAS|SIEM_Agent|0.207.251|ALERT_15795464|Honey|9|externalId=596a7e360c204203a335a3fb \
        rt=1500151350531 start=1500151350531 end=1500151350531 msg=Ann did it suser=ann@contoso.com,bob@contoso.com \
        destinationServiceName=Microsoft OneDrive for Business,Something cn1Label=riskScore cn1=34 cs1Label=portalURL \
        cs1=https://contoso.portal.cloudappsecurity.com/#/alerts/596a7e360c204203a335a3fb \
        cs2Label=uniqueServiceAppIds cs2=APPID_ONEDRIVE,APPID_26069 cs3Label=relatedAudits cs3=a1,a2 \
        cs4Label=policyIDs cs4=p1,p2 src=192.0.2.1 c6a1Label=\"Device IPv6 Address\" c6a1=2001:db8::1";
    assert_eq!(
        line(&style(Profile::Original, "0.207.251"), &alert("Honey")),
        expected
    );
}

#[test]
fn what_a_successor_has_no_address_for_is_in_the_defender_portal_of_the_cloud() {
    let version = Version::parse("0.298.168").unwrap();
    let dod = |portal| {
        Style::new(&Looks {
            profile: Profile::Original,
            agent_version: &version,
            severity: [3, 6, 9, 0],
            alert_name: AlertName::Title,
            api_url: "",
            portal,
            defender_portal: Some("https://security.apps.mil"),
            names: &Names::default(),
        })
    };
    let mut event = alert("Honey");
    for (page, portal, url) in [
        (
            PortalPage::Defender("/alerts/ca1".into()),
            None,
            "https://security.apps.mil/alerts/ca1",
        ),
        (
            PortalPage::Defender("/alerts/ca1".into()),
            Some("https://p.example/"),
            "https://p.example/alerts/ca1",
        ),
        (
            PortalPage::DefenderActivity,
            None,
            "https://security.apps.mil/cloudapps/activity-log?activity.id=eq(\
                596a7e360c204203a335a3fb,)",
        ),
        (
            PortalPage::Told("https://security.microsoft.com/alerts/ca1".into()),
            Some("https://p.example/"),
            "https://security.microsoft.com/alerts/ca1",
        ),
    ] {
        event.portal_url = Some(page);
        let line = line(&dod(portal), &event);
        assert!(line.contains(&format!(" cs1={url} cs2Label")), "{line}");
    }
}

#[test]
fn an_app_is_called_as_the_settings_say_and_keeps_its_number() {
    let services = [("Microsoft OneDrive for Business", "OneDrive")];
    let services = services.map(|(title, name)| (title.to_owned(), name.to_owned()));
    let names = Names::new(NameTables {
        services: services.into(),
        ..NameTables::default()
    });
    let style = Style {
        names,
        ..style(Profile::Original, "0.207.251")
    };
    let line = line(&style, &alert("Honey"));
    let expected = " destinationServiceName=OneDrive,Something cn1Label";
    assert!(line.contains(expected), "{line}");
    assert!(line.contains(" cs2=APPID_ONEDRIVE,APPID_26069 "), "{line}");
}

#[test]
fn portable_leaves_out_what_is_empty() {
    let mut event = alert("a|b=c\\d");
    event.message = " \n".into();
    event.users.clear();
    event.apps.clear();
    event.addresses.clear();
    event.policies = vec!["".into()];
    let EventKind::Alert {
        risk_score,
        related,
        ..
    } = &mut event.kind
    else {
        unreachable!()
    };
    *risk_score = None;
    related.clear();
    let expected = "CEF:0|MCAS|SIEM_Agent|0.207.251|ALERT_15795464|a%7Cb%3Dc%5Cd|9| externalId=596a7e360c204203a335a3fb \
        rt=1500151350531 start=1500151350531 end=1500151350531 cs1Label=portalURL \
        cs1=https://contoso.portal.cloudappsecurity.com/#/alerts/596a7e360c204203a335a3fb";
    assert_eq!(
        line(&style(Profile::Portable, "0.207.251"), &event),
        expected
    );
}

#[test]
fn names_are_chosen_and_never_empty() {
    let name = |style: &Style, event: &Event<'_>| {
        Cef::read(&line(style, event)).unwrap().header[5].clone()
    };
    let mut style = style(Profile::Original, "0.207.251");
    assert_eq!(name(&style, &alert("title")), "title");
    assert_eq!(name(&style, &alert(" \t")), "ALERT_15795464");
    style.alert_name = AlertName::Policy;
    assert_eq!(name(&style, &alert("title")), "policy");
}

#[test]
fn an_alert_type_is_a_number_or_a_name() {
    for (of_event, expected) in [
        (None, "ALERT_UNKNOWN"),
        (
            Some(AlertClass::Number(15_728_641)),
            "ALERT_CABINET_EVENT_MATCH_AUDIT",
        ),
        (Some(AlertClass::Number(7)), "ALERT_7"),
        (
            Some(AlertClass::Name(" Ransom|ware\n".into())),
            "Ransom|ware",
        ),
        (Some(AlertClass::Name(" \t".into())), "ALERT_UNKNOWN"),
    ] {
        let mut event = alert(" ");
        if let EventKind::Alert { class, .. } = &mut event.kind {
            *class = of_event;
        }
        let cef = Cef::read(&line(&style(Profile::Original, "0.207.251"), &event)).unwrap();
        // a name is never empty: the type stands in
        assert_eq!([&*cef.header[4], &*cef.header[5]], [expected; 2]);
    }
}

#[test]
fn severities_are_a_table() {
    let mut style = style(Profile::Original, "0.207.251");
    style.severity = [1, 2, 3, 200];
    let mut event = alert("x");
    for (severity, expected) in [
        (Severity::Unknown, "1"),
        (Severity::Low, "1"),
        (Severity::Medium, "2"),
        (Severity::High, "3"),
        (Severity::Informational, "10"),
    ] {
        if let EventKind::Alert {
            severity: of_event,
            class,
            ..
        } = &mut event.kind
        {
            (*of_event, *class) = (severity, None);
        }
        let cef = Cef::read(&line(&style, &event)).unwrap();
        assert_eq!(
            (&*cef.header[4], &*cef.header[6]),
            ("ALERT_UNKNOWN", expected)
        );
    }
}

// Any event gives one line that a reader by the standard takes apart into what went in.

fn text() -> impl Strategy<Value = Cow<'static, str>> {
    prop_oneof![
        "[a-z0-9@. ]{0,20}",
        "[\\\\=|\"' ,\n\r\t\u{0}-\u{1f}\u{7f}-\u{9f}\u{2028}\u{2029}a-c%]{0,20}",
        "( ?[a-z]{1,5}=[a-z]{0,3}){0,4}",
        ".{0,20}",
    ]
    .prop_map(Cow::Owned)
}

fn kind() -> impl Strategy<Value = EventKind<'static>> {
    let activity = (text(), text(), text(), vec(text(), 0..5));
    let activity =
        activity.prop_map(
            |(category, label, user_agent, objects)| EventKind::Activity {
                category,
                label,
                user_agent,
                objects,
            },
        );
    let severity = prop_oneof![Just(Severity::Low), Just(Severity::Informational)];
    let class = prop_oneof![
        any::<i64>().prop_map(AlertClass::Number),
        text().prop_map(AlertClass::Name),
    ];
    let alert = (
        proptest::option::of(class),
        text(),
        proptest::option::of(text()),
        severity,
        any::<Option<i64>>(),
        vec(text(), 0..4),
    );
    let alert = alert.prop_map(
        |(class, title, policy_name, severity, risk_score, related)| EventKind::Alert {
            class,
            title,
            policy_name,
            severity,
            risk_score,
            related,
        },
    );
    prop_oneof![activity, alert]
}

fn event() -> impl Strategy<Value = Event<'static>> {
    let app = (any::<Option<u32>>(), text()).prop_map(|(number, title)| App { number, title });
    let some = (
        text(),
        any::<i64>(),
        text(),
        vec(text(), 0..3),
        vec(app, 0..3),
        vec(any::<std::net::IpAddr>(), 0..3),
    );
    (
        some,
        proptest::option::of(text()),
        vec(text(), 0..3),
        kind(),
    )
        .prop_map(|(some, portal_url, policies, kind)| {
            let (id, at_ms, message, users, apps, addresses) = some;
            Event {
                id,
                identity: None,
                origin: Origin::Source,
                at_ms,
                span: None,
                message,
                users,
                apps,
                addresses,
                portal_url: portal_url.map(PortalPage::Told),
                policies,
                kind,
            }
        })
}

/// What a value must come back as by the table in the module's documentation, worked out character
/// by character.
fn carried(text: &str, profile: Profile) -> String {
    let text = match profile {
        Profile::Original => text.replace(['\u{85}', '\u{2028}', '\u{2029}'], "\n"),
        Profile::Portable => {
            let text = text
                .replace("\r\n", " ")
                .replace('\\', "%5C")
                .replace('=', "%3D");
            text.replace(['\u{2028}', '\u{2029}', '\n', '\r'], " ")
        }
    };
    let stays = |c: char| !c.is_control() || c == '\n' || c == '\r';
    let text: String = text
        .chars()
        .map(|c| if stays(c) { c } else { ' ' })
        .collect();
    text.trim_matches(' ').to_owned()
}

fn joined(texts: &[Cow<'_, str>], profile: Profile) -> String {
    carried(
        &texts
            .iter()
            .filter(|text| !text.is_empty())
            .cloned()
            .collect::<Vec<_>>()
            .join(","),
        profile,
    )
}

proptest! {
    #[test]
    fn every_field_comes_back(event in event(), portable: bool, old: bool) {
        let profile = if portable {
            Profile::Portable
        } else {
            Profile::Original
        };
        let style = style(profile, if old { "0.102.17" } else { "0.207.251" });
        let line = line(&style, &event);
        let cef = match Cef::read(&line) {
            Ok(cef) => cef,
            Err(error) => return Err(TestCaseError::fail(format!("{error}: {line}"))),
        };
        // blanks that are no spaces come through the parsers, see tests/cef_parsers.rs
        prop_assert!(
            cef.header
                .iter()
                .all(|field| !field.trim_matches(' ').is_empty()),
            "{}",
            line
        );
        let value = |key: &str| cef.value(key).unwrap_or_default().to_owned();
        prop_assert_eq!(value("externalId"), carried(&event.id, profile));
        prop_assert_eq!(value("start"), event.at_ms.to_string());
        prop_assert_eq!(value("msg"), carried(&event.message, profile));
        prop_assert_eq!(value("suser"), joined(&event.users, profile));
        match &event.kind {
            EventKind::Activity {
                user_agent,
                objects,
                ..
            } => {
                prop_assert_eq!(
                    value("requestClientApplication"),
                    carried(user_agent, profile)
                );
                prop_assert_eq!(value("cs3"), carried(&objects.join(","), profile));
            }
            EventKind::Alert { related, .. } => {
                prop_assert_eq!(value("cs3"), joined(related, profile));
            }
        }
        if let Some(PortalPage::Told(url)) = &event.portal_url {
            prop_assert_eq!(value("cs1"), carried(url, profile));
        }
        if portable {
            prop_assert!(!line.contains('\\'));
            prop_assert!(cef.extension.iter().all(|(_, value)| !value.is_empty()));
        }
    }

    #[test]
    fn a_line_is_one_line(event in event(), version in "0\\.(97|102|207|298)\\.1") {
        for profile in [Profile::Original, Profile::Portable] {
            let line = line(&style(profile, &version), &event);
            let breaks =
                line.contains(|c: char| c.is_control() || c == '\u{2028}' || c == '\u{2029}');
            prop_assert!(!breaks, "{}", line);
        }
    }
}

#[test]
fn what_went_on_for_a_while_has_a_start_and_an_end_of_its_own() {
    let mut event = alert("t");
    event.span = Some(EventSpan {
        start_ms: 1,
        end_ms: 2,
    });
    let line = line(&style(Profile::Original, "0.207.251"), &event);
    let times = format!("rt={} start=1 end=2 ", event.at_ms);
    assert!(line.contains(&times), "{line}");
}

#[test]
fn names_of_the_settings_go_before_those_of_the_table() {
    let agent_version = Version::parse("0.207.251").unwrap();
    let apps = [("15600", "APPID_DISK"), ("26069", "APPID_DRIVE")];
    let apps = apps.map(|(said, name)| (said.to_owned(), name.to_owned()));
    let names = Names::new(NameTables {
        apps: apps.into(),
        ..NameTables::default()
    });
    let style = Style::new(&Looks {
        profile: Profile::Original,
        severity: [3, 6, 9, 0],
        alert_name: AlertName::Title,
        api_url: API,
        portal: None,
        defender_portal: None,
        names: &names,
        agent_version: &agent_version,
    });
    let line = line(&style, &alert("t"));
    assert!(line.contains("cs2=APPID_DISK,APPID_DRIVE "), "{line}");
}
