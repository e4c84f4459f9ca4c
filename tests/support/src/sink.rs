//! A small syslog receiver over TCP that keeps what it gets. For the demo, and for tests that need
//! it to be slow, gone or rude; the real receivers are in [`crate`]'s `receiver`.

use std::io::{self, BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::listener::{Listener, Stop};
use crate::pki::Issued;
use crate::wire::{self, Wire};

/// How messages are told apart on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Framing {
    /// A line feed after each.
    #[default]
    Lf,
    /// Length and a blank before each.
    OctetCounting,
}

type OnLine = Box<dyn Fn(&str) + Send + Sync>;

/// Plan of a receiver.
#[derive(Default)]
pub struct Builder {
    port: u16,
    framing: Framing,
    tls: Option<Issued>,
    on_line: Option<OnLine>,
}

/// A receiver that can be stopped and started on its port. Dropping it ends it.
pub struct SyslogReceiver {
    port: u16,
    shared: Arc<Shared>,
    listener: Option<Listener>,
}

struct Shared {
    plan: Builder,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    lines: Vec<String>,
    /// Pause after each line.
    pause: Duration,
    /// Connections are taken and reset at once.
    rude: bool,
    connections: u64,
}

impl SyslogReceiver {
    /// Plans a receiver.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// A receiver of lines on any free port.
    #[must_use]
    pub fn start() -> Self {
        Builder::default().start()
    }

    /// Where it listens, or would.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// Closes the port and ends its connections: whatever its process had not read is lost.
    pub fn stop(&mut self) {
        self.listener = None;
    }

    /// Listens again on the same port.
    ///
    /// # Panics
    /// Where somebody else took the port meanwhile.
    pub fn restart(&mut self) {
        self.listener = None;
        self.listener = Some(
            self.shared
                .listen(self.port)
                .expect("the port it had before"),
        );
    }

    /// Reads no more than so many lines a second; 0 is as fast as it can.
    pub fn slow(&self, lines_per_second: u32) {
        self.shared.state().pause = match lines_per_second {
            0 => Duration::ZERO,
            rate => Duration::from_secs(1) / rate,
        };
    }

    /// Takes connections only to reset them at once.
    pub fn rude(&self, rude: bool) {
        self.shared.state().rude = rude;
        if rude && let Some(listener) = &self.listener {
            listener.cut_connections();
        }
    }

    /// Ends the connections that are open now; new ones are welcome.
    pub fn cut_connections(&self) {
        if let Some(listener) = &self.listener {
            listener.cut_connections();
        }
    }

    /// Drops every packet that comes for it, or no longer: a firewall that silently changed its
    /// mind, a cable that was pulled.
    ///
    /// # Panics
    /// Where the system refuses.
    pub fn black_hole(&self, on: bool) {
        if let Some(listener) = &self.listener {
            listener.black_hole(on).expect("a filter");
        }
    }

    /// Forgets its connections without a word, as a machine whose power was cut.
    ///
    /// # Errors
    /// Where we are not root.
    pub fn forget_connections(&self) -> io::Result<()> {
        self.listener
            .as_ref()
            .map_or(Ok(()), Listener::forget_connections)
    }

    /// All lines so far, of all connections, in the order they were read.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.shared.state().lines.clone()
    }

    /// How many lines so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.shared.state().lines.len()
    }

    /// How many connections so far.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.shared.state().connections
    }

    /// Waits until `done` says so, looking again after each line; false where `patience` ran out
    /// first.
    pub fn wait_until(&self, patience: Duration, mut done: impl FnMut(&[String]) -> bool) -> bool {
        let end = Instant::now() + patience;
        let mut state = self.shared.state();
        while !done(&state.lines) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            (state, _) = self
                .shared
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
        true
    }

    /// Waits for so many lines; false where `patience` ran out first.
    #[must_use]
    pub fn wait_for(&self, count: usize, patience: Duration) -> bool {
        self.wait_until(patience, |lines| lines.len() >= count)
    }
}

impl Builder {
    /// This port instead of any free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// How messages are told apart.
    #[must_use]
    pub fn framing(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    /// Under TLS, with this certificate.
    #[must_use]
    pub fn tls(mut self, issued: Issued) -> Self {
        self.tls = Some(issued);
        self
    }

    /// Is told each line as it comes.
    #[must_use]
    pub fn on_line(mut self, on_line: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.on_line = Some(Box::new(on_line));
        self
    }

    /// Starts it.
    ///
    /// # Panics
    /// Where the port can't be had.
    #[must_use]
    pub fn start(self) -> SyslogReceiver {
        let port = self.port;
        let shared = Arc::new(Shared {
            plan: self,
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let listener = shared.listen(port).expect("a port on loopback");
        SyslogReceiver {
            port: listener.addr().port(),
            shared,
            listener: Some(listener),
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen(self: &Arc<Self>, port: u16) -> io::Result<Listener> {
        let shared = Arc::clone(self);
        let tls = self.plan.tls.as_ref().map(wire::tls_server);
        Listener::start(port, "receiver", move |socket, _, stop| {
            let rude = {
                let mut state = shared.state();
                state.connections += 1;
                state.rude
            };
            match Wire::accept(socket, tls.as_ref()) {
                Ok(wire) if rude => wire.reset(),
                // a cut is an end like any other; what came before it counts
                Ok(wire) => drop(shared.receive(wire, stop)),
                Err(_) => {}
            }
        })
    }

    fn receive(&self, wire: Wire, stop: &Stop) -> io::Result<()> {
        let mut stream = BufReader::new(wire);
        let mut bytes = Vec::new();
        while next_message(&mut stream, self.plan.framing, &mut bytes)? {
            let line = String::from_utf8_lossy(&bytes).into_owned();
            if let Some(on_line) = &self.plan.on_line {
                on_line(&line);
            }
            let pause = {
                let mut state = self.state();
                state.lines.push(line);
                state.pause
            };
            self.changed.notify_all();
            if !pause.is_zero() && !stop.sleep(pause) {
                break;
            }
        }
        stream.into_inner().close();
        Ok(())
    }
}

/// Reads one message; false at a clean end. A last line without its line feed was cut off and
/// doesn't count.
fn next_message(
    stream: &mut BufReader<Wire>,
    framing: Framing,
    message: &mut Vec<u8>,
) -> io::Result<bool> {
    message.clear();
    match framing {
        Framing::Lf => {
            stream.read_until(b'\n', message)?;
            Ok(message.pop() == Some(b'\n'))
        }
        Framing::OctetCounting => {
            stream.read_until(b' ', message)?;
            let Some((b' ', digits)) = message.split_last() else {
                return Ok(false);
            };
            let length = std::str::from_utf8(digits)
                .ok()
                .and_then(|digits| digits.parse().ok());
            let length: usize =
                length.ok_or_else(|| io::Error::other("no length before the message"))?;
            message.resize(length, 0);
            stream.read_exact(message)?;
            Ok(true)
        }
    }
}
