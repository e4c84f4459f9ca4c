//! From a record of the API to the line that must come of it: an own implementation, by the
//! documentation alone.
//!
//! It is what stories hold the arrived lines against, and shares no code with siembox: what both
//! get wrong in the same way is wrong in the documentation. It is meant to be read beside the
//! sample lines of the old agent; it is slow, and knows the default version (0.207.251) only, in
//! both profiles. Where the documentation is silent, a comment says what was decided.

mod activity;
mod alert;
mod names;
mod text;
mod xdr;

use std::fmt::Write as _;

use serde_json::Value;

use crate::records::Stream;
use crate::records::xdr::List;

/// How lines look; what stories set of it.
#[derive(Debug, Clone)]
pub struct Looks {
    /// Start of the addresses in `cs1` of activities.
    pub portal: String,
    /// Number of the old agent's version.
    pub version: String,
    /// `<109>` before each line.
    pub pri: bool,
    /// The name in the header, where it has one.
    pub system_name: Option<String>,
    /// A complete RFC 5424 header in place of the old agent's.
    pub full_header: bool,
    /// The profile `portable` in place of `original`.
    pub portable: bool,
    /// The line of an alert of Graph says that it changed: its time is that of the change.
    pub is_update: bool,
}

impl Looks {
    /// Those of the stories' settings: everything but the system name is the default.
    #[must_use]
    pub fn of_box(portal: impl Into<String>) -> Self {
        Self {
            portal: portal.into(),
            version: "0.207.251".to_owned(),
            pri: true,
            system_name: Some("box".to_owned()),
            full_header: false,
            portable: false,
            is_update: false,
        }
    }
}

/// What a line is made of.
struct Parts {
    time_ms: i64,
    /// `EVENT_CATEGORY_LOGIN`
    id: String,
    name: String,
    severity: u8,
    /// Keys and values in their order, values as they are.
    pairs: Vec<(&'static str, String)>,
}

/// The line of a record, without a line feed.
///
/// # Panics
/// Where the JSON is no record: without id or time.
#[must_use]
pub fn line(stream: Stream, json: &str, looks: &Looks) -> String {
    let record: Value = serde_json::from_str(json).expect("JSON");
    let parts = match stream {
        Stream::Activities => activity::parts(&record, looks),
        Stream::Alerts => alert::parts(&record, looks),
    };
    written(&parts, looks)
}

/// The line of a record of Defender XDR, without a line feed; of a behavior with its entities in
/// the list `Entities`, as [`crate::records::xdr::Record::json`] gives it.
///
/// # Panics
/// Where the JSON is no record of this list: without a time.
#[must_use]
pub fn xdr_line(list: List, json: &str, looks: &Looks) -> String {
    let record: Value = serde_json::from_str(json).expect("JSON");
    written(&xdr::parts(list, &record, looks), looks)
}

fn written(parts: &Parts, looks: &Looks) -> String {
    let mut line = header(parts.time_ms, looks);
    let in_header = |value| text::in_header(value, looks.portable);
    let id = in_header(&parts.id);
    // one of nothing but control characters says nothing
    let name = Some(in_header(&parts.name)).filter(|name| !name.is_empty());
    let name = name.unwrap_or_else(|| id.clone());
    let version = in_header(&looks.version);
    let severity = parts.severity;
    let _ = write!(
        line,
        "CEF:0|MCAS|SIEM_Agent|{version}|{id}|{name}|{severity}|"
    );
    let mut pairs = Vec::new();
    for (key, value) in &parts.pairs {
        let value = match *key {
            // the quotes are the old agent's
            "c6a1Label" if !looks.portable => format!("\"{value}\""),
            _ => text::in_extension(value, looks.portable),
        };
        if looks.portable && value.is_empty() {
            // an empty value is left out, with its label
            let label = format!("{key}Label=");
            pairs.pop_if(|before: &mut String| before.starts_with(&label));
            continue;
        }
        pairs.push(format!("{key}={value}"));
    }
    // what stands behind the bar is no part of the first key
    line + if looks.portable { " " } else { "" } + &pairs.join(" ")
}

fn header(time_ms: i64, looks: &Looks) -> String {
    let time = jiff::Timestamp::from_millisecond(time_ms).expect("a time of our days");
    let time = time.strftime("%Y-%m-%dT%H:%M:%S");
    let millis = time_ms.rem_euclid(1000);
    let mut head = String::new();
    if looks.pri {
        // log audit (13), notice (5)
        head += &format!("<{}>", 13 * 8 + 5);
    }
    if looks.full_header {
        let host = looks.system_name.as_deref().unwrap_or("-");
        return head + &format!("1 {time}.{millis:03}Z {host} siembox - - - ");
    }
    head += &format!("{time}.{millis:03}Z ");
    if let Some(name) = &looks.system_name {
        head += &format!("{name} ");
    }
    head
}

// --- what both kinds of records need

/// The text at this place; empty where there is none, and where it is the word null.
fn text_at(record: &Value, place: &str) -> String {
    plain(record.pointer(place).unwrap_or(&Value::Null))
}

fn plain(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    match text.as_str() {
        "null" => String::new(),
        _ => text,
    }
}

/// A whole number, also where it is written as a text or with a fraction, which is cut off.
fn number_at(record: &Value, place: &str) -> Option<i64> {
    let text = text_at(record, place);
    text.split('.').next()?.parse().ok()
}

/// Splits addresses by family: what goes to an IPv4 key, and what to `c6a1`. The first of each.
fn by_family(addresses: &[String]) -> (String, String) {
    use std::net::IpAddr;
    let parsed: Vec<IpAddr> = (addresses.iter())
        .filter_map(|address| {
            let bare = match address.rsplit_once(':') {
                // 192.0.2.1:443
                Some((host, port)) if !host.contains(':') && port.parse::<u16>().is_ok() => host,
                _ => address.as_str(),
            };
            bare.parse()
                .ok()
                .map(|address: IpAddr| address.to_canonical())
        })
        .collect();
    let first = |is_v4: bool| {
        let found = parsed.iter().find(|address| address.is_ipv4() == is_v4);
        found.map(ToString::to_string).unwrap_or_default()
    };
    (first(true), first(false))
}
