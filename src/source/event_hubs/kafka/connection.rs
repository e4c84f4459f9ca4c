//! One connection to a broker: a request, its answer, the next request.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::{ApiKey, ApiVersionsRequest, RequestHeader, ResponseHeader};
use kafka_protocol::protocol::{
    Decodable, HeaderVersion, StrBytes, encode_request_header_into_buffer,
};

use super::broker_route::BrokerRoute;
use super::error::{self, HubError};
use super::message_shape;
use super::supported_versions::SupportedRequest;
use super::transport::{Stream, connect};
use crate::clock;

/// The longest answer with messages: a fetch asks for less, but a single batch may be longer.
const LONGEST_FETCH: usize = 16 << 20;
/// The longest other answer.
const LONGEST_ANSWER: usize = 1 << 20;

/// A connection that is logged on.
pub(super) struct HubConnection {
    /// Host and port, for errors.
    pub(super) peer: String,
    stream: Box<dyn Stream>,
    /// The stream's socket, whose timeout varies with the request.
    socket: Arc<TcpStream>,
    timeout: Duration,
    client_id: StrBytes,
    correlation: i32,
    /// The oldest and newest version that the broker offers of each request.
    offered: HashMap<i16, (i16, i16)>,
    /// When it is replaced, on the steady clock: the broker ends it when its log-on does.
    pub(super) renew_at: Option<Duration>,
}

// === impl HubConnection ===

impl HubConnection {
    /// Connects, asks for the versions and logs on.
    ///
    /// # Errors
    /// Which of it failed.
    pub(super) fn open(host: &str, port: u16, route: &BrokerRoute) -> Result<Self, HubError> {
        let peer = format!("{host}:{port}");
        let (socket, stream) = connect(host, port, route).map_err(|cause| HubError::Io {
            peer: peer.clone(),
            cause: Arc::new(cause),
        })?;
        let mut connection = Self {
            peer,
            stream,
            socket,
            timeout: route.timeout,
            client_id: StrBytes::from_string(route.client_id.clone()),
            correlation: 0,
            offered: HashMap::from([(ApiKey::ApiVersions as i16, (0, 0))]),
            renew_at: None,
        };
        connection.ask_versions()?;
        if let Some(login) = &route.login {
            connection.log_on(login)?;
        }
        Ok(connection)
    }

    /// Is its log-on nearly over? Then another connection takes its place before the next request.
    pub(super) fn is_over(&self) -> bool {
        self.renew_at.is_some_and(|at| clock::now().steady >= at)
    }

    /// Sends a request in the newest version that both sides support, and waits for its answer.
    ///
    /// # Errors
    /// If the connection broke, or no answer of this shape came. The connection is then of no use.
    pub(super) fn call<R: SupportedRequest>(
        &mut self,
        request: R,
    ) -> Result<R::Response, HubError> {
        let (oldest, newest) = R::SUPPORTED_VERSIONS;
        let offered = self.offered.get(&R::KEY).copied();
        let version = offered
            .map(|(min, max)| (max.min(newest), min.max(oldest)))
            .filter(|(version, least)| version >= least)
            .map(|(version, _)| version)
            .ok_or_else(|| HubError::Version {
                peer: self.peer.clone(),
                what: R::NAME,
            })?;
        self.exchange(request.in_version(version), version)
    }

    /// The same for a request whose answer may take so much longer.
    ///
    /// # Errors
    /// As [`HubConnection::call`].
    pub(super) fn call_within<R: SupportedRequest>(
        &mut self,
        request: R,
        longer: Duration,
    ) -> Result<R::Response, HubError> {
        self.set_timeout(self.timeout.saturating_add(longer))?;
        let answer = self.call(request)?;
        self.set_timeout(self.timeout)?;
        Ok(answer)
    }

    fn set_timeout(&self, timeout: Duration) -> Result<(), HubError> {
        (self.socket.set_read_timeout(Some(timeout))).map_err(|cause| self.broken(cause))
    }

    fn ask_versions(&mut self) -> Result<(), HubError> {
        let answer = self.call(ApiVersionsRequest::default())?;
        error::check(answer.error_code, ApiVersionsRequest::NAME)?;
        let keys = answer.api_keys.iter();
        self.offered = keys
            .map(|key| (key.api_key, (key.min_version, key.max_version)))
            .collect();
        Ok(())
    }

    fn exchange<R: SupportedRequest>(
        &mut self,
        request: R,
        version: i16,
    ) -> Result<R::Response, HubError> {
        self.correlation = self.correlation.wrapping_add(1);
        let message = self.message(&request, version);
        let message = message.ok_or_else(|| self.no_answer(R::NAME))?;
        let longest = match R::KEY == ApiKey::Fetch as i16 {
            true => LONGEST_FETCH,
            false => LONGEST_ANSWER,
        };
        let answer = self.round_trip(&message, longest);
        let mut answer = answer.map_err(|cause| self.broken(cause))?;
        let header = ResponseHeader::decode(&mut answer, R::Response::header_version(version));
        let is_answer = header.is_ok_and(|header| header.correlation_id == self.correlation)
            && message_shape::holds(&answer, R::RESPONSE, version);
        match is_answer {
            true => R::Response::decode(&mut answer, version).map_err(|_| self.no_answer(R::NAME)),
            false => Err(self.no_answer(R::NAME)),
        }
    }

    /// The request with its length in front; `None` if it can't be written in this version.
    fn message<R: SupportedRequest>(&self, request: &R, version: i16) -> Option<BytesMut> {
        let header = RequestHeader::default()
            .with_request_api_key(R::KEY)
            .with_request_api_version(version)
            .with_correlation_id(self.correlation)
            .with_client_id(Some(self.client_id.clone()));
        let mut message = BytesMut::from(&[0; 4][..]);
        encode_request_header_into_buffer(&mut message, &header).ok()?;
        request.encode(&mut message, version).ok()?;
        let length = u32::try_from(message.len() - 4).ok()?;
        message[..4].copy_from_slice(&length.to_be_bytes());
        Some(message)
    }

    fn round_trip(&mut self, message: &[u8], longest: usize) -> io::Result<Bytes> {
        self.stream.write_all(message)?;
        self.stream.flush()?;
        let mut length = [0; 4];
        self.stream.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length) as usize;
        if length > longest {
            let what = format!("an answer is longer than {} MB", longest >> 20);
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        // grows with what comes, so that a length alone takes no memory
        let mut answer = Vec::new();
        let mut body = (&mut self.stream).take(length as u64);
        if body.read_to_end(&mut answer)? < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(answer.into())
    }

    fn broken(&self, cause: io::Error) -> HubError {
        HubError::Io {
            peer: self.peer.clone(),
            cause: Arc::new(cause),
        }
    }

    fn no_answer(&self, what: &'static str) -> HubError {
        HubError::NoAnswer {
            peer: self.peer.clone(),
            what,
        }
    }
}
