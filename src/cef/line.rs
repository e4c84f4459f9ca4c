//! Writes an event, pair by pair, into the caller's buffer.

use std::fmt::Write as _;
use std::net::IpAddr;

use super::fields::Value;
use super::{AlertName, Pair, Style};
use crate::event::{AlertClass, Event, EventKind, PortalPage, Severity, alert_name, app_name};

impl Style {
    /// Appends the event as one line: no newline in it or at its end.
    pub fn line(&self, event: &Event<'_>, out: &mut String) {
        out.push_str(&self.start);
        let pairs = match &event.kind {
            EventKind::Activity {
                category, label, ..
            } => {
                let class = out.len();
                self.header.write(category, out);
                trim(class, out);
                if out.len() == class {
                    out.push_str("EVENT_CATEGORY_UNSPECIFIED");
                }
                self.name(label, class, out);
                out.push('0');
                &self.activity
            }
            EventKind::Alert {
                class: of_alert,
                title,
                policy_name,
                severity,
                ..
            } => {
                let class = out.len();
                self.alert_class(of_alert.as_ref(), out);
                let name = match (self.alert_name, policy_name) {
                    (AlertName::Policy, Some(policy)) => policy,
                    _ => title,
                };
                self.name(name, class, out);
                number(i64::from(self.severity_of(*severity)), out);
                &self.alert
            }
        };
        self.begin_extension(out);
        let first = out.len();
        for pair in pairs {
            self.pair(pair, event, first, out);
        }
    }

    /// The header's last bar, and what keeps the first key whole: rsyslog's liblognorm takes the
    /// byte behind the bar for a blank.
    pub(super) fn begin_extension(&self, out: &mut String) {
        out.push('|');
        if self.portable {
            out.push(' ');
        }
    }

    /// The name behind the class that was written at `class`, and both their bars. A name is never
    /// empty, because parsers take a header with an empty field for broken: the class stands in.
    fn name(&self, name: &str, class: usize, out: &mut String) {
        let class = class..out.len();
        out.push('|');
        let start = out.len();
        self.header.write(name, out);
        trim(start, out);
        if out.len() == start {
            out.extend_from_within(class);
        }
        out.push('|');
    }

    /// `ALERT_CABINET_EVENT_MATCH_AUDIT`, `ALERT_15795464`; a name as the record has it.
    fn alert_class(&self, class: Option<&AlertClass<'_>>, out: &mut String) {
        let start = out.len();
        match class {
            Some(AlertClass::Number(class)) => match alert_name(*class) {
                Some(name) => out.push_str(name),
                None => {
                    out.push_str("ALERT_");
                    number(*class, out);
                }
            },
            Some(AlertClass::Name(name)) => {
                self.header.write(name, out);
                trim(start, out);
            }
            None => {}
        }
        if out.len() == start {
            out.push_str("ALERT_UNKNOWN");
        }
    }

    fn severity_of(&self, severity: Severity) -> u8 {
        self.severity[match severity {
            Severity::Unknown | Severity::Low => 0,
            Severity::Medium => 1,
            Severity::High => 2,
            Severity::Informational => 3,
        }]
        .min(10)
    }

    fn pair(&self, pair: &Pair, event: &Event<'_>, first: usize, out: &mut String) {
        let start = out.len();
        if start > first {
            out.push(' ');
        }
        out.push_str(&pair.lead);
        let value = out.len();
        self.value(pair.value, event, out);
        trim(value, out);
        if self.portable && out.len() == value {
            out.truncate(start);
        }
    }

    fn value(&self, value: Value, event: &Event<'_>, out: &mut String) {
        match (value, &event.kind) {
            (Value::Id, _) => self.extension.write(&event.id, out),
            (Value::Time, _) => number(event.at_ms, out),
            (Value::Start, _) => number(event.span().start_ms, out),
            (Value::End, _) => number(event.span().end_ms, out),
            (Value::Message, _) => self.extension.write(&event.message, out),
            (Value::Users, _) => self.list(&event.users, out),
            (Value::Services, _) => self.list(
                event.apps.iter().map(|app| {
                    let title = &*app.title;
                    self.names.service(title).unwrap_or(title)
                }),
                out,
            ),
            (Value::Apps, _) => self.app_names(event, out),
            (Value::AddressV4, _) => first(&event.addresses, IpAddr::is_ipv4, out),
            (Value::AddressV6, _) => first(&event.addresses, IpAddr::is_ipv6, out),
            (Value::PortalUrl, _) => self.portal_url(event, out),
            (Value::Policies, _) => self.list(&event.policies, out),
            (Value::UserAgent, EventKind::Activity { user_agent, .. }) => {
                self.extension.write(user_agent, out)
            }
            (Value::Objects, EventKind::Activity { objects, .. }) => {
                self.list_with_gaps(objects, out)
            }
            (
                Value::RiskScore,
                EventKind::Alert {
                    risk_score: Some(score),
                    ..
                },
            ) => number(*score, out),
            (Value::Related, EventKind::Alert { related, .. }) => self.list(related, out),
            (Value::UserAgent | Value::Objects | Value::RiskScore | Value::Related, _) => {}
        }
    }

    /// The record's own address, else the one made of its id. The comma in an activity's belongs
    /// there.
    fn portal_url(&self, event: &Event<'_>, out: &mut String) {
        let (before, id, after) = match (&event.portal_url, &event.kind) {
            (Some(PortalPage::Told(url)), _) => ("", &**url, ""),
            (Some(PortalPage::DefenderActivity), _) => (&*self.successor_url, &*event.id, ",)"),
            (Some(PortalPage::Defender(path)), _) => (&*self.defender_url, &**path, ""),
            (None, EventKind::Activity { .. }) => (&*self.activity_url, &*event.id, ",)"),
            (None, EventKind::Alert { .. }) => (&*self.alert_url, &*event.id, ""),
        };
        out.push_str(before);
        self.extension.write(id, out);
        out.push_str(after);
    }

    /// All texts that are not empty, joined by commas.
    fn list(&self, texts: impl IntoIterator<Item: AsRef<str>>, out: &mut String) {
        let texts = texts.into_iter();
        let texts = texts.filter(|text| !text.as_ref().is_empty());
        for (nth, text) in texts.enumerate() {
            if nth > 0 {
                out.push(',');
            }
            self.extension.write(text.as_ref(), out);
        }
    }

    /// All texts joined by commas, nothing between two commas for an empty one: the old agent
    /// listed nameless objects so.
    fn list_with_gaps<T: AsRef<str>>(&self, texts: &[T], out: &mut String) {
        for (nth, text) in texts.iter().enumerate() {
            if nth > 0 {
                out.push(',');
            }
            self.extension.write(text.as_ref(), out);
        }
    }

    /// `APPID_ONEDRIVE,APPID_26069`
    fn app_names(&self, event: &Event<'_>, out: &mut String) {
        let start = out.len();
        for app in &event.apps {
            let own = self.names.app(app.number, &app.title);
            let name = own.or_else(|| app_name(app.number, &app.title));
            if name.is_none() && app.number.is_none() {
                continue;
            }
            if out.len() > start {
                out.push(',');
            }
            match (name, app.number) {
                (Some(name), _) => out.push_str(name),
                (None, Some(app)) => {
                    out.push_str("APPID_");
                    number(i64::from(app), out);
                }
                (None, None) => {}
            }
        }
    }
}

fn first(addresses: &[IpAddr], family: fn(&IpAddr) -> bool, out: &mut String) {
    if let Some(address) = addresses.iter().find(|address| family(address)) {
        // writing to a String can't fail
        let _ = write!(out, "{address}");
    }
}

/// A number in decimal, without the machinery of `write!`.
fn number(number: i64, out: &mut String) {
    let (mut digits, mut rest) = ([0_u8; 20], number.unsigned_abs());
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        out.push('-');
    }
    out.push_str(std::str::from_utf8(&digits[at..]).unwrap_or_default());
}

/// Takes the blanks off both ends of what was written since `start`: CEF allows none at the end of
/// a value, and parsers disagree about those at its beginning.
fn trim(start: usize, out: &mut String) {
    if !matches!(&out.as_bytes()[start..], [b' ', ..] | [.., b' ']) {
        return;
    }
    let end = out[start..].trim_end_matches(' ').len();
    out.truncate(start + end);
    let blanks = end - out[start..].trim_start_matches(' ').len();
    if blanks > 0 {
        out.drain(start..start + blanks);
    }
}
