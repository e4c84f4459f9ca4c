//! What each condition of an agent or the box is called, what it means and what to do: one table for the page and the lamp.
//!
//! A [`Condition`] says at once what a [`State`] says only after hours of silence: that a side is failing now.

use serde::{Deserialize, Serialize};

use super::health::State;
use super::notice::{Notice, Topic};
use super::snapshot::{AgentReport, LinkReport};

/// How an agent or the box does, from good to bad.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// Cloud and SIEM both answer.
    Connected,
    /// Nothing is read, because somebody wants it so.
    Paused,
    /// Set up, and not in contact yet.
    #[default]
    Created,
    /// One side, or the disk, is failing; its state has not changed yet.
    Interrupted,
    /// No contact with one side for more than two hours.
    ConnectionError,
    /// No contact with one side for more than twelve hours.
    Disconnected,
}

/// What a condition means to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// Its name; the old portal's where that had one.
    pub words: &'static str,
    /// What goes on.
    pub means: &'static str,
    /// What to do.
    pub cure: &'static str,
    /// How the lamp shows it.
    pub lamp: Lamp,
}

/// A colour and a rhythm: each pair stands once in the table, and each rhythm too, so that it can be told without colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lamp {
    /// The colour.
    pub colour: Colour,
    /// The rhythm.
    pub rhythm: Rhythm,
}

/// Colours of the lamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Colour {
    Green,
    Blue,
    Amber,
    Red,
}

/// Rhythms of the lamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rhythm {
    /// Always on.
    Steady,
    /// Slowly brighter and darker.
    Breathing,
    /// On and off, once in two seconds.
    Slow,
    /// One short flash, then a long pause.
    Single,
    /// Two short flashes, then a pause.
    Double,
    /// On and off, twice a second.
    Fast,
}

/// How the way to one side is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// In contact.
    Open,
    /// Not wanted at present.
    Paused,
    /// Not in contact yet.
    Untried,
    /// Failing.
    Broken,
}

// === impl Condition ===

impl Condition {
    /// All, from good to bad.
    pub const ALL: [Self; 6] = [
        Self::Connected,
        Self::Paused,
        Self::Created,
        Self::Interrupted,
        Self::ConnectionError,
        Self::Disconnected,
    ];

    /// The condition of an agent beside the notices of the box. Of a paused one, what is wrong with its SIEM's side comes first:
    /// what it read before is on its way there.
    #[must_use]
    pub fn of<'a>(agent: &AgentReport, notices: impl IntoIterator<Item = &'a Notice>) -> Self {
        match agent.state {
            State::Disconnected => Self::Disconnected,
            State::ConnectionError => Self::ConnectionError,
            _ if is_failing(agent, notices) => Self::Interrupted,
            _ if agent.paused => Self::Paused,
            State::Created => Self::Created,
            State::Connected => Self::Connected,
        }
    }

    /// What it means to a person.
    #[must_use]
    pub fn meaning(self) -> Meaning {
        let lamp = |colour, rhythm| Lamp { colour, rhythm };
        match self {
            Self::Connected => Meaning {
                words: "Connected",
                means: "Cloud and SIEM both answer. New records are on their way to the SIEM as they appear.",
                cure: "Nothing to do.",
                lamp: lamp(Colour::Green, Rhythm::Steady),
            },
            Self::Paused => Meaning {
                words: "Paused",
                means: "Nothing is read from the cloud, because paused = true stands in the settings. What was read before goes on to the SIEM.",
                cure: "Resume it when you want to: reading goes on where it stopped, as far back as max_catch_up.",
                lamp: lamp(Colour::Blue, Rhythm::Single),
            },
            Self::Created => Meaning {
                words: "Created",
                means: "Set up, and not in contact with both sides yet.",
                cure: "Wait for a minute. If it stays so, run siembox check: it names what is missing.",
                lamp: lamp(Colour::Blue, Rhythm::Breathing),
            },
            Self::Interrupted => Meaning {
                words: "Interrupted",
                means: "Something on the way fails at present. Nothing is lost: records wait here or in the cloud.",
                cure: "The notice below says what fails and how to mend it. siembox goes on trying by itself.",
                lamp: lamp(Colour::Amber, Rhythm::Slow),
            },
            Self::ConnectionError => Meaning {
                words: "Connection error",
                means: "There has been no contact with one side for hours. Records wait here or in the cloud.",
                cure: "Mend the side whose arrow is broken: the notice below says how. siembox goes on trying by itself.",
                lamp: lamp(Colour::Red, Rhythm::Double),
            },
            Self::Disconnected => Meaning {
                words: "Disconnected",
                means: "There has been no contact with one side for very long. Records wait here or in the cloud, but not for ever.",
                cure: "Mend the side whose arrow is broken now: the notice below says how. siembox goes on trying by itself.",
                lamp: lamp(Colour::Red, Rhythm::Fast),
            },
        }
    }
}

fn is_failing<'a>(agent: &AgentReport, notices: impl IntoIterator<Item = &'a Notice>) -> bool {
    let stops = |topic| matches!(topic, Topic::Cloud | Topic::Siem | Topic::Spool);
    agent.spool.full
        || [&agent.cloud, &agent.siem]
            .iter()
            .any(|link| link.trouble.is_some())
        || notices.into_iter().any(|notice| {
            notice.agent == agent.name && notice.over_ms.is_none() && stops(notice.topic)
        })
}

// === impl AgentReport ===

impl AgentReport {
    /// How the way from the cloud is now.
    #[must_use]
    pub fn cloud_way(&self) -> Way {
        if self.paused {
            Way::Paused
        } else {
            self.cloud.way()
        }
    }
}

// === impl LinkReport ===

impl LinkReport {
    /// How the way to it is now.
    #[must_use]
    pub fn way(&self) -> Way {
        match self.state {
            State::ConnectionError | State::Disconnected => Way::Broken,
            _ if self.trouble.is_some() => Way::Broken,
            State::Created => Way::Untried,
            State::Connected => Way::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_condition_can_be_told_by_its_rhythm_alone() {
        let lamps = Condition::ALL.map(|condition| condition.meaning().lamp.rhythm);
        assert_eq!(HashSet::from(lamps).len(), Condition::ALL.len());
    }

    #[test]
    fn conditions_are_named_as_the_states_are() {
        for (state, condition) in [
            (State::Connected, Condition::Connected),
            (State::Created, Condition::Created),
            (State::ConnectionError, Condition::ConnectionError),
            (State::Disconnected, Condition::Disconnected),
        ] {
            assert_eq!(condition.meaning().words, state.in_words());
        }
    }
}
