//! Ethernet frames as the switch sees them.

use std::fmt;

/// Which way it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the box.
    Out,
    /// To the box.
    In,
}

/// One frame.
#[derive(Clone)]
pub struct Frame {
    pub way: Way,
    /// The VLAN of its tag.
    pub vlan: Option<u16>,
    /// The frame without the tag.
    pub bytes: Vec<u8>,
}

const TAG: [u8; 2] = [0x81, 0];
const TCP: u8 = 6;
const UDP: u8 = 17;
/// Length of the ethernet header, and where the type stands in it.
const HEADER: usize = 14;
const TYPE: usize = 12;

// === impl Frame ===

impl Frame {
    pub fn from_world(bytes: &[u8]) -> Self {
        Self {
            way: Way::In,
            vlan: None,
            bytes: bytes.to_vec(),
        }
    }

    pub fn from_box(bytes: &[u8]) -> Self {
        let (vlan, bytes) = match bytes.get(TYPE..TYPE + 4) {
            // the upper four bits are its priority
            Some([0x81, 0, high, low]) => (
                Some(u16::from_be_bytes([high & 0x0f, *low])),
                [&bytes[..TYPE], &bytes[TYPE + 4..]].concat(),
            ),
            _ => (None, bytes.to_vec()),
        };
        Self {
            way: Way::Out,
            vlan,
            bytes,
        }
    }

    /// With the tag of this VLAN.
    pub fn tagged(&self, vlan: u16) -> Vec<u8> {
        let (front, back) = self.bytes.split_at(TYPE);
        [front, &TAG, &vlan.to_be_bytes(), back].concat()
    }

    /// Source and destination port of a TCP segment over IPv4.
    pub fn tcp(&self) -> Option<(u16, u16)> {
        self.ipv4(TCP).map(|(from, to, _)| (from, to))
    }

    /// The same of a datagram, with what is in it.
    pub fn udp(&self) -> Option<(u16, u16, &[u8])> {
        let (from, to, segment) = self.ipv4(UDP)?;
        Some((from, to, segment.get(8..)?))
    }

    fn ipv4(&self, protocol: u8) -> Option<(u16, u16, &[u8])> {
        let packet = self.bytes.get(HEADER..)?;
        let is = self.bytes.get(TYPE..HEADER)? == [8, 0] && *packet.get(9)? == protocol;
        let segment = packet.get(usize::from(packet[0] & 0x0f) * 4..)?;
        let port = |at| {
            Some(u16::from_be_bytes([
                *segment.get(at)?,
                *segment.get(at + 1)?,
            ]))
        };
        is.then_some((port(0)?, port(2)?, segment))
    }
}

/// Whom it is for, and its beginning.
impl fmt::Debug for Frame {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = self.bytes.len().min(64);
        write!(out, "{:?} vlan {:?}: ", self.way, self.vlan)?;
        self.bytes[..show]
            .iter()
            .try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}
