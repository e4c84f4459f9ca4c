//! A receiver of our own that is a process of its own: it writes whole lines (LF framing) to its
//! file as it reads them, and what it has not read dies with it. It reads as fast, or as slowly, as
//! its plan says.
//!
//! The process is the test's own binary, started again for one ignored test that does nothing but
//! call [`serve`]: so that `cargo test --test NAME` needs no other program.
//!
//! ```no_run
//! # use siembox_support::receiver::collector;
//! #[test]
//! #[ignore = "the receiver's own process"]
//! fn collector_process() { collector::serve() }
//!
//! # fn main() {
//! let mut siem = collector::start("collector_process", &collector::Plan::default());
//! siem.kill();
//! # }
//! ```

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use serde::{Deserialize, Serialize};
use socket2::{Domain, Socket, Type};

use super::daemon::Receiver;
use super::port::{Transport, free_port};
use crate::pki::Issued;
use crate::wire::{self, Wire};

/// Tells the test binary that it is the receiver.
const MARK: &str = "SIEMBOX_COLLECTOR";

/// How it receives.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    /// Where it listens.
    pub address: Ipv4Addr,
    /// On which port; any free one where absent.
    pub port: Option<u16>,
    /// Under TLS, with this certificate.
    pub tls: Option<Issued>,
    /// Bytes of one read.
    pub gulp: usize,
    /// Pause after each read.
    pub pause: Duration,
    /// What its kernel may hold unread, bytes; the kernel's own choice (up to 32 MB) where absent.
    pub receive_buffer: Option<usize>,
}

impl Default for Plan {
    /// As fast as it can, plain, on loopback.
    fn default() -> Self {
        Self {
            address: Ipv4Addr::LOCALHOST,
            port: None,
            tls: None,
            gulp: 256 * 1024,
            pause: Duration::ZERO,
            receive_buffer: None,
        }
    }
}

impl Plan {
    /// Reads 16 KB every 2 ms: 8 MB/s at most, slower than any sender.
    #[must_use]
    pub fn slow(self) -> Self {
        Self {
            gulp: 16 * 1024,
            pause: Duration::from_millis(2),
            ..self
        }
    }
}

/// Starts it. `test` is the full name of the ignored test that calls [`serve`].
#[must_use]
pub fn start(test: &str, plan: &Plan) -> Receiver {
    let program = std::env::current_exe().expect("our own binary");
    Receiver::launch_on(
        plan.port.unwrap_or_else(|| free_port(Transport::Tcp)),
        &program,
        vec![(MARK.to_owned(), "1".to_owned())],
        Transport::Tcp,
        |_, port| {
            let plan = Plan {
                port: Some(port),
                ..plan.clone()
            };
            serde_json::to_string(&plan).expect("a plan")
        },
        |_| {
            ["--exact", test, "--ignored", "--nocapture"]
                .map(str::to_owned)
                .to_vec()
        },
    )
}

/// Receives until it is killed, in a process that [`start`] has started; anywhere else it does
/// nothing.
///
/// # Panics
/// Where plan, port or file can't be had.
pub fn serve() {
    if std::env::var_os(MARK).is_none() {
        return;
    }
    let plan = std::fs::read("conf").expect("a plan");
    let plan: Plan = serde_json::from_slice(&plan).expect("a plan");
    let lines = File::options().create(true).append(true).open("lines");
    let shared = Arc::new((plan, lines.expect("a writable folder")));
    let tls = shared.0.tls.as_ref().map(wire::tls_server);
    for socket in listen(&shared.0).expect("the port").incoming() {
        let (shared, tls) = (Arc::clone(&shared), tls.clone());
        std::thread::spawn(move || {
            let (plan, lines) = &*shared;
            // a connection that breaks is an end like any other
            let _ = socket.and_then(|socket| receive(socket, tls.as_ref(), plan, lines));
        });
    }
}

fn listen(plan: &Plan) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    // the connections of the life before may not be over
    socket.set_reuse_address(true)?;
    if let Some(bytes) = plan.receive_buffer {
        socket.set_recv_buffer_size(bytes)?;
    }
    socket.bind(&SocketAddr::from((plan.address, plan.port.unwrap_or(0))).into())?;
    socket.listen(128)?;
    Ok(socket.into())
}

fn receive(
    socket: TcpStream,
    tls: Option<&Arc<ServerConfig>>,
    plan: &Plan,
    mut lines: &File,
) -> io::Result<()> {
    let mut wire = Wire::accept(socket, tls)?;
    let (mut gulp, mut rest) = (vec![0; plan.gulp], Vec::new());
    loop {
        let bytes = wire.read(&mut gulp)?;
        if bytes == 0 {
            break;
        }
        rest.extend_from_slice(&gulp[..bytes]);
        if let Some(end) = rest.iter().rposition(|byte| *byte == b'\n') {
            lines.write_all(&rest[..=end])?;
            rest.drain(..=end);
        }
        if !plan.pause.is_zero() {
            std::thread::sleep(plan.pause);
        }
    }
    wire.close();
    Ok(())
}
