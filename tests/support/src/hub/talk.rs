//! The talk with one client, request by request.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use kafka_protocol::messages::{
    ApiKey, FetchRequest, MetadataRequest, SaslAuthenticateRequest, SaslHandshakeRequest,
};

use super::face::Service;
use super::faults::HubFault;
use super::login::{Login, Users};
use super::request::Request;
use super::versions::Era;
use super::{encoding, ends, fetches, frame, rewrite};
use crate::listener::Stop;

/// Where clients find the only broker.
const HOST: &str = "127.0.0.1";
/// Longer than any broker holds an answer back: a join waits for the other members.
const PATIENCE: Duration = Duration::from_secs(400);

/// What a request is answered with.
pub(super) enum Reply {
    Message(Bytes),
    Cut,
}

/// A client's connection, and the broker's behind it.
pub(super) struct Talk<'a> {
    pub service: &'a Service,
    /// Where the client has connected to, which is where it finds the only broker.
    pub port: u16,
    pub login: Login,
    pub broker: Option<TcpStream>,
    pub stop: &'a Stop,
}

impl Talk<'_> {
    pub fn run(mut self, mut client: impl Read + Write) -> io::Result<()> {
        loop {
            let message = match frame::read(&mut client) {
                Ok(Some(message)) => message,
                Err(error) if is_idle(&error) => {
                    self.service.observed.silent();
                    return fall_silent(&mut client, self.stop);
                }
                Ok(None) => return Ok(()),
                Err(error) => return Err(error),
            };
            let reply = match Request::read(message) {
                Some(asked) => self.answer(asked)?,
                None => self.service.cut("a message that the service does not know"),
            };
            match reply {
                Reply::Message(answer) => frame::write(&mut client, &answer)?,
                Reply::Cut => return Ok(()),
            }
        }
    }

    fn answer(&mut self, asked: Request) -> io::Result<Reply> {
        let (service, key, version) = (self.service, asked.key, asked.version());
        let era = service.settings.era;
        let is_newer = key == ApiKey::ApiVersions && era == Era::Of2026;
        let range = era.range(key);
        if !range.is_some_and(|(min, max)| (min..=max).contains(&version)) && !is_newer {
            return Ok(service.cut(&format!("{key:?} of version {version}")));
        }
        if rewrite::needs_login(key) && self.login != Login::Done {
            return Ok(service.cut(&format!("{key:?} before the login")));
        }
        match key {
            ApiKey::ApiVersions => {
                let answer = rewrite::versions(asked.correlation(), era, version);
                Ok(service.or_cut(key, answer))
            }
            ApiKey::SaslHandshake => {
                let request: SaslHandshakeRequest = asked.request();
                Ok(asked.reply(&self.login.handshake(&request.mechanism)))
            }
            ApiKey::SaslAuthenticate => {
                let request: SaslAuthenticateRequest = asked.request();
                let nobody = Users::default();
                let users = match service.refuses.load(Ordering::SeqCst) {
                    true => &nobody,
                    false => &service.settings.users,
                };
                let answer = self.login.authenticate(&request.auth_bytes, users);
                match self.login {
                    Login::Done => service.observed.login(),
                    _ => service.observed.refused(),
                }
                Ok(asked.reply(&answer))
            }
            _ => self.relay(&asked),
        }
    }

    /// Asks the broker.
    fn relay(&mut self, asked: &Request) -> io::Result<Reply> {
        let (service, key, version) = (self.service, asked.key, asked.version());
        let client = asked.header.client_id.as_deref().unwrap_or("").to_owned();
        let mut fetch = FetchRequest::default();
        match key {
            ApiKey::Metadata if service.settings.hub_level => {
                let request: MetadataRequest = asked.request();
                if request.topics.is_none_or(|topics| topics.is_empty()) {
                    return Ok(service.cut("the metadata of all hubs with the right for one"));
                }
            }
            ApiKey::Fetch => fetch = asked.request(),
            ApiKey::OffsetCommit => service.hold_back(&asked.request(), self.stop),
            _ => {}
        }
        let partitions = fetches::fetched(&fetch);
        let places: Vec<i32> = partitions.iter().map(|(_, partition)| *partition).collect();
        let fault = service.faults.take(key, &places);
        match &fault {
            Some(HubFault::Cut(_)) => return Ok(Reply::Cut),
            Some(fault @ (HubFault::Rebalance | HubFault::UnknownMember)) => {
                let answer = rewrite::heartbeat(asked.correlation(), version, fault);
                return Ok(Reply::Message(answer));
            }
            Some(HubFault::Throttle(_, time)) if !self.stop.sleep(*time) => return Ok(Reply::Cut),
            _ => {}
        }
        let message = match service.settings.session {
            Some(session) if key == ApiKey::JoinGroup => {
                rewrite::join(&asked.header, asked.request(), session)
            }
            _ => asked.message.clone(),
        };
        self.watch(asked)?;
        let answer = self.ask(&message)?;
        match key {
            ApiKey::JoinGroup => self.let_in(asked, &answer),
            ApiKey::OffsetCommit => {
                let answer = encoding::body(answer.clone(), version);
                service.committed(&client, &asked.request(), &answer);
            }
            _ => {}
        }
        let answer = match key {
            ApiKey::Metadata => rewrite::metadata(answer, version, HOST, self.port),
            ApiKey::FindCoordinator => rewrite::coordinator(answer, version, HOST, self.port),
            ApiKey::ListOffsets => {
                let newest = self.newest(&asked.request(), &answer, version)?;
                ends::ends(answer, version, &newest, &service.retention)
            }
            ApiKey::Fetch => {
                let answer = fetches::within(answer, version, &fetch);
                let answer = fetches::kept(answer, version, &fetch, &service.retention);
                match &fault {
                    Some(fault) => fetches::with_fault(answer, version, fault),
                    None => answer,
                }
            }
            _ => answer,
        };
        for (topic, partition) in partitions {
            service.observed.fetched(&client, &topic, partition);
        }
        Ok(Reply::Message(answer))
    }

    /// The broker's answer to this message.
    pub fn ask(&mut self, message: &Bytes) -> io::Result<Bytes> {
        let socket = match &mut self.broker {
            Some(socket) => socket,
            none => {
                let socket = TcpStream::connect(self.service.broker)?;
                socket.set_nodelay(true)?;
                socket.set_read_timeout(Some(PATIENCE))?;
                none.insert(socket)
            }
        };
        frame::write(socket, message)?;
        frame::read(socket)?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
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
