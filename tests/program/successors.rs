//! `siembox render` writes of each record of Defender XDR what an implementation of its own makes
//! of it, by the documentation alone: all lists, all forms of a value, both profiles.

use std::path::Path;
use std::process::{Command, Stdio};

use siembox_support::mapper::{Looks, xdr_line};
use siembox_support::records;
use siembox_support::records::xdr::{self, List, Record};

const NOW: i64 = 1_794_307_200_000;
const DAY: i64 = 86_400_000;

/// Many records of each list.
fn drawn() -> Vec<Record> {
    let within = |series: records::Series| series.between(NOW - DAY, NOW);
    let old = within(records::activities(11, 1500))
        .chain(within(records::directory_activities(11, 400)))
        .chain(within(records::alerts(11, 300)));
    let mut all: Vec<Record> = xdr::twins(old).collect();
    all.extend(xdr::alerts(12, 400).between(NOW - DAY, NOW));
    all.extend(xdr::incidents(12, 200).between(NOW - DAY, NOW));
    all.extend(xdr::behaviors(12, 300).between(NOW - DAY, NOW));
    all
}

/// What `siembox render` writes of the records, line by line; nothing goes to standard error.
fn rendered(records: &[&Record], portable: bool) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records.jsonl");
    let text: Vec<String> = records.iter().map(|record| record.json()).collect();
    std::fs::write(&file, text.join("\n")).unwrap();
    let settings = folder.path().join("siembox.toml");
    std::fs::write(&settings, settings_of(folder.path(), portable)).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_siembox"))
        .arg("render")
        .arg("--config")
        .arg(&settings)
        .arg(&file)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), said.as_str()), (Some(0), ""));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(str::to_owned).collect()
}

fn settings_of(folder: &Path, portable: bool) -> String {
    let secret = folder.join("secret");
    std::fs::write(&secret, "s3cret!").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&secret, mode).unwrap();
    let profile = if portable { "portable" } else { "original" };
    format!(
        r#"state_dir = "{folder}/state"
logs_dir = "{folder}/logs"

[[agent]]
name = "xdr"

[agent.source]
kind = "defender-xdr"
tenant_id = "contoso.onmicrosoft.com"
client_id = "c0ffee00-0000-4000-8000-00000000a99b"
client_secret_file = "{folder}/secret"

[agent.siem]
host = "127.0.0.1"
profile = "{profile}"
system_name = "box"
"#,
        folder = folder.display()
    )
}

/// What is written otherwise than it must be, of these lists.
fn differences(lists: &[List]) -> Vec<String> {
    let all = drawn();
    let records: Vec<&Record> = all.iter().filter(|r| lists.contains(&r.list)).collect();
    let mut wrong = Vec::new();
    for portable in [false, true] {
        let looks = Looks {
            portal: "https://security.microsoft.com".to_owned(),
            version: "0.207.251".to_owned(),
            pri: false,
            system_name: Some("box".to_owned()),
            full_header: false,
            portable,
            is_update: false,
        };
        let lines = rendered(&records, portable);
        assert_eq!(lines.len(), records.len());
        for (record, is) in records.iter().zip(lines) {
            let json = record.json();
            let must = xdr_line(record.list, &json, &looks);
            if is != must {
                wrong.push(format!("{json}\n  is   {is}\n  must {must}"));
            }
        }
    }
    wrong
}

fn hold(lists: &[List]) {
    let wrong = differences(lists);
    let few: Vec<&str> = wrong.iter().take(5).map(String::as_str).collect();
    assert!(
        wrong.is_empty(),
        "{} lines\n{}",
        wrong.len(),
        few.join("\n")
    );
}

#[test]
fn alerts_and_incidents_of_graph() {
    hold(&[List::Alerts]);
    hold(&[List::Incidents]);
}

#[test]
fn rows_of_what_was_done_in_apps() {
    hold(&[List::CloudAppEvents]);
}

#[test]
fn rows_of_the_identity_tables() {
    hold(&[
        List::IdentityLogonEvents,
        List::IdentityQueryEvents,
        List::IdentityDirectoryEvents,
    ]);
}

#[test]
fn behaviors_as_the_alerts_that_they_were() {
    hold(&[List::BehaviorInfo]);
}
