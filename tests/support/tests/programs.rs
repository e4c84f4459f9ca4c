//! The two programs: they start, say where, and end in order.
#![allow(clippy::unwrap_used)]
#![allow(
    clippy::disallowed_methods,
    reason = "short answers of our own simulator"
)]

mod ask;

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// Plays siembox as far as the demo asks: sends lines until it is told to end.
const STAND_IN: &str = r#"#!/bin/bash
case $1 in
  run)
    port=$(sed -n 's/^port = //p' "$3")
    trap 'exit 0' TERM
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    while :; do echo "<109>2026-01-01T00:00:00.000Z here CEF:0|MCAS|SIEM_Agent|1|EVENT_CATEGORY_LOGIN|Log on|0|externalId=1" >&3; sleep 0.1; done ;;
  status) echo "demo: $STATUS" ;;
esac
"#;

#[test]
fn the_simulator_serves_until_it_is_told_to_end() {
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    let mut child = Command::new(env!("CARGO_BIN_EXE_simulator"))
        .args([
            "--activities",
            "20",
            "--alerts",
            "7",
            "--token",
            "t0ken",
            "--per-second",
            "50",
            "--trouble",
            "0",
            "--ca-out",
        ])
        .arg(&ca)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = lines
        .next()
        .unwrap()
        .unwrap()
        .strip_prefix("listening on ")
        .unwrap()
        .to_owned();
    assert_eq!(lines.next().unwrap().unwrap(), "token t0ken");

    let agent = ask::agent(&std::fs::read_to_string(ca).unwrap());
    let mut answer = agent
        .get(format!("{url}/api/v1/alerts/"))
        .header("Authorization", "Token t0ken")
        .call()
        .unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(answer["total"].as_u64().unwrap() >= 7);

    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn the_simulator_plays_the_successors() {
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    let mut child = Command::new(env!("CARGO_BIN_EXE_simulator"))
        .args([
            "--both",
            "--activities",
            "200",
            "--per-second",
            "50",
            "--without-table",
        ])
        .args([
            "BehaviorInfo",
            "--app",
            "contoso.com:app-1:s3cret!",
            "--ca-out",
        ])
        .arg(&ca)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut line = || lines.next().unwrap().unwrap();
    let url = line().strip_prefix("listening on ").unwrap().to_owned();
    let _token = line();
    assert_eq!(
        line(),
        "app tenant_id=contoso.com client_id=app-1 client_secret=s3cret!"
    );
    let agent = ask::agent(&std::fs::read_to_string(ca).unwrap());
    let fields = [
        ("client_id", "app-1"),
        ("client_secret", "s3cret!"),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    let (_, granted) = ask::log_on_at(&agent, &url, "contoso.com", &fields);
    let bearer = format!("Bearer {}", granted["access_token"].as_str().unwrap());
    let mut answer = agent
        .get(format!("{url}/v1.0/security/alerts_v2"))
        .header("Authorization", &bearer)
        .call()
        .unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    let page: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(page["value"].as_array().unwrap().len() >= 12, "{text}");
    let query = "// siembox table=BehaviorInfo probe=ingestion_time\nBehaviorInfo | take 1";
    let answer = agent
        .post(format!("{url}/v1.0/security/runHuntingQuery"))
        .header("Authorization", &bearer)
        .header("Content-Type", "application/json")
        .send(serde_json::json!({"Query": query}).to_string())
        .unwrap();
    assert_eq!(answer.status().as_u16(), 400, "there is no such table");
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn wrong_arguments_end_with_64() {
    for program in [env!("CARGO_BIN_EXE_simulator"), env!("CARGO_BIN_EXE_demo")] {
        assert_eq!(
            Command::new(program)
                .arg("--nonsense")
                .stderr(Stdio::null())
                .status()
                .unwrap()
                .code(),
            Some(64)
        );
        let help = Command::new(program).arg("--help").output().unwrap();
        assert!(help.status.success() && help.stdout.len() > 200);
    }
}

fn demo(status: &str) -> std::process::Output {
    let folder = tempfile::tempdir().unwrap();
    let stand_in = folder.path().join("siembox");
    std::fs::write(&stand_in, STAND_IN).unwrap();
    std::fs::set_permissions(&stand_in, std::fs::Permissions::from_mode(0o755)).unwrap();
    Command::new(env!("CARGO_BIN_EXE_demo"))
        .arg("--siembox")
        .arg(&stand_in)
        .args(["--seconds", "3", "--activities", "10"])
        .env("STATUS", status)
        .env("TMPDIR", folder.path())
        .output()
        .inspect(|_| {
            let left: Vec<_> = std::fs::read_dir(folder.path())
                .unwrap()
                .map(|entry| entry.unwrap().file_name())
                .collect();
            assert_eq!(left, ["siembox"], "nothing stays behind");
        })
        .unwrap()
}

#[test]
fn the_demo_succeeds_only_with_lines_and_a_connection() {
    let good = demo("Connected");
    let shown = String::from_utf8(good.stdout).unwrap();
    assert!(
        good.status.success(),
        "{shown}\n{}",
        String::from_utf8_lossy(&good.stderr)
    );
    assert!(shown.contains("── demo: Connected\n"), "{shown}");
    assert!(
        shown.contains("|EVENT_CATEGORY_LOGIN|Log on|0|externalId=1\n"),
        "{shown}"
    );

    let bad = demo("Disconnected");
    assert_eq!(bad.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&bad.stderr).contains("never said Connected"));
}
