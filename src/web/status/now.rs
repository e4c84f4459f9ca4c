//! The first glance: the lamp, the state in words, since when, what it means, what to do, and where the way is broken.

use maud::{Markup, html};

use super::flow::{Flow, worst};
use super::{lamp, words};
use crate::status::{AgentReport, Snapshot};

pub(super) fn section(snapshot: &Snapshot, title: &str) -> Markup {
    let meaning = snapshot.condition.meaning();
    let agents = &snapshot.agents;
    html! {
        section #now data-title=(title) aria-labelledby="state" {
            (lamp::large(snapshot.condition))
            div.words {
                h1 #state aria-live="polite" { (meaning.words) }
                @if agents.is_empty() {
                    p { "No agent is set up yet, so nothing is read and nothing is sent." }
                    p.cure { "Put an [[agent]] into the settings: siembox example prints a file in which everything is explained." }
                } @else {
                    p.since { "since " (words::ago(snapshot.since_ms, snapshot.at_ms)) (of_how_many(snapshot)) }
                    p { (meaning.means) }
                    p.cure { (meaning.cure) }
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

fn picture(agents: &[AgentReport]) -> Markup {
    let waiting: u64 = agents.iter().map(|agent| agent.spool.waiting).sum();
    let held = match waiting {
        0 => "nothing waits".to_owned(),
        some => words::counted(some, "line") + " waiting",
    };
    let (clouds, siems) = match agents {
        [one] => (one.cloud.to.clone(), one.siem.to.clone()),
        _ => (
            reached(agents, |agent| &agent.cloud),
            reached(agents, |agent| &agent.siem),
        ),
    };
    let flow = Flow {
        cloud: (
            bare(&clouds),
            worst(agents.iter().map(|agent| agent.cloud.way())),
        ),
        held: &held,
        siem: (
            bare(&siems),
            worst(agents.iter().map(|agent| agent.siem.way())),
        ),
    };
    flow.markup()
}

fn reached(
    agents: &[AgentReport],
    side: impl Fn(&AgentReport) -> &crate::status::LinkReport,
) -> String {
    let open = agents
        .iter()
        .filter(|agent| side(agent).way() == crate::status::Way::Open);
    format!("{} of {} answer", open.count(), agents.len())
}

/// A cloud's address without what they all have.
pub(super) fn bare(address: &str) -> &str {
    let bare = address.strip_prefix("https://").unwrap_or(address);
    bare.trim_end_matches('/')
}
