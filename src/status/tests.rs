mod group;

use super::*;
use crate::source::SourceErrorKind;

const BOTH: [StreamIntroduction; 2] = [stream("activities"), stream("alerts")];

const fn stream(name: &'static str) -> StreamIntroduction {
    StreamIntroduction {
        name,
        enabled: true,
    }
}

#[test]
fn a_clock_that_is_set_changes_no_age() {
    let at = |wall_ms, seconds| Moment {
        wall_ms,
        steady: Duration::from_secs(seconds),
    };
    let hour = Duration::from_secs(3600);
    let thresholds = Thresholds {
        connection_error: hour,
        disconnected: hour,
    };
    // the box starts in 1970, and NTP sets it right
    let status = Status::new(thresholds, at(10, 0));
    let reporter = status.introduce(
        Introduction {
            name: "a".to_owned(),
            cloud: String::new(),
            siem: String::new(),
            streams: BOTH.to_vec(),
            paused: false,
            known: false,
            ask_spool: Arc::new(SpoolReport::default),
            ask_ledger: Arc::new(LedgerReport::default),
        },
        at(10, 0),
    );
    reporter.tell(at(1000, 1), &InternalEvent::SiemThere);
    let snapshot = status.snapshot(at(1_700_000_060_000, 61));
    assert_eq!(snapshot.started_ms, 1_699_999_999_000);
    assert_eq!(snapshot.agents[0].siem.contact_ms, Some(1_700_000_000_000));
    assert_eq!(snapshot.agents[0].siem.state, LinkState::Connected);
}

#[test]
fn a_box_that_is_looked_for_flickers_for_half_a_minute() {
    let at = |seconds: u64| Moment {
        wall_ms: 1_000_000,
        steady: Duration::from_secs(seconds),
    };
    let hour = Duration::from_secs(3600);
    let thresholds = Thresholds {
        connection_error: hour,
        disconnected: hour,
    };
    let status = Status::new(thresholds, at(0));
    let until = |seconds| status.snapshot(at(seconds)).identify_until_ms;
    assert_eq!(until(1), None);
    status.identify(at(2));
    assert_eq!(until(3), Some(1_029_000));
    assert_eq!(until(32), None);
    let sender = status.part("contoso: sender");
    sender.promise(at(2).steady, Duration::from_secs(60));
    status.sample(at(70));
    assert_eq!(status.snapshot(at(76)).late, ["contoso: sender"]);
}

#[test]
fn a_pause_is_no_silence_of_the_cloud() {
    let at = |hours: u64| Moment {
        wall_ms: i64::try_from(hours).unwrap_or_default() * 3_600_000,
        steady: Duration::from_secs(hours * 3600),
    };
    let thresholds = Thresholds {
        connection_error: Duration::from_secs(2 * 3600),
        disconnected: Duration::from_secs(12 * 3600),
    };
    let status = Status::new(thresholds, at(0));
    let introduce = |paused, now| {
        let new = Introduction {
            name: "a".to_owned(),
            cloud: String::new(),
            siem: String::new(),
            streams: BOTH.to_vec(),
            paused,
            known: true,
            ask_spool: Arc::new(SpoolReport::default),
            ask_ledger: Arc::new(LedgerReport::default),
        };
        status.introduce(new, now)
    };
    let reporter = introduce(false, at(0));
    let trouble = InternalEvent::CloudTrouble {
        stream: "alerts",
        trouble: SourceErrorKind::Passing,
        what: "HTTP 500".to_owned(),
        asked: None,
        wait: Duration::ZERO,
    };
    reporter.tell(at(1), &trouble);
    let seen = |now| {
        let snapshot = status.snapshot(now);
        let agent = &snapshot.agents[0];
        let open = snapshot.notices.iter().filter(|one| one.over_ms.is_none());
        (agent.condition, agent.cloud.state, open.count())
    };
    assert_eq!(seen(at(1)), (Condition::Interrupted, LinkState::Created, 1));
    let reporter = introduce(true, at(1));
    reporter.tell(at(40), &InternalEvent::SiemThere);
    assert_eq!(seen(at(41)), (Condition::Paused, LinkState::Created, 0));
    assert_eq!(status.snapshot(at(41)).state, LinkState::Connected);
    assert_eq!(seen(at(43)).0, Condition::ConnectionError, "of its SIEM");
    let reporter = introduce(false, at(43));
    reporter.tell(at(43), &InternalEvent::SiemThere);
    assert_eq!(seen(at(44)).0, Condition::Created);
    assert_eq!(seen(at(46)).0, Condition::ConnectionError);
}

#[test]
fn a_notice_is_titled_by_the_kind_of_trouble_not_by_its_words() {
    for (trouble, title) in [
        (SourceErrorKind::InvalidToken, "Invalid token"),
        (SourceErrorKind::InvalidProxy, "Invalid proxy address"),
        (SourceErrorKind::Refused, "SIEM agent error"),
        (SourceErrorKind::Passing, "SIEM agent error"),
    ] {
        let what = InternalEvent::CloudTrouble {
            stream: "alerts",
            trouble,
            what: "Invalid token, says a page that is none of the API's".to_owned(),
            asked: None,
            wait: Duration::ZERO,
        };
        assert_eq!(what.effect(), Effect::Raise(Topic::Cloud, title));
    }
}
