//! The network at a machine's cable.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// Where a cable leads.
#[derive(Debug, Clone)]
pub struct Lan {
    /// As QEMU wants to be told, without its id.
    pub netdev: String,
    /// Where its page is on this machine.
    pub page: SocketAddr,
    /// The same over TLS.
    pub secure: SocketAddr,
    /// The address that it has there.
    pub guest: Ipv4Addr,
}

// === impl Lan ===

impl Lan {
    pub fn of_qemu() -> Self {
        let (page, secure) = (free(), free());
        Self {
            netdev: format!("user,hostfwd=tcp:{page}-:80,hostfwd=tcp:{secure}-:443"),
            page,
            secure,
            guest: Ipv4Addr::new(10, 0, 2, 15),
        }
    }
}

/// A port of this machine that nobody has.
pub fn free() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap()
}
