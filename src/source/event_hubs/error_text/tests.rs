use std::sync::Arc;

use super::*;

#[test]
fn codes_have_the_names_that_kafka_publishes() {
    let name = |number| kafka_name(KafkaErrorCode::try_from_code(number).unwrap());
    assert_eq!(name(3), "UNKNOWN_TOPIC_OR_PARTITION");
    assert_eq!(name(6), "NOT_LEADER_OR_FOLLOWER");
    assert_eq!(name(25), "UNKNOWN_MEMBER_ID");
    assert_eq!(name(82), "FENCED_INSTANCE_ID");
    assert_eq!(name(-1), "UNKNOWN_SERVER_ERROR");
    assert_eq!(name(3000), "the error code 3000");
}

#[test]
fn errors_name_their_cause_and_their_cure() {
    let peer = || "hub.example:9094".to_owned();
    let partition = HubPartition {
        hub: "defender".to_owned(),
        number: 3,
    };
    let refused = io::Error::from(ErrorKind::ConnectionRefused);
    for (error, words) in [
        (
            HubError::Login {
                peer: peer(),
                why: " ".to_owned(),
            },
            &[
                "it gives no reason",
                "connection_string_file",
                "Data Receiver",
            ][..],
        ),
        (
            HubError::Mechanism {
                peer: peer(),
                mechanism: "OAUTHBEARER",
                offered: vec!["PLAIN".to_owned()],
            },
            &[
                "OAUTHBEARER",
                "it offers PLAIN",
                "set connection_string_file",
            ],
        ),
        (
            HubError::Io {
                peer: peer(),
                cause: Arc::new(refused),
            },
            &["namespace in [agent.source.event_hubs]", "TCP 9094"],
        ),
        (
            HubError::Partition {
                partition,
                what: "Fetch",
                code: KafkaErrorCode::NotLeaderOrFollower,
            },
            &["defender/3", "Fetch", "NOT_LEADER_OR_FOLLOWER"],
        ),
    ] {
        let what = translate(error, "siembox").what;
        for word in words {
            assert!(what.contains(word), "{word} in {what}");
        }
    }
}
