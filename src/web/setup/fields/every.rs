//! The fields that an agent of any source has: name, looks of the lines, SIEM, the way to the cloud.

use super::FieldKind::{Choice, Number, Pem, Secret, Switch, Text};
use super::Group::{self, Main};
use super::{SetupField, field};

const ADVANCED: Group = Group::More("Advanced settings");
const TLS: Group = Group::More("Encryption (TLS)");
const DELIVERY: Group = Group::More("Delivery proof and rate");
const WAY: Group = Group::More("Proxy and certificates");

/// How long a source is read back, and how often.
pub(super) const READING: Group = Group::More("Reading");

#[rustfmt::skip]
pub(super) static GENERAL: &[SetupField] = &[
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
pub(super) static SIEM: &[SetupField] = &[
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

#[rustfmt::skip]
pub(super) const THE_WAY: [SetupField; 3] = [
    field("source.proxy", "Proxy",
        "For example proxy.contoso.com:8080 or user@proxy.contoso.com:8080. Default: none.", Text,
        WAY),
    field("source.proxy_password_file", "Proxy password", "", Secret, WAY),
    field("source.ca_file", "Additional CA",
        "PEM. Trusted in addition to the public CAs, for example for a proxy that inspects TLS.",
        Pem, WAY),
];

#[rustfmt::skip]
pub(super) const LOOK_BACK: [SetupField; 2] = [
    field("source.first_look_back", "First look back",
        "How far back the first start reads. Default: 2d.", Text, READING),
    field("source.max_catch_up", "Maximum catch-up",
        "How far back reading resumes after a stop. Default: 30d.", Text, READING),
];
