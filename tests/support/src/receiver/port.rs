//! Free ports, and whether somebody listens, asked of the kernel: a probing connection would be a guest in the receiver's count.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};

/// What a receiver listens on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Stream.
    Tcp,
    /// Datagrams.
    Udp,
}

/// A port of 127.0.0.1 that nobody uses at this moment.
#[must_use]
pub fn free_port(transport: Transport) -> u16 {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    match transport {
        Transport::Tcp => TcpListener::bind(any).and_then(|socket| socket.local_addr()),
        Transport::Udp => UdpSocket::bind(any).and_then(|socket| socket.local_addr()),
    }
    .expect("a free port")
    .port()
}

/// Does anybody listen on this port, as `/proc/net` has it?
#[must_use]
pub fn listens(transport: Transport, port: u16) -> bool {
    // State 0A is LISTEN; an unconnected UDP socket is in state 07.
    let (tables, state) = match transport {
        Transport::Tcp => (["/proc/net/tcp", "/proc/net/tcp6"], "0A"),
        Transport::Udp => (["/proc/net/udp", "/proc/net/udp6"], "07"),
    };
    let port = format!(":{port:04X}");
    tables.iter().any(|table| {
        std::fs::read_to_string(table)
            .unwrap_or_default()
            .lines()
            .skip(1)
            .any(|row| {
                let mut columns = row.split_whitespace().skip(1);
                let local = columns.next().unwrap_or_default();
                local.ends_with(&port) && columns.nth(1) == Some(state)
            })
    })
}
