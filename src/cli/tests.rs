//! Arguments as people and start-up scripts write them.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::orphan::OrphanRequest;
use crate::replay::When;
use crate::settings::{Format, Needs, Secret, SecretSource, TransportName};
use crate::stream::ALERTS;

/// Arguments without the program's name, and the environment's token.
fn parse(
    arguments: impl IntoIterator<Item = OsString>,
    token_variable: Option<OsString>,
) -> Result<Command, Usage> {
    build::build(scan(arguments)?, token_variable)
}

fn read(line: &str) -> Result<Command, Usage> {
    parse(line.split_whitespace().map(OsString::from), None)
}

fn setup(line: &str) -> SetupArguments {
    let mut command = read(line).unwrap();
    command.setup_mut().unwrap().clone()
}

#[test]
fn the_old_agents_line_is_understood() {
    for line in [
        "--logsDirectory /var/log/mcas --proxy 10.0.0.1 --token ZV9LS",
        "--logsDirectory=/var/log/mcas --proxy=10.0.0.1:8080 --token=ZV9LS",
        "run --logs-directory /var/log/mcas --token ZV9LS --proxy http://10.0.0.1:8080",
        "--token ZV9LS --logsDirectory /var/log/mcas run --proxy 10.0.0.1:8080",
    ] {
        let overrides = setup(line).overrides;
        assert_eq!(
            overrides.logs_dir.unwrap().to_str(),
            Some("/var/log/mcas"),
            "{line}"
        );
        let proxy = overrides.proxy.unwrap();
        assert_eq!(
            (proxy.host.as_str(), proxy.port),
            ("10.0.0.1", 8080),
            "{line}"
        );
        assert_eq!(
            overrides.credentials,
            Some(SecretSource::Given(Secret::new("ZV9LS"))),
            "{line}"
        );
    }
}

#[test]
fn every_flag_finds_its_place() {
    let run = setup(
        "--config c.toml --state s --token-file t --api-url https://contoso.us.portal.cloudappsecurity.com/ --syslog siem/udp",
    );
    assert_eq!(run.config.unwrap().to_str(), Some("c.toml"));
    assert_eq!(run.overrides.state_dir.unwrap().to_str(), Some("s"));
    assert_eq!(
        run.overrides.credentials,
        Some(SecretSource::File("t".into()))
    );
    assert_eq!(
        run.overrides.api_url.unwrap().into_string(),
        "https://contoso.us.portal.cloudappsecurity.com"
    );
    assert_eq!(run.overrides.syslog.unwrap().transport, TransportName::Udp);
    assert_eq!(run.overrides.needs, Needs::Stream);

    let Command::Render(render) =
        read("render --agent a --format arcsight --pri one.json - two.json").unwrap()
    else {
        panic!()
    };
    assert_eq!(
        (render.agent.as_deref(), render.pri, render.files.len()),
        (Some("a"), true, 3)
    );
    assert_eq!(
        (render.setup.overrides.format, render.setup.overrides.needs),
        (Some(Format::ArcSight), Needs::Lines)
    );

    let Command::Render(render) = read("render -- --odd-name.json").unwrap() else {
        panic!()
    };
    assert_eq!(render.files[0].to_str(), Some("--odd-name.json"));

    let Command::Preview(preview) = read("preview --agent b").unwrap() else {
        panic!()
    };
    assert_eq!(
        (preview.agent.as_deref(), preview.setup.overrides.needs),
        (Some("b"), Needs::Cloud)
    );

    assert!(matches!(
        read("check --agent b").unwrap(),
        Command::Check(CheckArgs { agent: Some(_), .. })
    ));
    assert!(matches!(
        read("status --json --state x").unwrap(),
        Command::Status(StatusArgs { json: true, .. })
    ));
    let Command::Replay(replay) =
        read("replay --since 2d --until 36h --stream alerts --again --dry-run --json --agent a --state x")
            .unwrap()
    else {
        panic!()
    };
    assert_eq!(
        (replay.since, replay.until),
        (When::parse("2d").unwrap(), When::parse("36h").ok())
    );
    assert_eq!(
        (replay.stream, replay.agent.as_deref()),
        (Some(ALERTS), Some("a"))
    );
    assert!(replay.again && replay.dry_run && replay.json);
    let orphan = |line| match read(line).unwrap() {
        Command::Orphans(args) => args.request,
        _ => panic!("{line}"),
    };
    let name = || "old".to_owned();
    for (line, request) in [
        ("orphans --json --state x", None),
        (
            "orphans --send old",
            Some(OrphanRequest::Send {
                name: name(),
                agent: None,
            }),
        ),
        (
            "orphans --send old --agent new",
            Some(OrphanRequest::Send {
                name: name(),
                agent: Some("new".to_owned()),
            }),
        ),
        (
            "orphans --delete old --yes",
            Some(OrphanRequest::Delete { name: name() }),
        ),
    ] {
        assert_eq!(orphan(line), request, "{line}");
    }
    for (line, command) in [
        ("example", Command::Example),
        ("--print-example", Command::Example),
        ("-h", Command::Help(None)),
        ("--config x --help", Command::Help(None)),
        (
            "board --board rock64 --test",
            Command::Board(BoardArgs {
                board: crate::board::named("rock64").map(Box::new),
                test: true,
            }),
        ),
        ("render -h", Command::Help(Some("render"))),
        ("--version", Command::Version),
        ("status -V", Command::Version),
    ] {
        assert_eq!(read(line).unwrap(), command, "{line}");
    }
    assert!(matches!(read("").unwrap(), Command::Run(_)));
}

#[test]
fn wrong_usage_is_told_with_reason_and_nearest() {
    for (line, said) in [
        ("--prxy x", "unknown flag --prxy; did you mean --proxy?"),
        (
            "--logsdirectory x",
            "unknown flag --logsdirectory; did you mean --logsDirectory?",
        ),
        ("--colour", "unknown flag --colour"),
        ("-x", "unknown flag -x"),
        (
            "rnder",
            "unknown command \"rnder\"; did you mean \"render\"?; commands: run, render, preview, \
                check, status, replay, migrate, orphans, board, example, clock, announce",
        ),
        (
            "render --syslog x:1/udp",
            "\"siembox render\" has no flag --syslog (see: siembox render --help)",
        ),
        (
            "--json",
            "\"siembox run\" has no flag --json (see: siembox run --help)",
        ),
        ("--token", "--token needs a value: --token TOKEN"),
        ("--token --proxy x", "--token needs a value: --token TOKEN"),
        ("--token=", "--token needs a value: --token TOKEN"),
        ("status --json=1", "--json takes no value"),
        (
            "orphans --send a --delete b",
            "--send and --delete exclude each other: give only one",
        ),
        (
            "orphans --delete old",
            "--delete: missing --yes: this deletes the lines and records in the spool old \
                for ever (siembox orphans shows how many)",
        ),
        ("--proxy a --proxy b", "--proxy is given twice"),
        (
            "--token a --token-file b",
            "--token and --token-file exclude each other: give only one",
        ),
        (
            "--proxy proxy:99999",
            "--proxy: Invalid proxy address: found \"99999\"; allowed: a port from 1 to 65535",
        ),
        (
            "--syslog siem:514/http",
            "--syslog: found \"siem:514/http\": the part after \"/\" is not a protocol; allowed: HOST:PORT/udp, /tcp, /tls, /relp or /relp+tls",
        ),
        (
            "render --format cef",
            "--format: found \"cef\"; allowed: \"generic-cef\", \"arcsight\"",
        ),
        ("replay", "siembox replay needs --since: --since TIME"),
        (
            "replay --since 2d --stream x",
            "--stream: found \"x\"; allowed: activities, alerts, graph_alerts, incidents, \
                behaviors, cloud_app_events, identity_logon_events, identity_query_events, \
                identity_directory_events, devices",
        ),
        (
            "migrate --to defender-xdr --both",
            "--both: missing --switch: without it the sources are compared, and nothing changes",
        ),
        (
            "migrate --to defender-xdr --switch --since 2d",
            "--switch and --since exclude each other: give only one",
        ),
        (
            "migrate --to graph",
            "--to: found \"graph\"; allowed: cloud-apps, defender-xdr",
        ),
        ("status now", "\"siembox status\" takes no \"now\""),
    ] {
        assert_eq!(read(line).unwrap_err().to_string(), said, "{line}");
    }
}

#[test]
fn a_wrong_token_is_told_in_the_old_words_and_not_repeated() {
    for arguments in [vec!["--token", "hun ter2"], vec!["--token=hun\ter2"]] {
        let usage = parse(arguments.into_iter().map(OsString::from), None)
            .unwrap_err()
            .to_string();
        assert!(
            usage.starts_with("--token: Invalid token: ") && !usage.contains("hun"),
            "{usage}"
        );
    }
    let usage = parse([], Some(OsString::from("hun ter2")))
        .unwrap_err()
        .to_string();
    assert!(
        usage.starts_with("SIEMBOX_TOKEN: Invalid token: ") && !usage.contains("hun"),
        "{usage}"
    );
}

#[test]
fn the_environments_token_is_a_spare_one() {
    let with = |line: &str, token: &str| {
        parse(
            line.split_whitespace().map(OsString::from),
            Some(OsString::from(token)),
        )
    };
    let Command::Run(run) = with("", "abc").unwrap() else {
        panic!()
    };
    assert_eq!(run.setup.overrides.spare_token, Some(Secret::new("abc")));
    assert!(
        run.setup.warnings[0].starts_with("SIEMBOX_TOKEN: this does not look like"),
        "{:?}",
        run.setup.warnings
    );
    let Command::Run(run) = with("", &"ZV9".repeat(30)).unwrap() else {
        panic!()
    };
    assert!(run.setup.warnings.is_empty());
    let Command::Run(run) = with("", "").unwrap() else {
        panic!()
    };
    assert_eq!(run.setup.overrides.spare_token, None);
    assert!(with("render", "not a token").is_ok(), "render needs none");
}

#[test]
fn the_help_names_every_flag_and_fits_a_screen() {
    for command in COMMANDS {
        let text = help(Some(command));
        for flag in FLAGS.iter().filter(|flag| flag.commands.contains(&command)) {
            let everywhere = matches!(flag.name, "--help" | "--version");
            assert!(
                everywhere || command == "example" || text.contains(flag.name),
                "{command} {}",
                flag.name
            );
        }
        assert!(help(None).contains(&format!("\n  {command} ")), "{command}");
        assert!(
            text.starts_with(&format!("siembox {command}: ")) && text.contains("Usage: siembox"),
            "{command}"
        );
    }
    for text in COMMANDS
        .map(|command| help(Some(command)))
        .into_iter()
        .chain([help(None)])
    {
        for line in text.lines() {
            assert!(line.len() <= 92 && !line.ends_with(' '), "{line}");
        }
    }
}

/// The examples in the help are lines that people copy.
#[test]
fn the_examples_in_the_help_are_right() {
    let mut tried = 0;
    for text in COMMANDS
        .map(|command| help(Some(command)))
        .into_iter()
        .chain([help(None)])
    {
        let joined = text.replace("\\\n", " ");
        for line in joined.lines().filter_map(|line| {
            line.strip_prefix("  siembox ")
                .or_else(|| line.strip_prefix("  curl ... | siembox "))
        }) {
            let line = line
                .split([' '])
                .take_while(|word| !matches!(*word, ">" | "&&"))
                .collect::<Vec<_>>()
                .join(" ");
            let line = line.split("   ").next().unwrap();
            assert!(read(line).is_ok(), "{line}: {:?}", read(line));
            tried += 1;
        }
    }
    assert!(tried >= 12, "{tried}");
}

#[test]
fn firmware_is_setup_and_more() {
    let Command::Run(run) = parse(["run".into(), "--firmware".into()], None).unwrap() else {
        panic!()
    };
    assert!(run.to_be_set_up && run.on_firmware && run.setup.overrides.on_firmware);
    let Command::Run(run) = parse(["--setup".into()], None).unwrap() else {
        panic!()
    };
    assert!(run.to_be_set_up && !run.on_firmware && !run.setup.overrides.on_firmware);
    assert!(parse(["check".into(), "--firmware".into()], None).is_err());
}
