//! The golden set: a style and a record, and the one line that must come of them.

use std::path::Path;

use serde_json::Value;
use siembox::for_tests::cef::{AlertName, Looks, Profile, Style, Version};
use siembox::for_tests::event::Names;
use siembox::for_tests::syslog::{Header, Priority, TimeFormat};

/// A line of `<set>.jsonl` with its line of `<set>.cef`.
#[allow(dead_code, reason = "each test uses a part")]
pub struct Case {
    /// `documented.jsonl:3`
    pub place: String,
    pub style: Style,
    pub header: Header,
    /// The record as the API would give it.
    pub record: String,
    /// What must come of it.
    pub line: String,
}

/// All cases of a set: `documented` or `invented`.
pub fn cases(set: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let read = |ending: &str| {
        let path = folder.join(format!("{set}.{ending}"));
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let (records, lines) = (read("jsonl"), read("cef"));
    assert_eq!(
        records.lines().count(),
        lines.lines().count(),
        "{set}: a line for each record"
    );
    let pairs = records.lines().zip(lines.lines()).enumerate();
    pairs
        .map(|(nth, (row, line))| case(format!("{set}.jsonl:{}", nth + 1), row, line))
        .collect()
}

/// A record of `successors.jsonl`, with its line of `successors-<profile>.cef`.
pub struct Successor {
    pub place: String,
    /// `CloudAppEvents`
    pub table: String,
    pub record: String,
    pub line: String,
}

/// The set of the successors, in a profile.
pub fn successors(profile: Profile) -> Vec<Successor> {
    #[derive(serde::Deserialize)]
    struct Row<'a> {
        table: String,
        #[serde(borrow)]
        record: &'a serde_json::value::RawValue,
    }
    let rows = include_str!("../golden/successors.jsonl").lines();
    let lines = match profile {
        Profile::Original => include_str!("../golden/successors-original.cef"),
        Profile::Portable => include_str!("../golden/successors-portable.cef"),
    };
    assert_eq!(
        rows.clone().count(),
        lines.lines().count(),
        "a line for each record"
    );
    let pairs = rows.zip(lines.lines()).enumerate();
    pairs
        .map(|(nth, (row, line))| {
            let place = format!("successors.jsonl:{}", nth + 1);
            let row: Row<'_> =
                serde_json::from_str(row).unwrap_or_else(|error| panic!("{place}: {error}"));
            Successor {
                place,
                table: row.table,
                record: row.record.get().to_owned(),
                line: line.to_owned(),
            }
        })
        .collect()
}

fn case(place: String, row: &str, line: &str) -> Case {
    #[derive(serde::Deserialize)]
    struct Row<'a> {
        style: Value,
        #[serde(borrow)]
        record: &'a serde_json::value::RawValue,
    }
    let Row { style, record } =
        serde_json::from_str(row).unwrap_or_else(|error| panic!("{place}: {error}"));
    let text = |key: &str| style[key].as_str();
    let agent_version = text("agent_version").unwrap_or(Version::DEFAULT).to_owned();
    let profile = match text("profile") {
        None | Some("original") => Profile::Original,
        Some("portable") => Profile::Portable,
        Some(other) => panic!("{place}: profile {other}"),
    };
    let time = match text("time_format") {
        None | Some("rfc5424") => TimeFormat::Rfc5424,
        Some("rfc3164") => TimeFormat::Rfc3164,
        Some("rfc3164-with-year") => TimeFormat::Rfc3164WithYear,
        Some("full-rfc5424") => TimeFormat::FullRfc5424,
        Some(other) => panic!("{place}: time_format {other}"),
    };
    let include_pri = style["include_pri"] == true;
    Case {
        style: made(profile, &agent_version, text("portal"), text("alert_name")),
        header: Header::new(time, Priority::default(), include_pri, text("system_name")),
        record: record.get().to_owned(),
        line: line.to_owned(),
        place,
    }
}

/// A style of the tenant contoso.
pub fn made(
    profile: Profile,
    agent_version: &str,
    portal: Option<&str>,
    name: Option<&str>,
) -> Style {
    let version = Version::parse(agent_version).unwrap_or_else(|error| panic!("{error}"));
    Style::new(&Looks {
        profile,
        agent_version: &version,
        severity: [3, 6, 9, 0],
        alert_name: if name == Some("policy") {
            AlertName::Policy
        } else {
            AlertName::Title
        },
        api_url: "https://contoso.us3.portal.cloudappsecurity.com",
        portal,
        defender_portal: None,
        names: &Names::default(),
    })
}
