//! The head of the status page: lamp, condition, its meaning and its cure.

use maud::{Markup, html};

use super::flow::{Flow, worst};
use super::{lamp, words};
use crate::status::{AgentReport, LinkReport, PathCondition, Snapshot};

pub(super) fn section(snapshot: &Snapshot, title: &str, has_setup: bool) -> Markup {
    let meaning = snapshot.condition.meaning();
    let agents = &snapshot.agents;
    html! {
        section #now data-title=(title) aria-labelledby="state" {
            (lamp::large(snapshot.condition))
            div.words {
                h1 #state aria-live="polite" { (meaning.words) }
                @if agents.is_empty() {
                    p { "No agent is set up yet. siembox reads and sends nothing." }
                    @if has_setup {
                        p.cure { "To add one: " a href="/setup/new" { "Add SIEM agent" } "." }
                    }
                    p.easy {
                        @if has_setup { "Or add" } @else { "Add" }
                        " an [[agent]] to the settings file; it takes effect at once. The command \
                            siembox example prints a commented example."
                    }
                } @else {
                    p.since {
                        (words::lasting(snapshot.since_ms, snapshot.at_ms))
                        (of_how_many(snapshot))
                    }
                    @if let Some(side) = failing(agents) { p.cure { (side) } }
                    p { (meaning.means) }
                    p.easy { (meaning.cure) }
                }
            }
            (picture(agents))
        }
    }
}

/// ", 3 of 20 agents": only where they are not all the same.
fn of_how_many(snapshot: &Snapshot) -> String {
    let agents = &snapshot.agents;
    let so = |agent: &&AgentReport| agent.condition == snapshot.condition;
    match agents.iter().filter(so).count() {
        all if all == agents.len() => String::new(),
        some => format!(", {some} of {} agents", agents.len()),
    }
}

/// Which side fails, in a sentence.
fn failing(agents: &[AgentReport]) -> Option<String> {
    let broken = |side: fn(&AgentReport) -> &LinkReport| {
        let broken = |agent: &&AgentReport| side(agent).way() == PathCondition::Broken;
        agents.iter().filter(broken).count()
    };
    let whose = |broken: usize| match agents.len() {
        1 => String::new(),
        all => format!(" of {broken} of {all} agents"),
    };
    match (broken(|agent| &agent.cloud), broken(|agent| &agent.siem)) {
        (0, 0) if agents.iter().any(|agent| agent.spool.full) => {
            Some("The spool is full: reading waits.".to_owned())
        }
        (0, 0) => None,
        (0, siem) => Some(format!("The SIEM{} cannot be reached.", whose(siem))),
        (cloud, 0) => Some(format!("The cloud{} cannot be read.", whose(cloud))),
        (cloud, siem) => Some(format!(
            "The cloud{} cannot be read, and the SIEM{} cannot be reached.",
            whose(cloud),
            whose(siem)
        )),
    }
}

fn picture(agents: &[AgentReport]) -> Markup {
    let waiting: u64 = agents.iter().map(|agent| agent.spool.waiting).sum();
    let held = match waiting {
        0 => "no line waits".to_owned(),
        some => words::counted(some, "line") + " waiting",
    };
    let (clouds, siems) = match agents {
        [] => ("none yet".to_owned(), "none yet".to_owned()),
        [one] => (one.cloud.to.clone(), one.siem.to.clone()),
        _ => (
            reached(agents, |agent| &agent.cloud),
            reached(agents, |agent| &agent.siem),
        ),
    };
    let flow = Flow {
        cloud: (
            bare(&clouds),
            worst(agents.iter().map(AgentReport::cloud_way)),
        ),
        held: &held,
        siem: (
            bare(&siems),
            worst(agents.iter().map(|agent| agent.siem.way())),
        ),
    };
    flow.markup()
}

fn reached(agents: &[AgentReport], side: impl Fn(&AgentReport) -> &LinkReport) -> String {
    let open = agents
        .iter()
        .filter(|agent| side(agent).way() == PathCondition::Open);
    format!("{} of {} answer", open.count(), agents.len())
}

/// A cloud's address without what they all have.
pub(super) fn bare(address: &str) -> &str {
    let bare = address.strip_prefix("https://").unwrap_or(address);
    bare.trim_end_matches('/')
}
