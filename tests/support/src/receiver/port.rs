//! Free ports, and whether a process listens on one, asked of the kernel: a probing connection
//! would be a guest in the receiver's count.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// What a receiver listens on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Stream.
    Tcp,
    /// Datagrams.
    Udp,
}

/// Ports below those that Linux gives to outgoing connections and to `bind(0)`: there nobody takes
/// one by chance between our look and the receiver's start, or while the receiver is down.
const FIRST: u32 = 10_000;
const COUNT: u32 = 22_000;
/// Ports that a process may take before it meets those of the next one.
const EACH: u32 = 16;

/// A port of 127.0.0.1 that nobody uses and that this process has not handed out.
#[must_use]
pub fn free_port(transport: Transport) -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    for _ in 0..COUNT {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let slot = std::process::id().wrapping_mul(EACH).wrapping_add(step) % COUNT;
        let port = u16::try_from(FIRST + slot).expect("below 65536");
        let any = (Ipv4Addr::LOCALHOST, port);
        let free = match transport {
            Transport::Tcp => TcpListener::bind(any).is_ok(),
            Transport::Udp => UdpSocket::bind(any).is_ok(),
        };
        if free {
            return port;
        }
    }
    panic!("no port of this machine is free");
}

/// Does the process `pid` listen on this port?
#[must_use]
pub fn listens(pid: u32, transport: Transport, port: u16) -> bool {
    // State 0A is LISTEN; an unconnected UDP socket is in state 07.
    let (tables, state) = match transport {
        Transport::Tcp => (["/proc/net/tcp", "/proc/net/tcp6"], "0A"),
        Transport::Udp => (["/proc/net/udp", "/proc/net/udp6"], "07"),
    };
    let port = format!(":{port:04X}");
    let sockets: Vec<PathBuf> = tables
        .iter()
        .flat_map(|table| {
            let rows = std::fs::read_to_string(table).unwrap_or_default();
            rows.lines()
                .filter_map(|row| {
                    // number, local, remote, state, queues, timer, retransmits, user, timeout,
                    // inode
                    let columns: Vec<&str> = row.split_whitespace().collect();
                    let ours = columns.get(1)?.ends_with(&port) && columns.get(3) == Some(&state);
                    ours.then(|| PathBuf::from(format!("socket:[{}]", columns[9])))
                })
                .collect::<Vec<_>>()
        })
        .collect();
    let Ok(descriptors) = std::fs::read_dir(format!("/proc/{pid}/fd")) else {
        return false;
    };
    descriptors
        .flatten()
        .filter_map(|descriptor| std::fs::read_link(descriptor.path()).ok())
        .any(|link| sockets.contains(&link))
}
