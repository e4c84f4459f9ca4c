//! The face: takes connections of clients, and asks the broker behind it.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::messages::{ApiKey, OffsetCommitRequest, OffsetCommitResponse};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::faults::{Faults, HubFault, Retention};
use super::login::{Login, Users};
use super::observed::{Observed, Seen};
use super::sessions::Sessions;
use super::talk::{Reply, Talk};
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
    /// The longest session that the broker is told of. tansu lets a member wait for half of it
    /// before it lets it in, and both brokers wait for all of it when a member was killed.
    pub session: Option<Duration>,
    /// So many commits of a partition go through in a second; more are held back.
    pub commits_a_second: usize,
}

/// A face that listens; dropped, it ends its connections.
#[derive(Debug)]
pub struct Face {
    listener: Listener,
    service: Arc<Service>,
}

/// What the connections share.
#[derive(Debug)]
pub(super) struct Service {
    pub settings: FaceSettings,
    pub broker: SocketAddr,
    pub faults: Faults,
    pub retention: Retention,
    pub sessions: Sessions,
    pub observed: Observed,
    /// Does it refuse every login?
    pub refuses: AtomicBool,
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
            retention: Retention::default(),
            sessions: Sessions::default(),
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

    /// The retention of a partition's messages before this offset is over.
    pub fn forget(&self, partition: i32, before: i64) {
        self.service.retention.forget(partition, before);
    }

    /// Refuses all logins from now on, or takes them again.
    pub fn refuse_logins(&self, refuses: bool) {
        self.service.refuses.store(refuses, Ordering::SeqCst);
    }

    /// Cuts all connections.
    pub fn cut_connections(&self) {
        self.listener.cut_connections();
    }

    /// How many members of all groups have given a sign of life within their session.
    #[must_use]
    pub fn members(&self) -> usize {
        self.service.sessions.alive_now()
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
        let users = &self.settings.users;
        let is_open = users.connection_string.is_none() && users.tokens.is_none();
        let talk = Talk {
            service: self,
            port: socket.local_addr()?.port(),
            login: if is_open { Login::Done } else { Login::Before },
            broker: None,
            stop,
        };
        match &self.settings.tls {
            Some(config) => {
                let connection = ServerConnection::new(Arc::clone(config));
                let connection = connection.map_err(io::Error::other)?;
                talk.run(StreamOwned::new(connection, socket))
            }
            None => talk.run(socket),
        }
    }

    /// The face's own answer, unless a fault cuts it off.
    pub fn or_cut(&self, key: ApiKey, answer: Bytes) -> Reply {
        match self.faults.take(key, &[]) {
            Some(HubFault::Cut(_)) => Reply::Cut,
            _ => Reply::Message(answer),
        }
    }

    pub fn cut(&self, what: &str) -> Reply {
        self.observed.complain(what.to_owned());
        Reply::Cut
    }

    /// Holds a commit back where there are too many.
    pub fn hold_back(&self, request: &OffsetCommitRequest, stop: &Stop) {
        for topic in &request.topics {
            for partition in &topic.partitions {
                let (hub, place) = (topic.name.as_str(), partition.partition_index);
                let most = self.settings.commits_a_second;
                while self.observed.commits_of_a_second(hub, place) >= most {
                    if !stop.sleep(Duration::from_millis(50)) {
                        return;
                    }
                }
            }
        }
    }

    /// Writes down what the broker has taken of a commit.
    pub fn committed(
        &self,
        client: &str,
        request: &OffsetCommitRequest,
        answer: &OffsetCommitResponse,
    ) {
        for topic in &request.topics {
            let mut answers = answer.topics.iter();
            let answer = answers.find(|it| it.name == topic.name);
            let answers = answer.map_or(&[][..], |it| &it.partitions);
            let is_taken = |place| {
                let mut answers = answers.iter();
                answers.any(|it| it.partition_index == place && it.error_code == 0)
            };
            for partition in &topic.partitions {
                let place = partition.partition_index;
                if is_taken(place) {
                    let offset = partition.committed_offset;
                    self.observed.commit(client, &topic.name, place, offset);
                }
            }
        }
    }
}
