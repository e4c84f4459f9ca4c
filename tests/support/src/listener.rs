//! A small server of threads: accepts on loopback, one bounded thread per connection, all gone when
//! it is dropped.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::silence;

/// Most connections at a time; further ones wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 64;

/// A listening socket and its threads. Dropping it ends every connection and waits for the threads.
#[derive(Debug)]
pub struct Listener {
    addr: SocketAddr,
    /// The listening socket, which the acceptor waits at.
    door: TcpListener,
    stop: Stop,
    acceptor: Option<JoinHandle<()>>,
}

/// Told to threads that are to end; also holds the sockets that keep them waiting.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    stopping: bool,
    sockets: HashMap<u64, TcpStream>,
    entered: u64,
    accepted: u64,
}

impl Listener {
    /// Listens on 127.0.0.1; port 0 takes any free one. `serve` gets each connection with its
    /// number, from 1.
    ///
    /// # Errors
    /// Where the port can't be had.
    pub fn start(
        port: u16,
        name: &str,
        serve: impl Fn(TcpStream, u64, &Stop) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let (addr, door) = (socket.local_addr()?, socket.try_clone()?);
        let stop = Stop::default();
        let acceptor = {
            let stop = stop.clone();
            let serve = Arc::new(serve);
            let thread = name.to_owned();
            std::thread::Builder::new()
                .name(name.to_owned())
                .spawn(move || accept(&socket, &thread, &stop, &serve))?
        };
        Ok(Self {
            addr,
            door,
            stop,
            acceptor: Some(acceptor),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The sign to stop, for threads that work for it.
    #[must_use]
    pub fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// How many connections were accepted so far.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.stop.state().accepted
    }

    /// Ends all connections that are open now; new ones are welcome.
    pub fn cut_connections(&self) {
        self.stop.state().cut();
    }

    /// Drops every packet that comes for us, before our TCP sees it, until it is told not to:
    /// nothing is answered or refused.
    ///
    /// # Errors
    /// What the system says.
    pub fn black_hole(&self, on: bool) -> io::Result<()> {
        silence::drop_packets(&self.door, on)?;
        self.stop
            .state()
            .sockets
            .values()
            .try_for_each(|socket| silence::drop_packets(socket, on))
    }

    /// Forgets the connections that are open now without a word to their peers, as a machine does
    /// that loses its power and starts again. New ones are welcome.
    ///
    /// # Errors
    /// Where we are not root.
    pub fn forget_connections(&self) -> io::Result<()> {
        self.stop
            .state()
            .sockets
            .values()
            .try_for_each(silence::forget)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut state = self.stop.state();
        state.stopping = true;
        state.cut();
        drop(state);
        self.stop.0.changed.notify_all();
        // wakes the acceptor
        let _ = TcpStream::connect(self.addr);
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

fn accept<F: Fn(TcpStream, u64, &Stop) + Send + Sync + 'static>(
    listener: &TcpListener,
    name: &str,
    stop: &Stop,
    serve: &Arc<F>,
) {
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    for socket in listener.incoming() {
        if stop.told() {
            break;
        }
        let Some((socket, number, gone)) = socket.ok().and_then(|socket| stop.admit(socket)) else {
            continue;
        };
        threads.retain(|thread| !thread.is_finished());
        let (stop, serve) = (stop.clone(), Arc::clone(serve));
        let spawned = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                serve(socket, number, &stop);
                drop(gone);
            });
        threads.extend(spawned);
    }
    for thread in threads {
        let _ = thread.join();
    }
}

/// Takes a connection off the list when its thread ends, however it ends.
#[derive(Debug)]
pub struct Gone(Stop, u64);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.state().sockets.remove(&self.1);
        self.0.0.changed.notify_all();
    }
}

impl Stop {
    /// Is it time to end?
    #[must_use]
    pub fn told(&self) -> bool {
        self.state().stopping
    }

    /// Sleeps; false where it was told to end meanwhile.
    #[must_use]
    pub fn sleep(&self, time: Duration) -> bool {
        let end = std::time::Instant::now() + time;
        let mut state = self.state();
        while !state.stopping {
            let left = end.saturating_duration_since(std::time::Instant::now());
            if left.is_zero() {
                return true;
            }
            (state, _) = self
                .0
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
        false
    }

    /// Watches another socket too, as long as the answer lives: it is ended with the rest.
    ///
    /// # Errors
    /// Where the socket can't be copied, or everything is ending.
    pub fn watch(&self, socket: &TcpStream) -> io::Result<Gone> {
        let copy = socket.try_clone()?;
        let mut state = self.state();
        if state.stopping {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(self.enter(&mut state, copy))
    }

    fn enter(&self, state: &mut State, socket: TcpStream) -> Gone {
        state.entered += 1;
        state.sockets.insert(state.entered, socket);
        Gone(self.clone(), state.entered)
    }

    /// Waits for a free place, then enters the connection.
    fn admit(&self, socket: TcpStream) -> Option<(TcpStream, u64, Gone)> {
        let copy = socket.try_clone().ok()?;
        let mut state = self.state();
        while state.sockets.len() >= MAX_CONNECTIONS && !state.stopping {
            state = self
                .0
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if state.stopping {
            return None;
        }
        state.accepted += 1;
        let gone = self.enter(&mut state, copy);
        Some((socket, state.accepted, gone))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn cut(&self) {
        for socket in self.sockets.values() {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}
