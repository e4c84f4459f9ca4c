//! The step that shows what is read, and what can be done with the two sources.

use maud::{Markup, html};

use super::act::ChangeAct;
use super::{ChangeStep, Changing, page};
use crate::settings::edit::EditError;
use crate::settings::{AgentSettings, SourceSettings};
use crate::web::manual;
use crate::web::setup::fields::SetupSource;
use crate::web::setup::{Question, Reply, Setup};

/// What was done, for the page that comes after it.
const DONE: [(&str, &str); 4] = [
    (
        "both",
        "Both sources are read. Each record is sent once, from the source that tells of it first.",
    ),
    ("one", "One source is read."),
    (
        "swap",
        "The source was changed. What the other source has sent is not sent again.",
    ),
    (
        "stale",
        "Nothing was done: the source has been changed meanwhile. This is how it is now.",
    ),
];

impl Setup {
    /// `/setup/agent/NAME/change/state`
    pub(super) fn sources_now(
        &self,
        ask: Question,
        changing: Changing<'_>,
    ) -> Result<Reply, EditError> {
        let agent = match self.agent_of(&changing) {
            Ok(agent) => agent,
            Err(why) => return Ok(Reply::trouble("The settings file has errors", &why)),
        };
        let done = ask
            .query("done")
            .and_then(|done| DONE.iter().find(|(name, _)| *name == done));
        let is_read = agent.other.as_ref().is_some_and(|other| other.read);
        let (now, runs) = self.now(ask, &agent);
        let content = html! {
            @if let Some((_, words)) = done { p.done role="status" { (words) } }
            (now)
            (choices(changing.name, changing.source, is_read))
        };
        Ok(page(changing.name, ChangeStep::State, &content, runs))
    }

    /// `/setup/agent/NAME/change/live`: what of that page changes by itself.
    pub(super) fn sources_piece(
        &self,
        ask: Question,
        changing: Changing<'_>,
    ) -> Result<Reply, EditError> {
        let agent = self.agent_of(&changing);
        Ok(agent.map_or(Reply::Missing, |agent| {
            Reply::Piece(self.now(ask, &agent).0)
        }))
    }

    /// What the settings say is read, and whether the running box reads that already.
    fn now(&self, ask: Question, agent: &AgentSettings) -> (Markup, bool) {
        let snapshot = self.snapshot(ask);
        let running = snapshot.agents.iter().find(|it| it.name == agent.name);
        let is_in_effect = running.is_some_and(|running| {
            let read = running.streams.iter().filter(|it| it.counts.enabled);
            let mut read: Vec<&str> = read.map(|it| it.name.as_str()).collect();
            let mut wanted: Vec<&str> = agent.streams_on().map(|it| it.spec.name).collect();
            read.sort_unstable();
            wanted.sort_unstable();
            read == wanted
        });
        let live = (!is_in_effect).then(|| format!("/setup/agent/{}/change/live", agent.name));
        let other = agent.other.as_ref();
        let is_read = other.is_some_and(|other| other.read);
        let markup = html! {
            section #sources.card data-live=[live] aria-live="polite" {
                h2 { "Now" }
                dl.summary {
                    (row("Source", &agent.source, !agent.paused, "read"))
                    @if let Some(other) = other {
                        (row("Second source", &other.source, is_read && !agent.paused, "read too"))
                    }
                }
                @if agent.paused { p.warning { "The agent is paused: it reads nothing new." } }
                @if !is_in_effect { p.hint { "siembox is taking this over …" } }
            }
        };
        (markup, !is_in_effect)
    }
}

fn row(label: &str, source: &SourceSettings, is_read: bool, read: &str) -> Markup {
    let word = source.word();
    let offer = SetupSource::of(word.as_str()).offer();
    html! {
        dt { (label) }
        dd {
            b { (offer.words) } " (" (word) "), " @if is_read { (read) } @else { "not read" }
            br;
            span.hint { (source.url()) }
        }
    }
}

/// What can be done, each with a sentence about it.
fn choices(name: &str, source: SetupSource, is_read: bool) -> Markup {
    let (word, other) = (source.word(), source.other().word());
    let both = match is_read {
        false => (
            ChangeAct::Both,
            format!("{other} is read beside {word}. Each record is sent once."),
        ),
        true => (
            ChangeAct::One,
            format!("{word} is read alone; {other} is not read any more."),
        ),
    };
    let swap = (
        ChangeAct::Swap,
        format!("{other} becomes the source. What {word} has sent is not sent again."),
    );
    let forget = (
        ChangeAct::Forget,
        format!("The settings of {other} are removed, and its secrets deleted."),
    );
    html! {
        section.card.acts {
            h2 { "Change" }
            ul {
                @for (act, words) in [both, swap, forget] {
                    li {
                        p #{ "act-" (act.name()) } { (words) }
                        a.button.danger[act == ChangeAct::Forget]
                            href={ "/setup/agent/" (name) "/change/" (act.name()) }
                            aria-describedby={ "act-" (act.name()) } { (act.button(source)) }
                    }
                }
            }
            p.hint {
                "Each of them asks once more. "
                a href=(manual::MIGRATE) { "Changing the source" } " (manual)"
            }
        }
    }
}
