//! `siembox migrate`

use std::io::Write;
use std::path::Path;

use super::{load, meant, usage};
use crate::cli::{Exit, MigrateArgs};
use crate::clock;
use crate::migrate::{
    self, MigrateError, MigrateWindow, MostLines, SourceLines, compare, in_words,
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
    match report(&mut std::io::stdout().lock(), agent, window, args.json) {
        // a reader that has gone away (`| head`) has seen enough
        Ok(()) | Err(MigrateError::Write(_)) => Exit::Done,
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
    let text = format!(
        "agent {}: {} is its source now{both}. {} says so. A running siembox takes it over by \
            itself; what one source has sent the other does not send again. To take it back: \
            siembox migrate --agent {} --to {from} --switch",
        agent.name,
        args.to,
        file.display(),
        agent.name,
    );
    // it is done, also where nobody reads that
    let _ = writeln!(std::io::stdout(), "{text}");
    Exit::Done
}

/// Reads both sources and writes how they differ.
fn report(
    out: &mut impl Write,
    agent: &AgentSettings,
    window: MigrateWindow,
    is_json: bool,
) -> Result<(), MigrateError> {
    let Some(other) = &agent.other else {
        return Ok(());
    };
    let (mine, theirs) = (agent.source.word(), other.source.word());
    if !is_json {
        writeln!(
            out,
            "agent {}: records from {} to {}",
            agent.name,
            clock::in_words(window.from_ms),
            clock::in_words(window.to_ms)
        )?;
    }
    for (class, name) in [
        (RecordClass::Activity, "activities"),
        (RecordClass::Alert, "alerts"),
    ] {
        let meant = |of: &&StreamSettings| of.enabled && of.spec.kind.class() == Some(class);
        let own = agent.streams.iter().filter(|of| !other.has(of.spec));
        let in_source = read_all(agent, own.filter(meant), window)?;
        let in_other = read_all(agent, other.streams.iter().filter(meant), window)?;
        let found = compare(&in_source, &in_other);
        if is_json {
            let line = serde_json::json!({ "class": name, "comparison": found });
            writeln!(out, "{line}")?;
        } else {
            write!(
                out,
                "{}",
                in_words(name, mine.as_str(), theirs.as_str(), &found)
            )?;
            remarks(out, mine, &in_source)?;
            remarks(out, theirs, &in_other)?;
        }
    }
    if !is_json {
        writeln!(
            out,
            "nothing was sent or changed. To change the source: siembox migrate --agent {} --to \
                {theirs} --switch",
            agent.name
        )?;
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
fn remarks(out: &mut impl Write, source: SourceWord, lines: &SourceLines) -> std::io::Result<()> {
    if lines.unreadable > 0 {
        writeln!(
            out,
            "  {} records of {source} cannot be read",
            lines.unreadable
        )?;
    }
    if lines.cut {
        let most = MOST.0;
        writeln!(
            out,
            "  {source} holds more than {most} records: choose a later --since"
        )?;
    }
    Ok(())
}
