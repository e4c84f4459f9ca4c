//! The fields of the wizard, as data: each with its key in the settings file, its texts and its
//! kind.
//!
//! The settings' own reader is the judge of every value; a field only knows how to be written on a
//! page.

mod streams;

use std::sync::LazyLock;

use crate::stream::CLOUD_APPS;
use streams::of_streams;

/// A step of the wizard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SetupStep {
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
#[derive(Debug)]
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
    /// Kept in a file of its own, which the key names; never sent back to the browser.
    Secret,
    /// The same for what is no secret and has many lines.
    Pem,
    /// Values of one filter, one a line or with commas between; the stream's table `filters` holds
    /// them as `eq`.
    Values(ValueKind),
    /// Values of one filter out of a few.
    Picks(&'static [(i64, &'static str)]),
    /// The filters that have no field of their own, as the settings file writes them, one a line.
    OtherFilters,
}

/// What the values of a filter are.
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

const ADVANCED: Group = Group::More("Advanced settings");
const TLS: Group = Group::More("Encryption (TLS)");
const DELIVERY: Group = Group::More("Delivery proof and rate");
const TOKEN: Group = Group::Of("Option 1: token");
const ENTRA: Group = Group::Of("Option 2: Entra app");
const WAY: Group = Group::More("Proxy and certificates");
const READING: Group = Group::More("Reading");

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

use FieldKind::{Choice, Number, Pem, Secret, Switch, Text};
use Group::Main;

#[rustfmt::skip]
static GENERAL: &[SetupField] = &[
    field("name", "Name", "Letters, digits, . _ and -. The agent's folder on disk has this name.",
        Text, Main),
    field("siem.format", "SIEM format", "The format that your SIEM expects.",
        Choice(&[("generic-cef", "Generic CEF"), ("arcsight", "Micro Focus ArcSight")]), Main),
    field("siem.time_format", "Time format", "Default: RFC 5424; with ArcSight RFC 3164.",
        Choice(&[("", "Default of the SIEM format"),
            ("rfc5424", "RFC 5424: 2023-03-02T21:10:02.022Z"),
            ("rfc3164", "RFC 3164: Mar 02 21:10:02"),
            ("rfc3164-with-year", "RFC 3164 with year: Mar 02 2023 21:10:02"),
            ("full-rfc5424", "Complete RFC 5424 header")]), ADVANCED),
    field("siem.include_pri", "Include PRI", "Starts each line with the PRI, for example <109>.",
        Switch(true), ADVANCED),
    field("siem.facility", "Facility", "0 to 23. Default: 13, log audit.", Number, ADVANCED),
    field("siem.severity", "Severity", "0 to 7. Default: 5, notice.", Number, ADVANCED),
    field("siem.include_system_name", "Include system name",
        "Adds the system name to each header. Without it, syslog-ng reads \"CEF:0…\" as the host.",
        Switch(true), ADVANCED),
    field("siem.system_name", "System name", "Default: this machine's host name.", Text, ADVANCED),
    field("siem.profile", "Profile", "Original: the same bytes as the Java agent.",
        Choice(&[("original", "Original"), ("portable", "Portable: without empty fields")]),
        ADVANCED),
    field("siem.portal_url", "Portal address",
        "Base of the portal links in the lines. Default: the tenant's portal.", Text, ADVANCED),
];

#[rustfmt::skip]
static SIEM: &[SetupField] = &[
    field("siem.host", "Remote syslog host", "Name or address of the SIEM's syslog receiver.", Text,
        Main),
    field("siem.port", "Port", "Default: 514; with TLS 6514; with RELP 2514.", Number, Main),
    field("siem.protocol", "Protocol",
        "Use TLS if the receiver supports it. With RELP (rsyslog), it acknowledges each line.",
        Choice(&[("tcp", "TCP"), ("udp", "UDP"), ("tls", "TLS"), ("relp", "RELP"),
            ("relp+tls", "RELP over TLS")]), Main),
    field("siem.ca_file", "CA of the receiver's certificate", "PEM. Default: the public CAs.", Pem,
        TLS),
    field("siem.server_name", "Server name",
        "The name in the receiver's certificate. Default: the host above.", Text, TLS),
    field("siem.pin_sha256", "Pinned fingerprint",
        "SHA-256 of the receiver's certificate. It is checked in addition to the CA.", Text, TLS),
    field("siem.client_cert_file", "Client certificate", "PEM. Only if the receiver requires one.",
        Pem, TLS),
    field("siem.client_key_file", "Client key", "PEM. The private key of the client certificate.",
        Secret, TLS),
    field("siem.framing", "Framing", "For TCP and TLS.",
        Choice(&[("", "Default: line feed; with TLS octet counting"), ("lf", "Line feed"),
            ("octet-counting", "Octet counting")]), DELIVERY),
    field("siem.max_datagram", "Largest datagram", "For UDP: 480 to 65507 bytes. Default: 8192.",
        Number, DELIVERY),
    field("siem.replay_window_mb", "Replay window",
        "For TCP and TLS: MB of sent lines kept until the receiver has read them. Default: 4.",
        Number, DELIVERY),
    field("siem.half_close", "Prove delivery by half-close",
        "Turn off if the receiver does not handle a half-closed connection.", Switch(true),
        DELIVERY),
    field("siem.half_close_every_mb", "Half-close interval",
        "MB sent between two half-closes. Default: 64.", Number, DELIVERY),
    field("siem.set_aside_refused", "Set aside refused lines",
        "After several tries, with a notice. Off: siembox retries a refused line for ever.",
        Switch(true), DELIVERY),
    field("siem.max_lines_per_second", "Maximum lines per second", "Default: no limit.", Number,
        DELIVERY),
    field("siem.heartbeat", "Heartbeat interval",
        "siembox sends a line of its own at this interval, for example 15m. Default: none.", Text,
        DELIVERY),
];

/// What is asked for of each stream; built once, from the list of streams.
static DATA: LazyLock<Vec<SetupField>> = LazyLock::new(|| of_streams(CLOUD_APPS));

#[rustfmt::skip]
static CONNECTION: &[SetupField] = &[
    field("source.api_url", "API URL", "From the portal: Settings > Cloud Apps > System > About.",
        Text, Main),
    field("source.token_file", "Token", "An API token or a SIEM agent token.", Secret, TOKEN),
    field("source.tenant_id", "Tenant", "The tenant's GUID or domain.", Text, ENTRA),
    field("source.client_id", "Application (client) ID",
        "The app needs the permission Investigation.read on Microsoft Cloud App Security.", Text,
        ENTRA),
    field("source.client_secret_file", "Client secret", "", Secret, ENTRA),
    field("source.login_url", "Login host", "Default: the login host of the API's cloud.", Text,
        ENTRA),
    field("source.proxy", "Proxy",
        "For example proxy.contoso.com:8080 or user@proxy.contoso.com:8080. Default: none.", Text,
        WAY),
    field("source.proxy_password_file", "Proxy password", "", Secret, WAY),
    field("source.ca_file", "Additional CA",
        "PEM. Trusted in addition to the public CAs, for example for a proxy that inspects TLS.",
        Pem, WAY),
    field("source.poll_interval", "Poll interval", "Default: 30s.", Text, READING),
    field("source.first_look_back", "First look back",
        "How far back the first start reads. Default: 2d.", Text, READING),
    field("source.max_catch_up", "Maximum catch-up",
        "How far back reading resumes after a stop. Default: 30d.", Text, READING),
    field("source.requests_per_minute", "Requests per minute", "For the whole tenant. Default: 30.",
        Number, READING),
    field("source.timeout", "Request timeout", "Default: 60s.", Text, READING),
];

// === impl Step ===

impl SetupStep {
    /// All, in their order.
    pub(super) const ALL: [Self; 5] = [
        Self::General,
        Self::Siem,
        Self::Data,
        Self::Connection,
        Self::Finish,
    ];

    /// Name in an address.
    pub(super) fn name(self) -> &'static str {
        match self {
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

    /// What it asks for.
    pub(super) fn fields(self) -> &'static [SetupField] {
        match self {
            Self::General => GENERAL,
            Self::Siem => SIEM,
            Self::Data => &DATA,
            Self::Connection => CONNECTION,
            Self::Finish => &[],
        }
    }
}

// === impl Field ===

impl SetupField {
    /// All fields of all steps.
    pub(super) fn all() -> impl Iterator<Item = &'static Self> {
        SetupStep::ALL.into_iter().flat_map(SetupStep::fields)
    }

    /// Where it speaks of one filter: the key of the stream's table, and the filter's name.
    pub(super) fn filter(&self) -> Option<(&'static str, &'static str)> {
        match self.kind {
            FieldKind::Values(_) | FieldKind::Picks(_) => {
                let end = self.key.find(".filters.")?;
                let table = &self.key[..end + ".filters".len()];
                Some((table, &self.key[end + ".filters.".len()..]))
            }
            _ => None,
        }
    }

    /// Is what is typed kept in a file of its own?
    pub(super) fn is_file(&self) -> bool {
        matches!(self.kind, FieldKind::Secret | FieldKind::Pem)
    }

    /// What its file is called behind the agent's name.
    pub(super) fn file_name(&self) -> &'static str {
        match self.key {
            "source.token_file" => "token",
            "source.client_secret_file" => "client-secret",
            "source.proxy_password_file" => "proxy-password",
            "source.ca_file" => "cloud-ca.pem",
            "siem.ca_file" => "siem-ca.pem",
            "siem.client_cert_file" => "client.pem",
            _ => "client.key",
        }
    }
}

/// The field that a finding of the settings' reader is about, and its step: the one of this key, or
/// of the longest that the key begins with.
pub(super) fn about(key: &str) -> Option<(SetupStep, &'static SetupField)> {
    let fields = SetupStep::ALL
        .into_iter()
        .flat_map(|step| step.fields().iter().map(move |field| (step, field)));
    let begins = |field: &SetupField| {
        key.strip_prefix(field.key)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    fields
        .filter(|(_, field)| begins(field))
        .max_by_key(|(_, field)| field.key.len())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_key_is_asked_for_once_and_each_file_is_another() {
        let keys: HashSet<_> = SetupField::all().map(|field| field.key).collect();
        assert_eq!(keys.len(), SetupField::all().count());
        let files: Vec<_> = SetupField::all().filter(|field| field.is_file()).collect();
        let names: HashSet<_> = files.iter().map(|field| field.file_name()).collect();
        assert_eq!(names.len(), files.len());
    }

    #[test]
    fn a_finding_is_shown_beside_its_field() {
        let at = |key| about(key).map(|(step, field)| (step, field.key));
        assert_eq!(at("siem.port"), Some((SetupStep::Siem, "siem.port")));
        let severity = "alerts.filters.severity";
        assert_eq!(
            at("alerts.filters.severity.eq"),
            Some((SetupStep::Data, severity))
        );
        assert_eq!(
            at("alerts.filters.read.eq"),
            Some((SetupStep::Data, "alerts.filters"))
        );
        assert_eq!(at("siem.portal"), None);
    }

    #[test]
    fn filters_are_named_as_the_api_names_them() {
        let filters: Vec<_> = SetupField::all().filter_map(SetupField::filter).collect();
        assert!(filters.contains(&("alerts.filters", "entity.service")));
        assert!(filters.contains(&("activities.filters", "user.username")));
    }
}
