//! `siembox migrate`

use std::io::Write;
use std::path::Path;

use super::{load, meant, usage};
use crate::cli::{Exit, MigrateArgs};
use crate::clock;
use crate::comparison::{
    ClassComparison, ComparedSource, ComparedWindow, ComparisonEnd, ComparisonNews,
    example_section, in_words,
};
use crate::migrate::{self, MigrateError};
use crate::settings::edit::SettingsDraft;
use crate::settings::{AgentSettings, DEFAULT_FILE, Settings, SourceWord};
use crate::wiring::{RequestLimits, Sources};

/// So many records of a class are compared; about 200 MB of lines at most.
const MOST: usize = 100_000;

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
    let Some(window) = ComparedWindow::settled(args.since.at_ms(now_ms), now_ms) else {
        return usage(
            &"--since: allowed: more than an hour ago; records of the last hour may not \
            have reached both sources yet",
        );
    };
    match report(&settings, agent, window, args.json) {
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
            example_section(to.as_str())
        )),
    }
}

/// Writes the settings in which the two sources have changed places.
fn switch(file: &Path, agent: &AgentSettings, args: &MigrateArgs) -> Exit {
    let changed = SettingsDraft::open(file).and_then(|mut draft| {
        draft.swap_sources(&agent.name, args.both);
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
    settings: &Settings,
    agent: &AgentSettings,
    window: ComparedWindow,
    is_json: bool,
) -> Result<(), MigrateError> {
    let limits = RequestLimits::default().of(agent, &settings.agents);
    let sources = Sources::new(agent, limits);
    let mut out = std::io::stdout().lock();
    let end = ComparisonEnd::default();
    // a reader that has gone away (`| head`) has seen enough
    let mut written = match is_json {
        true => Ok(()),
        false => begin(&mut out, agent, window),
    };
    let mut tell = |news| {
        if let ComparisonNews::Found(found) = news
            && written.is_ok()
        {
            written = write_class(&mut out, &found, is_json);
            if written.is_err() {
                end.end();
            }
        }
    };
    match migrate::run(agent, &sources, window, MOST, &end, &mut tell) {
        Ok(()) | Err(MigrateError::Ended) => {}
        Err(error) => return Err(error),
    }
    if let Some(other) = agent.other.as_ref().filter(|_| !is_json && written.is_ok()) {
        let _ = writeln!(
            out,
            "nothing was sent or changed. To change the source: siembox migrate --agent {} --to \
                {} --switch",
            agent.name,
            other.source.word()
        );
    }
    Ok(())
}

fn begin(
    out: &mut impl Write,
    agent: &AgentSettings,
    window: ComparedWindow,
) -> std::io::Result<()> {
    let [from, to] = [window.from_ms, window.to_ms].map(clock::in_words);
    writeln!(out, "agent {}: records from {from} to {to}", agent.name)
}

fn write_class(
    out: &mut impl Write,
    found: &ClassComparison,
    is_json: bool,
) -> std::io::Result<()> {
    if is_json {
        let line = serde_json::json!({ "class": found.class, "comparison": found.comparison });
        return writeln!(out, "{line}");
    }
    write!(out, "{}", in_words(found))?;
    remarks(out, &found.source)?;
    remarks(out, &found.other)
}

/// What of a source could not be compared.
fn remarks(out: &mut impl Write, source: &ComparedSource) -> std::io::Result<()> {
    let name = source.name;
    if source.unreadable > 0 {
        writeln!(
            out,
            "  {} records of {name} cannot be read",
            source.unreadable
        )?;
    }
    if let Some(most) = source.cut_at {
        writeln!(
            out,
            "  {name} holds more than {most} records: choose a later --since"
        )?;
    }
    Ok(())
}
