//! The page's only sockets. A thread with a runtime of its own, so that visitors share nothing with
//! the stream but a bounded number of looks at the status.
//!
//! What one visitor or all together may take:
//!
//! | of | at most | else |
//! |---|---|---|
//! | connections, TLS or not | 64 | one makes room: of the address that has most of them, the one longest without a request |
//! | answers, and connections accepted | 500 a second each, 50 at once; of TLS 100 | the next ones wait |
//! | a TLS handshake | 10 s | hung up |
//! | pages behind the log-in at work | 3, each on a thread of its own | the next ones wait; after 20 s 503 |
//! | head of a request | 8 KB, 64 fields | 431 |
//! | body of a request | 64 KB, within 10 s | 413, 408 |
//! | time until the next whole head, and to take an answer | 15 s | hung up |
//! | looks at the status | one in 0.4 s | visitors share it |

mod connection;
mod connections;
mod heads;
mod pace;
mod snapshot_cache;
mod tls;

use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use tokio::sync::{oneshot, watch};
use tokio::task::LocalSet;

use super::auth::Auth;
use super::guard::{Guard, Hosts};
use super::identity::Identity;
use super::router::Entrance;
use crate::clock;
use crate::settings::PageSettings;
use crate::status::{Liveness, Status, WORK};
use connection::{ROOMS, Visit};
use connections::ConnectionTable;
use pace::ReadRate;
use snapshot_cache::SnapshotCache;

/// Connections at a time.
const SEATS: usize = 64;
/// Connections that the kernel keeps until they are accepted.
const BACKLOG: i32 = 128;
/// Time for running responses when the page stops.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// The page's thread gives a sign of life this often, with or without visitors.
const BEAT: Duration = Duration::from_secs(10);

/// The page can't be shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// An address can't be taken.
    #[error(
        "the page cannot listen on {address}: {cause}: stop the program that uses it, or set \
            {setting} in [page] to another address or port; the stream continues without the page"
    )]
    Listen {
        /// The setting that names it.
        setting: &'static str,
        /// The address in the settings.
        address: SocketAddr,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The system gives no thread or runtime.
    #[error("the page cannot start: {0}; the stream continues without it")]
    Start(std::io::Error),
}

/// Settings and parts of the page.
pub struct Opening<'a> {
    /// The section `[page]` of the settings.
    pub settings: &'a PageSettings,
    /// The machine's name.
    pub machine: Option<&'a str>,
    /// Folder of the box's own certificate.
    pub state_dir: &'a Path,
    /// The status that the page shows.
    pub status: Status,
    /// Log-in and sessions.
    pub auth: Arc<Auth>,
}

/// A running page. Dropping it stops it, without waiting for it.
#[derive(Debug)]
pub struct Server {
    addresses: Vec<SocketAddr>,
    https_addresses: Vec<SocketAddr>,
    fingerprint: Option<String>,
    trouble: Option<String>,
    stop: watch::Sender<bool>,
    thread: Option<(JoinHandle<()>, oneshot::Receiver<()>)>,
}

// === impl Server ===

impl Server {
    /// Listens where the settings say and answers from then on. Without a certificate that can be
    /// used there is no TLS, and [`trouble`](Self::trouble) says why.
    ///
    /// # Errors
    /// Where an address can't be taken; nothing listens then.
    pub fn start(opening: Opening) -> Result<Self, ServerError> {
        let settings = opening.settings;
        let plain = listen_all("listen", &settings.listen)?;
        let secure = listen_all("https_listen", &settings.https_listen)?;
        let (identity, trouble) = match secure.is_empty() {
            true => (None, None),
            false => identity(&opening),
        };
        let secure = identity.as_ref().map(|_| secure).unwrap_or_default();
        let (addresses, https_addresses) = (addresses(&plain)?, addresses(&secure)?);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .thread_name("page")
            // looks at the status have one of their own
            .max_blocking_threads(1 + ROOMS)
            .build()
            .map_err(ServerError::Start)?;
        let (stop, stopped) = watch::channel(false);
        let (gone, ended) = oneshot::channel();
        let machine = opening.machine.unwrap_or_default().to_owned();
        let entrance = Entrance {
            auth: opening.auth,
            https_port: https_addresses.first().map(SocketAddr::port),
            status_without_login: settings.status_without_login,
            machine: machine.as_str().into(),
        };
        let guard = Guard::new(Hosts::new(opening.machine, &settings.hosts));
        let fingerprint = identity
            .as_ref()
            .map(|identity| identity.fingerprint().to_owned());
        let status = opening.status;
        let plain = plain.into_iter().map(|listener| (listener, None));
        let secure = secure
            .into_iter()
            .map(|listener| (listener, identity.clone()));
        let listeners: Vec<_> = plain.chain(secure).collect();
        let thread = std::thread::Builder::new()
            .name("page".to_owned())
            .spawn(move || {
                let local = LocalSet::new();
                local.spawn_local(beat(status.part("page")));
                let serving = async move {
                    let window = SnapshotCache::open(status, machine);
                    let visit = Visit::new(guard, window, entrance);
                    serve(listeners, visit, stopped).await;
                };
                local.block_on(&runtime, serving);
                drop(local);
                // a look at the status that hangs is not waited for
                runtime.shutdown_timeout(LAST_WORDS);
                let _ = gone.send(());
            })
            .map_err(ServerError::Start)?;
        Ok(Self {
            addresses,
            https_addresses,
            fingerprint,
            trouble,
            stop,
            thread: Some((thread, ended)),
        })
    }

    /// Addresses of HTTP, with the port in use if the settings say 0.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Addresses of HTTPS.
    #[must_use]
    pub fn https_addresses(&self) -> &[SocketAddr] {
        &self.https_addresses
    }

    /// SHA-256 of the certificate, `AB:CD:…`; none without HTTPS.
    #[must_use]
    pub fn fingerprint(&self) -> Option<&str> {
        self.fingerprint.as_deref()
    }

    /// Problem with the certificate, and its cure.
    #[must_use]
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Stops listening and finishes running responses within half a second.
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

/// The certificate that the settings name, else the box's own; and what is wrong where it is not
/// the first choice.
fn identity(opening: &Opening) -> (Option<Identity>, Option<String>) {
    let mut trouble = None;
    if let Some((certificate, key)) = &opening.settings.certificate {
        match Identity::load(certificate, key) {
            Ok(identity) => return (Some(identity), None),
            Err(error) => {
                trouble = Some(format!(
                    "{error}; until then the page uses the box's own certificate"
                ));
            }
        }
    }
    match Identity::own(opening.state_dir, opening.machine, clock::now_ms()) {
        Ok(identity) => {
            let trouble = trouble.or_else(|| identity.renewed().map(str::to_owned));
            (Some(identity), trouble)
        }
        Err(error) => (None, Some(format!("{error}; until then HTTPS is off"))),
    }
}

fn listen_all(
    setting: &'static str,
    addresses: &[SocketAddr],
) -> Result<Vec<TcpListener>, ServerError> {
    let listeners = addresses.iter().map(|&address| {
        listen(address).map_err(|cause| ServerError::Listen {
            setting,
            address,
            cause,
        })
    });
    listeners.collect()
}

fn addresses(listeners: &[TcpListener]) -> Result<Vec<SocketAddr>, ServerError> {
    let addresses = listeners.iter().map(TcpListener::local_addr);
    addresses
        .collect::<Result<_, _>>()
        .map_err(ServerError::Start)
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

/// Signs of life, as long as the thread comes round to them: what takes long has rooms of its own.
async fn beat(liveness: Liveness) {
    loop {
        liveness.promise(clock::now().steady, BEAT + WORK);
        tokio::time::sleep(BEAT).await;
    }
}

async fn serve(
    listeners: Vec<(TcpListener, Option<Identity>)>,
    visit: Visit,
    mut stopped: watch::Receiver<bool>,
) {
    let visit = Rc::new(visit);
    let seats = Rc::new(RefCell::new(ConnectionTable::new(SEATS)));
    for (listener, identity) in listeners {
        match tokio::net::TcpListener::from_std(listener) {
            Ok(listener) => {
                let (visit, seats, stopped) = (visit.clone(), seats.clone(), stopped.clone());
                tokio::task::spawn_local(accept(listener, identity, visit, seats, stopped));
            }
            Err(error) => tracing::error!("a listener of the page failed: {error}"),
        }
    }
    // an error is the server that was dropped
    let _ = stopped.wait_for(|stopped| *stopped).await;
    let end = clock::steady() + LAST_WORDS;
    while !seats.borrow().are_empty() && clock::steady() < end {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn accept(
    listener: tokio::net::TcpListener,
    identity: Option<Identity>,
    visit: Rc<Visit>,
    seats: Rc<RefCell<ConnectionTable>>,
    mut stopped: watch::Receiver<bool>,
) {
    // a handshake costs what several answers do
    let pace = match identity {
        Some(_) => ReadRate::slow(),
        None => ReadRate::default(),
    };
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
        let seat = seats.borrow_mut().take(from.ip(), clock::steady());
        let (visit, seats, stopped) = (visit.clone(), seats.clone(), stopped.clone());
        let (identity, from) = (identity.clone(), from.ip());
        tokio::task::spawn_local(async move {
            receive(stream, identity, from, &visit, &seat, stopped).await;
            seats.borrow_mut().leave(&seat);
        });
    }
}

async fn receive(
    stream: tokio::net::TcpStream,
    identity: Option<Identity>,
    from: IpAddr,
    visit: &Rc<Visit>,
    seat: &Rc<connections::Seat>,
    stopped: watch::Receiver<bool>,
) {
    match identity {
        None => connection::serve(stream, (from, false), visit, seat, stopped).await,
        Some(identity) => {
            // an error is a visitor's
            if let Some(stream) = tls::handshake(stream, &identity, seat, stopped.clone()).await {
                connection::serve(stream, (from, true), visit, seat, stopped).await;
            }
        }
    }
}
