//! The fields of the wizard, as data: each with its key in the settings file, its texts and its
//! kind.
//!
//! The settings' own reader is the judge of every value; a field only knows how to be written on a
//! page. Which fields there are depends on the source: see [`SetupSource`].

mod cloud_apps;
mod defender_xdr;
mod every;
mod setup_source;
mod streams;
#[cfg(test)]
mod tests;
mod tick_list;

pub(super) use setup_source::{KIND, Offer, SetupSource};
pub(super) use tick_list::TickList;

/// A step of the wizard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SetupStep {
    /// Where the records come from.
    Source,
    /// Name of the agent and format of the lines.
    General,
    /// The SIEM.
    Siem,
    /// Streams and filters.
    Data,
    /// The cloud and how to authenticate.
    Connection,
    /// Summary of all settings.
    Finish,
}

/// One field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SetupField {
    /// Key in `[[agent]]`, with points: `siem.port`.
    pub(super) key: &'static str,
    pub(super) label: &'static str,
    /// What to write there, what holds where it is empty.
    pub(super) hint: &'static str,
    pub(super) kind: FieldKind,
    pub(super) group: Group,
}

/// Kind of input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldKind {
    Text,
    Number,
    /// On or off; what it is where nothing is written.
    Switch(bool),
    /// Value and words; the first is what holds where nothing is written.
    Choice(&'static [(&'static str, &'static str)]),
    /// The same, with more to say about each.
    Offers(&'static [Offer]),
    /// Kept in a file of its own, which the key names; never sent back to the browser.
    Secret,
    /// The same for what is no secret and has many lines.
    Pem,
    /// Values of one filter, one a line or with commas between; the stream's table `filters` holds
    /// them as `eq`.
    Values(ValueKind),
    /// Values of one filter out of a few, each with its words.
    Picks(ValueKind, &'static [(&'static str, &'static str)]),
    /// A list, out of a few.
    Ticks(&'static TickList),
    /// A list, with commas between.
    List(ValueKind),
    /// The filters that have no field of their own, as the settings file writes them, one a line.
    OtherFilters,
}

/// What the values of a filter or a list are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueKind {
    Numbers,
    Words,
}

/// Which fields stand together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    /// At once to be seen.
    Main,
    /// Of a heading that is always open.
    Of(&'static str),
    /// Of a heading that is opened by who needs it.
    More(&'static str),
}

const fn field(
    key: &'static str,
    label: &'static str,
    hint: &'static str,
    kind: FieldKind,
    group: Group,
) -> SetupField {
    SetupField {
        key,
        label,
        hint,
        kind,
        group,
    }
}

// === impl SetupStep ===

impl SetupStep {
    /// All, in their order.
    pub(super) const ALL: [Self; 6] = [
        Self::Source,
        Self::General,
        Self::Siem,
        Self::Data,
        Self::Connection,
        Self::Finish,
    ];

    /// Name in an address.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::General => "general",
            Self::Siem => "siem",
            Self::Data => "data",
            Self::Connection => "connection",
            Self::Finish => "finish",
        }
    }

    /// Title for people.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Source => "Source",
            Self::General => "General",
            Self::Siem => "Your SIEM",
            Self::Data => "Data types",
            Self::Connection => "Cloud",
            Self::Finish => "Finish",
        }
    }

    /// The step of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }

    /// The one after it.
    pub(super) fn next(self) -> Self {
        let next = Self::ALL.into_iter().find(|step| *step > self);
        next.unwrap_or(Self::Finish)
    }

    /// What it asks for where the records come from this source.
    pub(super) fn fields(self, source: SetupSource) -> &'static [SetupField] {
        match (self, source) {
            (Self::Source, _) => setup_source::SOURCE,
            (Self::General, _) => every::GENERAL,
            (Self::Siem, _) => every::SIEM,
            (Self::Data, SetupSource::CloudApps) => &cloud_apps::DATA,
            (Self::Data, SetupSource::DefenderXdr) => &defender_xdr::DATA,
            (Self::Connection, SetupSource::CloudApps) => &cloud_apps::CONNECTION,
            (Self::Connection, SetupSource::DefenderXdr) => &defender_xdr::CONNECTION,
            (Self::Finish, _) => &[],
        }
    }
}

// === impl SetupField ===

impl SetupField {
    /// All fields of all steps.
    pub(super) fn all(source: SetupSource) -> impl Iterator<Item = &'static Self> {
        let steps = SetupStep::ALL.into_iter();
        steps.flat_map(move |step| step.fields(source))
    }

    /// The field of this key.
    pub(super) fn of(source: SetupSource, key: &str) -> Option<&'static Self> {
        Self::all(source).find(|field| field.key == key)
    }

    /// Where it speaks of one filter: the key of the stream's table, and the filter's name.
    pub(super) fn filter(&self) -> Option<(&'static str, &'static str)> {
        match self.kind {
            FieldKind::Values(_) | FieldKind::Picks(..) => {
                let end = self.key.find(".filters.")?;
                let table = &self.key[..end + ".filters".len()];
                Some((table, &self.key[end + ".filters.".len()..]))
            }
            _ => None,
        }
    }

    /// Does it stay what it is once there is an agent? The name is that of its folder; another
    /// source would send its records again.
    pub(super) fn is_fixed(&self) -> bool {
        matches!(self.key, "name" | KIND)
    }
}

/// The field that a finding of the settings' reader is about, and its step: the one of this key, or
/// of the longest that the key begins with.
pub(super) fn about(source: SetupSource, key: &str) -> Option<(SetupStep, &'static SetupField)> {
    let fields = SetupStep::ALL
        .into_iter()
        .flat_map(|step| step.fields(source).iter().map(move |field| (step, field)));
    let begins = |field: &SetupField| {
        key.strip_prefix(field.key)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    fields
        .filter(|(_, field)| begins(field))
        .max_by_key(|(_, field)| field.key.len())
}
