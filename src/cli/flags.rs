//! The flags of the command line, as data.

use std::ffi::{OsStr, OsString};

use super::Usage;

/// One flag.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Flag {
    /// As messages name it.
    pub name: &'static str,
    /// Other ways to write it.
    pub aliases: &'static [&'static str],
    /// Name of its value in the help; `None` where it takes none.
    pub value: Option<&'static str>,
    /// Commands that take it.
    pub commands: &'static [&'static str],
}

const STREAM: &[&str] = &["run", "preview", "check"];
const SETUP: &[&str] = &[
    "run", "render", "preview", "check", "status", "replay", "migrate", "orphans", "clock",
    "announce",
];
const EVERY: &[&str] = &super::COMMANDS;

/// All flags, in the order of the help.
pub(super) static FLAGS: [Flag; 31] = [
    flag("--config", &[], Some("FILE"), SETUP),
    flag(
        "--state",
        &[],
        Some("DIR"),
        &["run", "status", "replay", "orphans"],
    ),
    // The old agent's spelling first; it is what stands in people's start-up scripts.
    flag(
        "--logsDirectory",
        &["--logs-directory"],
        Some("DIRNAME"),
        &["run"],
    ),
    flag("--proxy", &[], Some("ADDRESS[:PORT]"), STREAM),
    flag("--token", &[], Some("TOKEN"), STREAM),
    flag("--token-file", &[], Some("FILE"), STREAM),
    flag("--api-url", &[], Some("URL"), STREAM),
    flag(
        "--syslog",
        &[],
        Some("HOST:PORT/udp|tcp|tls|relp|relp+tls"),
        STREAM,
    ),
    flag(
        "--agent",
        &[],
        Some("NAME"),
        &["render", "preview", "check", "replay", "migrate", "orphans"],
    ),
    flag("--format", &[], Some("generic-cef|arcsight"), &["render"]),
    flag("--pri", &[], None, &["render"]),
    flag("--since", &[], Some("TIME"), &["replay", "migrate"]),
    flag("--until", &[], Some("TIME"), &["replay"]),
    flag("--stream", &[], Some("STREAM"), &["replay"]),
    flag("--again", &[], None, &["replay"]),
    flag("--dry-run", &[], None, &["replay"]),
    flag("--send", &[], Some("NAME"), &["orphans"]),
    flag("--delete", &[], Some("NAME"), &["orphans"]),
    flag("--yes", &[], None, &["orphans"]),
    flag("--to", &[], Some("cloud-apps|defender-xdr"), &["migrate"]),
    flag("--switch", &[], None, &["migrate"]),
    flag("--both", &[], None, &["migrate"]),
    flag(
        "--json",
        &[],
        None,
        &["status", "replay", "migrate", "orphans"],
    ),
    flag("--board", &[], Some("NAME"), &["board"]),
    flag("--test", &[], None, &["board"]),
    flag("--setup", &[], None, &["run"]),
    flag("--firmware", &[], None, &["run", "clock", "announce"]),
    flag("--once", &[], None, &["clock"]),
    flag("--print-example", &[], None, &["run", "example"]),
    flag("--help", &["-h"], None, EVERY),
    flag("--version", &["-V"], None, EVERY),
];

const fn flag(
    name: &'static str,
    aliases: &'static [&'static str],
    value: Option<&'static str>,
    commands: &'static [&'static str],
) -> Flag {
    Flag {
        name,
        aliases,
        value,
        commands,
    }
}

impl Flag {
    /// The flag of this name or alias.
    pub(super) fn named(written: &str) -> Option<&'static Self> {
        FLAGS
            .iter()
            .find(|flag| flag.name == written || flag.aliases.contains(&written))
    }
}

/// What was written: flags with their values (empty for those that take none), and words.
#[derive(Debug, Default)]
pub(super) struct WrittenFlags {
    flags: Vec<(&'static Flag, OsString)>,
    pub words: Vec<OsString>,
}

impl WrittenFlags {
    pub(super) fn add(&mut self, flag: &'static Flag, value: OsString) -> Result<(), Usage> {
        if flag.value.is_some() && self.has(flag.name) {
            return Err(Usage::Twice { flag: flag.name });
        }
        self.flags.push((flag, value));
        Ok(())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.flags.iter().any(|(flag, _)| flag.name == name)
    }

    /// The value as the system has it: a path need not be text.
    pub(super) fn value(&self, name: &str) -> Option<&OsStr> {
        self.flags
            .iter()
            .find(|(flag, _)| flag.name == name)
            .map(|(_, value)| value.as_os_str())
    }

    /// The first flag that is not for this command.
    pub(super) fn stranger(&self, command: &str) -> Option<&'static Flag> {
        self.flags
            .iter()
            .map(|(flag, _)| *flag)
            .find(|flag| !flag.commands.contains(&command))
    }
}
