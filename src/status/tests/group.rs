//! A stream that several boxes share: its group, from one event to the next.

use super::*;
use crate::source::SourceErrorKind;

const STREAM: &str = "event_hubs";

fn at(hours: u64) -> Moment {
    Moment {
        wall_ms: i64::try_from(hours).unwrap_or_default() * 3_600_000,
        steady: Duration::from_secs(hours * 3600),
    }
}

fn status() -> Status {
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    let thresholds = Thresholds {
        connection_error: hours(2),
        disconnected: hours(12),
    };
    Status::new(thresholds, at(0))
}

fn begin(status: &Status, streams: &[StreamIntroduction], paused: bool, now: Moment) -> Reporter {
    let new = Introduction {
        name: "a".to_owned(),
        cloud: String::new(),
        siem: String::new(),
        streams: streams.to_vec(),
        paused,
        known: true,
        ask_spool: Arc::new(SpoolReport::default),
        ask_ledger: Arc::new(LedgerReport::default),
    };
    status.introduce(new, now)
}

/// Number, next and latest offset, time of the newest.
fn share(partitions: &[(i32, i64, i64, Option<i64>)]) -> Box<GroupReport> {
    let partitions = partitions.iter().map(|(number, next, latest, newest_ms)| {
        let hub = "defender".to_owned();
        PartitionReport {
            hub,
            number: *number,
            next: *next,
            committed: Some(*next),
            latest: Some(*latest),
            newest_ms: *newest_ms,
        }
    });
    Box::new(GroupReport {
        group: "siembox".to_owned(),
        member: "siembox-1".to_owned(),
        generation: 4,
        rebalances: 2,
        total_partitions: 32,
        partitions: partitions.collect(),
        other_records: 10,
    })
}

fn rebalanced(group: Box<GroupReport>) -> InternalEvent {
    InternalEvent::Rebalanced {
        stream: STREAM,
        group,
    }
}

fn positions(group: Box<GroupReport>) -> InternalEvent {
    InternalEvent::Positions {
        stream: STREAM,
        group,
    }
}

fn trouble() -> InternalEvent {
    InternalEvent::CloudTrouble {
        stream: STREAM,
        trouble: SourceErrorKind::Passing,
        what: "the service ended the connection".to_owned(),
        asked: None,
        wait: Duration::ZERO,
    }
}

fn group(status: &Status, now: Moment) -> Option<Box<GroupAssignment>> {
    let snapshot = status.snapshot(now);
    let mut streams = snapshot.agents.iter().flat_map(|agent| &agent.streams);
    streams.find_map(|stream| stream.group.clone())
}

/// It reads no page for a day.
#[test]
fn a_member_without_a_partition_is_well() {
    let status = status();
    let reporter = begin(&status, &[stream(STREAM)], false, at(0));
    reporter.tell(at(0), &rebalanced(share(&[])));
    reporter.tell(at(0), &trouble());
    for hour in 0..=24 {
        reporter.tell(at(hour), &positions(share(&[])));
        reporter.tell(at(hour), &InternalEvent::SiemThere);
    }
    let snapshot = status.snapshot(at(25));
    assert_eq!(snapshot.condition, Condition::Connected, "{snapshot:?}");
    assert_eq!(snapshot.agents[0].lag_ms(snapshot.at_ms), 0);
    assert!(
        snapshot
            .notices
            .iter()
            .all(|notice| notice.over_ms.is_some())
    );
    // but one of which nothing is heard is not
    reporter.tell(at(27), &InternalEvent::SiemThere);
    assert_eq!(
        status.snapshot(at(27)).condition,
        Condition::ConnectionError
    );
}

#[test]
fn a_group_with_a_lag_is_behind_by_its_slowest_partition() {
    let status = status();
    let reporter = begin(&status, &[stream(STREAM)], false, at(0));
    let slow = share(&[
        // nothing came for long
        (0, 5, 5, Some(at(1).wall_ms)),
        (1, 5, 9, Some(at(6).wall_ms)),
        (2, 5, 9, Some(at(7).wall_ms)),
    ]);
    reporter.tell(at(10), &positions(slow));
    let lag = |now| {
        let snapshot = status.snapshot(now);
        let agent = &snapshot.agents[0];
        (agent.streams[0].counts.behind, agent.lag_ms(now.wall_ms))
    };
    assert_eq!(lag(at(10)), (true, 4 * 3_600_000));
    let done = share(&[(0, 5, 5, Some(at(1).wall_ms)), (1, 9, 9, None)]);
    reporter.tell(at(10), &positions(done));
    assert_eq!(lag(at(10)), (false, 0));
}

#[test]
fn a_share_is_certain_until_a_request_fails_and_again_from_the_next_answer_on() {
    let status = status();
    let reporter = begin(&status, &[stream(STREAM)], false, at(0));
    assert_eq!(group(&status, at(0)), None);
    let told = share(&[(0, 5, 9, None)]);
    let held = |held| {
        Some(Box::new(GroupAssignment {
            report: *told.clone(),
            held,
        }))
    };
    reporter.tell(at(1), &rebalanced(told.clone()));
    assert_eq!(group(&status, at(1)), held(true));
    reporter.tell(at(1), &trouble());
    assert_eq!(group(&status, at(1)), held(false));
    reporter.tell(at(1), &positions(told.clone()));
    assert_eq!(group(&status, at(1)), held(true));
}

#[test]
fn a_paused_agent_holds_no_partition() {
    let status = status();
    let reporter = begin(&status, &[stream(STREAM)], false, at(0));
    reporter.tell(at(1), &rebalanced(share(&[(0, 5, 9, Some(1))])));
    drop(begin(&status, &[stream(STREAM)], true, at(2)));
    let nothing = GroupAssignment {
        report: *share(&[]),
        held: false,
    };
    assert_eq!(group(&status, at(2)), Some(Box::new(nothing)));
    assert_eq!(status.snapshot(at(2)).agents[0].lag_ms(at(2).wall_ms), 0);
    let reporter = begin(&status, &[stream(STREAM)], false, at(3));
    assert_eq!(group(&status, at(3)), None, "it has not joined yet");
    reporter.tell(at(3), &rebalanced(share(&[(0, 5, 9, Some(1))])));
    let counted =
        group(&status, at(3)).map(|group| (group.report.rebalances, group.report.other_records));
    assert_eq!(counted, Some((4, 20)), "counters go on");
}

#[test]
fn a_stream_that_is_gone_or_off_keeps_no_group() {
    let off = StreamIntroduction {
        name: STREAM,
        enabled: false,
    };
    for (after, paused) in [
        (stream("cloud_app_events"), false),
        (stream("cloud_app_events"), true),
        (off, false),
        (off, true),
        // the settings may name another group
        (stream(STREAM), false),
    ] {
        let status = status();
        let reporter = begin(&status, &[stream(STREAM)], false, at(0));
        reporter.tell(at(1), &positions(share(&[(0, 5, 9, None)])));
        let reporter = begin(&status, &[after], paused, at(1));
        assert_eq!(group(&status, at(1)), None, "{after:?} {paused}");
        assert_eq!(status.snapshot(at(1)).agents[0].streams.len(), 1);
        // a thread of before may still have something to say
        if after.name != STREAM {
            reporter.tell(at(1), &positions(share(&[(0, 5, 9, None)])));
            assert_eq!(group(&status, at(1)), None);
        }
    }
}

#[test]
fn what_happens_to_a_group_is_said_as_it_is() {
    let gone = |from, next| InternalEvent::OffsetsGone {
        stream: STREAM,
        partition: "defender/3".to_owned(),
        from,
        next,
    };
    let many = share(&[(0, 5, 9, None), (1, 5, 9, None), (3, 5, 9, None)]);
    for (event, level, effect, words) in [
        (
            rebalanced(many.clone()),
            Level::Info,
            Effect::None,
            "event_hubs: in generation 4 of the consumer group siembox, this box reads 3 of 32 \
                partitions: defender/0-1, defender/3",
        ),
        (
            rebalanced(share(&[])),
            Level::Info,
            Effect::None,
            "event_hubs: in generation 4 of the consumer group siembox, this box reads none of 32 \
                partitions: other members read them all. It takes over when one of them leaves",
        ),
        (
            positions(many),
            Level::Debug,
            Effect::Close(Topic::Cloud),
            "event_hubs: 3 partitions, lag 12 messages",
        ),
        (
            positions(share(&[(0, 5, 6, None)])),
            Level::Debug,
            Effect::Close(Topic::Cloud),
            "event_hubs: 1 partition, lag 1 message",
        ),
        (
            gone(5, 9),
            Level::Error,
            Effect::Raise(Topic::Skipped, "Not everything was read"),
            "event_hubs: partition defender/3: 4 messages (offsets 5 to 8) are no longer kept by \
                the service: the event hub's retention time ended before a box of the consumer \
                group read so far. Reading continues at offset 9. Cure: a longer retention time; \
                if the lag grows while siembox runs, more boxes in the consumer group or a faster \
                SIEM. Advanced hunting keeps the records for 30 days",
        ),
        (
            InternalEvent::PartitionRecreated {
                stream: STREAM,
                partition: "defender/3".to_owned(),
            },
            Level::Warn,
            Effect::Raise(Topic::Skipped, "An event hub was created again"),
            "event_hubs: partition defender/3 ends before the offset that was read last: the \
                event hub was deleted and created again. Reading starts at its beginning. Messages \
                of the old event hub that were not read are gone",
        ),
    ] {
        assert_eq!(event.in_words(), words);
        assert_eq!((event.level(), event.effect()), (level, effect), "{words}");
        assert_eq!(event.stream(), STREAM);
    }
    let one = gone(5, 6).in_words();
    assert!(
        one.contains(": the message with the offset 5 is no longer kept"),
        "{one}"
    );
}

/// After a long stop, a notice names the loss of each partition, and so does the log.
#[test]
fn the_loss_of_one_partition_hides_no_other() {
    let status = status();
    let reporter = begin(&status, &[stream(STREAM)], false, at(0));
    for number in 0..4 {
        let gone = InternalEvent::OffsetsGone {
            stream: STREAM,
            partition: format!("defender/{number}"),
            from: 0,
            next: 9,
        };
        let times = status.lock().take_in("a", at(1), &gone, &gone.in_words());
        assert_eq!(times, 1, "the log tells it as a new one");
    }
    reporter.tell(
        at(1),
        &InternalEvent::PartitionRecreated {
            stream: STREAM,
            partition: "defender/9".to_owned(),
        },
    );
    let notices = status.snapshot(at(1)).notices;
    let [notice] = &notices[..] else {
        panic!("{notices:?}");
    };
    assert_eq!(notice.title, "An event hub was created again");
    for partition in ["/0:", "/1:", "/2:", "/3:", "/9 ends"] {
        let named = format!("event_hubs: partition defender{partition}");
        assert!(notice.text.contains(&named), "{named} {}", notice.text);
    }
}
