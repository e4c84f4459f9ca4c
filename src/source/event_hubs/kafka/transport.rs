//! The socket of a connection, with TLS on it where the route has that.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};

use super::broker_route::BrokerRoute;

/// What a connection reads and writes: a socket, or TLS on it.
pub(super) trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

/// Connects to the first address of the host that answers, within the timeout of the route.
///
/// # Errors
/// If none answers, or all connections are to end.
pub(super) fn connect(
    host: &str,
    port: u16,
    route: &BrokerRoute,
) -> io::Result<(Arc<TcpStream>, Box<dyn Stream>)> {
    let addresses: Vec<SocketAddr> = (host, port).to_socket_addrs()?.collect();
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    let count = u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    for address in addresses {
        match connect_to(address, route, route.timeout / count) {
            Ok(socket) => return with_tls(socket, host, route),
            Err(error) if route.sockets.is_closed() => return Err(error),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn connect_to(
    address: SocketAddr,
    route: &BrokerRoute,
    timeout: Duration,
) -> io::Result<Arc<TcpStream>> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    let socket = Arc::new(TcpStream::from(socket));
    // known before it connects, so that whoever ends all connections need not wait for it
    if !route.sockets.add(&socket) {
        return Err(io::ErrorKind::Interrupted.into());
    }
    SockRef::from(&*socket).connect_timeout(&address.into(), timeout)?;
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(route.timeout))?;
    socket.set_write_timeout(Some(route.timeout))?;
    keep_alive(&socket)?;
    Ok(socket)
}

fn with_tls(
    socket: Arc<TcpStream>,
    host: &str,
    route: &BrokerRoute,
) -> io::Result<(Arc<TcpStream>, Box<dyn Stream>)> {
    let shared = Shared(Arc::clone(&socket));
    let Some(config) = &route.tls else {
        return Ok((socket, Box::new(shared)));
    };
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let tls = ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
    Ok((socket, Box::new(StreamOwned::new(tls, shared))))
}

/// Azure forgets a connection that is silent for 240 s, without a word (reference: successors.md
/// §5).
fn keep_alive(tcp: &TcpStream) -> io::Result<()> {
    let keep_alive = TcpKeepalive::new()
        .with_time(Duration::from_secs(60))
        .with_interval(Duration::from_secs(20))
        .with_retries(3);
    SockRef::from(tcp).set_tcp_keepalive(&keep_alive)
}

/// Reads and writes a socket that another thread may end.
struct Shared(Arc<TcpStream>);

impl Read for Shared {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        (&*self.0).read(to)
    }
}

impl Write for Shared {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        (&*self.0).write(from)
    }

    fn flush(&mut self) -> io::Result<()> {
        (&*self.0).flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::source::event_hubs::kafka::sockets::Sockets;

    /// A listener whose queue is full leaves further connections without an answer.
    #[test]
    fn a_connection_that_hangs_ends_with_the_others() {
        let full = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        full.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())
            .unwrap();
        full.listen(0).unwrap();
        let address = full.local_addr().unwrap().as_socket().unwrap();
        let short = Duration::from_millis(200);
        let queued: Vec<_> = (0..8)
            .map_while(|_| TcpStream::connect_timeout(&address, short).ok())
            .collect();
        assert!(queued.len() < 8, "the queue has an end");
        let sockets = Arc::new(Sockets::default());
        let route = BrokerRoute {
            host: "127.0.0.1".into(),
            port: address.port(),
            tls: None,
            login: None,
            client_id: String::new(),
            timeout: Duration::from_secs(600),
            sockets: Arc::clone(&sockets),
        };
        let (done, is_done) = mpsc::channel();
        std::thread::spawn(move || done.send(connect("127.0.0.1", route.port, &route).is_err()));
        while sockets.count() == 0 {
            std::thread::yield_now();
        }
        // it may not have begun to connect yet: then the next time ends it
        let ended = (0..100).find_map(|_| {
            sockets.shut_down();
            is_done.recv_timeout(Duration::from_millis(100)).ok()
        });
        assert_eq!(ended, Some(true));
    }
}
