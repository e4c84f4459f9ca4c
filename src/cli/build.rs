//! Builds a [`Command`] from flags, words and the environment's token.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::command::{
    AnnounceArgs, BoardArgs, CheckArgs, ClockArgs, Command, MigrateArgs, OrphansArgs, PreviewArgs,
    RenderArgs, ReplayArgs, RunArgs, SetupArguments, StatusArgs,
};
use super::flags::WrittenFlags;
use super::{COMMANDS, TOKEN_VARIABLE, Usage};
use crate::board::{self, BoardProfile};
use crate::orphan;
use crate::replay::When;
use crate::settings::{
    ApiUrl, Format, Needs, ODD_TOKEN, Overrides, ProxySettings, Refusal, Secret, SecretSource,
    SourceWord, SyslogTarget, nearest,
};
use crate::stream::{STREAMS, StreamSpec};

/// What is to be done, or why that can't be told.
pub(super) fn build(
    given: WrittenFlags,
    token_variable: Option<OsString>,
) -> Result<Command, Usage> {
    let named = given
        .words
        .first()
        .map(|word| command_named(word))
        .transpose()?;
    let command = named.unwrap_or(COMMANDS[0]);
    if given.has("--help") {
        return Ok(Command::Help(named));
    }
    if given.has("--version") {
        return Ok(Command::Version);
    }
    if let Some(flag) = given.stranger(command) {
        return Err(Usage::FlagOfAnotherCommand {
            flag: flag.name,
            command,
        });
    }
    let words = given.words.iter().skip(1);
    let agent = given.value("--agent").map(text_lossy);
    let setup = |needs| setup(&given, token_variable.as_deref(), needs);
    if let (Some(written), true) = (words.clone().next(), command != "render") {
        return Err(Usage::TooMany {
            command,
            written: text_lossy(written),
        });
    }
    Ok(match command {
        _ if given.has("--print-example") => Command::Example,
        "render" => Command::Render(RenderArgs {
            setup: setup(Needs::Lines)?,
            agent,
            pri: given.has("--pri"),
            files: words.map(PathBuf::from).collect(),
        }),
        "preview" => Command::Preview(PreviewArgs {
            setup: setup(Needs::Cloud)?,
            agent,
        }),
        "check" => Command::Check(CheckArgs {
            setup: setup(Needs::Stream)?,
            agent,
        }),
        "status" => Command::Status(StatusArgs {
            setup: setup(Needs::Lines)?,
            json: given.has("--json"),
        }),
        "replay" => Command::Replay(ReplayArgs {
            setup: setup(Needs::Lines)?,
            agent,
            since: parsed(&given, "--since", When::parse)?.ok_or(Usage::FlagMissing {
                command: "replay",
                flag: "--since",
                value: "TIME",
            })?,
            until: parsed(&given, "--until", When::parse)?,
            stream: parsed(&given, "--stream", stream)?,
            again: given.has("--again"),
            dry_run: given.has("--dry-run"),
            json: given.has("--json"),
        }),
        "migrate" => Command::Migrate(MigrateArgs {
            setup: setup(Needs::Cloud)?,
            agent,
            to: parsed(&given, "--to", source_word)?.ok_or(Usage::FlagMissing {
                command: "migrate",
                flag: "--to",
                value: "cloud-apps|defender-xdr",
            })?,
            since: parsed(&given, "--since", When::parse)?.unwrap_or(When::Ago(A_DAY)),
            switch: switch(&given)?,
            both: given.has("--both"),
            json: given.has("--json"),
        }),
        "orphans" => Command::Orphans(OrphansArgs {
            setup: setup(Needs::Lines)?,
            request: orphan_request(&given, agent)?,
            json: given.has("--json"),
        }),
        "board" => Command::Board(BoardArgs {
            board: parsed(&given, "--board", board_named)?.map(Box::new),
            test: given.has("--test"),
        }),
        "clock" => Command::Clock(ClockArgs {
            setup: setup(Needs::Lines)?,
            once: given.has("--once"),
        }),
        "announce" => Command::Announce(AnnounceArgs {
            setup: setup(Needs::Lines)?,
        }),
        "example" => Command::Example,
        _ => Command::Run(RunArgs {
            setup: setup(Needs::Stream)?,
            to_be_set_up: given.has("--setup") || given.has("--firmware"),
            on_firmware: given.has("--firmware"),
        }),
    })
}

/// What is to be done with an orphaned spool. What is deleted is gone for ever, so that it takes a
/// second word.
fn orphan_request(
    given: &WrittenFlags,
    agent: Option<String>,
) -> Result<Option<orphan::OrphanRequest>, Usage> {
    let name = |flag| given.value(flag).map(text_lossy);
    match (name("--send"), name("--delete")) {
        (Some(_), Some(_)) => Err(Usage::Exclusive {
            flags: ["--send", "--delete"],
        }),
        (Some(name), None) => Ok(Some(orphan::OrphanRequest::Send { name, agent })),
        (None, Some(name)) if given.has("--yes") => {
            Ok(Some(orphan::OrphanRequest::Delete { name }))
        }
        (None, Some(name)) => Err(Usage::Value {
            flag: "--delete",
            reason: format!(
                "missing --yes: this deletes the lines and records in the spool {name} \
                    for ever (siembox orphans shows how many)"
            ),
        }),
        (None, None) => Ok(None),
    }
}

fn board_named(text: &str) -> Result<BoardProfile, Refusal> {
    board::named(text).ok_or_else(|| {
        let names: Vec<&str> = board::names().collect();
        Refusal::found(text, names.join(", "))
    })
}

/// What `siembox migrate` compares where nothing else is said.
const A_DAY: Duration = Duration::from_secs(86_400);

/// Which of them the agent's source has, only the running siembox knows. It also refuses what is
/// read by offset, with the cure, so such a stream is taken here and not offered.
fn stream(text: &str) -> Result<StreamSpec, Refusal> {
    let mut all = STREAMS.iter().copied();
    all.find(|stream| stream.name == text).ok_or_else(|| {
        let by_time = STREAMS.iter().filter(|stream| stream.kind.is_by_time());
        let names: Vec<&str> = by_time.map(|stream| stream.name).collect();
        Refusal::found(text, names.join(", "))
    })
}

/// Is the source to be changed, rather than compared? What is only of use for one of both is
/// refused with the other.
fn switch(given: &WrittenFlags) -> Result<bool, Usage> {
    let switch = given.has("--switch");
    let of_comparison = ["--since", "--json"]
        .into_iter()
        .find(|flag| given.has(flag));
    match (switch, of_comparison) {
        (true, Some(flag)) => Err(Usage::Exclusive {
            flags: ["--switch", flag],
        }),
        (false, _) if given.has("--both") => Err(Usage::Value {
            flag: "--both",
            reason: "missing --switch: without it the sources are compared, and nothing changes"
                .to_owned(),
        }),
        _ => Ok(switch),
    }
}

fn source_word(text: &str) -> Result<SourceWord, Refusal> {
    let mut all = SourceWord::ALL.into_iter();
    all.find(|word| word.as_str() == text)
        .ok_or_else(|| Refusal::found(text, "cloud-apps, defender-xdr"))
}

fn command_named(word: &OsStr) -> Result<&'static str, Usage> {
    let written = text_lossy(word);
    COMMANDS
        .into_iter()
        .find(|name| *name == written)
        .ok_or_else(|| {
            let nearest = nearest(&written, COMMANDS).map(|name| format!("\"{name}\""));
            Usage::UnknownCommand { written, nearest }
        })
}

fn setup(
    given: &WrittenFlags,
    token_variable: Option<&OsStr>,
    needs: Needs,
) -> Result<SetupArguments, Usage> {
    if given.has("--token") && given.has("--token-file") {
        return Err(Usage::Exclusive {
            flags: ["--token", "--token-file"],
        });
    }
    let path = |flag: &'static str| given.value(flag).map(PathBuf::from);
    let token = given
        .value("--token")
        .map(|token| token_of("--token", token))
        .transpose()?;
    let spare_token =
        match token_variable.filter(|token| !token.is_empty() && needs != Needs::Lines) {
            Some(token) => Some(token_of(TOKEN_VARIABLE, token)?),
            None => None,
        };
    let odd = [("--token", &token), (TOKEN_VARIABLE, &spare_token)]
        .into_iter()
        .filter_map(|(flag, token)| {
            let is_odd = token
                .as_ref()
                .is_some_and(|token| !token.looks_like_a_token());
            is_odd.then(|| format!("{flag}: {ODD_TOKEN}"))
        });
    Ok(SetupArguments {
        config: path("--config"),
        warnings: odd.collect(),
        overrides: Overrides {
            state_dir: path("--state"),
            logs_dir: path("--logsDirectory"),
            proxy: parsed(given, "--proxy", ProxySettings::parse)?,
            api_url: parsed(given, "--api-url", ApiUrl::parse)?,
            syslog: parsed(given, "--syslog", SyslogTarget::parse)?,
            format: parsed(given, "--format", Format::parse)?,
            credentials: path("--token-file")
                .map(SecretSource::File)
                .or(token.clone().map(SecretSource::Given)),
            spare_token,
            needs,
            on_firmware: given.has("--firmware"),
        },
    })
}

fn parsed<T>(
    given: &WrittenFlags,
    flag: &'static str,
    parse: fn(&str) -> Result<T, Refusal>,
) -> Result<Option<T>, Usage> {
    let Some(value) = given.value(flag) else {
        return Ok(None);
    };
    let text = value.to_str().ok_or_else(|| Usage::Value {
        flag,
        reason: "is not UTF-8 text".to_owned(),
    })?;
    parse(text).map(Some).map_err(|refusal| Usage::Value {
        flag,
        reason: refusal.to_string(),
    })
}

fn token_of(flag: &'static str, value: &OsStr) -> Result<Secret, Usage> {
    // What is no text has white space's fate: no token has it.
    Secret::token(value.to_str().unwrap_or_default()).map_err(|invalid| Usage::Value {
        flag,
        reason: invalid.to_string(),
    })
}

fn text_lossy(word: impl AsRef<OsStr>) -> String {
    Path::new(&word).display().to_string()
}
