//! A request, taken apart as far as the face needs it.

use bytes::Bytes;
use kafka_protocol::messages::{ApiKey, RequestHeader};
use kafka_protocol::protocol::{
    Decodable, Encodable, HeaderVersion, decode_request_header_from_buffer,
};

use super::encoding;
use super::talk::Reply;

/// A message of a client.
pub(super) struct Request {
    pub key: ApiKey,
    pub header: RequestHeader,
    /// What follows the header.
    body: Bytes,
    /// The whole message, as it goes to the broker.
    pub message: Bytes,
}

impl Request {
    /// `None` where it is no message of the protocol.
    pub fn read(message: Bytes) -> Option<Self> {
        let mut body = message.clone();
        let header = decode_request_header_from_buffer(&mut body).ok()?;
        Some(Self {
            key: ApiKey::try_from(header.request_api_key).ok()?,
            header,
            body,
            message,
        })
    }

    pub fn version(&self) -> i16 {
        self.header.request_api_version
    }

    pub fn correlation(&self) -> i32 {
        self.header.correlation_id
    }

    /// The request in it; an empty one where it can't be read.
    pub fn request<R: Decodable + Default>(&self) -> R {
        R::decode(&mut self.body.clone(), self.version()).unwrap_or_default()
    }

    /// Answers it with this.
    pub fn reply<R: Encodable + HeaderVersion>(&self, answer: &R) -> Reply {
        Reply::Message(encoding::message(
            self.correlation(),
            answer,
            self.version(),
        ))
    }
}
