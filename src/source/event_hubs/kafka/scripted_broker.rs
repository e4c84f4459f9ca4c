//! A broker of tests: it answers each request as a function says.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::api_versions_response::ApiVersion;
use kafka_protocol::messages::{ApiKey, ApiVersionsResponse, RequestHeader, ResponseHeader};
use kafka_protocol::protocol::{
    Decodable, Encodable, HeaderVersion, decode_request_header_from_buffer,
};

use super::broker_route::BrokerRoute;
use super::sockets::Sockets;

/// A request that the broker got.
pub(super) struct Asked {
    /// Which.
    pub key: ApiKey,
    /// Its version.
    pub version: i16,
    correlation: i32,
    body: Bytes,
}

/// What it answers; `None` cuts the connection.
pub(super) type Answer = Option<Bytes>;

/// A broker that listens until the test ends.
pub(super) struct ScriptedBroker {
    /// Its port on 127.0.0.1.
    pub port: u16,
}

// === impl ScriptedBroker ===

impl ScriptedBroker {
    /// A broker that offers each message up to this version, and answers as `script` says.
    pub(super) fn start(
        newest: fn(ApiKey) -> i16,
        script: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let script = Arc::new(script);
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let script = Arc::clone(&script);
                std::thread::spawn(move || serve(socket, newest, &*script));
            }
        });
        Self { port }
    }

    /// How it is reached.
    pub(super) fn route(&self) -> BrokerRoute {
        BrokerRoute {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            tls: None,
            login: None,
            client_id: "test".to_owned(),
            timeout: std::time::Duration::from_secs(20),
            sockets: Arc::new(Sockets::default()),
        }
    }
}

/// None where the client has gone.
fn serve(
    mut socket: TcpStream,
    newest: fn(ApiKey) -> i16,
    script: &dyn Fn(&Asked) -> Answer,
) -> Option<()> {
    loop {
        let mut length = [0; 4];
        socket.read_exact(&mut length).ok()?;
        let mut message = vec![0; u32::from_be_bytes(length) as usize];
        socket.read_exact(&mut message).ok()?;
        let asked = Asked::read(message.into());
        let answer = match asked.key {
            ApiKey::ApiVersions => {
                assert_eq!(asked.version, 0);
                let offered = |key: ApiKey| {
                    ApiVersion::default()
                        .with_api_key(key as i16)
                        .with_max_version(newest(key))
                };
                let keys = ApiKey::iter().map(offered).collect();
                asked.answer(&ApiVersionsResponse::default().with_api_keys(keys))
            }
            _ => script(&asked),
        }?;
        let length = u32::try_from(answer.len()).unwrap().to_be_bytes();
        socket.write_all(&[&length[..], &answer].concat()).ok()?;
    }
}

// === impl Asked ===

impl Asked {
    fn read(message: Bytes) -> Self {
        let mut body = message;
        let header: RequestHeader = decode_request_header_from_buffer(&mut body).unwrap();
        Self {
            key: ApiKey::try_from(header.request_api_key).unwrap(),
            version: header.request_api_version,
            correlation: header.correlation_id,
            body,
        }
    }

    /// The request in it.
    pub(super) fn request<R: Decodable>(&self) -> R {
        R::decode(&mut self.body.clone(), self.version).unwrap()
    }

    /// Answers it with this.
    pub(super) fn answer<R: Encodable + HeaderVersion>(&self, answer: &R) -> Answer {
        let mut message = BytesMut::new();
        let header = ResponseHeader::default().with_correlation_id(self.correlation);
        header
            .encode(&mut message, R::header_version(self.version))
            .unwrap();
        answer.encode(&mut message, self.version).unwrap();
        Some(message.freeze())
    }

    /// Answers it with these bytes.
    pub(super) fn raw(&self, body: &[u8]) -> Answer {
        Some([&self.correlation.to_be_bytes()[..], body].concat().into())
    }
}
