//! Connects to a host by name; the TCP socket notices a dead peer within a minute.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use super::error::SinkError;
use super::peer::Peer;
use super::target::{StepTimes, Target};

/// A name with more addresses than this is a mistake, or an attempt to keep us busy.
const MOST_ADDRESSES: usize = 16;
/// Silence after which the kernel asks whether the peer is still there.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(20);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEPALIVE_COUNT: u32 = 3;
/// After this long without an acknowledgement, or with a closed window, the kernel gives the
/// connection up: early enough that a dead peer is known within a minute, whatever timer it meets.
const USER_TIMEOUT: Duration = Duration::from_secs(50);

/// The addresses of the target, none twice; the one to start with moves on with each failed
/// `attempt`, so that an address that accepts and then fails does not keep the others from their
/// turn.
pub(super) async fn addresses(target: &Target, attempt: u32) -> Result<Vec<SocketAddr>, SinkError> {
    let host = || target.host.clone();
    let found = timeout(
        target.bounds.resolve,
        tokio::net::lookup_host((target.host.as_str(), target.port)),
    )
    .await
    .map_err(|_| SinkError::ResolveSilent {
        host: host(),
        after: target.bounds.resolve,
    })?
    .map_err(|cause| SinkError::Resolve {
        host: host(),
        cause,
    })?;
    let mut addresses = Vec::new();
    for address in found.take(MOST_ADDRESSES) {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    match addresses.len() {
        0 => Err(SinkError::NoAddress { host: host() }),
        some => {
            addresses.rotate_left(attempt as usize % some);
            Ok(addresses)
        }
    }
}

/// Connects to one address.
pub(super) async fn tcp(peer: &Peer, bounds: &StepTimes) -> Result<TcpStream, SinkError> {
    let local = |cause| SinkError::Socket {
        peer: peer.clone(),
        cause,
    };
    let socket = match peer.address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }
    .map_err(local)?;
    watch_over(&socket).map_err(local)?;
    let stream = timeout(bounds.connect, socket.connect(peer.address))
        .await
        .map_err(|_| SinkError::ConnectSilent {
            peer: peer.clone(),
            after: bounds.connect,
        })?
        .map_err(|cause| SinkError::connecting(peer, cause))?;
    // With nobody listening on a local port of the ephemeral range, TCP can meet itself there.
    if stream.local_addr().map_err(local)? == peer.address {
        return Err(SinkError::Refused { peer: peer.clone() });
    }
    Ok(stream)
}

/// The options by which the kernel notices a peer that fell silent.
fn watch_over(socket: &TcpSocket) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let socket = SockRef::from(socket);
    socket.set_tcp_keepalive(
        &TcpKeepalive::new()
            .with_time(KEEPALIVE_IDLE)
            .with_interval(KEEPALIVE_INTERVAL)
            .with_retries(KEEPALIVE_COUNT),
    )?;
    socket.set_tcp_user_timeout(Some(USER_TIMEOUT))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::sink::Protocol;
    use crate::sink::peer::Spoken;
    use crate::syslog::frame::Framing;

    fn target(host: &str) -> Target {
        Target {
            host: host.to_owned(),
            port: 514,
            protocol: Protocol::Tcp {
                framing: Framing::Lf,
            },
            max_lines_per_second: None,
            bounds: StepTimes::default(),
        }
    }

    #[tokio::test]
    async fn addresses_take_turns() {
        let all = addresses(&target("localhost"), 0).await.unwrap();
        let next = addresses(&target("localhost"), 1).await.unwrap();
        assert_eq!(next[0], all[1 % all.len()]);
        assert_eq!(
            addresses(&target("::1"), u32::MAX).await.unwrap(),
            ["[::1]:514".parse().unwrap()]
        );
    }

    #[tokio::test]
    async fn a_name_that_leads_nowhere_is_named() {
        // A label of 64 is refused before any name server is asked.
        let name = format!("{}.invalid", "x".repeat(64));
        let told = addresses(&target(&name), 0).await.unwrap_err();
        assert!(told.to_string().contains(&name), "{told}");
    }

    #[tokio::test]
    async fn the_kernel_watches_over_the_connection() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let peer = Peer {
            host: "127.0.0.1".into(),
            address: listener.local_addr().unwrap(),
            protocol: Spoken::Tcp,
        };
        let stream = tcp(&peer, &StepTimes::default()).await.unwrap();
        let socket = SockRef::from(&stream);
        assert!(stream.nodelay().unwrap());
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), KEEPALIVE_IDLE);
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(USER_TIMEOUT));
    }
}
