//! Answers about versions, brokers and groups that the face changes or makes itself.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::api_versions_response::ApiVersion;
use kafka_protocol::messages::metadata_response::MetadataResponseBroker;
use kafka_protocol::messages::{
    ApiKey, ApiVersionsResponse, BrokerId, FindCoordinatorResponse, HeartbeatResponse,
    JoinGroupRequest, MetadataResponse, RequestHeader,
};
use kafka_protocol::protocol::{Encodable, HeaderVersion, StrBytes};

use super::encoding::{changed, message};
use super::faults::HubFault;
use super::versions::Era;

/// The one broker of the service.
const ONLY: BrokerId = BrokerId(0);
/// Error codes of the protocol.
const UNKNOWN_MEMBER_ID: i16 = 25;
const REBALANCE_IN_PROGRESS: i16 = 27;
const UNSUPPORTED_VERSION: i16 = 35;

/// A member's request to join, for a shorter session.
pub(super) fn join(header: &RequestHeader, request: JoinGroupRequest, session: Duration) -> Bytes {
    let most = i32::try_from(session.as_millis()).unwrap_or(i32::MAX);
    let session = request.session_timeout_ms.min(most);
    let rebalance = request.rebalance_timeout_ms.min(most);
    let request = request
        .with_session_timeout_ms(session)
        .with_rebalance_timeout_ms(rebalance);
    let version = header.request_api_version;
    let mut out = BytesMut::new();
    header
        .encode(&mut out, JoinGroupRequest::header_version(version))
        .and_then(|()| request.encode(&mut out, version))
        .expect("what was read can be written");
    out.freeze()
}

/// What this service offers. A request for a newer version is answered with the oldest form.
pub(super) fn versions(correlation: i32, era: Era, version: i16) -> Bytes {
    let offered = era.offered().map(|(message, min, max)| {
        ApiVersion::default()
            .with_api_key(message as i16)
            .with_min_version(min)
            .with_max_version(max)
    });
    let is_known = version <= 3;
    let answer = ApiVersionsResponse::default()
        .with_error_code(if is_known { 0 } else { UNSUPPORTED_VERSION })
        .with_api_keys(offered.collect());
    message(correlation, &answer, if is_known { version } else { 0 })
}

/// One broker, which is coordinator and leader of all.
pub(super) fn metadata(answer: Bytes, version: i16, host: &str, port: u16) -> Bytes {
    changed::<MetadataResponse>(answer, version, |answer| {
        let broker = MetadataResponseBroker::default()
            .with_node_id(ONLY)
            .with_host(StrBytes::from_string(host.to_owned()))
            .with_port(i32::from(port));
        answer.brokers = vec![broker];
        answer.controller_id = ONLY;
        let topics = answer.topics.iter_mut();
        for partition in topics.flat_map(|topic| &mut topic.partitions) {
            partition.leader_id = ONLY;
            partition.replica_nodes = vec![ONLY];
            partition.isr_nodes = vec![ONLY];
        }
    })
}

/// The same broker.
pub(super) fn coordinator(answer: Bytes, version: i16, host: &str, port: u16) -> Bytes {
    changed::<FindCoordinatorResponse>(answer, version, |answer| {
        // from version 4 on, an answer is a list of coordinators and nothing beside it
        if version < 4 {
            answer.node_id = ONLY;
            answer.host = StrBytes::from_string(host.to_owned());
            answer.port = i32::from(port);
        }
        for coordinator in &mut answer.coordinators {
            coordinator.node_id = ONLY;
            coordinator.host = StrBytes::from_string(host.to_owned());
            coordinator.port = i32::from(port);
        }
    })
}

/// What a heartbeat is told in place of the broker's answer.
pub(super) fn heartbeat(correlation: i32, version: i16, fault: &HubFault) -> Bytes {
    let code = match fault {
        HubFault::UnknownMember => UNKNOWN_MEMBER_ID,
        _ => REBALANCE_IN_PROGRESS,
    };
    let answer = HeartbeatResponse::default().with_error_code(code);
    message(correlation, &answer, version)
}

/// Is this message only answered after a login?
pub(super) fn needs_login(message: ApiKey) -> bool {
    !matches!(
        message,
        ApiKey::ApiVersions | ApiKey::SaslHandshake | ApiKey::SaslAuthenticate
    )
}
