//! `siembox migrate`

use std::path::Path;

use super::{load, meant, usage};
use crate::cli::{Exit, MigrateArgs};
use crate::clock;
use crate::migrate::{
    self, Comparison, MigrateError, MigrateWindow, MostLines, SourceLines, compare, in_words,
};
use crate::settings::edit::SettingsDraft;
use crate::settings::{AgentSettings, DEFAULT_FILE, SourceWord, StreamSettings};
use crate::stream::RecordClass;

/// So many records of a class are compared; about 200 MB of lines at most.
const MOST: MostLines = MostLines(100_000);
/// What happened later than this before now may not be told by both sources yet.
const SETTLED_MS: i64 = 3_600_000;

/// Compares an agent's source with its other one, or changes it for that.
pub fn migrate(args: MigrateArgs) -> Exit {
    let settings = match load(&args.setup) {
        Ok(settings) => settings,
        Err(exit) => return exit,
    };
    let agent = match meant(&settings, args.agent.as_deref()) {
        Ok(agents) if agents.len() == 1 => agents[0],
        Ok(_) => return usage(&"--agent: missing; the settings have several agents: name one"),
        Err(exit) => return exit,
    };
    if let Err(why) = has_it(agent, args.to) {
        return usage(&why);
    }
    if args.switch {
        let file = args
            .setup
            .config
            .as_deref()
            .unwrap_or(Path::new(DEFAULT_FILE));
        return switch(file, agent, &args);
    }
    let now_ms = clock::now_ms();
    let window = MigrateWindow {
        from_ms: args.since.at_ms(now_ms),
        to_ms: now_ms - SETTLED_MS,
    };
    if window.from_ms >= window.to_ms {
        return usage(
            &"--since: allowed: more than an hour ago; records of the last hour may not \
            have reached both sources yet",
        );
    }
    match report(agent, window, args.json) {
        Ok(()) => Exit::Done,
        Err(error) => {
            eprintln!("siembox: agent {}: {error}", agent.name);
            Exit::Unavailable
        }
    }
}

/// Has the agent a source of this kind to change to?
fn has_it(agent: &AgentSettings, to: SourceWord) -> Result<(), String> {
    if agent.source.word() == to {
        return Err(format!(
            "--to: agent {} has {to} as its source already",
            agent.name
        ));
    }
    match &agent.other {
        Some(_) => Ok(()),
        None => Err(format!(
            "--to: agent {} has no source of kind {to}: add it to the agent's settings, then \
                repeat the command:\n\n{}",
            agent.name,
            migrate::example_section(to.as_str())
        )),
    }
}

/// Writes the settings in which the two sources have changed places.
fn switch(file: &Path, agent: &AgentSettings, args: &MigrateArgs) -> Exit {
    let changed = SettingsDraft::open(file).and_then(|mut draft| {
        migrate::swap(&mut draft, &agent.name, args.both);
        draft.save()
    });
    if let Err(error) = changed {
        return usage(&error);
    }
    let from = agent.source.word();
    let both = if args.both {
        format!("; {from} is read beside it")
    } else {
        format!("; {from} is not read any more")
    };
    println!(
        "agent {}: {} is its source now{both}. {} says so. A running siembox takes it over by \
            itself; what one source has sent the other does not send again. To take it back: \
            siembox migrate --agent {} --to {from} --switch",
        agent.name,
        args.to,
        file.display(),
        agent.name,
    );
    Exit::Done
}

/// Reads both sources and prints how they differ.
fn report(agent: &AgentSettings, window: MigrateWindow, is_json: bool) -> Result<(), MigrateError> {
    let others = agent.other.iter().flat_map(|other| &other.streams);
    let other_words = agent.other.as_ref().map(|other| other.source.word());
    let (source, other) = (
        agent.source.word(),
        other_words.unwrap_or(agent.source.word()),
    );
    if !is_json {
        println!(
            "agent {}: records from {} to {}",
            agent.name,
            clock::in_words(window.from_ms),
            clock::in_words(window.to_ms)
        );
    }
    for (class, name) in [
        (RecordClass::Activity, "activities"),
        (RecordClass::Alert, "alerts"),
    ] {
        let of_class = |stream: &&StreamSettings| stream.spec.kind.class() == Some(class);
        let is_other = |stream: &&StreamSettings| others.clone().any(|it| it.spec == stream.spec);
        let mine = agent
            .streams_on()
            .filter(of_class)
            .filter(|it| !is_other(it));
        let mine = read_all(agent, mine, window)?;
        let theirs = read_all(agent, others.clone().filter(of_class), window)?;
        let found = compare(&mine, &theirs);
        match is_json {
            true => print_json(name, &found),
            false => {
                print!(
                    "{}",
                    in_words(name, source.as_str(), other.as_str(), &found)
                );
                remarks(source, &mine);
                remarks(other, &theirs);
            }
        }
    }
    if !is_json {
        println!(
            "nothing was sent or changed. To change the source: siembox migrate --agent {} --to \
                {other} --switch",
            agent.name
        );
    }
    Ok(())
}

fn read_all<'s>(
    agent: &AgentSettings,
    streams: impl Iterator<Item = &'s StreamSettings>,
    window: MigrateWindow,
) -> Result<SourceLines, MigrateError> {
    let mut lines = SourceLines::default();
    for stream in streams {
        migrate::read(agent, stream, window, MOST, &mut lines)?;
    }
    Ok(lines)
}

/// What of a source could not be compared.
fn remarks(source: SourceWord, lines: &SourceLines) {
    if lines.unreadable > 0 {
        println!("  {} records of {source} cannot be read", lines.unreadable);
    }
    if lines.cut {
        println!(
            "  {source} holds more than {} records: choose a later --since",
            MOST.0
        );
    }
}

fn print_json(class: &str, found: &Comparison) {
    let text = serde_json::json!({ "class": class, "comparison": found });
    println!("{text}");
}
