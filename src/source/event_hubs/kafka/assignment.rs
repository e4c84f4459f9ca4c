//! Which member reads which partition: the assignor `range` of Kafka, which every client knows.

use std::collections::BTreeMap;

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::messages::consumer_protocol_assignment::TopicPartition;
use kafka_protocol::messages::{
    ConsumerProtocolAssignment, ConsumerProtocolSubscription, TopicName,
};
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};

use super::message_shape::{ASSIGNMENT, SUBSCRIPTION, holds};
use crate::source::HubPartition;

/// As the assignor is called in the protocol.
pub(super) const RANGE: &str = "range";
/// The version in which subscription and assignment are written; each has it in front.
const VERSION: i16 = 0;

/// What a member asks for, as it goes to the group.
pub(super) fn subscription<'t>(topics: impl Iterator<Item = &'t String>) -> Bytes {
    let names = topics.map(|topic| StrBytes::from_string(topic.clone()));
    written(&ConsumerProtocolSubscription::default().with_topics(names.collect()))
}

/// The hubs that a member asks for; none where it can't be read.
pub(super) fn topics_of(subscription: &Bytes) -> Vec<String> {
    let mut rest = subscription.clone();
    let version = version(&mut rest).filter(|of| holds(&rest, SUBSCRIPTION, *of));
    let Some(version) = version else {
        return Vec::new();
    };
    let read = ConsumerProtocolSubscription::decode(&mut rest, version);
    let topics = read.map(|read| read.topics).unwrap_or_default();
    topics.iter().map(ToString::to_string).collect()
}

/// Shares the partitions of each hub out: each member gets neighbours, the first ones one more.
/// `members` with the hubs that each asks for; `sizes` is the number of partitions of each hub.
pub(super) fn range(
    members: &[(String, Vec<String>)],
    sizes: &BTreeMap<String, i32>,
) -> BTreeMap<String, Vec<HubPartition>> {
    let mut shares: BTreeMap<String, Vec<HubPartition>> = BTreeMap::new();
    for (member, _) in members {
        shares.entry(member.clone()).or_default();
    }
    for (topic, &size) in sizes {
        let asks = |(_, topics): &&(String, Vec<String>)| topics.contains(topic);
        let mut asking: Vec<&String> = members.iter().filter(asks).map(|(id, _)| id).collect();
        asking.sort();
        let Ok(count) = i32::try_from(asking.len()) else {
            continue;
        };
        let mut next = 0;
        for (place, member) in (0..).zip(asking) {
            let share = size / count + i32::from(place < size % count);
            let numbers = next..next + share;
            next = numbers.end;
            let partitions = numbers.map(|number| HubPartition {
                hub: topic.clone(),
                number,
            });
            shares.entry(member.clone()).or_default().extend(partitions);
        }
    }
    shares
}

/// A share as it goes to its member.
pub(super) fn assignment(share: &[HubPartition]) -> Bytes {
    let mut topics: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
    for partition in share {
        let numbers = topics.entry(&partition.hub).or_default();
        numbers.push(partition.number);
    }
    let topics = topics.into_iter().map(|(topic, numbers)| {
        TopicPartition::default()
            .with_topic(TopicName(StrBytes::from_string(topic.to_owned())))
            .with_partitions(numbers)
    });
    written(&ConsumerProtocolAssignment::default().with_assigned_partitions(topics.collect()))
}

/// The share that was given; none where nothing is.
pub(super) fn share_of(assignment: &Bytes) -> Option<Vec<HubPartition>> {
    let mut rest = assignment.clone();
    if rest.is_empty() {
        return Some(Vec::new());
    }
    let version = version(&mut rest).filter(|of| holds(&rest, ASSIGNMENT, *of))?;
    let read = ConsumerProtocolAssignment::decode(&mut rest, version).ok()?;
    let topics = read.assigned_partitions.iter();
    let partitions = topics.flat_map(|topic| {
        let numbers = topic.partitions.iter();
        numbers.map(|&number| HubPartition {
            hub: topic.topic.to_string(),
            number,
        })
    });
    Some(partitions.collect())
}

fn written(message: &impl Encodable) -> Bytes {
    let mut out = BytesMut::new();
    out.put_i16(VERSION);
    // version 0 can hold whatever is in these messages
    let _ = message.encode(&mut out, VERSION);
    out.freeze()
}

/// The version in front of a message; newer ones begin as the newest that is known.
fn version(rest: &mut Bytes) -> Option<i16> {
    (rest.len() >= 2).then(|| {
        let version = rest.split_to(2);
        i16::from_be_bytes([version[0], version[1]]).clamp(0, 3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(members: &[&str], size: i32) -> Vec<Vec<i32>> {
        let members: Vec<_> = members
            .iter()
            .map(|member| ((*member).to_owned(), vec!["hub".to_owned()]))
            .collect();
        let sizes = BTreeMap::from([("hub".to_owned(), size)]);
        let shares = range(&members, &sizes).into_values();
        shares
            .map(|share| share.iter().map(|it| it.number).collect())
            .collect()
    }

    /// As Kafka's own `RangeAssignor` shares out.
    #[test]
    fn the_first_members_get_one_more() {
        assert_eq!(shares(&["a"], 3), [vec![0, 1, 2]]);
        assert_eq!(shares(&["b", "a"], 3), [vec![0, 1], vec![2]]);
        assert_eq!(
            shares(&["a", "b", "c"], 8),
            [vec![0, 1, 2], vec![3, 4, 5], vec![6, 7]]
        );
        assert_eq!(shares(&["a", "b"], 1), [vec![0], vec![]]);
    }

    #[test]
    fn what_is_written_is_read() {
        let share = range(
            &[("m".into(), vec!["x".into(), "y".into()])],
            &BTreeMap::from([("x".into(), 2), ("y".into(), 1)]),
        )
        .remove("m")
        .unwrap();
        assert_eq!(share_of(&assignment(&share)), Some(share));
        assert_eq!(
            topics_of(&subscription(["x".into(), "y".into()].iter())),
            ["x", "y"]
        );
        // a list that announces more than it has
        let hostile = Bytes::from_static(&[0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0]);
        assert_eq!(topics_of(&hostile), [""; 0]);
        assert_eq!(share_of(&hostile), None);
    }
}
