//! What a form is about: an agent, or the other source of one.

use std::borrow::Cow;

use crate::settings::{in_other_source, of_source};
use crate::web::setup::fields::{SetupField, SetupSource, SetupStep};

/// What a form is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web::setup) enum FormSubject {
    /// An agent, with `[agent.source]`.
    Agent,
    /// `[agent.other_source]` of an agent. It has the fields of a source of its kind, under the
    /// keys of `[agent.source]`.
    OtherSource,
}

// === impl FormSubject ===

impl FormSubject {
    /// The steps of another source.
    pub(in crate::web::setup) const OF_OTHER: [SetupStep; 2] =
        [SetupStep::Connection, SetupStep::Data];

    /// The fields that it has.
    pub(in crate::web::setup) fn fields(
        self,
        source: SetupSource,
    ) -> impl Iterator<Item = &'static SetupField> {
        let steps: &'static [SetupStep] = match self {
            Self::Agent => &SetupStep::ALL,
            Self::OtherSource => &Self::OF_OTHER,
        };
        steps.iter().flat_map(move |step| step.fields(source))
    }

    /// The key in the settings of an agent's field of this key.
    pub(in crate::web::setup) fn key(self, field: &str) -> Cow<'_, str> {
        match self {
            Self::Agent => Cow::Borrowed(field),
            Self::OtherSource => Cow::Owned(in_other_source(field)),
        }
    }

    /// The key of the field that this key of the settings belongs to; `None` where it is about
    /// something else.
    pub(in crate::web::setup) fn field(self, key: &str) -> Option<Cow<'_, str>> {
        match self {
            Self::Agent => Some(Cow::Borrowed(key)),
            Self::OtherSource => of_source(key).map(Cow::Owned),
        }
    }
}
