//! What each condition of an agent or of the box is called, what it means and what to do: one table
//! for the page and the lamps.
//!
//! A [`Condition`] says at once what a [`LinkState`](super::LinkState) says only after hours of
//! silence: that a side is failing now. A [`Signal`] is what a lamp can say: the six conditions,
//! and what only a box of its own has to say.
//!
//! The rhythms speak as other boxes' do: steady is fine, slow is a warning, fast an error, a double
//! flash waits for set-up.

use serde::{Deserialize, Serialize};

use super::blink::Blink;

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

/// A colour and a rhythm: each pair stands once in the table, and each rhythm too, so that it can
/// be told without colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lamp {
    /// The colour.
    pub colour: Colour,
    /// The rhythm.
    pub rhythm: Blink,
}

/// Colours of the lamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Colour {
    Green,
    Blue,
    Amber,
    Red,
    /// All lamps at once; of one lamp of three colours, all three.
    White,
}

/// What the lamps of a box can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signal {
    /// The box starts: nothing is known yet.
    Starting,
    /// New firmware is being written.
    Updating,
    /// Here I am: somebody looks for this box, or presses its button.
    Identify,
    /// Something of the box itself is broken.
    Fault,
    /// The button is held: who lets go now releases the owner's claim.
    ReleaseAsked,
    /// The button is held for long: who lets go now erases everything.
    ResetAsked,
    /// How the stream does.
    Condition(Condition),
}

/// How the way to one side is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathCondition {
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

    /// What it means to a person.
    #[must_use]
    pub fn meaning(self) -> Meaning {
        let lamp = |colour, rhythm| Lamp { colour, rhythm };
        match self {
            Self::Connected => Meaning {
                words: "Connected",
                means: "Cloud and SIEM both answer. New records are on their way to the SIEM as they appear.",
                cure: "Nothing to do.",
                lamp: lamp(Colour::Green, Blink::Steady),
            },
            Self::Paused => Meaning {
                words: "Paused",
                means: "Nothing is read from the cloud, because the settings have paused = true. \
                    Lines that already wait still go to the SIEM.",
                cure: "Resume the agent when you want to. Reading resumes where it stopped, as far \
                    back as max_catch_up.",
                lamp: lamp(Colour::Blue, Blink::Single),
            },
            Self::Created => Meaning {
                words: "Created",
                means: "The agent is set up and has not been in contact with both sides yet.",
                cure: "Wait for a minute. If the state does not change, run siembox check: it \
                    names what fails.",
                lamp: lamp(Colour::Blue, Blink::Double),
            },
            Self::Interrupted => Meaning {
                words: "Interrupted",
                means: "One side fails now. Nothing is lost: records wait here or in the cloud.",
                cure: "The notice below names the cause and the cure. siembox retries \
                    automatically.",
                lamp: lamp(Colour::Amber, Blink::Slow),
            },
            Self::ConnectionError => Meaning {
                words: "Connection error",
                means: "There has been no contact with one side for hours. Records wait here or in the cloud.",
                cure: "Fix the side with the broken arrow: the notice below says how. siembox \
                    retries automatically.",
                lamp: lamp(Colour::Red, Blink::Triple),
            },
            Self::Disconnected => Meaning {
                words: "Disconnected",
                means: "There has been no contact with one side for a very long time. Records wait \
                    here or in the cloud, but the cloud does not keep them for ever.",
                cure: "Fix the side with the broken arrow now: the notice below says how. siembox \
                    retries automatically.",
                lamp: lamp(Colour::Red, Blink::Fast),
            },
        }
    }
}

// === impl Signal ===

impl Signal {
    /// All: those of the stream from good to bad, then those of the box.
    pub const ALL: [Self; 12] = [
        Self::Condition(Condition::Connected),
        Self::Condition(Condition::Paused),
        Self::Condition(Condition::Created),
        Self::Condition(Condition::Interrupted),
        Self::Condition(Condition::ConnectionError),
        Self::Condition(Condition::Disconnected),
        Self::Starting,
        Self::Updating,
        Self::Identify,
        Self::Fault,
        Self::ReleaseAsked,
        Self::ResetAsked,
    ];

    /// What it means to a person.
    #[must_use]
    pub fn meaning(self) -> Meaning {
        let lamp = |colour, rhythm| Lamp { colour, rhythm };
        match self {
            Self::Condition(condition) => condition.meaning(),
            Self::Starting => Meaning {
                words: "Starting",
                means: "The box is starting. Lamps that stay dark now are broken.",
                cure: "Wait for a minute.",
                lamp: lamp(Colour::White, Blink::Breathing),
            },
            Self::Updating => Meaning {
                words: "Updating",
                means: "New firmware is being written.",
                cure: "Leave the power on. The box restarts automatically.",
                lamp: lamp(Colour::Blue, Blink::LongShort),
            },
            Self::Identify => Meaning {
                words: "Identify",
                means: "Somebody is looking for this box, or its button is pressed.",
                cure: "Nothing to do. It ends automatically.",
                lamp: lamp(Colour::White, Blink::Flicker),
            },
            Self::Fault => Meaning {
                words: "Box fault",
                means: "The box itself has a fault: its disk, its settings or a part of siembox.",
                cure: "Read STATUS.TXT on the box's card or stick, or the page. Both name the \
                    fault and the cure.",
                lamp: lamp(Colour::Red, Blink::Burst),
            },
            Self::ReleaseAsked => Meaning {
                words: "Release?",
                means: "The button was held for 10 seconds. If you release it now, the page has no \
                    administrator any more and can be claimed again; settings and records stay.",
                cure: "To do a factory reset, keep holding it. To do neither, pull the plug.",
                lamp: lamp(Colour::Amber, Blink::Gap),
            },
            Self::ResetAsked => Meaning {
                words: "Reset?",
                means: "The button was held for 30 seconds. If you release it now, settings, \
                    secrets and all waiting records are erased.",
                cure: "To erase nothing, hold it for two minutes or pull the plug.",
                lamp: lamp(Colour::Red, Blink::Gaps),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::status::health::LinkState;

    #[test]
    fn each_signal_can_be_told_by_its_rhythm_alone() {
        let lamps = Signal::ALL.map(|signal| signal.meaning().lamp.rhythm);
        assert_eq!(HashSet::from(lamps).len(), Signal::ALL.len());
        let conditions = Condition::ALL.map(Signal::Condition);
        assert_eq!(Signal::ALL[..conditions.len()], conditions);
    }

    #[test]
    fn conditions_are_named_as_the_states_are() {
        for (state, condition) in [
            (LinkState::Connected, Condition::Connected),
            (LinkState::Created, Condition::Created),
            (LinkState::ConnectionError, Condition::ConnectionError),
            (LinkState::Disconnected, Condition::Disconnected),
        ] {
            assert_eq!(condition.meaning().words, state.in_words());
        }
    }
}
