//! The real program, started as people start it.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const WAY_TO_HELP: &str = "Help: siembox --help\n";

fn siembox(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_siembox"));
    command
        .args(arguments)
        .env_remove("SIEMBOX_TOKEN")
        .stdin(Stdio::null());
    command
}

fn output(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = siembox(arguments).output().unwrap();
    (
        status.code(),
        String::from_utf8(stdout).unwrap(),
        String::from_utf8(stderr).unwrap(),
    )
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn help_and_version_are_for_standard_output() {
    for (arguments, beginning) in [
        (&["-h"][..], "siembox forwards Microsoft Defender"),
        (&["--help"], "siembox forwards Microsoft Defender"),
        (&["check", "-h"], "siembox check: "),
        (
            &["--version"],
            concat!("siembox ", env!("CARGO_PKG_VERSION")),
        ),
    ] {
        let (code, out, err) = output(arguments);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{arguments:?}");
        assert!(out.starts_with(beginning), "{out}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = siembox(&["example"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}

#[test]
fn the_example_is_printed_and_can_be_used_as_it_is() {
    let (code, example, _) = output(&["example"]);
    assert_eq!((code, &example), (Some(0), &output(&["--print-example"]).1));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("siembox.toml");
    std::fs::write(&file, example).unwrap();
    let (_, _, err) = output(&["status", "--config", text(&file)]);
    assert!(!err.contains("settings"), "{err}");
}

#[test]
fn a_board_is_recognised_or_chosen_and_told() {
    let (code, out, err) = output(&["board"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(
        out.starts_with("board ") && out.contains("\nbudgets "),
        "{out}"
    );
    let (code, out, _) = output(&["board", "--board", "raspberry-pi-3"]);
    assert_eq!(code, Some(0));
    assert!(
        out.contains("/sys/class/leds/ACT") && out.contains("--board"),
        "{out}"
    );
    // nobody answers, and there is no such lamp here
    let (code, out, _) = output(&["board", "--board", "raspberry-pi-3", "--test"]);
    assert_eq!(code, Some(1), "{out}");
    let (code, _, err) = output(&["board", "--board", "toaster"]);
    assert_eq!(code, Some(64));
    assert!(
        err.contains("--board: found \"toaster\"; allowed: ") && err.contains("rock64"),
        "{err}"
    );
}

#[test]
fn wrong_usage_ends_with_64_the_reason_and_the_way_to_help() {
    for (arguments, said) in [
        (
            &["--prxy", "x"][..],
            "siembox: unknown flag --prxy; did you mean --proxy?\n",
        ),
        (
            &["chek"],
            "siembox: unknown command \"chek\"; did you mean \"check\"?; commands: run, render, \
                preview, check, status, replay, migrate, orphans, board, example, clock, announce\n",
        ),
        (
            &["--proxy", "proxy:0"],
            "siembox: --proxy: Invalid proxy address: found \"0\"; allowed: a port from 1 to 65535\n",
        ),
        (
            &["--token", "two words"],
            "siembox: --token: Invalid token: it is empty or contains white space or other \
                characters that are not allowed in a token; copy it again or regenerate it in the \
                portal\n",
        ),
    ] {
        let (code, out, err) = output(arguments);
        assert_eq!(
            (code, out.as_str(), err),
            (Some(64), "", format!("{said}{WAY_TO_HELP}")),
            "{arguments:?}"
        );
    }
}

#[test]
fn wrong_settings_end_with_64_and_all_errors() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("siembox.toml");
    std::fs::write(&file, "colour = 1\n[[agent]]\nname = \"a\"\nsource = { api_url = \"http://127.0.0.1:1\", token_file = \"t\" }\nsiem = { host = \"h\", port = 0 }\n").unwrap();
    let shown = text(&file);
    for command in ["run", "render", "preview", "check", "status"] {
        let (code, out, err) = output(&[command, "--config", shown]);
        let expected = format!(
            "siembox: the settings cannot be used (2 errors):\n  \
             {shown}:1:1: colour: unknown setting; allowed here: agent, clock, health, log, logs_dir, network, page, state_dir\n  \
             {shown}:5:29: agent[1].siem.port: found 0; allowed: 1 to 65535\n"
        );
        assert_eq!(
            (code, out.as_str(), err),
            (Some(64), "", expected),
            "{command}"
        );
    }
    let missing = folder.path().join("none.toml");
    let (code, _, err) = output(&["--config", text(&missing)]);
    assert_eq!(code, Some(64));
    assert_eq!(
        err,
        format!(
            "siembox: the settings file {0} does not exist; create one with: siembox example > \
                {0}\n  or set up siembox in a browser: siembox run --setup --config {0}\n",
            text(&missing)
        )
    );
}

#[test]
fn without_an_agent_a_command_that_needs_one_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("siembox.toml");
    std::fs::write(&file, "[log]\n").unwrap();
    for command in ["check", "preview", "render"] {
        let (code, out, err) = output(&[command, "--config", text(&file)]);
        assert_eq!((code, out.as_str()), (Some(64), ""), "{command}");
        let said = "siembox: the settings have no agent yet: add one on siembox's page";
        assert!(err.contains(said) && err.contains("[[agent]]"), "{err}");
    }
    // nor would there be a page to add one
    std::fs::write(&file, "[page]\nenabled = false\n").unwrap();
    for arguments in [&["run"][..], &["run", "--setup"]] {
        let (code, _, err) = output(&[arguments, &["--config", text(&file)]].concat());
        assert_eq!(code, Some(64));
        assert!(
            err.contains("agent: missing; allowed: at least one"),
            "{err}"
        );
    }
    let (code, _, err) = output(&["check", "--setup"]);
    assert_eq!(code, Some(64));
    assert!(
        err.contains("\"siembox check\" has no flag --setup"),
        "{err}"
    );
}

#[test]
fn a_log_folder_that_cannot_be_used_is_an_error_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let everything_by_flags = folder.path().join("siembox.toml");
    std::fs::write(&everything_by_flags, "[[agent]]\nname = \"flags\"\n").unwrap();
    let (code, _, err) = output(&[
        "--logsDirectory",
        "/dev/null/logs",
        "--token",
        &"ZV9".repeat(30),
        "--api-url",
        "http://127.0.0.1:1",
        "--syslog",
        "127.0.0.1:1/udp",
        "--config",
        text(&everything_by_flags),
    ]);
    assert_eq!(code, Some(73), "{err}");
    assert!(
        err.starts_with(
            "siembox: General error during bootstrap: the log folder /dev/null/logs cannot be used: "
        ),
        "{err}"
    );
}

#[test]
fn the_log_goes_to_the_old_agents_folder_with_what_is_doubtful() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    let token = folder.path().join("token");
    std::fs::write(&token, "ZV9".repeat(30)).unwrap();
    std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o644)).unwrap();
    let file = folder.path().join("siembox.toml");
    let settings = "[[agent]]\nname = \"a\"\nsource = { api_url = \"http://127.0.0.1:1\", token_file = \"token\" }\nsiem = { host = \"127.0.0.1\", port = 1 }\n";
    std::fs::write(&file, settings).unwrap();
    let state = folder.path().join("state");
    let mut child = siembox(&[
        "--config",
        text(&file),
        "--state",
        text(&state),
        "--logsDirectory",
        text(&logs),
    ])
    .stderr(Stdio::null())
    .spawn()
    .unwrap();
    let log = until(|| {
        std::fs::read_to_string(logs.join("siembox.log"))
            .ok()
            .filter(|log| log.contains('\n'))
    });
    let _ = child.kill();
    child.wait().unwrap();
    let line = log.lines().next().unwrap();
    let (time, rest) = line.split_once(' ').unwrap();
    assert!(time.len() == 24 && time.ends_with('Z'), "{line}");
    assert!(
        rest.starts_with("WARN ") && rest.ends_with(&format!("cure: chmod 600 {}", text(&token))),
        "{line}"
    );
    assert_eq!(
        std::fs::metadata(&logs).unwrap().permissions().mode() & 0o777,
        0o750
    );
}

/// Asks again and again until there is an answer, for half a minute at most.
fn until<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    let start = std::time::Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(
            start.elapsed() < std::time::Duration::from_secs(30),
            "no answer within half a minute"
        );
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

/// The token of the old start-up line is in the process list only until the program has read it. To
/// have the time to look, the settings are a pipe that nobody writes to.
#[test]
fn a_token_on_the_command_line_is_wiped_from_the_process_list() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("settings.pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let token = "ZV9LS".repeat(20);
    for written in [
        vec!["--token".to_owned(), token.clone()],
        vec![format!("--token={token}")],
    ] {
        let mut child = siembox(&["--config", text(&pipe)])
            .args(&written)
            .args(["--proxy", "proxy:8080"])
            .spawn()
            .unwrap();
        let shown = format!("/proc/{}/cmdline", child.id());
        let list = until(|| {
            let list = String::from_utf8(std::fs::read(&shown).unwrap()).unwrap();
            list.contains("***").then_some(list)
        });
        let _ = child.kill();
        child.wait().unwrap();
        assert!(!list.contains("ZV9LS"), "{list}");
        let expected = written.join("\0").replace(&token, &"*".repeat(token.len()));
        assert!(
            list.ends_with(&format!(
                "\0--config\0{}\0{expected}\0--proxy\0proxy:8080\0",
                text(&pipe)
            )),
            "{list}"
        );
    }
}

/// And the one of the environment is in `/proc/PID/environ` only until then; it is used all the
/// same.
#[test]
fn a_token_of_the_environment_is_wiped_from_what_proc_shows() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("settings.pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let token = "ZV9LS".repeat(20);
    let mut child = siembox(&["--config", text(&pipe)])
        .env("BEFORE", "b")
        .env("SIEMBOX_TOKEN", &token)
        .env("XSIEMBOX_TOKEN", "x")
        .spawn()
        .unwrap();
    let shown = format!("/proc/{}/environ", child.id());
    let environment = until(|| {
        let shown = String::from_utf8(std::fs::read(&shown).unwrap()).unwrap();
        shown.contains("\0SIEMBOX_TOKEN=\0\0").then_some(shown)
    });
    let _ = child.kill();
    child.wait().unwrap();
    assert!(!environment.contains("ZV9LS"), "{environment}");
    let others: Vec<&str> = environment.split('\0').collect();
    assert!(others.contains(&"BEFORE=b") && others.contains(&"XSIEMBOX_TOKEN=x"));

    let file = folder.path().join("siembox.toml");
    let state = folder.path().join("state");
    let settings = format!(
        "state_dir = {:?}\n[[agent]]\nname = \"a\"\nsource = {{ api_url = \"http://127.0.0.1:1\" }}\nsiem = {{ host = \"127.0.0.1\", port = 1 }}\n",
        text(&state)
    );
    std::fs::write(&file, settings).unwrap();
    let check = siembox(&["check", "--config", text(&file)])
        .env("SIEMBOX_TOKEN", &token)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&check.stdout).into_owned();
    let warned = String::from_utf8_lossy(&check.stderr);
    // without a token, the settings would be refused
    assert!(said.contains("ok   settings"), "{said}");
    assert!(
        !said.contains("ZV9LS") && !warned.contains("wiped"),
        "{warned}"
    );
}

#[test]
fn the_wiped_token_is_the_one_used_and_warned_about() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("siembox.toml");
    std::fs::write(&file, "[[agent]]\nname = \"a\"\nsource = { api_url = \"http://127.0.0.1:1\" }\nsiem = { host = \"127.0.0.1\", port = 1 }\n").unwrap();
    let (_, _, err) = output(&[
        "check",
        "--config",
        text(&file),
        "--token",
        &"ZV9LS".repeat(20),
    ]);
    assert!(
        err.contains("--token: a token on the command line is visible")
            && err.contains("--token-file FILE"),
        "{err}"
    );
    assert!(
        !err.contains("ZV9LS") && !err.contains("could not be removed"),
        "{err}"
    );
}
