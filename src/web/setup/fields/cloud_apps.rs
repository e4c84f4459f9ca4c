//! The fields of an agent of Defender for Cloud Apps.

use std::sync::LazyLock;

use super::FieldKind::{Choice, Number, Picks, Secret, Switch, Text, Values};
use super::every::{LOOK_BACK, READING, THE_WAY};
use super::streams::FieldPlace::{More, Stream};
use super::streams::{FieldRow, SEVERITY_MAP, StreamFields, of_sections};
use super::{Group, SetupField, ValueKind, field};
use crate::stream::{CLOUD_APPS, StreamKind, StreamSpec};

const TOKEN: Group = Group::Of("Option 1: token");
const ENTRA: Group = Group::Of("Option 2: Entra app");

#[rustfmt::skip]
static ENTRANCE: &[SetupField] = &[
    field("source.api_url", "API URL", "From the portal: Settings > Cloud Apps > System > About.",
        Text, Group::Main),
    field("source.token_file", "Token", "An API token or a SIEM agent token.", Secret, TOKEN),
    field("source.tenant_id", "Tenant", "The tenant's GUID or domain.", Text, ENTRA),
    field("source.client_id", "Application (client) ID",
        "The app needs the permission Investigation.read on Microsoft Cloud App Security.", Text,
        ENTRA),
    field("source.client_secret_file", "Client secret", "", Secret, ENTRA),
    field("source.login_url", "Login host", "Default: the login host of the API's cloud.", Text,
        ENTRA),
];

#[rustfmt::skip]
static RATES: &[SetupField] = &[
    field("source.poll_interval", "Poll interval", "Default: 30s.", Text, READING),
    field("source.requests_per_minute", "Requests per minute", "For the whole tenant. Default: 30.",
        Number, READING),
    field("source.timeout", "Request timeout", "Default: 60s.", Text, READING),
];

/// How the API is reached, and read.
pub(super) static CONNECTION: LazyLock<Vec<SetupField>> =
    LazyLock::new(|| [ENTRANCE, &THE_WAY, &RATES[..1], &LOOK_BACK, &RATES[1..]].concat());

/// What is asked for of each stream; built once, from the list of streams.
pub(super) static DATA: LazyLock<Vec<SetupField>> = LazyLock::new(|| of_streams(CLOUD_APPS));

#[rustfmt::skip]
const ACTIVITIES: &[FieldRow] = &[
    ("filters.service", "Services", "App numbers. Default: all.", Values(ValueKind::Numbers),
        Stream),
    ("filters.activity.eventActionType", "Activity types",
        "For example EVENT_CATEGORY_LOGIN. Default: all.", Values(ValueKind::Words), Stream),
    ("filters.user.username", "Users", "For example admin@contoso.com. Default: all.",
        Values(ValueKind::Words), Stream),
    ("filters.location.country", "Countries", "For example US, DE. Default: all.",
        Values(ValueKind::Words), Stream),
    ("filters.ip.tags", "IP tags", "Tag IDs. Default: all.", Values(ValueKind::Words), Stream),
    ("filters.policy", "Policies", "Policy IDs. Default: all.", Values(ValueKind::Words), Stream),
];

#[rustfmt::skip]
const ALERTS: &[FieldRow] = &[
    ("filters.severity", "Severity", "Default: all.", Picks(ValueKind::Numbers,
        &[("2", "High"), ("1", "Medium"), ("0", "Low"), ("3", "Informational")]), Stream),
    ("filters.entity.service", "Services",
        "App numbers, for example 11161 for Office 365. Default: all.", Values(ValueKind::Numbers),
        Stream),
    ("filters.entity.policy", "Policies", "Policy IDs. Default: all.", Values(ValueKind::Words),
        Stream),
    ("defender_for_identity", "Include alerts of Defender for Identity",
        "Turn off if Defender for Identity sends them to the SIEM itself.", Switch(true), Stream),
    ("name", "Event name", "",
        Choice(&[("title", "The alert's title"), ("policy", "The policy that raised the alert")]),
        More),
    ("fetch_related", "Fetch the activities behind each alert", "Takes one more request per alert.",
        Switch(false), More),
    SEVERITY_MAP,
];

/// The fields of all streams. The alerts stand first, as in the old portal.
fn of_streams(streams: &[StreamSpec]) -> Vec<SetupField> {
    let mut streams = streams.to_vec();
    streams.sort_by_key(|stream| stream.kind != StreamKind::Alerts);
    let fields = |stream: &StreamSpec| match stream.kind {
        StreamKind::Alerts => StreamFields {
            section: stream.name,
            is_on: true,
            rows: ALERTS,
            example: "\"alertOpen\" = { eq = true }",
        },
        _ => StreamFields {
            section: stream.name,
            is_on: true,
            rows: ACTIVITIES,
            example: "\"activity.type\" = { eq = true }",
        },
    };
    of_sections(&Vec::from_iter(streams.iter().map(fields)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::THREE;

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
