//! [`Event`] → one CEF line, as the old agent wrote it, because the rules of every SIEM that read it match on bytes.
//!
//! A [`Style`] is worked out once from the settings and then writes any number of lines without allocating. What the
//! old agent's versions had in common and where they differed is data: `fields.rs` lists the keys of each
//! generation in their order, `version.rs` says which version belongs to which, `escape.rs` how each keeps a value
//! from being mistaken for the end of it.
//!
//! | | `original` | `portable` |
//! |---|---|---|
//! | empty value | `dvc=` | left out, with its label |
//! | label with blanks | quoted up to 0.297 | not quoted |
//! | `=` in a value | `\=`; since 0.298 bare in the address of an activity | `%3D` |
//! | `\` in a value | `\\` | `%5C` |
//! | line break in a value | `\n`, `\r` | a blank |
//! | `\|` and `\` in the header | `\\|`, `\\` | `%7C`, `%5C`; `=` is `%3D` too |
//!
//! A portable line holds no backslash at all and no `=` but those of its pairs, so that there is nothing a parser
//! has to undo, and nothing it can get wrong: of the parsers tried, each has its own idea of `\=`.

mod escape;
mod fields;
mod portal;
mod version;

pub use portal::Portal;
pub use version::{Version, VersionError};

use std::fmt::Write as _;
use std::net::IpAddr;

use crate::event::{Event, Kind, Severity, alert_name, app_name};
use escape::Escapes;
use fields::{Field, Value};

/// What a line's looks depend on.
#[derive(Debug, Clone)]
pub struct Looks<'a> {
    /// Which of the two dialects.
    pub profile: Profile,
    /// The old agent's version that the line names and takes after.
    pub agent_version: &'a Version,
    /// CEF severity (0 to 10) of low, medium, high and informational alerts; larger numbers count as 10.
    pub severity: [u8; 4],
    /// What stands in the name field of an alert.
    pub alert_name: AlertName,
    /// Where the portal shows a record.
    pub portal: &'a Portal,
}

/// `profile`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// Byte for byte the old agent.
    #[default]
    Original,
    /// What every parser reads the same way.
    Portable,
}

/// What stands in the name field of an alert. In alerts of custom policies both are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AlertName {
    /// The alert's title.
    #[default]
    Title,
    /// The name of the policy that matched; the title where none did.
    Policy,
}

/// Writes events as CEF lines. Made once, used for every line.
#[derive(Debug, Clone)]
pub struct Style {
    /// `CEF:0|MCAS|SIEM_Agent|<version>|`
    start: String,
    header: Escapes,
    extension: Escapes,
    /// Are pairs without a value left out?
    skip_empty: bool,
    activity: Vec<Pair>,
    alert: Vec<Pair>,
    severity: [u8; 4],
    alert_name: AlertName,
    /// Address of an activity in the portal up to its id, as it stands in the line.
    activity_url: String,
    /// Address of an alert up to its id.
    alert_url: String,
}

/// A key with everything that stands before its value, and where the value comes from.
#[derive(Debug, Clone)]
struct Pair {
    /// `cs1Label=portalURL cs1=`
    lead: String,
    value: Value,
}

// === impl Style ===

impl Style {
    /// Works out everything that does not depend on the event.
    #[must_use]
    pub fn new(looks: &Looks<'_>) -> Self {
        let portable = looks.profile == Profile::Portable;
        let version = looks.agent_version;
        let quoted = !portable && version.quotes_labels();
        let pairs = |fields: &[&'static [Field]]| -> Vec<Pair> {
            (fields.iter().copied().flatten())
                .map(|field| Pair::new(field, quoted))
                .collect()
        };
        let extension = if portable {
            escape::PORTABLE
        } else {
            escape::EXTENSION
        };
        let bare = !portable && !version.escapes_portal();
        let escaped = |url: &str| {
            let mut out = String::new();
            extension.write(url, &mut out);
            out
        };
        Self {
            start: format!("CEF:0|MCAS|SIEM_Agent|{version}|"),
            header: if portable {
                escape::PORTABLE_HEADER
            } else {
                escape::HEADER
            },
            extension,
            skip_empty: portable,
            activity: pairs(fields::activity(version)),
            alert: pairs(fields::alert(version)),
            severity: looks.severity,
            alert_name: looks.alert_name,
            activity_url: match bare {
                true => looks.portal.activity.clone(),
                false => escaped(&looks.portal.activity),
            },
            alert_url: escaped(&looks.portal.alert),
        }
    }

    /// Appends the event as one line: no newline in it or at its end.
    pub fn line(&self, event: &Event<'_>, out: &mut String) {
        out.push_str(&self.start);
        let pairs = match &event.kind {
            Kind::Activity {
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
            Kind::Alert {
                type_number,
                title,
                policy_name,
                severity,
                ..
            } => {
                let class = out.len();
                alert_class(*type_number, out);
                let name = match (self.alert_name, policy_name) {
                    (AlertName::Policy, Some(policy)) => policy,
                    _ => title,
                };
                self.name(name, class, out);
                number(i64::from(self.severity_of(*severity)), out);
                &self.alert
            }
        };
        out.push('|');
        let first = out.len();
        for pair in pairs {
            self.pair(pair, event, first, out);
        }
    }

    /// The name behind the class that was written at `class`, and both their bars. A name is never empty, because
    /// parsers take a header with an empty field for broken: the class stands in.
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

    fn severity_of(&self, severity: Severity) -> u8 {
        self.severity[match severity {
            Severity::Low => 0,
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
        if self.skip_empty && out.len() == value {
            out.truncate(start);
        }
    }

    fn value(&self, value: Value, event: &Event<'_>, out: &mut String) {
        match (value, &event.kind) {
            (Value::Id, _) => self.extension.write(&event.id, out),
            (Value::Time, _) => number(event.at_ms, out),
            (Value::Message, _) => self.extension.write(&event.message, out),
            (Value::Users, _) => self.list(&event.users, out),
            (Value::Services, _) => self.list(event.apps.iter().map(|app| &app.title), out),
            (Value::Apps, _) => app_names(event, out),
            (Value::AddressV4, _) => first(&event.addresses, IpAddr::is_ipv4, out),
            (Value::AddressV6, _) => first(&event.addresses, IpAddr::is_ipv6, out),
            (Value::PortalUrl, _) => self.portal_url(event, out),
            (Value::Policies, _) => self.list(&event.policies, out),
            (Value::UserAgent, Kind::Activity { user_agent, .. }) => {
                self.extension.write(user_agent, out)
            }
            (Value::Objects, Kind::Activity { objects, .. }) => self.list_with_gaps(objects, out),
            (
                Value::RiskScore,
                Kind::Alert {
                    risk_score: Some(score),
                    ..
                },
            ) => number(*score, out),
            (Value::Related, Kind::Alert { related, .. }) => self.list(related, out),
            (Value::UserAgent | Value::Objects | Value::RiskScore | Value::Related, _) => {}
        }
    }

    /// The record's own address, else the one made of its id. The comma in an activity's belongs there.
    fn portal_url(&self, event: &Event<'_>, out: &mut String) {
        let (before, id, after) = match (&event.portal_url, &event.kind) {
            (Some(url), _) => ("", url, ""),
            (None, Kind::Activity { .. }) => (&*self.activity_url, &event.id, ",)"),
            (None, Kind::Alert { .. }) => (&*self.alert_url, &event.id, ""),
        };
        out.push_str(before);
        self.extension.write(id, out);
        out.push_str(after);
    }

    /// All texts that are not empty, joined by commas.
    fn list<'t, T: AsRef<str> + 't>(
        &self,
        texts: impl IntoIterator<Item = &'t T>,
        out: &mut String,
    ) {
        let texts = texts
            .into_iter()
            .map(AsRef::as_ref)
            .filter(|text| !text.is_empty());
        for (nth, text) in texts.enumerate() {
            if nth > 0 {
                out.push(',');
            }
            self.extension.write(text, out);
        }
    }

    /// All texts joined by commas, nothing between two commas for an empty one: the old agent listed nameless objects so.
    fn list_with_gaps<T: AsRef<str>>(&self, texts: &[T], out: &mut String) {
        for (nth, text) in texts.iter().enumerate() {
            if nth > 0 {
                out.push(',');
            }
            self.extension.write(text.as_ref(), out);
        }
    }
}

// === impl Pair ===

impl Pair {
    fn new(field: &Field, quoted: bool) -> Self {
        let Field { key, label, value } = field;
        let lead = match label {
            None => format!("{key}="),
            Some(label) if quoted && label.contains(' ') => {
                format!("{key}Label=\"{label}\" {key}=")
            }
            Some(label) => format!("{key}Label={label} {key}="),
        };
        Self {
            lead,
            value: *value,
        }
    }
}

/// `APPID_ONEDRIVE,APPID_26069`
fn app_names(event: &Event<'_>, out: &mut String) {
    let start = out.len();
    for app in &event.apps {
        let name = app_name(app.number, &app.title);
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

/// `ALERT_CABINET_EVENT_MATCH_AUDIT`, `ALERT_15795464`
fn alert_class(type_number: Option<i64>, out: &mut String) {
    match (type_number.and_then(alert_name), type_number) {
        (Some(name), _) => out.push_str(name),
        (None, Some(type_number)) => {
            out.push_str("ALERT_");
            number(type_number, out);
        }
        (None, None) => out.push_str("ALERT_UNKNOWN"),
    }
}

fn first(addresses: &[IpAddr], family: fn(&IpAddr) -> bool, out: &mut String) {
    if let Some(address) = addresses.iter().find(|address| family(address)) {
        // writing to a String can't fail
        let _ = write!(out, "{address}");
    }
}

fn number(number: i64, out: &mut String) {
    let _ = write!(out, "{number}");
}

/// Takes the blanks off both ends of what was written since `start`: CEF allows none at the end of a value, and
/// parsers disagree about those at its beginning.
fn trim(start: usize, out: &mut String) {
    let end = out[start..].trim_end_matches(' ').len();
    out.truncate(start + end);
    let blanks = end - out[start..].trim_start_matches(' ').len();
    if blanks > 0 {
        out.drain(start..start + blanks);
    }
}

#[cfg(test)]
mod tests;
