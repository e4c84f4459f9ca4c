//! Overrides from the command line and the environment: they win over the file, and work without
//! one.

use std::path::PathBuf;

use super::address::ApiUrl;
use super::host::host_and_port;
use super::{Format, ProxySettings, Refusal, Secret, SecretSource};

/// Settings from flags and environment, already read; empty by default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overrides {
    /// `--state`
    pub state_dir: Option<PathBuf>,
    /// `--logsDirectory`
    pub logs_dir: Option<PathBuf>,
    /// `--proxy`: for all agents, it is the machine's way out.
    pub proxy: Option<ProxySettings>,
    /// `--token` or `--token-file`: instead of what the file says. Only where there is one agent.
    pub credentials: Option<SecretSource>,
    /// `--api-url`. Only where there is one agent.
    pub api_url: Option<ApiUrl>,
    /// `--syslog`. Only where there is one agent.
    pub syslog: Option<SyslogTarget>,
    /// `--format`: as if the file said so.
    pub format: Option<Format>,
    /// `SIEMBOX_TOKEN`: for agents whose credentials nothing else gives.
    pub spare_token: Option<Secret>,
    /// What the command will reach; decides what may be missing.
    pub needs: Needs,
    /// `--firmware`: siembox has the box for itself. Its page is on every address, at the ports
    /// that browsers take, where the settings don't say; state and log are on the data partition.
    pub on_firmware: bool,
}

/// What a command will reach with the settings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Needs {
    /// The cloud and the SIEM: run, check.
    #[default]
    Stream,
    /// The cloud only: preview. Without a file, the SIEM's host is `not-set.invalid`.
    Cloud,
    /// Neither: render, status. Credentials may be missing (the secret is then empty and can't be
    /// read); without a file, nothing has to be given at all: the SIEM's host is `not-set.invalid`,
    /// the portal the one without a tenant.
    Lines,
}

/// `--syslog HOST:PORT/udp|tcp|tls|relp|relp+tls`, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyslogTarget {
    /// Name or address.
    pub host: String,
    /// Where none is written, the usual one of the transport.
    pub port: u16,
    /// Where none is written, TCP.
    pub transport: TransportName,
}

/// The bare choice of `protocol`, without what belongs to each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum TransportName {
    Udp,
    Tcp,
    Tls,
    Relp,
    RelpTls,
}

// === impl Overrides ===

impl Overrides {
    /// The same, but for what is about `[agent.source]`.
    #[must_use]
    pub fn but_of_the_source(&self) -> Self {
        Self {
            credentials: None,
            api_url: None,
            spare_token: None,
            ..self.clone()
        }
    }
}

// === impl SyslogTarget ===

impl SyslogTarget {
    /// Reads `HOST[:PORT][/udp|tcp|tls|relp|relp+tls]`.
    ///
    /// # Errors
    /// Says which part is wrong.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let (address, transport) = match text.rsplit_once('/') {
            Some((address, name)) => {
                let known = TransportName::NAMES
                    .iter()
                    .find(|(known, _)| known.eq_ignore_ascii_case(name));
                let (_, transport) = known.ok_or_else(|| {
                    Refusal::because(
                        text,
                        "the part after \"/\" is not a protocol",
                        "HOST:PORT/udp, /tcp, /tls, /relp or /relp+tls",
                    )
                })?;
                (address, *transport)
            }
            None => (text, TransportName::Tcp),
        };
        let (host, port) = host_and_port(address)?;
        Ok(Self {
            host,
            port: port.unwrap_or(transport.default_port()),
            transport,
        })
    }
}

// === impl Transport ===

impl TransportName {
    /// As settings and flags name them.
    pub(super) const NAMES: [(&'static str, Self); 5] = [
        ("udp", Self::Udp),
        ("tcp", Self::Tcp),
        ("tls", Self::Tls),
        ("relp", Self::Relp),
        ("relp+tls", Self::RelpTls),
    ];

    /// 514, with TLS 6514 (RFC 5425); RELP has none of its own, and rsyslog's examples take 2514.
    pub(super) fn default_port(self) -> u16 {
        match self {
            Self::Udp | Self::Tcp => 514,
            Self::Tls => 6514,
            Self::Relp | Self::RelpTls => 2514,
        }
    }

    /// Is it encrypted?
    pub(super) fn is_tls(self) -> bool {
        matches!(self, Self::Tls | Self::RelpTls)
    }

    /// Is `framing` a choice?
    pub(super) fn is_framed(self) -> bool {
        matches!(self, Self::Tcp | Self::Tls)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reads_the_siems_address() {
        for (written, host, port, transport) in [
            (
                "siem.example:5514/udp",
                "siem.example",
                5514,
                TransportName::Udp,
            ),
            ("siem.example:514", "siem.example", 514, TransportName::Tcp),
            ("siem.example/TLS", "siem.example", 6514, TransportName::Tls),
            (
                "siem.example/relp",
                "siem.example",
                2514,
                TransportName::Relp,
            ),
            (
                "siem.example:20514/relp+tls",
                "siem.example",
                20514,
                TransportName::RelpTls,
            ),
            (
                "[2001:db8::1]:1514/tcp",
                "2001:db8::1",
                1514,
                TransportName::Tcp,
            ),
        ] {
            assert_eq!(
                SyslogTarget::parse(written).unwrap(),
                SyslogTarget {
                    host: host.to_owned(),
                    port,
                    transport
                }
            );
        }
        for wrong in ["", "siem:514/http", "siem:0/udp", "/udp", "tcp://siem:514"] {
            assert!(SyslogTarget::parse(wrong).is_err(), "{wrong}");
        }
    }
}
