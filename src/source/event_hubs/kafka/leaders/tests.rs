use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kafka_protocol::messages::fetch_response::{FetchableTopicResponse, PartitionData};
use kafka_protocol::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
};
use kafka_protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::{
    ApiKey, FetchRequest, FetchResponse, ListOffsetsRequest, ListOffsetsResponse, MetadataRequest,
    MetadataResponse, SaslHandshakeResponse,
};
use kafka_protocol::protocol::StrBytes;

use super::*;
use crate::source::event_hubs::kafka::fetcher::{Fetcher, OffsetSpec};
use crate::source::event_hubs::kafka::login::Login;
use crate::source::event_hubs::kafka::scripted_broker::{Answer, Asked, ScriptedBroker};

/// Each partition of the hub is led by the broker of this number, whose port is that.
type Cluster = Arc<Mutex<Vec<u16>>>;

fn answer(asked: &Asked, ports: &[u16]) -> Answer {
    match asked.key {
        ApiKey::Metadata => {
            let request: MetadataRequest = asked.request();
            let numbers = 0..i32::try_from(ports.len()).unwrap();
            let brokers = numbers.clone().zip(ports).map(|(number, port)| {
                MetadataResponseBroker::default()
                    .with_node_id(BrokerId(number))
                    .with_host(StrBytes::from_static_str("127.0.0.1"))
                    .with_port((*port).into())
            });
            let partitions = numbers.map(|number| {
                MetadataResponsePartition::default()
                    .with_partition_index(number)
                    .with_leader_id(BrokerId(number))
            });
            let partitions: Vec<_> = partitions.collect();
            let topics = request.topics.unwrap().into_iter().map(|topic| {
                let is_known = topic.name.as_deref().is_some_and(|it| &**it == "a");
                let topic = MetadataResponseTopic::default().with_name(topic.name);
                match is_known {
                    true => topic.with_partitions(partitions.clone()),
                    false => topic.with_error_code(29),
                }
            });
            asked.answer(
                &MetadataResponse::default()
                    .with_brokers(brokers.collect())
                    .with_topics(topics.collect()),
            )
        }
        ApiKey::ListOffsets => {
            let request: ListOffsetsRequest = asked.request();
            let topics = request.topics.into_iter().map(|topic| {
                let partitions = topic.partitions.iter().map(|of| {
                    ListOffsetsPartitionResponse::default()
                        .with_partition_index(of.partition_index)
                        .with_offset(of.partition_index.into())
                });
                ListOffsetsTopicResponse::default()
                    .with_name(topic.name)
                    .with_partitions(partitions.collect())
            });
            asked.answer(&ListOffsetsResponse::default().with_topics(topics.collect()))
        }
        ApiKey::Fetch => {
            // a broker that has nothing answers when its time is over, and a bit later
            std::thread::sleep(Duration::from_millis(1_200));
            let request: FetchRequest = asked.request();
            let topics = request.topics.into_iter().map(|topic| {
                let partitions = topic
                    .partitions
                    .iter()
                    .map(|of| PartitionData::default().with_partition_index(of.partition));
                FetchableTopicResponse::default()
                    .with_topic(topic.topic)
                    .with_partitions(partitions.collect())
            });
            asked.answer(&FetchResponse::default().with_responses(topics.collect()))
        }
        other => panic!("{other:?}"),
    }
}

fn partition(hub: &str, number: i32) -> HubPartition {
    HubPartition {
        hub: hub.to_owned(),
        number,
    }
}

/// A port at which nobody listens.
fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn what_fails_of_one_leader_hub_or_partition_fails_for_it_alone() {
    let cluster = Cluster::default();
    let known = Arc::clone(&cluster);
    let broker = ScriptedBroker::start(|_| 9, move |asked| answer(asked, &known.lock().unwrap()));
    *cluster.lock().unwrap() = vec![broker.port, closed_port()];
    let mut fetcher = Fetcher::new(&broker.route());
    let all = [("a", 0), ("a", 1), ("a", 2), ("denied", 0)];
    let all = all.map(|(hub, number)| partition(hub, number));
    let found = fetcher.list_offsets(&all, OffsetSpec::Latest).unwrap();
    assert!(matches!(found[&all[0]], Ok(Some(0))));
    assert!(matches!(found[&all[1]], Err(HubError::Io { .. })));
    // there are fewer partitions than there were
    let code = |at: usize| found[&all[at]].as_ref().unwrap_err().code();
    assert_eq!(code(2), Some(KafkaErrorCode::UnknownTopicOrPartition));
    assert_eq!(code(3), Some(KafkaErrorCode::TopicAuthorizationFailed));
    // another broker leads now
    *cluster.lock().unwrap() = vec![broker.port, broker.port];
    let found = fetcher.list_offsets(&all[..2], OffsetSpec::Latest).unwrap();
    assert!(matches!(found[&all[1]], Ok(Some(1))));
    // nobody answers
    assert!(fetcher.list_offsets(&all[3..], OffsetSpec::Latest).is_err());
}

#[test]
fn a_fetch_that_waits_for_messages_takes_longer_than_the_timeout() {
    let cluster = Cluster::default();
    let known = Arc::clone(&cluster);
    let broker = ScriptedBroker::start(|_| 9, move |asked| answer(asked, &known.lock().unwrap()));
    *cluster.lock().unwrap() = vec![broker.port];
    let mut route = broker.route();
    route.timeout = Duration::from_secs(1);
    let fetched = Fetcher::new(&route).fetch(&[(partition("a", 0), 0)]);
    assert!(matches!(fetched.unwrap()[..], [(_, Ok(_))]));
}

#[test]
fn a_list_that_announces_more_than_it_holds_is_no_answer() {
    let broker =
        ScriptedBroker::start(|_| 9, |asked| asked.raw(&[0, 0, 0, 0, 0x7f, 255, 255, 255]));
    let mut fetcher = Fetcher::new(&broker.route());
    let found = fetcher.list_offsets(&[partition("a", 0)], OffsetSpec::Latest);
    assert!(matches!(found, Err(HubError::NoAnswer { .. })), "{found:?}");
}

#[test]
fn a_mechanism_that_is_not_offered_is_named_as_such() {
    let broker = ScriptedBroker::start(
        |_| 1,
        |asked| {
            let offered = vec![StrBytes::from_static_str("PLAIN")];
            asked.answer(
                &SaslHandshakeResponse::default()
                    .with_error_code(33)
                    .with_mechanisms(offered),
            )
        },
    );
    let mut route = broker.route();
    let token = || Ok("token".to_owned());
    route.login = Some(Login::Token(Arc::new(token), Arc::new(|_| ())));
    let found = Fetcher::new(&route).list_offsets(&[partition("a", 0)], OffsetSpec::Latest);
    match found.unwrap_err() {
        HubError::Mechanism {
            mechanism, offered, ..
        } => assert_eq!(
            (mechanism, &offered[..]),
            ("OAUTHBEARER", &["PLAIN".to_owned()][..])
        ),
        other => panic!("{other:?}"),
    }
}
