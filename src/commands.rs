//! The commands, from their arguments to their exit codes. The rooms behind them know nothing of
//! terminals: what people read is printed here.

mod announce;
mod board;
mod check;
mod clock;
mod lease;
mod migrate;
mod orphans;
mod preview;
mod program;
mod render;
mod replay;
mod run;
mod status;

pub use program::program;

use announce::announce;
use board::board;
use check::check;
use clock::clock;
use lease::lease;
use migrate::migrate;
use orphans::orphans;
use preview::preview;
use render::render;
use replay::replay;
use run::run;
use status::status;

use crate::cli::{Exit, SetupArguments};
use crate::settings::{AgentSettings, NO_AGENT, Settings};

/// The settings; what is doubtful about them is on standard error.
///
/// # Errors
/// The exit code; the reason is on standard error.
fn load(setup: &SetupArguments) -> Result<Settings, Exit> {
    let loaded = setup.load().map_err(|error| usage(&error))?;
    for warning in &setup.warnings {
        eprintln!("siembox: {warning}");
    }
    for warning in &loaded.warnings {
        eprintln!("siembox: {warning}");
    }
    Ok(loaded.settings)
}

/// The agents that are meant: the one of this name, or all.
///
/// # Errors
/// The exit code; the names that there are stand on standard error.
fn meant<'a>(settings: &'a Settings, name: Option<&str>) -> Result<Vec<&'a AgentSettings>, Exit> {
    if settings.agents.is_empty() {
        return Err(usage(&NO_AGENT));
    }
    let agents = settings.agents.iter();
    let meant: Vec<_> = agents
        .filter(|agent| name.is_none_or(|name| name.eq_ignore_ascii_case(&agent.name)))
        .collect();
    if meant.is_empty() {
        let names: Vec<&str> = settings
            .agents
            .iter()
            .map(|agent| agent.name.as_str())
            .collect();
        return Err(usage(&format!(
            "--agent: there is no agent {}; the settings have: {}",
            name.unwrap_or(""),
            names.join(", ")
        )));
    }
    Ok(meant)
}

fn usage(error: &dyn std::fmt::Display) -> Exit {
    eprintln!("siembox: {error}");
    Exit::Usage
}
