//! Do other people's CEF parsers read our lines? The golden set and a few hundred dirty records go
//! through pycef and cefp (PyPI), through rsyslog's liblognorm and through a strict reader written
//! from the standard.
//!
//! What holds, and is shown here:
//! - `portable`: all three, and rsyslog's liblognorm, give every field back as the event has it,
//!   after what the profile's documentation says it writes differently (`%3D`, `%5C`, in the header
//!   `%7C`; a blank for a line break or control character).
//! - `original`: cefp and the strict reader give every field back as the event has it (a blank for
//!   a control character). The exceptions have a test each:
//!   - 0.298 writes `=` in the portal's address without a backslash, as the only published line
//!     does: no reader can tell that from the end of a key.
//!   - pycef undoes no escape and drops empty pairs, so it gives back less. Nothing one could write
//!     helps: it can't return a value with `=` in it but with the backslash, and the standard has no
//!     other way to write one.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::expected::{Expected, expected};
use crate::{cases, dirty};
use serde_json::{Value, json};
use siembox::for_tests::cef::{Heartbeat, Profile};
use siembox::for_tests::event::{Event, Names};
use siembox::for_tests::wiring::KNOWN_RECORDS;
use siembox_support::cef_reader::Cef;

const AUDITS: &str = "https://contoso.portal.cloudappsecurity.com/#/audits?activity.id=eq(";
const LOG: &str = "https://security.microsoft.com/cloudapps/activity-log?activity.id=eq(";

/// A line and what must come back of it.
struct Shown {
    line: String,
    must: Expected,
}

/// All records that there are, written in a profile and in a version's style.
fn shown(profile: Profile, version: &str, activity_url: &str) -> Vec<Shown> {
    let style = cases::made(profile, version, None, None);
    let quoted = profile == Profile::Original && activity_url == AUDITS;
    let golden = ["documented", "invented"]
        .into_iter()
        .flat_map(cases::cases)
        .map(|case| case.record);
    (golden.chain(dirty::records(600)))
        .map(|record| {
            let event = event(&record);
            let mut line = String::new();
            style.line(&event, &mut line);
            Shown {
                line,
                must: expected(&event, profile, quoted, activity_url),
            }
        })
        .collect()
}

fn event(record: &str) -> Event<'_> {
    let read = KNOWN_RECORDS.read(record, &Names::default());
    read.unwrap_or_else(|unreadable| panic!("{unreadable}: {record}"))
        .event
}

/// What a parser made of a line, where that is not what it should be: keys with what must be and
/// what is.
struct Wrong {
    parser: String,
    line: String,
    keys: BTreeMap<String, [Option<String>; 2]>,
}

/// Has pycef and cefp read all lines.
fn read_by_others(shown: &[Shown]) -> Vec<Wrong> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("target/tools/venv/bin/python");
    assert!(
        python.exists(),
        "{} is missing: run make tools",
        python.display()
    );
    let mut child = Command::new(python)
        .arg(root.join("tests/parsers/cef.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python starts");
    let mut input = child.stdin.take().expect("a pipe");
    let rows: Vec<String> = shown.iter().map(row).collect();
    let feeding = std::thread::spawn(move || {
        for row in rows {
            writeln!(input, "{row}").expect("cef.py reads");
        }
    });
    let output = child.wait_with_output().expect("cef.py ends");
    feeding.join().expect("all rows went in");
    assert!(output.status.success(), "cef.py: {}", output.status);
    let text = String::from_utf8(output.stdout).expect("cef.py writes UTF-8");
    text.lines().map(|line| wrong(line, shown)).collect()
}

fn row(Shown { line, must }: &Shown) -> String {
    let map = |pairs: &[(String, String)]| {
        pairs
            .iter()
            .map(|(key, value)| (key.clone(), json!(value)))
            .collect()
    };
    let [class, name, severity] = &must.header;
    json!({
        "line": line,
        "header": {"class": class, "name": name, "severity": severity},
        "fields": Value::Object(map(&must.fields)),
        "labels": Value::Object(map(&must.labels)),
    })
    .to_string()
}

fn wrong(answer: &str, shown: &[Shown]) -> Wrong {
    #[derive(serde::Deserialize)]
    struct Answer {
        nth: usize,
        parser: String,
        wrong: BTreeMap<String, [Option<String>; 2]>,
    }
    let Answer { nth, parser, wrong } = serde_json::from_str(answer).expect("an answer of cef.py");
    Wrong {
        parser,
        line: shown[nth].line.clone(),
        keys: wrong,
    }
}

fn none_wrong<'w>(wrong: impl IntoIterator<Item = &'w Wrong>) {
    let told = wrong
        .into_iter()
        .map(|wrong| format!("{}: {:#?}\n  {}", wrong.parser, wrong.keys, wrong.line));
    let told: Vec<String> = told.collect();
    assert!(
        told.is_empty(),
        "{} lines come back changed\n{}",
        told.len(),
        told.join("\n")
    );
}

fn strictly_read(shown: &[Shown]) {
    for Shown { line, must } in shown {
        let cef = Cef::read(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let [_, vendor, product, _, header @ ..] = &cef.header;
        assert_eq!(
            (&**vendor, &**product, header),
            ("MCAS", "SIEM_Agent", &must.header),
            "{line}"
        );
        let (mut is, mut must) = (cef.extension, must.fields.clone());
        is.sort();
        must.sort();
        assert_eq!(is, must, "{line}");
    }
}

#[test]
fn portable_comes_back_from_all_three() {
    let shown = shown(Profile::Portable, "0.207.251", AUDITS);
    strictly_read(&shown);
    none_wrong(&read_by_others(&shown));
}

#[test]
fn portable_of_the_newest_version_too() {
    let shown = shown(Profile::Portable, "0.298.168", LOG);
    strictly_read(&shown);
    none_wrong(&read_by_others(&shown));
}

/// What rsyslog's mmnormalize makes of them. It takes the byte behind the header's last bar for a
/// blank, whatever it is, and so lost the first letter of the first key.
#[test]
fn portable_comes_back_from_liblognorm() {
    let folder = tempfile::tempdir().expect("a folder");
    let rules = folder.path().join("rules");
    std::fs::write(&rules, "version=2\nrule=:%f:cef%\n").expect("a rule base");
    for (version, activity_url) in [("0.207.251", AUDITS), ("0.298.168", LOG)] {
        let shown = shown(Profile::Portable, version, activity_url);
        let lines: Vec<&str> = shown.iter().map(|shown| &*shown.line).collect();
        let mut child = Command::new("lognormalizer")
            .arg("-r")
            .arg(&rules)
            .args(["-e", "json"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("lognormalizer starts (Debian: liblognorm-utils)");
        let mut input = child.stdin.take().expect("a pipe");
        let text = lines.join("\n") + "\n";
        let feeding = std::thread::spawn(move || input.write_all(text.as_bytes()));
        let output = child.wait_with_output().expect("lognormalizer ends");
        feeding
            .join()
            .expect("a thread")
            .expect("all lines went in");
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(text.lines().count(), shown.len(), "{version}");
        for (answer, Shown { line, must }) in text.lines().zip(&shown) {
            let answer: Value = serde_json::from_str(answer).expect(answer);
            let read = &answer["f"];
            let header = ["SignatureID", "Name", "Severity"].map(|key| &read[key]);
            assert_eq!(header, [0, 1, 2].map(|nth| &must.header[nth]), "{line}");
            let pairs = must.fields.iter();
            let pairs = pairs.map(|(key, value)| (key.clone(), json!(value)));
            assert_eq!(read["Extensions"], Value::Object(pairs.collect()), "{line}");
        }
    }
}

#[test]
fn original_comes_back_from_cefp_and_the_standard() {
    let shown = shown(Profile::Original, "0.207.251", AUDITS);
    strictly_read(&shown);
    let wrong = read_by_others(&shown);
    none_wrong(wrong.iter().filter(|wrong| wrong.parser == "cefp"));
}

/// pycef on `original` loses what is empty and what has an escape, and nothing else.
#[test]
fn pycef_loses_what_is_empty_or_escaped() {
    let shown = shown(Profile::Original, "0.207.251", AUDITS);
    let wrong = read_by_others(&shown);
    let wrong: Vec<_> = wrong
        .iter()
        .filter(|wrong| wrong.parser == "pycef")
        .collect();
    assert!(
        !wrong.is_empty(),
        "pycef has learned something: the portable profile may not be needed for it"
    );
    let unexplained = wrong.into_iter().filter(|wrong| {
        let header = wrong.line.split("|externalId=").next().unwrap_or_default();
        let broken_header = header.contains(['\\', '=']);
        !broken_header
            && wrong.keys.iter().any(|(key, [must, _])| {
                let must = must.as_deref().unwrap_or_default();
                let explained = must.is_empty() || must.contains(['=', '\\', '\n', '\r']);
                // the label of an empty pair stays behind, and the pair of a label that is empty
                !explained && !key.ends_with("Label")
            })
    });
    none_wrong(unexplained);
}

/// 0.298: the `=` in the address of an activity. The standard refuses the line; cefp loses that
/// value, and makes up a key out of its first half.
#[test]
fn the_newest_version_loses_the_address_of_activities() {
    let shown = shown(Profile::Original, "0.298.168", LOG);
    let (activities, alerts): (Vec<_>, _) = shown
        .into_iter()
        .partition(|shown| shown.line.contains("|EVENT_CATEGORY_"));
    for Shown { line, .. } in &activities {
        let error = Cef::read(line).expect_err(line);
        assert_eq!(error.what, "an = inside a value", "{line}");
    }
    let made_up = |key: &str| key.ends_with("cloudapps/activity-log?activity.id");
    let wrong = read_by_others(&activities);
    none_wrong((wrong.iter()).filter(|wrong| {
        wrong.parser == "cefp" && wrong.keys.keys().any(|key| key != "cs1" && !made_up(key))
    }));
    strictly_read(&alerts);
    none_wrong(
        read_by_others(&alerts)
            .iter()
            .filter(|wrong| wrong.parser == "cefp"),
    );
}

/// The published lines themselves, and ours in all styles: cefp and the standard see the same in
/// them.
#[test]
fn golden_lines_are_read_alike() {
    let cases = ["documented", "invented"]
        .into_iter()
        .flat_map(cases::cases);
    let readable = cases.filter(|case| !case.line.contains("activity.id=eq("));
    let of_successors = cases::successors(Profile::Original);
    let lines = (readable.map(|case| case.line)).chain(of_successors.into_iter().map(|c| c.line));
    let shown: Vec<Shown> = lines.map(|line| as_standard(&line)).collect();
    assert!(shown.len() > 90);
    none_wrong(
        read_by_others(&shown)
            .iter()
            .filter(|wrong| wrong.parser == "cefp"),
    );
}

/// In the portable profile pycef too.
#[test]
fn portable_lines_of_successors_are_read_alike() {
    let lines = cases::successors(Profile::Portable).into_iter();
    let shown: Vec<Shown> = lines.map(|case| as_standard(&case.line)).collect();
    assert!(shown.len() > 50);
    none_wrong(&read_by_others(&shown));
}

/// A line, and what the strict reader sees in it.
fn as_standard(line: &str) -> Shown {
    let line = line[line.find("CEF:").expect("a CEF line")..].to_owned();
    let cef = Cef::read(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let [.., class, name, severity] = cef.header;
    // pycef names a value by its label
    let label = |(key, value): &(String, String)| {
        let key = key.strip_suffix("Label")?;
        Some((key.to_owned(), value.clone()))
    };
    let must = Expected {
        header: [class, name, severity],
        labels: cef.extension.iter().filter_map(label).collect(),
        fields: cef.extension,
    };
    Shown { line, must }
}

/// siembox's own line, in both dialects.
#[test]
fn the_heartbeat_comes_back_from_all_three() {
    let beat = Heartbeat {
        at_ms: 1_677_791_402_022,
        host: Some("box"),
        agent: "contoso",
        waiting: 12,
        read: 340,
        proved: 328,
        state: "cloud Connected, SIEM Connection error",
        hour: "2023-03-02T20:00:00Z",
        ledger: "does not add up in 2 hours",
    };
    let owned = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    };
    let must = || Expected {
        header: ["SIEMBOX_HEARTBEAT", "siembox heartbeat", "0"].map(str::to_owned),
        fields: owned(&[
            ("rt", "1677791402022"),
            ("dvchost", "box"),
            ("deviceExternalId", "contoso"),
            ("cn1Label", "linesWaiting"),
            ("cn1", "12"),
            ("cn2Label", "recordsRead"),
            ("cn2", "340"),
            ("cn3Label", "linesProved"),
            ("cn3", "328"),
            ("cs1Label", "state"),
            ("cs1", "cloud Connected, SIEM Connection error"),
            ("cs2Label", "hour"),
            ("cs2", "2023-03-02T20:00:00Z"),
            ("cs3Label", "ledger"),
            ("cs3", "does not add up in 2 hours"),
        ]),
        labels: owned(&[
            ("cn1", "linesWaiting"),
            ("cn2", "recordsRead"),
            ("cn3", "linesProved"),
            ("cs1", "state"),
            ("cs2", "hour"),
            ("cs3", "ledger"),
        ]),
    };
    for (profile, version) in [
        (Profile::Portable, "0.207.251"),
        (Profile::Original, "0.207.251"),
        (Profile::Original, "0.298.168"),
    ] {
        let mut line = String::new();
        cases::made(profile, version, None, None).heartbeat(&beat, &mut line);
        let shown = [Shown { line, must: must() }];
        strictly_read(&shown);
        none_wrong(&read_by_others(&shown));
    }
}
