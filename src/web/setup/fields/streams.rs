//! The fields of a stream's section, from rows of data.

use super::{FieldKind, Group, SetupField, ValueKind};
use FieldKind::{List, OtherFilters, Switch};

/// Where a field stands on the page.
#[derive(Debug, Clone, Copy)]
pub(super) enum FieldPlace {
    /// Under the section's own heading.
    Stream,
    /// Under the heading "More settings for".
    More,
}

/// A field of a stream: the key within the section, label, hint, kind and place.
pub(super) type FieldRow = (
    &'static str,
    &'static str,
    &'static str,
    FieldKind,
    FieldPlace,
);

/// What is asked for of one section.
#[derive(Debug, Clone, Copy)]
pub(super) struct StreamFields {
    /// Its name in the settings.
    pub(super) section: &'static str,
    /// Is it on where nothing is written?
    pub(super) is_on: bool,
    /// Its rows beside the switch and the other filters; those of [`FieldPlace::Stream`] first.
    pub(super) rows: &'static [FieldRow],
    /// A filter as the settings file writes it.
    pub(super) example: &'static str,
}

/// Of the alerts of any source.
pub(super) const SEVERITY_MAP: FieldRow = (
    "severity_map",
    "CEF severity",
    "Of low, medium, high and informational alerts, each 0 to 10. Default: 3, 6, 9, 0.",
    List(ValueKind::Numbers),
    FieldPlace::More,
);

/// The fields of these sections, in their order.
pub(super) fn of_sections(sections: &[StreamFields]) -> Vec<SetupField> {
    sections.iter().flat_map(of_section).collect()
}

fn of_section(of: &StreamFields) -> Vec<SetupField> {
    let section = of.section;
    // built once for the life of the process
    let label = |text: String| -> &'static str { text.leak() };
    let enabled = (
        "enabled",
        label(format!("Send {section}")),
        "",
        Switch(of.is_on),
        FieldPlace::Stream,
    );
    let example = of.example;
    let others = (
        "filters",
        label(format!("Other filters of {section}")),
        label(format!(
            "One per line, in the syntax of the settings file: {example}"
        )),
        OtherFilters,
        FieldPlace::More,
    );
    let own = Group::Of(label(capitalised(section)));
    let further = Group::More(label(format!("More settings for {section}")));
    let of_place = |more: bool| {
        let rows = of.rows.iter().copied();
        rows.filter(move |(.., place)| matches!(place, FieldPlace::More) == more)
    };
    let all = [enabled].into_iter().chain(of_place(false));
    all.chain([others])
        .chain(of_place(true))
        .map(|(key, label_of_field, hint, kind, place)| SetupField {
            key: label(format!("{section}.{key}")),
            label: label_of_field,
            hint,
            kind,
            group: match place {
                FieldPlace::Stream => own,
                FieldPlace::More => further,
            },
        })
        .collect()
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
