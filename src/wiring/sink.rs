//! Builds the sink from the settings: UDP, TCP, TLS or RELP.

use std::num::NonZeroU32;

use super::WiringError;
use crate::settings::{FramingSetting, SiemSettings, SyslogProtocol, TlsSettings};
use crate::sink::wire::Wire;
use crate::sink::{
    Connect, ConnectError, Protocol, ReceiverWord, StepTimes, Target, Trust, TrustError, TrustFiles,
};
use crate::syslog::frame;

/// The receiver that the settings name.
#[derive(Debug, Clone)]
pub struct Receiver {
    siem: SiemSettings,
}

// === impl Receiver ===

impl Receiver {
    /// As these settings have it.
    ///
    /// # Errors
    /// When a certificate or key can't be used.
    pub fn new(siem: &SiemSettings) -> Result<Self, WiringError> {
        siem_target(siem)?;
        let siem = siem.clone();
        Ok(Self { siem })
    }
}

impl Connect for Receiver {
    type Wire = Wire;

    async fn connect(&mut self, attempt: u32) -> Result<Wire, ConnectError> {
        // made anew for each connection, so that a renewed certificate counts from the next one on
        let target = target(&self.siem).map_err(ConnectError::Unfit)?;
        Wire::connect(&target, attempt)
            .await
            .map_err(ConnectError::Siem)
    }

    fn word(&self) -> ReceiverWord {
        match self.siem.protocol {
            SyslogProtocol::Udp { .. } => ReceiverWord::None,
            SyslogProtocol::Tcp | SyslogProtocol::Tls(_) => ReceiverWord::End,
            SyslogProtocol::Relp(_) => ReceiverWord::Answers,
        }
    }
}

/// Where the lines go, with certificates read.
///
/// # Errors
/// When a certificate or key can't be used.
pub fn siem_target(siem: &SiemSettings) -> Result<Target, WiringError> {
    Ok(target(siem)?)
}

fn target(siem: &SiemSettings) -> Result<Target, TrustError> {
    let framing = match siem.framing {
        FramingSetting::Lf => frame::Framing::Lf,
        FramingSetting::OctetCounting => frame::Framing::OctetCounting,
    };
    let protocol = match &siem.protocol {
        SyslogProtocol::Udp { max_datagram } => Protocol::Udp {
            max_datagram: *max_datagram,
        },
        SyslogProtocol::Tcp => Protocol::Tcp { framing },
        SyslogProtocol::Tls(tls) => Protocol::Tls {
            framing,
            trust: trust_of(tls, siem)?,
        },
        SyslogProtocol::Relp(tls) => Protocol::Relp {
            trust: tls.as_ref().map(|tls| trust_of(tls, siem)).transpose()?,
        },
    };
    Ok(Target {
        host: siem.host.clone(),
        port: siem.port,
        protocol,
        max_lines_per_second: siem.max_lines_per_second.and_then(NonZeroU32::new),
        bounds: StepTimes::default(),
    })
}

fn trust_of(tls: &TlsSettings, siem: &SiemSettings) -> Result<Trust, TrustError> {
    TrustFiles {
        ca_file: tls.ca_file.clone(),
        client: tls.client.clone(),
        server_name: tls.server_name.clone(),
        pin_sha256: tls.pin_sha256,
    }
    .load(&siem.host)
}
