//! Answers that the face changes or makes itself.

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::api_versions_response::ApiVersion;
use kafka_protocol::messages::metadata_response::MetadataResponseBroker;
use kafka_protocol::messages::{
    ApiKey, ApiVersionsResponse, BrokerId, FetchRequest, FetchResponse, FindCoordinatorResponse,
    HeartbeatResponse, MetadataResponse, ResponseHeader,
};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, StrBytes};

use super::faults::HubFault;
use super::versions::Era;

/// The one broker of the service.
const ONLY: BrokerId = BrokerId(0);
/// Error codes of the protocol.
const OFFSET_OUT_OF_RANGE: i16 = 1;
const UNKNOWN_MEMBER_ID: i16 = 25;
const REBALANCE_IN_PROGRESS: i16 = 27;
const UNSUPPORTED_VERSION: i16 = 35;

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
        answer.node_id = ONLY;
        answer.host = StrBytes::from_string(host.to_owned());
        answer.port = i32::from(port);
        for coordinator in &mut answer.coordinators {
            coordinator.node_id = ONLY;
            coordinator.host = StrBytes::from_string(host.to_owned());
            coordinator.port = i32::from(port);
        }
    })
}

/// A fetch's answer with this fault in it.
pub(super) fn fetch(answer: Bytes, version: i16, fault: &HubFault) -> Bytes {
    changed::<FetchResponse>(answer, version, |answer| {
        let topics = answer.responses.iter_mut();
        for partition in topics.flat_map(|topic| &mut topic.partitions) {
            let error = match fault {
                HubFault::EmptyFetch => Some(0),
                HubFault::OutOfRange(of) if *of == partition.partition_index => {
                    Some(OFFSET_OUT_OF_RANGE)
                }
                HubFault::FetchError(of, code) if *of == partition.partition_index => Some(*code),
                _ => None,
            };
            if let Some(error) = error {
                partition.error_code = error;
                partition.records = Some(Bytes::new());
            }
        }
        if let HubFault::Throttle(_, time) = fault {
            answer.throttle_time_ms = i32::try_from(time.as_millis()).unwrap_or(i32::MAX);
        }
    })
}

/// A fetch's answer with no more bytes than were asked for, as the service answers: whole batches,
/// and the first one in any case.
pub(super) fn within(answer: Bytes, version: i16, request: &FetchRequest) -> Bytes {
    let mut left = usize::try_from(request.max_bytes).unwrap_or(0);
    let mut is_first = true;
    changed::<FetchResponse>(answer, version, |answer| {
        for topic in &mut answer.responses {
            for partition in &mut topic.partitions {
                let Some(records) = &mut partition.records else {
                    continue;
                };
                let asked = request.topics.iter().filter(|it| it.topic == topic.topic);
                let mut asked = asked.flat_map(|it| &it.partitions);
                let asked = asked.find(|it| it.partition == partition.partition_index);
                let most = asked.map_or(0, |it| it.partition_max_bytes);
                let most = left.min(usize::try_from(most).unwrap_or(0));
                let kept = whole_batches(records, most, is_first);
                is_first &= kept == 0;
                left = left.saturating_sub(kept);
                records.truncate(kept);
            }
        }
    })
}

/// The length of the batches that fit into so many bytes; of the first one where it must come.
fn whole_batches(records: &[u8], most: usize, first_must: bool) -> usize {
    let mut kept = 0;
    while let Some(length) = records.get(kept + 8..kept + 12) {
        let length = u32::from_be_bytes(length.try_into().expect("four bytes"));
        let end = kept + 12 + length as usize;
        let fits = end <= most || (kept == 0 && first_must);
        if !fits || end > records.len() {
            break;
        }
        kept = end;
    }
    kept
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

/// The partitions that a fetch asks for, with their hub.
pub(super) fn fetched(request: &FetchRequest) -> Vec<(String, i32)> {
    let topics = request.topics.iter();
    topics
        .flat_map(|topic| {
            let name = topic.topic.to_string();
            let partitions = topic.partitions.iter();
            partitions.map(move |partition| (name.clone(), partition.partition))
        })
        .collect()
}

/// Is this message only answered after a login?
pub(super) fn needs_login(message: ApiKey) -> bool {
    !matches!(
        message,
        ApiKey::ApiVersions | ApiKey::SaslHandshake | ApiKey::SaslAuthenticate
    )
}
