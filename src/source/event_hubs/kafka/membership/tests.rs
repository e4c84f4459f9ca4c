use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use bytes::Bytes;
use kafka_protocol::messages::join_group_response::JoinGroupResponseMember;
use kafka_protocol::messages::metadata_response::{
    MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::offset_commit_response::{
    OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use kafka_protocol::messages::offset_fetch_response::{
    OffsetFetchResponsePartition, OffsetFetchResponseTopic,
};
use kafka_protocol::messages::{
    ApiKey, FindCoordinatorResponse, HeartbeatResponse, JoinGroupRequest, JoinGroupResponse,
    LeaveGroupRequest, LeaveGroupResponse, MetadataRequest, MetadataResponse, OffsetCommitRequest,
    OffsetCommitResponse, OffsetFetchRequest, OffsetFetchResponse, SaslAuthenticateResponse,
    SaslHandshakeResponse, SyncGroupRequest, SyncGroupResponse,
};
use kafka_protocol::protocol::StrBytes;

use super::*;
use crate::source::Committer;
use crate::source::event_hubs::kafka::assignment;
use crate::source::event_hubs::kafka::error::KafkaErrorCode;
use crate::source::event_hubs::kafka::login::Login;
use crate::source::event_hubs::kafka::scripted_broker::{Answer, Asked, ScriptedBroker};

const OWN: &str = "member-1";
const UNKNOWN: i16 = 3;
const DENIED: i16 = 29;

/// A group of one broker, and what it was asked for.
#[derive(Default)]
struct Group {
    /// The number of partitions of each hub, or the error of it; others are not known.
    hubs: BTreeMap<&'static str, Result<i32, i16>>,
    /// Another member, and the hubs that it asks for.
    other: Option<Vec<String>>,
    /// The share that the group has stored; else the one that its leader has made.
    stored: Option<Bytes>,
    /// What was committed of each partition: the offset, and the name with it.
    kept: BTreeMap<i32, (i64, Option<String>)>,
    /// The errors of commits of partitions.
    commits: BTreeMap<i32, i16>,
    /// This message is cut once.
    cut: Option<ApiKey>,
    /// How long a log-on holds, milliseconds.
    lifetime_ms: i64,
    asked: Vec<ApiKey>,
    /// `group.instance.id` of each who joined.
    instances: Vec<Option<String>>,
    /// Members that left.
    left: Vec<String>,
    /// What the leader gave out.
    shares: BTreeMap<String, Bytes>,
}

type SharedGroup = Arc<Mutex<Group>>;

impl Group {
    fn answer(&mut self, asked: &Asked, port: u16) -> Answer {
        let name = StrBytes::from_static_str;
        self.asked.push(asked.key);
        if self.cut == Some(asked.key) {
            self.cut = None;
            return None;
        }
        match asked.key {
            ApiKey::SaslHandshake => asked.answer(&SaslHandshakeResponse::default()),
            ApiKey::SaslAuthenticate => asked.answer(
                &SaslAuthenticateResponse::default().with_session_lifetime_ms(self.lifetime_ms),
            ),
            ApiKey::FindCoordinator => asked.answer(
                &FindCoordinatorResponse::default()
                    .with_host(name("127.0.0.1"))
                    .with_port(port.into()),
            ),
            ApiKey::Metadata => {
                let request: MetadataRequest = asked.request();
                assert!(!request.allow_auto_topic_creation);
                let topics = request.topics.unwrap().into_iter().map(|topic| {
                    let known = self.hubs.get(topic.name.as_deref().unwrap().as_str());
                    let (count, code) = match known.copied().unwrap_or(Err(UNKNOWN)) {
                        Ok(count) => (count, 0),
                        Err(code) => (0, code),
                    };
                    let partition =
                        |number| MetadataResponsePartition::default().with_partition_index(number);
                    MetadataResponseTopic::default()
                        .with_name(topic.name)
                        .with_error_code(code)
                        .with_partitions((0..count).map(partition).collect())
                });
                asked.answer(&MetadataResponse::default().with_topics(topics.collect()))
            }
            ApiKey::JoinGroup => {
                let request: JoinGroupRequest = asked.request();
                let instance = request.group_instance_id.map(|it| it.to_string());
                self.instances.push(instance);
                let member = |id: &'static str, metadata| {
                    JoinGroupResponseMember::default()
                        .with_member_id(name(id))
                        .with_metadata(metadata)
                };
                let other = self.other.iter();
                let other =
                    other.map(|hubs| member("other", assignment::subscription(hubs.iter())));
                let own = member(OWN, request.protocols[0].metadata.clone());
                asked.answer(
                    &JoinGroupResponse::default()
                        .with_generation_id(4)
                        .with_protocol_name(Some(name("range")))
                        .with_leader(name(OWN))
                        .with_member_id(name(OWN))
                        .with_members(other.chain([own]).collect()),
                )
            }
            ApiKey::SyncGroup => {
                let request: SyncGroupRequest = asked.request();
                let shares = request.assignments.into_iter();
                self.shares = shares
                    .map(|it| (it.member_id.to_string(), it.assignment))
                    .collect();
                let share = self.stored.clone();
                let share = share.or_else(|| self.shares.get(OWN).cloned());
                let share = share.unwrap_or_default();
                asked.answer(&SyncGroupResponse::default().with_assignment(share))
            }
            ApiKey::Heartbeat => asked.answer(&HeartbeatResponse::default()),
            ApiKey::LeaveGroup => {
                let request: LeaveGroupRequest = asked.request();
                let members = request.members.iter().map(|it| &it.member_id);
                let members = members.chain([&request.member_id]);
                let members = members.filter(|it| !it.is_empty());
                self.left.extend(members.map(ToString::to_string));
                asked.answer(&LeaveGroupResponse::default())
            }
            ApiKey::OffsetCommit => {
                let request: OffsetCommitRequest = asked.request();
                let topics = request.topics.into_iter().map(|topic| {
                    let partitions = topic.partitions.iter().map(|of| {
                        let number = of.partition_index;
                        let by = of.committed_metadata.as_ref().map(ToString::to_string);
                        self.kept.insert(number, (of.committed_offset, by));
                        OffsetCommitResponsePartition::default()
                            .with_partition_index(number)
                            .with_error_code(self.commits.get(&number).copied().unwrap_or(0))
                    });
                    OffsetCommitResponseTopic::default()
                        .with_name(topic.name)
                        .with_partitions(partitions.collect())
                });
                asked.answer(&OffsetCommitResponse::default().with_topics(topics.collect()))
            }
            ApiKey::OffsetFetch => {
                let request: OffsetFetchRequest = asked.request();
                let topics = request.topics.unwrap().into_iter().map(|topic| {
                    let partitions = topic.partition_indexes.iter().map(|number| {
                        let (offset, by) = self.kept.get(number).cloned().unwrap_or((-1, None));
                        OffsetFetchResponsePartition::default()
                            .with_partition_index(*number)
                            .with_committed_offset(offset)
                            .with_metadata(by.map(StrBytes::from_string))
                            .with_error_code(self.commits.get(number).copied().unwrap_or(0))
                    });
                    OffsetFetchResponseTopic::default()
                        .with_name(topic.name)
                        .with_partitions(partitions.collect())
                });
                asked.answer(&OffsetFetchResponse::default().with_topics(topics.collect()))
            }
            other => panic!("{other:?}"),
        }
    }
}

fn group(hubs: &[(&'static str, Result<i32, i16>)]) -> SharedGroup {
    Arc::new(Mutex::new(Group {
        hubs: hubs.iter().copied().collect(),
        ..Group::default()
    }))
}

/// A member of the group that asks for these hubs, at a broker that offers these versions.
fn member_at(
    newest: fn(ApiKey) -> i16,
    group: &SharedGroup,
    instance: Option<&str>,
    hubs: &[&str],
) -> (Membership, ScriptedBroker) {
    let (of_broker, port) = (Arc::clone(group), Arc::new(Mutex::new(0)));
    let known = Arc::clone(&port);
    let broker = ScriptedBroker::start(newest, move |asked| {
        let port = *known.lock().unwrap();
        of_broker.lock().unwrap().answer(asked, port)
    });
    *port.lock().unwrap() = broker.port;
    let mut route = broker.route();
    let secret = || Ok("secret".to_owned());
    route.login = Some(Login::ConnectionString(Arc::new(secret)));
    let membership = Membership::new(GroupSettings {
        route,
        group: "siembox".to_owned(),
        instance: instance.map(str::to_owned),
        hubs: hubs
            .iter()
            .map(ToString::to_string)
            .collect::<BTreeSet<_>>(),
        session: Duration::from_secs(30),
        heartbeat: Duration::from_millis(5),
        rebalance: Duration::from_secs(60),
        count: Duration::from_secs(600),
        count_failed: Duration::from_millis(5),
    });
    (membership.unwrap(), broker)
}

fn member(group: &SharedGroup, instance: Option<&str>, hubs: &[&str]) -> Membership {
    member_at(|_| 9, group, instance, hubs).0
}

/// Until the heartbeat has led to this.
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::yield_now();
    }
}

fn partition(hub: &str, number: i32) -> HubPartition {
    HubPartition {
        hub: hub.to_owned(),
        number,
    }
}

fn with<T>(group: &SharedGroup, of: impl FnOnce(&mut Group) -> T) -> T {
    of(&mut group.lock().unwrap())
}

#[test]
fn a_changed_number_of_partitions_leads_to_a_new_share() {
    let group = group(&[("a", Ok(2))]);
    let mut member = member(&group, Some("box"), &["a"]);
    assert_eq!(member.join().unwrap().assigned.len(), 2);
    with(&group, |group| group.hubs.insert("a", Ok(3)));
    // as a fetch asks for that finds no such partition
    member.count_soon();
    let rebalances = || member.state() == MembershipState::Rebalancing;
    wait_until("it is noticed", rebalances);
    let joined = member.join().unwrap();
    assert_eq!((joined.total_partitions, joined.assigned.len()), (3, 3));
    // the group may have stored a share for the name of before
    with(&group, |group| {
        let mut names = group.instances.drain(..).map(Option::unwrap);
        let (before, after) = (names.next().unwrap(), names.next().unwrap());
        assert!(before != after && before.starts_with("box-") && after.starts_with("box-"));
        assert_eq!(group.left, [OWN]);
    });
}

#[test]
fn the_name_in_the_group_varies_with_what_is_asked_for() {
    let group = group(&[("a", Ok(2)), ("b", Ok(1))]);
    for hubs in [&["a", "b"][..], &["b", "a"], &["a"]] {
        member(&group, Some("box"), hubs).join().unwrap();
    }
    let names = with(&group, |group| group.instances.clone());
    assert_eq!(names[0], names[1]);
    assert_ne!(names[0], names[2]);
}

#[test]
fn a_hub_that_cannot_be_read_holds_back_no_other() {
    let group = group(&[("a", Ok(2)), ("b", Err(DENIED))]);
    let mut member = member(&group, Some("box"), &["a", "b"]);
    let joined = member.join().unwrap();
    let denied = KafkaErrorCode::TopicAuthorizationFailed;
    assert_eq!(joined.failed, [("b".to_owned(), denied)]);
    assert_eq!(joined.assigned, [partition("a", 0), partition("a", 1)]);
    // it is looked at again on its own
    with(&group, |group| group.hubs.insert("b", Ok(1)));
    let rebalances = || member.state() == MembershipState::Rebalancing;
    wait_until("it is noticed", rebalances);
    let joined = member.join().unwrap();
    assert!(joined.failed.is_empty() && joined.assigned.len() == 3);
}

#[test]
fn a_member_without_a_hub_does_not_join() {
    let group = group(&[("b", Err(DENIED))]);
    let error = member(&group, None, &["b"]).join().unwrap_err();
    assert_eq!(error.code(), Some(KafkaErrorCode::TopicAuthorizationFailed));
    with(&group, |group| assert!(group.instances.is_empty()));
}

#[test]
fn hubs_of_others_that_cannot_be_read_are_in_no_share() {
    let group = group(&[("a", Ok(2)), ("c", Err(DENIED))]);
    with(&group, |group| {
        let hubs = ["a", "c", "gone"].map(str::to_owned);
        group.other = Some(hubs.to_vec());
    });
    let joined = member(&group, None, &["a"]).join().unwrap();
    assert!(joined.failed.is_empty());
    assert_eq!(joined.assigned, [partition("a", 0)]);
    let of_other = with(&group, |group| group.shares["other"].clone());
    let of_other = assignment::share_of(&of_other);
    assert_eq!(of_other, Some(vec![partition("a", 1)]));
}

#[test]
fn a_stored_share_is_read_as_far_as_it_was_asked_for() {
    let group = group(&[("a", Ok(2))]);
    let stored = assignment::assignment(&[partition("a", 1), partition("before", 0)]);
    with(&group, |group| group.stored = Some(stored));
    let joined = member(&group, Some("box"), &["a"]).join().unwrap();
    assert_eq!(joined.assigned, [partition("a", 1)]);
}

#[test]
fn a_commit_that_one_partition_refuses_counts_for_the_others() {
    let group = group(&[("a", Ok(2))]);
    let mut member = member(&group, None, &["a"]);
    member.join().unwrap();
    let offsets = BTreeMap::from([(partition("a", 0), 5), (partition("a", 1), 6)]);
    assert!(member.commit(&offsets).unwrap().is_empty());
    with(&group, |group| group.commits = [(1, DENIED)].into());
    let refused = member.commit(&offsets).unwrap();
    assert!(refused.keys().eq([&partition("a", 1)]));
    with(&group, |group| group.commits = [(0, 22), (1, 22)].into());
    let error = member.commit(&offsets).unwrap_err();
    assert_eq!(error.code(), Some(KafkaErrorCode::IllegalGeneration));
    assert_eq!(member.state(), MembershipState::Lost);
}

#[test]
fn offsets_that_this_box_has_committed_are_known_as_such() {
    let group = group(&[("a", Ok(4))]);
    let mut member = member(&group, Some("box"), &["a"]);
    member.join().unwrap();
    let offsets = BTreeMap::from([(partition("a", 0), 5)]);
    assert!(member.commit(&offsets).unwrap().is_empty());
    with(&group, |group| {
        group.kept.insert(1, (6, Some("other".to_owned())));
        group.commits.insert(3, DENIED);
        group.kept.insert(4, (7, None));
    });
    let all: Vec<_> = (0..5).map(|number| partition("a", number)).collect();
    let found = member.committed(&all).unwrap();
    let kept = |offset, by| CommittedOffset { offset, by };
    let of = |number: usize| found[&all[number]].as_ref().ok().copied();
    assert_eq!(of(0), Some(Some(kept(5, Committer::ThisBox))));
    assert_eq!(of(1), Some(Some(kept(6, Committer::AnotherBox))));
    assert_eq!(of(2), Some(None));
    assert_eq!(of(3), None);
    assert_eq!(of(4), Some(Some(kept(7, Committer::Unknown))));
}

#[test]
fn a_connection_that_broke_is_replaced_whatever_was_asked() {
    let group = group(&[("a", Ok(1))]);
    let mut member = member(&group, None, &["a"]);
    member.join().unwrap();
    let offsets = BTreeMap::from([(partition("a", 0), 5)]);
    with(&group, |group| group.cut = Some(ApiKey::OffsetCommit));
    assert!(member.commit(&offsets).is_err());
    assert!(member.commit(&offsets).unwrap().is_empty());
    with(&group, |group| group.cut = Some(ApiKey::OffsetFetch));
    assert!(member.committed(&[partition("a", 0)]).is_err());
    assert!(member.commit(&offsets).unwrap().is_empty());
}

#[test]
fn a_connection_is_replaced_before_its_log_on_ends() {
    let group = group(&[("a", Ok(1))]);
    with(&group, |group| group.lifetime_ms = 50);
    let mut member = member(&group, None, &["a"]);
    member.join().unwrap();
    let log_ons = || {
        with(&group, |group| {
            let asked = group.asked.iter();
            asked.filter(|it| **it == ApiKey::SaslAuthenticate).count()
        })
    };
    wait_until("it logs on again", || log_ons() > 3);
    assert_eq!(member.state(), MembershipState::Member);
}

/// As Event Hubs offered in 2019 (reference: successors.md §5).
fn old(key: ApiKey) -> i16 {
    match key {
        ApiKey::FindCoordinator | ApiKey::Heartbeat => 1,
        ApiKey::LeaveGroup | ApiKey::SyncGroup => 1,
        ApiKey::JoinGroup => 2,
        ApiKey::OffsetCommit => 3,
        ApiKey::Metadata => 5,
        _ => 1,
    }
}

#[test]
fn a_member_that_stays_for_a_moment_leaves() {
    for newest in [|_| 9, old as fn(ApiKey) -> i16] {
        let group = group(&[("a", Ok(1))]);
        let (mut member, _broker) = member_at(newest, &group, None, &["a"]);
        member.join().unwrap();
        drop(member);
        with(&group, |group| assert_eq!(group.left, [OWN]));
    }
}

#[test]
fn a_broker_without_static_members_lets_a_box_in() {
    let group = group(&[("a", Ok(1))]);
    let (mut member, _broker) = member_at(old, &group, Some("box"), &["a"]);
    assert_eq!(member.join().unwrap().assigned, [partition("a", 0)]);
    let offsets = BTreeMap::from([(partition("a", 0), 5)]);
    assert!(member.commit(&offsets).unwrap().is_empty());
    let beats = |group: &mut Group| group.asked.contains(&ApiKey::Heartbeat);
    wait_until("a heartbeat", || with(&group, beats));
    assert_eq!(member.state(), MembershipState::Member);
}
