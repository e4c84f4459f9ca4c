//! Records of the API, and the lines made of them
//!
//! Whatever a record says, it becomes one line, and a reader that knows only the standard gets the
//! event's fields back out of it, in both profiles.
//!
//! After an even first byte stands a record as the API gives it, after an odd one the texts of an
//! event.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use siembox::for_tests::cef::{AlertName, Looks, Profile, Style, Version};
use siembox::for_tests::event::{
    AlertClass, App, Event, EventKind, Names, Origin, PortalPage, Severity,
};
use siembox::for_tests::source::Unreadable;
use siembox::for_tests::source::cloud_apps::record::{activity, alert};
use siembox::for_tests::syslog::{Header, Priority, TimeFormat};
use siembox::for_tests::wiring::KNOWN_RECORDS;
use siembox_support::cef_reader::Cef;

#[path = "../../cef/expected.rs"]
#[allow(dead_code, reason = "labels are for the parsers in Python")]
mod expected;

const AUDITS: &str = "https://contoso.portal.cloudappsecurity.com/#/audits?activity.id=eq(";
const LOG: &str = "https://security.microsoft.com/cloudapps/activity-log?activity.id=eq(";
/// Profile, version, its quoted labels, its address of activities.
const STYLES: [(Profile, &str, bool, &str); 4] = [
    (Profile::Original, "0.207.251", true, AUDITS),
    (Profile::Original, "0.298.168", false, LOG),
    (Profile::Portable, "0.207.251", false, AUDITS),
    (Profile::Portable, "0.298.168", false, LOG),
];
const TIMES: [TimeFormat; 4] = [
    TimeFormat::Rfc5424,
    TimeFormat::Rfc3164,
    TimeFormat::Rfc3164WithYear,
    TimeFormat::FullRfc5424,
];

/// See the module.
pub fn run(data: &[u8]) {
    match data.split_first() {
        Some((mode, rest)) if mode & 1 == 1 => comes_back(&event(*mode, rest)),
        Some((_, rest)) => {
            let text = String::from_utf8_lossy(rest);
            let _ = KNOWN_RECORDS.kind(&text);
            for read in [activity(&text), alert(&text)] {
                match read {
                    Ok(mapped) => {
                        assert!(mapped.cursor_ms > 0 && !mapped.event.id.is_empty());
                        comes_back(&mapped.event);
                    }
                    Err(Unreadable { reason, .. }) => {
                        assert!(!reason.is_empty() && !reason.contains(char::is_control));
                    }
                }
            }
        }
        None => {}
    }
}

/// Every style's line gives the event's fields back.
fn comes_back(event: &Event<'_>) {
    assert_eq!(&event.clone().into_owned(), event);
    static MADE: LazyLock<[(Style, Header); 4]> = LazyLock::new(made);
    for ((profile, _, quoted, activity_url), (style, header)) in STYLES.into_iter().zip(&*MADE) {
        let mut line = String::new();
        header.write(event.at_ms, &mut line);
        style.line(event, &mut line);
        assert!(!line.contains(|c: char| c.is_control() || "\u{2028}\u{2029}".contains(c)));

        let is_activity = matches!(event.kind, EventKind::Activity { .. });
        let cef = match Cef::read(&line) {
            // the newest version's address of an activity holds an `=` that the standard does not
            // allow
            Err(not) if is_activity && profile == Profile::Original && activity_url == LOG => {
                assert_eq!(not.what, "an = inside a value", "{line}");
                continue;
            }
            read => read.unwrap_or_else(|not| panic!("{not}: {line}")),
        };
        let must = expected::expected(event, profile, quoted, activity_url);
        assert_eq!(&cef.header[4..], must.header, "{line}");
        let (mut is, mut must) = (cef.extension, must.fields);
        is.sort();
        must.sort();
        assert_eq!(is, must, "{line}");
    }
}

/// The styles, each with a header of its own.
fn made() -> [(Style, Header); 4] {
    std::array::from_fn(|nth| {
        let (profile, version, ..) = STYLES[nth];
        let style = Style::new(&Looks {
            profile,
            agent_version: &Version::parse(version).expect("a version"),
            severity: [3, 6, 9, 0],
            alert_name: AlertName::Title,
            api_url: "https://contoso.us3.portal.cloudappsecurity.com",
            portal: None,
            defender_portal: None,
            names: &Names::default(),
        });
        let header = Header::new(TIMES[nth], Priority::default(), true, Some("host"));
        (style, header)
    })
}

/// The last text is the type of an alert too; none where there are no texts at all.
fn text_of_class(data: &[u8]) -> Option<Cow<'_, str>> {
    let last = data.rsplit(|byte| *byte == 0x1f).next()?;
    (!last.is_empty()).then(|| String::from_utf8_lossy(last))
}

/// An event made of texts with a unit separator between them; its numbers are made of the first
/// bytes.
fn event(mode: u8, data: &[u8]) -> Event<'_> {
    let numbers: Vec<u8> = data.iter().copied().chain([0; 8]).take(8).collect();
    let number = numbers
        .iter()
        .fold(0, |number, byte| number << 8 | i64::from(*byte));
    let mut texts = data
        .split(|byte| *byte == 0x1f)
        .map(String::from_utf8_lossy);
    let mut text = || texts.next().unwrap_or_default();
    let v4 = IpAddr::V4(Ipv4Addr::from_bits(number as u32));
    let v6 = IpAddr::V6(Ipv6Addr::from_bits(number as u128));
    let app = |title| App {
        number: (mode & 2 == 0).then_some(20_000 + u32::from(numbers[0])),
        title,
    };
    let (id, message) = (text(), text());
    let kind = if mode & 4 == 0 {
        EventKind::Activity {
            category: text(),
            label: text(),
            user_agent: text(),
            objects: vec![text(), text(), text()],
        }
    } else {
        EventKind::Alert {
            class: match mode & 8 == 0 {
                true => Some(AlertClass::Number(number)),
                false => text_of_class(data).map(AlertClass::Name),
            },
            title: text(),
            policy_name: Some(text()),
            severity: [
                Severity::Low,
                Severity::Medium,
                Severity::High,
                Severity::Informational,
            ][usize::from(mode >> 4 & 3)],
            risk_score: (mode & 64 == 0).then_some(number),
            related: vec![text(), text()],
        }
    };
    let is_alert = matches!(kind, EventKind::Alert { .. });
    Event {
        id,
        identity: None,
        origin: Origin::Source,
        at_ms: number,
        span: None,
        message,
        users: vec![text(), text()],
        apps: vec![app(text()), app(text())],
        addresses: if mode & 128 == 0 {
            vec![v4, v6]
        } else {
            vec![v6]
        },
        portal_url: (is_alert && mode & 2 == 0).then(|| PortalPage::Told(text())),
        policies: texts.collect::<Vec<Cow<'_, str>>>(),
        kind,
    }
}
