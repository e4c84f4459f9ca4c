//! The fields of a stream, by its kind.

use super::{FieldKind, Group, SetupField, ValueKind};
use crate::stream::{StreamKind, StreamSpec};
use FieldKind::{Choice, OtherFilters, Picks, Switch, Values};

/// Where a field stands on the page.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// Under the stream's own heading.
    Stream,
    /// Under the heading "More about".
    More,
}

/// A field of a stream: the key within the stream's section, label, hint, kind and place.
type Row = (&'static str, &'static str, &'static str, FieldKind, Place);

#[rustfmt::skip]
const ACTIVITIES: &[Row] = &[
    ("filters.service", "Services", "App numbers. Default: all.", Values(ValueKind::Numbers),
        Place::Stream),
    ("filters.activity.eventActionType", "Activity types",
        "For example EVENT_CATEGORY_LOGIN. Default: all.", Values(ValueKind::Words), Place::Stream),
    ("filters.user.username", "Users", "For example admin@contoso.com. Default: all.",
        Values(ValueKind::Words), Place::Stream),
    ("filters.location.country", "Countries", "For example US, DE. Default: all.",
        Values(ValueKind::Words), Place::Stream),
    ("filters.ip.tags", "IP tags", "Tag IDs. Default: all.", Values(ValueKind::Words),
        Place::Stream),
    ("filters.policy", "Policies", "Policy IDs. Default: all.", Values(ValueKind::Words),
        Place::Stream),
];

#[rustfmt::skip]
const ALERTS: &[Row] = &[
    ("filters.severity", "Severity", "Default: all.",
        Picks(&[(2, "High"), (1, "Medium"), (0, "Low"), (3, "Informational")]), Place::Stream),
    ("filters.entity.service", "Services",
        "App numbers, for example 11161 for Office 365. Default: all.", Values(ValueKind::Numbers),
        Place::Stream),
    ("filters.entity.policy", "Policies", "Policy IDs. Default: all.", Values(ValueKind::Words),
        Place::Stream),
    ("defender_for_identity", "Include alerts of Defender for Identity",
        "Turn off if Defender for Identity sends them to the SIEM itself.", Switch(true),
        Place::Stream),
];

#[rustfmt::skip]
const MORE_OF_ALERTS: &[Row] = &[
    ("name", "Event name", "",
        Choice(&[("title", "The alert's title"), ("policy", "The policy that raised the alert")]),
        Place::More),
    ("fetch_related", "Fetch the activities behind each alert", "Takes one more request per alert.",
        Switch(false), Place::More),
];

/// The fields of all streams. The alerts stand first, as in the old portal.
pub(super) fn of_streams(streams: &[StreamSpec]) -> Vec<SetupField> {
    let alerts_first = |kind: StreamKind| kind != StreamKind::Alerts;
    let mut streams = streams.to_vec();
    streams.sort_by_key(|stream| alerts_first(stream.kind));
    streams.into_iter().flat_map(of_stream).collect()
}

fn of_stream(stream: StreamSpec) -> Vec<SetupField> {
    let (rows, more, example) = match stream.kind {
        StreamKind::Alerts => (ALERTS, MORE_OF_ALERTS, "\"alertOpen\" = { eq = true }"),
        _ => (ACTIVITIES, &[][..], "\"activity.type\" = { eq = true }"),
    };
    let label = |text: String| -> &'static str { text.leak() };
    let enabled = (
        "enabled",
        label(format!("Send {stream}")),
        "",
        Switch(true),
        Place::Stream,
    );
    let hint = format!("One per line, in the syntax of the settings file: {example}");
    let others = (
        "filters",
        label(format!("Other filters of {stream}")),
        label(hint),
        OtherFilters,
        Place::More,
    );
    let own = Group::Of(label(capitalised(stream.name)));
    let further = Group::More(label(format!("More settings for {stream}")));
    let all = [enabled].into_iter().chain(rows.iter().copied());
    all.chain([others])
        .chain(more.iter().copied())
        .map(|(key, label_of_field, hint, kind, place)| SetupField {
            key: label(format!("{stream}.{key}")),
            label: label_of_field,
            hint,
            kind,
            group: match place {
                Place::Stream => own,
                Place::More => further,
            },
        })
        .collect()
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::{CLOUD_APPS, THREE};

    /// The page of a source with one stream more has its fields, and all others stay as they are.
    #[test]
    fn a_third_stream_is_asked_for_like_the_others() {
        let keys = |streams| -> Vec<&str> { of_streams(streams).iter().map(|it| it.key).collect() };
        let (two, three) = (keys(CLOUD_APPS), keys(THREE));
        assert!(three.starts_with(&two), "{three:?}");
        assert_eq!(&two[..2], ["alerts.enabled", "alerts.filters.severity"]);
        let of_devices = &three[two.len()..];
        assert_eq!(of_devices.first(), Some(&"devices.enabled"));
        assert_eq!(of_devices.last(), Some(&"devices.filters"));
        let fields = of_streams(THREE);
        let switch = fields.iter().find(|field| field.key == "devices.enabled");
        let switch = switch.map(|field| (field.label, field.group));
        assert_eq!(switch, Some(("Send devices", Group::Of("Devices"))));
    }
}
