//! The log as an operator reads it.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use super::*;
use crate::settings::Secret;

/// 2026-11-21T08:00:00.007Z
const NOW: fn() -> i64 = || 1_795_248_000_007;

/// What `say` makes of a log in a folder, read back.
fn log_of(settings: &LogSettings, say: impl FnOnce(&LogHandle, &Path)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let output = Output::open(settings, Some(folder.path())).unwrap();
    let (subscriber, handle) = assemble(settings.level, Arc::new(output), NOW);
    tracing::subscriber::with_default(subscriber, || say(&handle, folder.path()));
    fs::read_to_string(folder.path().join("siembox.log")).unwrap()
}

fn at(level: LogLevel) -> LogSettings {
    LogSettings {
        level,
        ..LogSettings::default()
    }
}

#[test]
fn a_line_says_when_where_and_what() {
    let log = log_of(&LogSettings::default(), |_, _| {
        let agent = tracing::info_span!("agent", agent = "contoso");
        let _in_agent = agent.enter();
        tracing::info!(stream = "alerts", records = 100, "page read");
        tracing::warn!(reason = "two words", path = ?"a b", empty = "", ok = true, "set aside");
        tracing::error!(error = &io::Error::other("no room") as &dyn std::error::Error);
    });
    assert_eq!(
        log,
        "2026-11-21T08:00:00.007Z INFO agent=contoso stream=alerts page read records=100\n\
         2026-11-21T08:00:00.007Z WARN agent=contoso set aside reason=\"two words\" path=\"a b\" empty=\"\" ok=true\n\
         2026-11-21T08:00:00.007Z ERROR agent=contoso error=\"no room\"\n"
    );
}

#[test]
fn nothing_said_from_outside_can_pose_as_a_line() {
    let log = log_of(&LogSettings::default(), |_, _| {
        let answer = "bad\n2026-11-21T08:00:00.000Z INFO all is well\u{1b}[2J";
        tracing::info!(answer, "{answer}");
        tracing::info!(answer = %answer, again = ?answer, "x");
    });
    assert_eq!(log.lines().count(), 2, "{log}");
    assert!(!log.contains('\u{1b}'), "{log}");
}

#[test]
fn a_huge_line_is_cut() {
    let log = log_of(&LogSettings::default(), |_, _| {
        tracing::info!("{}", "ä".repeat(100_000))
    });
    assert!(log.len() < 17_000 && log.ends_with("ä…\n"));
}

#[test]
fn secrets_cannot_be_said() {
    let token = Secret::new(&"ZV9LS".repeat(20));
    let settings = crate::settings::Overrides {
        credentials: Some(crate::settings::SecretSource::Given(token.clone())),
        spare_token: Some(token.clone()),
        ..Default::default()
    };
    let log = log_of(&at(LogLevel::Trace), |_, _| {
        tracing::info!(?token, ?settings, "{token:?}")
    });
    assert!(!log.contains("ZV9LS") && log.contains("token=***"), "{log}");
}

#[test]
fn our_own_lines_follow_the_level_and_libraries_stay_at_warnings() {
    let say = || {
        tracing::trace!("trace");
        tracing::debug!("debug");
        tracing::warn!("warn");
        tracing::info!(target: "sled::pagecache", "library info");
        tracing::warn!(target: "sled::pagecache", "library warn");
        tracing::error!("error");
    };
    for (level, expected) in [
        (LogLevel::Error, "error"),
        (LogLevel::Warn, "warn|library warn|error"),
        (LogLevel::Debug, "debug|warn|library warn|error"),
        (LogLevel::Trace, "trace|debug|warn|library warn|error"),
    ] {
        let log = log_of(&at(level), |_, _| say());
        let said: Vec<&str> = log
            .lines()
            .map(|line| line.splitn(3, ' ').nth(2).unwrap())
            .collect();
        assert_eq!(said.join("|"), expected, "{level:?}");
    }
}

#[test]
fn libraries_of_the_crate_log_are_heard_from_warnings_on() {
    let log = log_of(&at(LogLevel::Trace), |_, _| {
        for level in [
            ::log::Level::Error,
            ::log::Level::Warn,
            ::log::Level::Info,
            ::log::Level::Trace,
        ] {
            let record = |args| {
                ::log::Record::builder()
                    .level(level)
                    .target("sled")
                    .args(args)
                    .build()
            };
            ::log::Log::log(&libraries::Libraries, &record(format_args!("from {level}")));
        }
    });
    let said: Vec<&str> = log
        .lines()
        .map(|line| line.split_once(' ').unwrap().1)
        .collect();
    assert_eq!(
        said,
        [
            "ERROR from ERROR library=sled",
            "WARN from WARN library=sled"
        ]
    );
}

#[test]
fn level_and_folder_change_while_it_runs() {
    let log = log_of(&at(LogLevel::Warn), |handle, folder| {
        let say = |text: &str| tracing::info!("{text}");
        say("not yet");
        handle.change(&at(LogLevel::Info), Some(folder)).unwrap();
        say("now");
        handle
            .change(&at(LogLevel::Info), Some(&folder.join("other")))
            .unwrap();
        say("elsewhere");
        assert!(
            fs::read_to_string(folder.join("other/siembox.log"))
                .unwrap()
                .contains("elsewhere")
        );
        let refused = handle
            .change(&at(LogLevel::Error), Some(Path::new("/dev/null/logs")))
            .unwrap_err();
        assert!(
            refused
                .to_string()
                .starts_with("the log folder /dev/null/logs cannot be used: "),
            "{refused}"
        );
        say("still there");
        assert!(
            fs::read_to_string(folder.join("other/siembox.log"))
                .unwrap()
                .contains("still there")
        );
    });
    assert!(
        log.ends_with("INFO now\n") && log.lines().count() == 1,
        "{log}"
    );
}

#[test]
fn a_full_disk_stops_nobody_and_leaves_a_mark() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("siembox.log");
    let full = fs::OpenOptions::new()
        .append(true)
        .open("/dev/full")
        .unwrap();
    // what stands in the file's place is no file at first
    fs::create_dir(&path).unwrap();
    let output = Output::into_file(BoundedFile::onto(&path, full));
    let (subscriber, _handle) = assemble(LogLevel::Info, Arc::new(output), NOW);
    tracing::subscriber::with_default(subscriber, || {
        tracing::info!("one");
        tracing::info!("two");
        fs::remove_dir(&path).unwrap();
        tracing::info!("three");
        tracing::info!("four");
    });
    let log = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = log.lines().filter(|line| !line.is_empty()).collect();
    assert!(
        lines[0].starts_with("--- 2 lines before this one could not be written here"),
        "{log}"
    );
    assert!(
        lines[1].ends_with("three") && lines[2].ends_with("four") && lines.len() == 3,
        "{log}"
    );
}
