//! The face: takes connections of clients, and asks the broker behind it.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use kafka_protocol::messages::{
    ApiKey, FetchRequest, MetadataRequest, OffsetCommitRequest, RequestHeader,
    SaslAuthenticateRequest, SaslHandshakeRequest,
};
use kafka_protocol::protocol::{Decodable, decode_request_header_from_buffer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::faults::{Faults, HubFault};
use super::frame;
use super::login::{Login, Users};
use super::observed::{Observed, Seen};
use super::rewrite;
use super::versions::Era;
use crate::listener::{Listener, Stop};

/// How the service is.
#[derive(Debug, Clone)]
pub struct FaceSettings {
    /// Who is let in.
    pub users: Users,
    /// TLS with this configuration; `None` for none.
    pub tls: Option<Arc<ServerConfig>>,
    /// Whose ranges of versions.
    pub era: Era,
    /// May the user only read hubs, and not list them? Then a request for the metadata of all is
    /// cut.
    pub hub_level: bool,
    /// A connection without a request for so long falls silent.
    pub idle: Duration,
    /// So many commits of a partition go through in a second; more are held back.
    pub commits_a_second: usize,
}

/// A face that listens; dropped, it ends its connections.
#[derive(Debug)]
pub struct Face {
    listener: Listener,
    service: Arc<Service>,
}

#[derive(Debug)]
struct Service {
    settings: FaceSettings,
    broker: SocketAddr,
    faults: Faults,
    observed: Observed,
    refuses: AtomicBool,
}

/// What a request is answered with.
enum Reply {
    Message(Bytes),
    Cut,
}

impl Face {
    /// Listens in front of the broker at this port.
    ///
    /// # Errors
    /// Where there is no free port.
    pub fn start(broker: u16, settings: FaceSettings) -> io::Result<Self> {
        let service = Arc::new(Service {
            settings,
            broker: ([127, 0, 0, 1], broker).into(),
            faults: Faults::default(),
            observed: Observed::default(),
            refuses: AtomicBool::new(false),
        });
        let behind = Arc::clone(&service);
        let listener = Listener::start(0, "hub", move |socket, _, stop| {
            // a connection that breaks is over, whoever broke it
            let _ = behind.serve(socket, stop);
        })?;
        Ok(Self { listener, service })
    }

    /// Where clients connect to.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.listener.addr().port()
    }

    /// Something goes wrong, once, with the next message that it strikes.
    pub fn fault(&self, fault: HubFault) {
        self.service.faults.add(fault);
    }

    /// Has every fault struck?
    #[must_use]
    pub fn all_struck(&self) -> bool {
        self.service.faults.none_waits()
    }

    /// Refuses all logins from now on, or takes them again.
    pub fn refuse_logins(&self, refuses: bool) {
        self.service.refuses.store(refuses, Ordering::SeqCst);
    }

    /// Cuts all connections.
    pub fn cut_connections(&self) {
        self.listener.cut_connections();
    }

    /// What was seen so far.
    #[must_use]
    pub fn seen(&self) -> Seen {
        self.service.observed.so_far()
    }
}

impl Service {
    fn serve(&self, socket: TcpStream, stop: &Stop) -> io::Result<()> {
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(self.settings.idle))?;
        let port = socket.local_addr()?.port();
        match &self.settings.tls {
            Some(config) => {
                let connection = ServerConnection::new(Arc::clone(config));
                let connection = connection.map_err(io::Error::other)?;
                self.talk(StreamOwned::new(connection, socket), port, stop)
            }
            None => self.talk(socket, port, stop),
        }
    }

    fn talk(&self, mut client: impl Read + Write, port: u16, stop: &Stop) -> io::Result<()> {
        let mut login = Login::default();
        if self.settings.users.connection_string.is_none() && self.settings.users.token.is_none() {
            login = Login::Done;
        }
        let mut broker = None;
        loop {
            let message = match frame::read(&mut client) {
                Ok(Some(message)) => message,
                Err(error) if is_idle(&error) => return fall_silent(&mut client, stop),
                Ok(None) => return Ok(()),
                Err(error) => return Err(error),
            };
            match self.answer(message, port, &mut login, &mut broker, stop)? {
                Reply::Message(answer) => frame::write(&mut client, &answer)?,
                Reply::Cut => return Ok(()),
            }
        }
    }

    fn answer(
        &self,
        message: Bytes,
        port: u16,
        login: &mut Login,
        broker: &mut Option<TcpStream>,
        stop: &Stop,
    ) -> io::Result<Reply> {
        let mut rest = message.clone();
        let Ok(header) = decode_request_header_from_buffer(&mut rest) else {
            return Ok(self.cut("a message that the service does not know"));
        };
        let (version, correlation) = (header.request_api_version, header.correlation_id);
        let Ok(key) = ApiKey::try_from(header.request_api_key) else {
            return Ok(self.cut("a message that the service does not know"));
        };
        let is_newer = key == ApiKey::ApiVersions && self.settings.era == Era::Of2026;
        let range = self.settings.era.range(key);
        if !range.is_some_and(|(min, max)| (min..=max).contains(&version)) && !is_newer {
            return Ok(self.cut(&format!("{key:?} of version {version}")));
        }
        if rewrite::needs_login(key) && *login != Login::Done {
            return Ok(self.cut(&format!("{key:?} before the login")));
        }
        match key {
            ApiKey::ApiVersions => {
                let answer = rewrite::versions(correlation, self.settings.era, version);
                return Ok(self.or_cut(key, answer));
            }
            ApiKey::SaslHandshake => {
                let request = SaslHandshakeRequest::decode(&mut rest, version);
                let answer = login.handshake(&request.unwrap_or_default().mechanism);
                return Ok(Reply::Message(rewrite::message(
                    correlation,
                    &answer,
                    version,
                )));
            }
            ApiKey::SaslAuthenticate => {
                let request = SaslAuthenticateRequest::decode(&mut rest, version);
                let nobody = Users::default();
                let users = match self.refuses.load(Ordering::SeqCst) {
                    true => &nobody,
                    false => &self.settings.users,
                };
                let answer = login.authenticate(&request.unwrap_or_default().auth_bytes, users);
                if *login == Login::Done {
                    self.observed.login();
                }
                return Ok(Reply::Message(rewrite::message(
                    correlation,
                    &answer,
                    version,
                )));
            }
            _ => {}
        }
        self.relay(&message, rest, &header, key, port, broker, stop)
    }

    /// Asks the broker.
    #[allow(clippy::too_many_arguments)]
    fn relay(
        &self,
        message: &Bytes,
        mut rest: Bytes,
        header: &RequestHeader,
        key: ApiKey,
        port: u16,
        broker: &mut Option<TcpStream>,
        stop: &Stop,
    ) -> io::Result<Reply> {
        let (version, correlation) = (header.request_api_version, header.correlation_id);
        let client = header.client_id.as_deref().unwrap_or("").to_owned();
        let mut fetch = FetchRequest::default();
        match key {
            ApiKey::Metadata if self.settings.hub_level => {
                let request = MetadataRequest::decode(&mut rest, version).unwrap_or_default();
                if request.topics.is_none_or(|topics| topics.is_empty()) {
                    return Ok(self.cut("the metadata of all hubs with the right for one"));
                }
            }
            ApiKey::Fetch => fetch = FetchRequest::decode(&mut rest, version).unwrap_or_default(),
            ApiKey::OffsetCommit => {
                let request = OffsetCommitRequest::decode(&mut rest, version).unwrap_or_default();
                self.commit(&client, &request, stop);
            }
            _ => {}
        }
        let partitions = rewrite::fetched(&fetch);
        let places: Vec<i32> = partitions.iter().map(|(_, partition)| *partition).collect();
        let fault = self.faults.take(key, &places);
        match &fault {
            Some(HubFault::Cut(_)) => return Ok(Reply::Cut),
            Some(HubFault::Rebalance | HubFault::UnknownMember) => {
                let answer = rewrite::heartbeat(correlation, version, fault.as_ref().expect("it"));
                return Ok(Reply::Message(answer));
            }
            Some(HubFault::Throttle(_, time)) if !stop.sleep(*time) => return Ok(Reply::Cut),
            _ => {}
        }
        let answer = self.ask(message, broker)?;
        let answer = match (key, &fault) {
            (ApiKey::Metadata, _) => rewrite::metadata(answer, version, "127.0.0.1", port),
            (ApiKey::FindCoordinator, _) => {
                rewrite::coordinator(answer, version, "127.0.0.1", port)
            }
            (ApiKey::Fetch, fault) => {
                let answer = rewrite::within(answer, version, &fetch);
                match fault {
                    Some(fault) => rewrite::fetch(answer, version, fault),
                    None => answer,
                }
            }
            _ => answer,
        };
        for (topic, partition) in partitions {
            self.observed.fetched(&client, &topic, partition);
        }
        Ok(Reply::Message(answer))
    }

    /// Writes down a commit, held back where there are too many.
    fn commit(&self, client: &str, request: &OffsetCommitRequest, stop: &Stop) {
        for topic in &request.topics {
            for partition in &topic.partitions {
                let (hub, place) = (topic.name.as_str(), partition.partition_index);
                let most = self.settings.commits_a_second;
                while self.observed.commits_of_a_second(hub, place) >= most {
                    if !stop.sleep(Duration::from_millis(50)) {
                        return;
                    }
                }
                let offset = partition.committed_offset;
                self.observed.commit(client, hub, place, offset);
            }
        }
    }

    fn ask(&self, message: &Bytes, broker: &mut Option<TcpStream>) -> io::Result<Bytes> {
        let socket = match broker {
            Some(socket) => socket,
            None => {
                let socket = TcpStream::connect(self.broker)?;
                socket.set_nodelay(true)?;
                socket.set_read_timeout(Some(Duration::from_secs(400)))?;
                broker.insert(socket)
            }
        };
        frame::write(socket, message)?;
        frame::read(socket)?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    fn or_cut(&self, key: ApiKey, answer: Bytes) -> Reply {
        match self.faults.take(key, &[]) {
            Some(HubFault::Cut(_)) => Reply::Cut,
            _ => Reply::Message(answer),
        }
    }

    fn cut(&self, what: &str) -> Reply {
        self.observed.complain(what.to_owned());
        Reply::Cut
    }
}

fn is_idle(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

/// Takes bytes and answers none of them, until the client gives up: what a load balancer does that
/// has forgotten the connection.
fn fall_silent(client: &mut (impl Read + Write), stop: &Stop) -> io::Result<()> {
    let mut lost = [0; 4096];
    let end = Instant::now() + Duration::from_secs(600);
    while !stop.told() && Instant::now() < end {
        match client.read(&mut lost) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) if is_idle(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
