//! The fields of an agent of Defender XDR.

use std::sync::LazyLock;

use super::FieldKind::{Choice, Number, Pem, Picks, Secret, Switch, Text, Ticks, Values};
use super::every::{LOOK_BACK, READING, THE_WAY};
use super::streams::FieldPlace::{More, Stream};
use super::streams::{FieldRow, SEVERITY_MAP, StreamFields, of_sections};
use super::{FieldKind, Group, SetupField, TickList, ValueKind, field};

const APP: Group = Group::Of("Entra app");
const SECRET: Group = Group::Of("Option 1: client secret");
const CERTIFICATE: Group = Group::More("Option 2: certificate");
const HOSTS: Group = Group::More("Addresses");

#[rustfmt::skip]
static ENTRANCE: &[SetupField] = &[
    field("source.cloud", "Microsoft cloud", "Most tenants are in the commercial cloud.",
        Choice(&[("commercial", "Commercial"), ("gcc", "GCC"), ("gcc-high", "GCC High"),
            ("dod", "DoD"), ("china", "China (21Vianet)")]), Group::Main),
    field("source.tenant_id", "Tenant", "The tenant's GUID or domain.", Text, APP),
    field("source.client_id", "Application (client) ID",
        "The app needs the application permissions SecurityAlert.Read.All and \
            ThreatHunting.Read.All of Microsoft Graph; for incidents SecurityIncident.Read.All.",
        Text, APP),
    field("source.client_secret_file", "Client secret", "The secret's value, not its ID.", Secret,
        SECRET),
    field("source.certificate_file", "Certificate", "PEM. The one that was uploaded to the app.",
        Pem, CERTIFICATE),
    field("source.key_file", "Key of the certificate",
        "PEM. RSA, 2048 to 4096 bits. It stays on this machine.", Secret, CERTIFICATE),
    field("source.signature", "Signature", "RS256 only if the log-on needs it.",
        Choice(&[("", "Default: PS256"), ("PS256", "PS256"), ("RS256", "RS256")]), CERTIFICATE),
    field("source.login_url", "Login host", "Default: the login host of the cloud.", Text, HOSTS),
    field("source.graph_url", "Microsoft Graph", "Default: the Graph host of the cloud.", Text,
        HOSTS),
];

#[rustfmt::skip]
static RATES: &[SetupField] = &[
    field("source.poll_interval", "Poll interval", "Of each stream. Default: 1m.", Text, READING),
    field("source.requests_per_minute", "Requests per minute",
        "For alerts and incidents, of Graph's 150. Default: 100.", Number, READING),
    field("source.hunting_calls_per_minute", "Hunting calls per minute",
        "Of the tenant's 45, which your analysts share. 1 to 45. Default: 10.", Number, READING),
    field("source.timeout", "Request timeout", "A query may run for 3 minutes. Default: 4m.", Text,
        READING),
];

/// How the APIs are reached, and read.
pub(super) static CONNECTION: LazyLock<Vec<SetupField>> =
    LazyLock::new(|| [ENTRANCE, &THE_WAY, &RATES[..1], &LOOK_BACK, &RATES[1..]].concat());

/// What is asked for of each stream; built once.
pub(super) static DATA: LazyLock<Vec<SetupField>> = LazyLock::new(|| of_sections(SECTIONS));

const SECTIONS: &[StreamFields] = &[
    StreamFields {
        section: "alerts",
        is_on: true,
        rows: ALERTS,
        example: "assignedTo = { eq = [\"soc@contoso.com\"] }",
    },
    StreamFields {
        section: "activities",
        is_on: true,
        rows: ACTIVITIES,
        example: "ActionType = { neq = [\"FileAccessed\"] }",
    },
    StreamFields {
        section: "incidents",
        is_on: false,
        rows: INCIDENTS,
        example: "classification = { eq = [\"truePositive\"] }",
    },
];

/// The products by the API's names (reference: successors.md §2.3).
static PRODUCTS: TickList = TickList {
    known: &[
        ("microsoftDefenderForCloudApps", "Defender for Cloud Apps"),
        ("microsoftAppGovernance", "App governance"),
        ("microsoftDefenderForIdentity", "Defender for Identity"),
        ("azureAdIdentityProtection", "Entra ID Protection"),
        ("microsoftDefenderForEndpoint", "Defender for Endpoint"),
        ("microsoftDefenderForOffice365", "Defender for Office 365"),
        ("microsoft365Defender", "Defender XDR"),
        ("microsoftDefenderForCloud", "Defender for Cloud"),
        ("dataLossPrevention", "Data loss prevention"),
    ],
    usual: &[
        "microsoftDefenderForCloudApps",
        "microsoftAppGovernance",
        "microsoftDefenderForIdentity",
        "azureAdIdentityProtection",
    ],
    all: Some("All products"),
};

static TABLES: TickList = TickList {
    known: &[
        ("CloudAppEvents", "Cloud app events"),
        ("IdentityLogonEvents", "Identity logon events"),
        ("IdentityQueryEvents", "Identity query events"),
        ("IdentityDirectoryEvents", "Identity directory events"),
    ],
    usual: &[
        "CloudAppEvents",
        "IdentityLogonEvents",
        "IdentityQueryEvents",
        "IdentityDirectoryEvents",
    ],
    all: None,
};

const SEVERITIES: FieldKind = Picks(
    ValueKind::Words,
    &[
        ("high", "High"),
        ("medium", "Medium"),
        ("low", "Low"),
        ("informational", "Informational"),
    ],
);

#[rustfmt::skip]
const ALERTS: &[FieldRow] = &[
    ("service_sources", "Products", "", Ticks(&PRODUCTS), Stream),
    ("filters.severity", "Severity", "Default: all.", SEVERITIES, Stream),
    ("filters.status", "Status", "Default: all.", Picks(ValueKind::Words,
        &[("new", "New"), ("inProgress", "In progress"), ("resolved", "Resolved")]), Stream),
    ("updates", "Send an alert again when it has changed",
        "Off: once, as it is when it appears.", Switch(false), Stream),
    ("behaviors", "Send behaviors as alerts",
        "The anomalies, such as impossible travel, that raise no alert any more.", Switch(false),
        Stream),
    SEVERITY_MAP,
];

#[rustfmt::skip]
const ACTIVITIES: &[FieldRow] = &[
    ("tables", "Tables of advanced hunting", "", Ticks(&TABLES), Stream),
    ("filters.ActionType", "Action types", "For example LogonFailed. Default: all.",
        Values(ValueKind::Words), Stream),
    ("filters.Application", "Apps", "For example Microsoft Exchange Online. Default: all.",
        Values(ValueKind::Words), Stream),
    ("filters.AccountObjectId", "Users", "Object IDs in Entra. Default: all.",
        Values(ValueKind::Words), Stream),
    ("filters.IPAddress", "IP addresses", "Default: all.", Values(ValueKind::Words), More),
];

#[rustfmt::skip]
const INCIDENTS: &[FieldRow] = &[
    ("filters.severity", "Severity", "Default: all.", SEVERITIES, Stream),
    ("filters.status", "Status", "Default: all.", Picks(ValueKind::Words,
        &[("active", "Active"), ("inProgress", "In progress"), ("resolved", "Resolved"),
            ("redirected", "Redirected")]), Stream),
];
