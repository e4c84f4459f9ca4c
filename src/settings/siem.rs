//! `[agent.siem]`: the receiving side.

use std::time::Duration;

use super::host::host;
use super::overrides::{Needs, Overrides, TransportName};
use super::section::Section;
use super::{
    CefSettings, DeliverySettings, HeaderSettings, TlsSettings, cef, delivery, header, tls,
};

/// `[agent.siem]`: the receiving side.
#[derive(Debug, Clone, PartialEq)]
pub struct SiemSettings {
    /// `host`: name or address.
    pub host: String,
    /// `port`: default 514, with TLS 6514, with RELP 2514.
    pub port: u16,
    /// `protocol`: udp, tcp (default), tls, relp, relp+tls; with what only it needs.
    pub protocol: SyslogProtocol,
    /// `framing`: lf (default; tls: octet-counting, RFC 5425) or octet-counting. Only for tcp and
    /// tls.
    pub framing: FramingSetting,
    /// What is kept of the lines sent.
    pub replay: DeliverySettings,
    /// Header of each line.
    pub header: HeaderSettings,
    /// Looks of each line.
    pub cef: CefSettings,
    /// `set_aside_refused`: default true. Is a line that the receiver does not take again and again
    /// set aside, or tried for ever? Not for udp.
    pub set_aside_refused: bool,
    /// `max_lines_per_second`: no limit where absent; 1 to 1,000,000.
    pub max_lines_per_second: Option<u32>,
    /// `heartbeat`: a line of its own so often while connected; none where absent; 1m to 24h.
    pub heartbeat: Option<Duration>,
}

impl SiemSettings {
    /// Where the lines go, as an operator writes it: `tcp://siem.example:514`.
    #[must_use]
    pub fn address(&self) -> String {
        let protocol = match &self.protocol {
            SyslogProtocol::Udp { .. } => "udp",
            SyslogProtocol::Tcp => "tcp",
            SyslogProtocol::Tls(_) => "tls",
            SyslogProtocol::Relp(None) => "relp",
            SyslogProtocol::Relp(Some(_)) => "relp+tls",
        };
        format!("{protocol}://{}:{}", self.host, self.port)
    }
}

/// `protocol`
#[derive(Debug, Clone, PartialEq)]
pub enum SyslogProtocol {
    /// RFC 5426.
    Udp {
        /// `max_datagram` bytes: 480 to 65507, default 8192. Longer lines are cut and counted.
        max_datagram: usize,
    },
    /// RFC 6587.
    Tcp,
    /// RFC 5425.
    Tls(TlsSettings),
    /// RELP, encrypted where there are settings for it (`relp+tls`).
    Relp(Option<TlsSettings>),
}

/// `framing`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FramingSetting {
    /// One line feed after each message (RFC 6587, 3.4.2).
    Lf,
    /// Length and a blank before each message (RFC 6587, 3.4.1).
    OctetCounting,
}

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);
const FRAMINGS: [(&str, FramingSetting); 2] = [
    ("lf", FramingSetting::Lf),
    ("octet-counting", FramingSetting::OctetCounting),
];

pub(super) fn read(section: Section, given: &Overrides) -> Option<SiemSettings> {
    let cef = cef::read(&section, given);
    let header = header::read(&section, cef.format);
    let (host, port, transport) = target(&section, given);
    let protocol = protocol(&section, transport);
    let framing = framing(&section, transport);
    let replay = delivery::read(&section, transport);
    let set_aside_refused = section.flag("set_aside_refused").unwrap_or(true);
    if transport == TransportName::Udp
        && section.has("set_aside_refused")
        && !section.failed("protocol")
    {
        section.refuse(
            "set_aside_refused",
            "has no effect with UDP, where no receiver refuses a line; allowed: only with protocol \
                = \"tcp\", \"tls\", \"relp\" or \"relp+tls\"",
        );
    }
    let max_lines_per_second = section.number("max_lines_per_second", 1..=1_000_000);
    let heartbeat = section.duration("heartbeat", MINUTE..=DAY);
    if transport.is_framed() && framing == FramingSetting::Lf && header.begins_with_a_digit() {
        let text = "without PRI, each line starts with its year, which rsyslog reads as an octet \
            count; cure: include_pri = true, framing = \"octet-counting\", or a time_format that \
            starts with the month";
        section.warn("include_pri", text);
    }
    section.close();
    Some(SiemSettings {
        host: host?,
        port,
        protocol,
        framing,
        replay,
        header,
        cef,
        set_aside_refused,
        max_lines_per_second,
        heartbeat,
    })
}

/// Host, port and transport: from `--syslog`, else from the file.
fn target(section: &Section, given: &Overrides) -> (Option<String>, u16, TransportName) {
    let written_host = section.text("host", host);
    let written = section
        .word("protocol", &TransportName::NAMES)
        .unwrap_or(TransportName::Tcp);
    let port = section
        .number("port", 1..=65535)
        .unwrap_or(written.default_port());
    if let Some(syslog) = &given.syslog {
        return (Some(syslog.host.clone()), syslog.port, syslog.transport);
    }
    if section.has("host") {
        return (written_host, port, written);
    }
    let host = match given.needs {
        Needs::Stream => {
            section.refuse(
                "host",
                "missing; allowed: name or address of the SIEM's syslog receiver",
            );
            None
        }
        Needs::Cloud | Needs::Lines => Some("not-set.invalid".to_owned()),
    };
    (host, port, written)
}

fn protocol(section: &Section, transport: TransportName) -> SyslogProtocol {
    let max_datagram = section.number("max_datagram", 480..=65507);
    let tls = tls::read(section, transport.is_tls());
    if transport != TransportName::Udp && section.has("max_datagram") && !section.failed("protocol")
    {
        section.refuse(
            "max_datagram",
            "is set without UDP; allowed: only with protocol = \"udp\"",
        );
    }
    match transport {
        TransportName::Udp => SyslogProtocol::Udp {
            max_datagram: max_datagram.unwrap_or(8192),
        },
        TransportName::Tcp => SyslogProtocol::Tcp,
        TransportName::Tls => SyslogProtocol::Tls(tls),
        TransportName::Relp => SyslogProtocol::Relp(None),
        TransportName::RelpTls => SyslogProtocol::Relp(Some(tls)),
    }
}

fn framing(section: &Section, transport: TransportName) -> FramingSetting {
    let written = section.word("framing", &FRAMINGS);
    if !transport.is_framed() && section.has("framing") {
        let beside = match transport {
            TransportName::Udp => "UDP, which sends each line as a datagram of its own",
            _ => "RELP, which has its own framing",
        };
        let text = format!(
            "has no effect with {beside}; allowed: only with protocol = \"tcp\" or \
                \"tls\""
        );
        section.refuse("framing", &text);
    }
    written.unwrap_or(match transport {
        TransportName::Tls => FramingSetting::OctetCounting,
        _ => FramingSetting::Lf,
    })
}
