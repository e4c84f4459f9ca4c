//! Messages as they go over the wire.

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::{ApiKey, RequestHeader, ResponseHeader};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, StrBytes};

/// An answer as it goes over the wire.
pub(super) fn message<R: Encodable + HeaderVersion>(
    correlation: i32,
    answer: &R,
    version: i16,
) -> Bytes {
    let mut out = BytesMut::new();
    let header = ResponseHeader::default().with_correlation_id(correlation);
    header
        .encode(&mut out, R::header_version(version))
        .and_then(|()| answer.encode(&mut out, version))
        .expect("an answer of the face can be encoded");
    out.freeze()
}

/// A request of the face's own.
pub(super) fn request<R: Encodable + HeaderVersion>(
    key: ApiKey,
    version: i16,
    request: &R,
) -> Bytes {
    let mut out = BytesMut::new();
    let header = RequestHeader::default()
        .with_request_api_key(key as i16)
        .with_request_api_version(version)
        .with_client_id(Some(StrBytes::from_static_str("face")));
    header
        .encode(&mut out, R::header_version(version))
        .and_then(|()| request.encode(&mut out, version))
        .expect("a request of the face can be encoded");
    out.freeze()
}

/// The broker's answer with `change` made to it.
pub(super) fn changed<R: Decodable + Encodable + HeaderVersion>(
    mut answer: Bytes,
    version: i16,
    change: impl FnOnce(&mut R),
) -> Bytes {
    let header = ResponseHeader::decode(&mut answer, R::header_version(version));
    let header = header.expect("the broker answers in the protocol");
    let mut read = R::decode(&mut answer, version).expect("the broker answers in the protocol");
    change(&mut read);
    message(header.correlation_id, &read, version)
}

/// What stands after the header of a broker's answer.
pub(super) fn body<R: Decodable + HeaderVersion>(mut answer: Bytes, version: i16) -> R {
    let header = ResponseHeader::decode(&mut answer, R::header_version(version));
    header.expect("the broker answers in the protocol");
    R::decode(&mut answer, version).expect("the broker answers in the protocol")
}
