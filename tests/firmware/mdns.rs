//! mDNS as another machine beside the box hears and asks it (RFC 6762): records in words, and a
//! question as a frame.

use std::net::Ipv4Addr;

use crate::frame::Frame;

const PORT: u16 = 5353;
const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
/// Whoever asks.
const NEIGHBOUR: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 99);
/// Kinds of records.
pub const A: u16 = 1;
pub const PTR: u16 = 12;
const SRV: u16 = 33;
/// Length of a message's header, and of a record behind its name.
const HEADER: usize = 12;
const FIXED: usize = 10;

/// What an mDNS answer in this frame says: `A siembox.local 10.0.2.15`, `SRV
/// siembox._https._tcp.local 443 siembox.local`, `PTR _https._tcp.local siembox._https._tcp.local`.
/// Nothing of other frames.
pub fn answers(frame: &Frame) -> Vec<String> {
    let message = match frame.udp() {
        Some((_, PORT, message)) if message.len() > HEADER && message[2] & 0x80 != 0 => message,
        _ => return Vec::new(),
    };
    let half = |at: usize| u16::from_be_bytes([message[at], message[at + 1]]);
    let mut at = HEADER;
    for _ in 0..half(4) {
        at = name(message, at).1 + 4;
    }
    let mut said = Vec::new();
    for _ in 0..half(6) + half(8) + half(10) {
        let (owner, behind) = name(message, at);
        let data = behind + FIXED;
        at = data + usize::from(half(behind + 8));
        said.extend(match (half(behind), &message[data..at]) {
            (A, &[a, b, c, d]) => Some(format!("A {owner} {}", Ipv4Addr::new(a, b, c, d))),
            (PTR, _) => Some(format!("PTR {owner} {}", name(message, data).0)),
            (SRV, _) => {
                let target = name(message, data + 6).0;
                Some(format!("SRV {owner} {} {target}", half(data + 4)))
            }
            _ => None,
        });
    }
    said
}

/// The name at this place, and where it ends. Names are shortened by leading to others before them.
fn name(message: &[u8], at: usize) -> (String, usize) {
    let mut labels = Vec::new();
    let (mut place, mut end) = (at, None);
    loop {
        match usize::from(message[place]) {
            0 => break,
            high @ 0xc0.. => {
                end = end.or(Some(place + 2));
                place = (high & 0x3f) << 8 | usize::from(message[place + 1]);
            }
            length => {
                let label = &message[place + 1..place + 1 + length];
                labels.push(String::from_utf8_lossy(label).into_owned());
                place += 1 + length;
            }
        }
    }
    (labels.join("."), end.unwrap_or(place + 1))
}

/// A neighbour's question to all: who has this record?
pub fn question(owner: &str, kind: u16) -> Vec<u8> {
    let mut message = vec![0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in owner.split('.') {
        message.push(u8::try_from(label.len()).unwrap());
        message.extend(label.bytes());
    }
    message.push(0);
    message.extend([kind.to_be_bytes(), [0, 1]].concat());

    let size = |length: usize| u16::try_from(length).unwrap().to_be_bytes();
    // no checksum: 0
    let ports = [PORT.to_be_bytes(), PORT.to_be_bytes()].concat();
    let datagram = [&ports[..], &size(8 + message.len()), &[0, 0], &message].concat();
    let mut header = [
        &[0x45, 0][..],
        &size(20 + datagram.len()),
        &[0, 1, 0, 0, 255, 17, 0, 0],
    ]
    .concat();
    header.extend(NEIGHBOUR.octets().into_iter().chain(GROUP.octets()));
    let sum = header.chunks(2).fold(0, |sum: u32, pair| {
        sum + u32::from(u16::from_be_bytes([pair[0], pair[1]]))
    });
    let folded = (sum & 0xffff) + (sum >> 16);
    let checksum = !u16::try_from(folded).unwrap();
    header[10..12].copy_from_slice(&checksum.to_be_bytes());
    let ethernet = [1, 0, 0x5e, 0, 0, 0xfb, 2, 0, 0, 0, 0, 0x99, 8, 0];
    [&ethernet[..], &header, &datagram].concat()
}
