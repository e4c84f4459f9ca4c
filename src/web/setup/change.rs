//! `/setup/agent/NAME/change`: an agent changes its source. The other source is entered, both are
//! compared, and then one of them is read, or both for a while.
//!
//! What is done is an edit of the settings file, which the running box takes over as any other; so
//! what a page says of the sources is what the file says after the change.

mod act;
mod compare;
mod form;
mod state;

use maud::{Markup, html};

use self::act::ChangeAct;
use super::fields::{SetupSource, SetupStep};
use super::form_state::source_of;
use super::{Question, Reply, Setup};
use crate::settings::AgentSettings;
use crate::settings::edit::{EditError, SettingsDraft};

/// A step of the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ChangeStep {
    /// How the other source is reached, or what of it is sent.
    Form(SetupStep),
    Compare,
    State,
}

/// An agent of the settings file that has, or will have, another source.
struct Changing<'a> {
    name: &'a str,
    draft: SettingsDraft,
    /// Where its records come from.
    source: SetupSource,
    /// Are the settings of its other source there?
    has_other: bool,
}

impl Setup {
    /// `/setup/agent/NAME/change`
    pub(super) fn change(&self, name: &str) -> Reply {
        self.changing(name, |changing| {
            Ok(Reply::See(match changing.has_other {
                true => address(name, ChangeStep::State),
                false => address(name, ChangeStep::Form(SetupStep::Connection)),
            }))
        })
        .unwrap_or_else(|error| failed(&error))
    }

    /// `/setup/agent/NAME/change/WHAT`
    pub(super) fn of_change(&self, ask: Question, name: &str, what: &str) -> Reply {
        let step = ChangeStep::named(what);
        let act = ChangeAct::named(what);
        self.changing(name, |changing| match (step, act) {
            (Some(ChangeStep::Form(step)), _) => self.other_source(ask, changing, step),
            // what follows is about a source that is there
            (Some(_), _) | (_, Some(_)) if !changing.has_other => {
                let first = ChangeStep::Form(SetupStep::Connection);
                Ok(Reply::See(address(name, first)))
            }
            (Some(ChangeStep::Compare), _) => self.compare_sources(ask, changing),
            (Some(ChangeStep::State), _) if !ask.is_form() => self.sources_now(ask, changing),
            (_, Some(act)) => self.change_act(ask, changing, act),
            _ if what == "live" && changing.has_other => self.sources_piece(ask, changing),
            _ => Ok(Reply::Missing),
        })
        .unwrap_or_else(|error| failed(&error))
    }

    /// Does something with an agent of the settings file.
    fn changing(
        &self,
        name: &str,
        with: impl FnOnce(Changing<'_>) -> Result<Reply, EditError>,
    ) -> Result<Reply, EditError> {
        let Some(draft) = self.draft_with(name)? else {
            return Ok(Reply::Missing);
        };
        with(Changing {
            name,
            source: source_of(&draft, name),
            has_other: draft.value(name, "other_source").is_some(),
            draft,
        })
    }

    /// The agent with both its sources, where the settings hold.
    fn agent_of(&self, changing: &Changing<'_>) -> Result<AgentSettings, String> {
        let read = changing.draft.read(&self.given).map_err(|findings| {
            let why: Vec<String> = findings.iter().map(ToString::to_string).collect();
            why.join("\n")
        })?;
        let place = changing.draft.place(changing.name).unwrap_or_default();
        let agent = read
            .settings
            .agents
            .into_iter()
            .nth(place.wrapping_sub(1))
            .filter(|agent| agent.other.is_some());
        agent.ok_or_else(|| "the agent has no second source any more".to_owned())
    }
}

// === impl ChangeStep ===

impl ChangeStep {
    const ALL: [Self; 4] = [
        Self::Form(SetupStep::Connection),
        Self::Form(SetupStep::Data),
        Self::Compare,
        Self::State,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Form(step) => step.name(),
            Self::Compare => "compare",
            Self::State => "state",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Form(SetupStep::Connection) => "Second source",
            Self::Form(step) => step.title(),
            Self::Compare => "Compare",
            Self::State => "Change",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }
}

/// The address of a step.
fn address(name: &str, step: ChangeStep) -> String {
    format!("/setup/agent/{name}/change/{}", step.name())
}

/// The page of a step.
fn page(name: &str, step: ChangeStep, content: &Markup, runs: bool) -> Reply {
    let main = html! {
        nav aria-label="Steps" {
            ol.steps {
                @for one in ChangeStep::ALL {
                    li {
                        a href=(address(name, one)) aria-current=[(one == step).then_some("step")] {
                            (one.title())
                        }
                    }
                }
            }
        }
        (content)
    };
    Reply::Page {
        title: format!("Change the source of {name}"),
        main,
        runs,
    }
}

fn failed(error: &EditError) -> Reply {
    Reply::trouble("The settings cannot be changed", &error.to_string())
}
