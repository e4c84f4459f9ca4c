//! The page's only socket. A thread with a runtime of its own, so that visitors share nothing with the stream but a bounded
//! number of looks at the status.
//!
//! What one visitor or all together may take:
//!
//! | of | at most | else |
//! |---|---|---|
//! | connections | 64 | one makes room: of the address that has most of them, the one longest without a request |
//! | answers, and connections accepted | 500 a second each, 50 at once | the next ones wait |
//! | head of a request | 8 KB, 64 fields | 431 |
//! | body of a request | 64 KB, within 10 s | 413, 408 |
//! | time until the next whole head, and to take an answer | 15 s | hung up |
//! | looks at the status | one in 0.4 s | visitors share it |

mod connection;
mod pace;
mod seats;
mod window;

use std::cell::RefCell;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::thread::JoinHandle;
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use tokio::sync::{oneshot, watch};
use tokio::task::LocalSet;
use tokio::time::Instant;

use super::guard::{Guard, Hosts};
use crate::settings::PageSettings;
use crate::status::Status;
use connection::Visit;
use pace::Pace;
use seats::Seats;
use window::Window;

/// Connections at a time.
const SEATS: usize = 64;
/// Connections that the kernel keeps until they are accepted.
const BACKLOG: i32 = 128;
/// What is being answered at the end has so long.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// The page can't be shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// An address can't be taken.
    #[error(
        "the page cannot listen on {address}: {cause}: stop what uses it, or set listen in [page] to another address or port; the stream goes on without the page"
    )]
    Listen {
        /// The address in the settings.
        address: SocketAddr,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The system gives no thread or runtime.
    #[error("the page cannot be started: {0}; the stream goes on without it")]
    Start(std::io::Error),
}

/// A running page. Dropping it stops it, without waiting for it.
#[derive(Debug)]
pub struct Server {
    addresses: Vec<SocketAddr>,
    stop: watch::Sender<bool>,
    thread: Option<(JoinHandle<()>, oneshot::Receiver<()>)>,
}

// === impl Server ===

impl Server {
    /// Listens where the settings say and answers from then on. `machine` is the machine's name.
    ///
    /// # Errors
    /// Where an address can't be taken; nothing listens then.
    pub fn start(
        settings: &PageSettings,
        machine: Option<&str>,
        status: Status,
    ) -> Result<Self, ServerError> {
        let listeners = settings.listen.iter().map(|&address| {
            listen(address).map_err(|cause| ServerError::Listen { address, cause })
        });
        let listeners = listeners.collect::<Result<Vec<_>, _>>()?;
        let addresses = listeners.iter().map(TcpListener::local_addr);
        let addresses = addresses
            .collect::<Result<Vec<_>, _>>()
            .map_err(ServerError::Start)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .thread_name("page")
            .max_blocking_threads(1)
            .build()
            .map_err(ServerError::Start)?;
        let (stop, stopped) = watch::channel(false);
        let (gone, ended) = oneshot::channel();
        let guard = Guard::new(Hosts::new(machine, &settings.hosts));
        let machine = machine.unwrap_or_default().to_owned();
        let thread = std::thread::Builder::new()
            .name("page".to_owned())
            .spawn(move || {
                let local = LocalSet::new();
                local.block_on(&runtime, serve(listeners, guard, status, machine, stopped));
                drop(local);
                // a look at the status that hangs is not waited for
                runtime.shutdown_timeout(LAST_WORDS);
                let _ = gone.send(());
            })
            .map_err(ServerError::Start)?;
        Ok(Self {
            addresses,
            stop,
            thread: Some((thread, ended)),
        })
    }

    /// Where it listens, with the port that was free where the settings say 0.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Listens no more; answers what was asked, within half a second.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if let Some((thread, ended)) = self.thread.take() {
            // an error is a thread that ended by itself
            let _ = ended.await;
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    if address.is_ipv6() {
        // "[::]" and "0.0.0.0" can stand beside each other
        socket.set_only_v6(true)?;
    }
    // not refused because of connections that are over
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

async fn serve(
    listeners: Vec<TcpListener>,
    guard: Guard,
    status: Status,
    machine: String,
    mut stopped: watch::Receiver<bool>,
) {
    let visit = Rc::new(Visit {
        guard,
        window: Window::open(status, machine),
        pace: Pace::default(),
    });
    let seats = Rc::new(RefCell::new(Seats::new(SEATS)));
    for listener in listeners {
        match tokio::net::TcpListener::from_std(listener) {
            Ok(listener) => {
                let (visit, seats, stopped) = (visit.clone(), seats.clone(), stopped.clone());
                tokio::task::spawn_local(accept(listener, visit, seats, stopped));
            }
            Err(error) => tracing::error!("the page lost a listener: {error}"),
        }
    }
    // an error is the server that was dropped
    let _ = stopped.wait_for(|stopped| *stopped).await;
    let end = Instant::now() + LAST_WORDS;
    while !seats.borrow().are_empty() && Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn accept(
    listener: tokio::net::TcpListener,
    visit: Rc<Visit>,
    seats: Rc<RefCell<Seats>>,
    mut stopped: watch::Receiver<bool>,
) {
    let pace = Pace::default();
    loop {
        pace.turn().await;
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.wait_for(|stopped| *stopped) => return,
        };
        let Ok((stream, from)) = accepted else {
            // out of file descriptors, at worst: leave the others time to close some
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        // small answers, at once
        let _ = stream.set_nodelay(true);
        let seat = seats.borrow_mut().take(from.ip(), Instant::now());
        let (visit, seats, stopped) = (visit.clone(), seats.clone(), stopped.clone());
        tokio::task::spawn_local(async move {
            connection::serve(stream, &visit, &seat, stopped).await;
            seats.borrow_mut().leave(&seat);
        });
    }
}
