use bytes::BytesMut;
use kafka_protocol::messages::*;
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};

use super::*;
use crate::source::event_hubs::kafka::supported_versions::SupportedRequest;

fn name() -> StrBytes {
    StrBytes::from_static_str("defender")
}

/// The shape ends where the message does in each supported version, and not within a part of it.
fn assert_shape<R: SupportedRequest>(response: &R::Response)
where
    R::Response: Encodable,
{
    let (oldest, newest) = R::SUPPORTED_VERSIONS;
    for version in oldest..=newest {
        let mut message = BytesMut::new();
        response.encode(&mut message, version).unwrap();
        let at = format!("{} {version}", R::NAME);
        let rest = past(&message, R::RESPONSE, version);
        assert_eq!(rest.map(<[u8]>::len), Some(0), "{at}");
        let cut = &message[..message.len() - 1];
        assert!(!holds(cut, R::RESPONSE, version), "{at}");
        R::Response::decode(&mut message, version).unwrap();
    }
}

#[test]
fn each_answer_has_its_shape() {
    assert_shape::<ApiVersionsRequest>(
        &ApiVersionsResponse::default().with_api_keys(vec![Default::default(); 3]),
    );
    assert_shape::<SaslHandshakeRequest>(
        &SaslHandshakeResponse::default().with_mechanisms(vec![name(), name()]),
    );
    assert_shape::<SaslAuthenticateRequest>(
        &SaslAuthenticateResponse::default().with_error_message(Some(name())),
    );
    let partition = metadata_response::MetadataResponsePartition::default()
        .with_replica_nodes(vec![BrokerId(1); 2])
        .with_isr_nodes(vec![BrokerId(1); 3]);
    let topic = metadata_response::MetadataResponseTopic::default()
        .with_name(Some(TopicName(name())))
        .with_partitions(vec![partition; 2]);
    let broker = metadata_response::MetadataResponseBroker::default().with_host(name());
    assert_shape::<MetadataRequest>(
        &MetadataResponse::default()
            .with_topics(vec![topic; 2])
            .with_brokers(vec![broker; 3]),
    );
    assert_shape::<FindCoordinatorRequest>(&FindCoordinatorResponse::default().with_host(name()));
    let member = join_group_response::JoinGroupResponseMember::default()
        .with_member_id(name())
        .with_metadata(name().into_bytes());
    assert_shape::<JoinGroupRequest>(
        &JoinGroupResponse::default()
            .with_protocol_name(Some(name()))
            .with_members(vec![member; 2]),
    );
    assert_shape::<SyncGroupRequest>(
        &SyncGroupResponse::default().with_assignment(name().into_bytes()),
    );
    assert_shape::<HeartbeatRequest>(&HeartbeatResponse::default());
    assert_shape::<LeaveGroupRequest>(&LeaveGroupResponse::default());
    let partition =
        offset_fetch_response::OffsetFetchResponsePartition::default().with_metadata(Some(name()));
    let topic = offset_fetch_response::OffsetFetchResponseTopic::default()
        .with_name(TopicName(name()))
        .with_partitions(vec![partition; 2]);
    assert_shape::<OffsetFetchRequest>(&OffsetFetchResponse::default().with_topics(vec![topic; 2]));
    let topic = offset_commit_response::OffsetCommitResponseTopic::default()
        .with_partitions(vec![Default::default(); 2]);
    assert_shape::<OffsetCommitRequest>(
        &OffsetCommitResponse::default().with_topics(vec![topic; 2]),
    );
    let topic = list_offsets_response::ListOffsetsTopicResponse::default()
        .with_partitions(vec![Default::default(); 2]);
    assert_shape::<ListOffsetsRequest>(&ListOffsetsResponse::default().with_topics(vec![topic; 2]));
    let partition = fetch_response::PartitionData::default()
        .with_aborted_transactions(Some(vec![Default::default(); 2]))
        .with_records(Some(name().into_bytes()));
    let topic = fetch_response::FetchableTopicResponse::default()
        .with_topic(TopicName(name()))
        .with_partitions(vec![partition; 2]);
    assert_shape::<FetchRequest>(&FetchResponse::default().with_responses(vec![topic; 2]));
}

#[test]
fn what_a_list_announces_has_to_follow() {
    let announced = [0, 0, 0x7f, 0xff, 0xff, 0xff];
    assert!(!holds(&announced, SASL_HANDSHAKE, 1));
    assert!(!holds(&[0x7f, 0xff, 0xff, 0xff, 0, 0], SUBSCRIPTION, 0));
    // elements of the least length, as many as there is room for
    let mut many = vec![0, 0];
    many.extend(20_000_u32.to_be_bytes());
    many.resize(many.len() + 2 * 20_000, 0);
    assert!(!holds(&many, SASL_HANDSHAKE, 1));
}
