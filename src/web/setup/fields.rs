//! What the wizard asks for, as data: each field with the key that it has in the settings file, its words and its kind.
//!
//! The settings' own reader is the judge of every value; a field only knows how to be written on a page.

mod streams;

use std::sync::LazyLock;

use crate::stream::CLOUD_APPS;
use streams::of_streams;

/// A step of the wizard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SetupStep {
    /// Name and looks of the lines.
    General,
    /// Where the lines go.
    Siem,
    /// Which records are sent.
    Data,
    /// How the cloud is reached.
    Connection,
    /// All at a glance.
    Finish,
}

/// One thing that is asked for.
#[derive(Debug)]
pub(super) struct SetupField {
    /// In `[[agent]]`, with points: `siem.port`.
    pub(super) key: &'static str,
    pub(super) label: &'static str,
    /// What to write there, what holds where it is empty.
    pub(super) hint: &'static str,
    pub(super) kind: FieldKind,
    pub(super) group: Group,
}

/// How it is asked for.
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
    /// Values of one filter, one a line or with commas between; the stream's table `filters` holds them as `eq`.
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
const DELIVERY: Group = Group::More("Proof of delivery and speed");
const TOKEN: Group = Group::Of("With a token");
const ENTRA: Group = Group::Of("Or with an Entra app");
const WAY: Group = Group::More("Proxy and certificates");
const READING: Group = Group::More("How reading goes");

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
    field("name", "Name", "Letters, digits, . _ and -; it names the folder of what waits to be sent.", Text, Main),
    field("siem.format", "SIEM format", "What your SIEM expects.", Choice(&[("generic-cef", "Generic CEF"), ("arcsight", "Micro Focus ArcSight")]), Main),
    field("siem.time_format", "Time format", "Empty: RFC 5424, for ArcSight RFC 3164.", Choice(&[
        ("", "As the SIEM format has it"), ("rfc5424", "RFC 5424: 2023-03-02T21:10:02.022Z"), ("rfc3164", "RFC 3164: Mar 02 21:10:02"),
        ("rfc3164-with-year", "RFC 3164 with year: Mar 02 2023 21:10:02"), ("full-rfc5424", "A complete RFC 5424 header"),
    ]), ADVANCED),
    field("siem.include_pri", "Include PRI", "<109> before each line.", Switch(true), ADVANCED),
    field("siem.facility", "Facility", "0 to 23; empty: 13, log audit.", Number, ADVANCED),
    field("siem.severity", "Severity", "0 to 7; empty: 5, notice.", Number, ADVANCED),
    field("siem.include_system_name", "Include system name", "In the header of each line. Without it syslog-ng takes \"CEF:0…\" for the host.", Switch(true), ADVANCED),
    field("siem.system_name", "System name", "Empty: this machine's host name.", Text, ADVANCED),
    field("siem.profile", "Profile", "Original is byte for byte what the Java agent sent.", Choice(&[("original", "Original"), ("portable", "Portable: empty pairs left out")]), ADVANCED),
    field("siem.portal_url", "Portal address", "Start of the addresses in the lines; empty: the tenant's portal.", Text, ADVANCED),
];

#[rustfmt::skip]
static SIEM: &[SetupField] = &[
    field("siem.host", "Remote syslog host", "Name or address of the SIEM's syslog receiver.", Text, Main),
    field("siem.port", "Port", "Empty: 514, with TLS 6514, with RELP 2514.", Number, Main),
    field("siem.protocol", "Protocol", "TLS where the receiver can; RELP for rsyslog, which then answers each line.", Choice(&[
        ("tcp", "TCP"), ("udp", "UDP"), ("tls", "TLS"), ("relp", "RELP"), ("relp+tls", "RELP over TLS"),
    ]), Main),
    field("siem.ca_file", "Authority of the receiver's certificate", "PEM. Empty: the public authorities.", Pem, TLS),
    field("siem.server_name", "Name in the certificate", "Empty: the host above.", Text, TLS),
    field("siem.pin_sha256", "Pinned fingerprint", "SHA-256 of the receiver's certificate, checked in addition.", Text, TLS),
    field("siem.client_cert_file", "Own certificate", "PEM. Only where the receiver asks for one.", Pem, TLS),
    field("siem.client_key_file", "Own key", "PEM.", Secret, TLS),
    field("siem.framing", "Framing", "TCP and TLS only.", Choice(&[("", "As usual: line feed, with TLS octet counting"), ("lf", "Line feed"), ("octet-counting", "Octet counting")]), DELIVERY),
    field("siem.max_datagram", "Largest datagram", "UDP only: 480 to 65507 bytes; empty: 8192.", Number, DELIVERY),
    field("siem.replay_window_mb", "Replay window", "MB kept until the receiver surely has read them, TCP and TLS; empty: 4.", Number, DELIVERY),
    field("siem.half_close", "Ask the receiver by a half-close", "Off for a receiver that can't bear it.", Switch(true), DELIVERY),
    field("siem.half_close_every_mb", "Half-close each", "MB of a steady stream; empty: 64.", Number, DELIVERY),
    field("siem.set_aside_refused", "Set aside what the receiver refuses", "After some tries, with a notice. Off: such a line is tried for ever.", Switch(true), DELIVERY),
    field("siem.max_lines_per_second", "Most lines a second", "Empty: no limit.", Number, DELIVERY),
    field("siem.heartbeat", "Heartbeat each", "As 15m: a line of siembox's own, to alarm by. Empty: none.", Text, DELIVERY),
];

/// What is asked for of each stream; built once, from the list of streams.
static DATA: LazyLock<Vec<SetupField>> = LazyLock::new(|| of_streams(CLOUD_APPS));

#[rustfmt::skip]
static CONNECTION: &[SetupField] = &[
    field("source.api_url", "API URL", "From the portal: Settings > Cloud Apps > System > About.", Text, Main),
    field("source.token_file", "Token", "An API or SIEM token.", Secret, TOKEN),
    field("source.tenant_id", "Tenant", "The tenant's GUID or domain.", Text, ENTRA),
    field("source.client_id", "Application (client) ID", "With the permission Investigation.read on Microsoft Cloud App Security.", Text, ENTRA),
    field("source.client_secret_file", "Client secret", "", Secret, ENTRA),
    field("source.login_url", "Log-on host", "Empty: the one of the API's cloud.", Text, ENTRA),
    field("source.proxy", "Proxy", "proxy.contoso.com:8080, with user@ before it where it wants one. Empty: none.", Text, WAY),
    field("source.proxy_password_file", "Proxy password", "", Secret, WAY),
    field("source.ca_file", "Further authority", "PEM, beside the public ones, as for a proxy that looks inside.", Pem, WAY),
    field("source.poll_interval", "Ask again after", "Empty: 30s.", Text, READING),
    field("source.first_look_back", "The first start fetches", "Empty: the last 2d.", Text, READING),
    field("source.max_catch_up", "Made up for at most", "After a stop. Empty: 30d.", Text, READING),
    field("source.requests_per_minute", "Requests a minute", "Of the whole tenant. Empty: 30.", Number, READING),
    field("source.timeout", "Time limit of a request", "Empty: 60s.", Text, READING),
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

    /// As it stands in an address.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Siem => "siem",
            Self::Data => "data",
            Self::Connection => "connection",
            Self::Finish => "finish",
        }
    }

    /// As a person reads it.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::General => "General",
            Self::Siem => "Your SIEM",
            Self::Data => "Data types",
            Self::Connection => "The cloud",
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

/// The field that a finding of the settings' reader is about, and its step: the one of this key, or of the longest that the key
/// begins with.
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
