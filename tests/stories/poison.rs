//! The cloud fails for ever at one place, page size or record: everything else arrives, and what
//! does not is named.

use std::collections::{HashMap, HashSet};

use siembox_support::cloud::{Bound, Cloud, Fault, Seen, Target};
use siembox_support::sink::SyslogReceiver;
use siembox_support::{records, soak};

use crate::expected;
use crate::siembox::{PATIENCE, Plan, Siembox};

const ACTIVITIES: usize = 9_000;
const NEW: usize = 50;

fn cloud(activities: usize) -> Cloud {
    Cloud::builder()
        .requests_per_minute(60_000)
        .activities(records::activities(91, activities))
        .alerts(records::alerts(92, 40))
        .start()
}

fn plan(cloud: &Cloud, receiver: &SyslogReceiver) -> Plan {
    let mut plan = Plan::new(cloud, receiver.addr().port(), "tcp");
    plan.source.push_str("timeout = \"2s\"\n");
    plan.activities = "page_size = 5000\n".into();
    // the ledger's questions are none of the stream's
    plan.spool = "[agent.ledger]\naudit = false\n".into();
    plan
}

/// The ways in which an answer can fail.
fn ways() -> Vec<Fault> {
    vec![
        Fault::Status(500),
        Fault::ResetBeforeHead,
        Fault::HtmlPage,
        Fault::Status(404),
        Fault::Status(403),
        Fault::InvalidJson,
        Fault::HalfAnswer,
        Fault::Stall,
        Fault::Redirect("https://portal.example/".into()),
        Fault::Throttled {
            retry_after: Some(1),
            in_text: None,
        },
    ]
}

/// What arrived, by id; a line that is none of the cloud's is a failure.
struct Witness {
    /// The id behind each line.
    ids: HashMap<String, String>,
}

impl Witness {
    fn of(cloud: &Cloud, siembox: &Siembox) -> Self {
        let lines = |stream| {
            let ids = cloud
                .records(stream)
                .into_iter()
                .map(|record| record.id.clone());
            expected::of(cloud, siembox, stream).into_iter().zip(ids)
        };
        let activities = lines(records::Stream::Activities);
        let alerts = lines(records::Stream::Alerts);
        Self {
            ids: activities.chain(alerts).collect(),
        }
    }

    /// Waits for all records but these; they are not to come, and none comes twice.
    fn all_but(&self, receiver: &SyslogReceiver, missing: &[&str], what: &str, siembox: &Siembox) {
        let wanted = self.ids.len() - missing.len();
        let came = receiver.wait_until(PATIENCE, |lines| {
            let known = lines.iter().filter_map(|line| self.ids.get(line));
            known.collect::<HashSet<_>>().len() >= wanted
        });
        let got = receiver.lines();
        let none = String::new();
        let ids: HashSet<&String> = got
            .iter()
            .map(|line| self.ids.get(line).unwrap_or(&none))
            .collect();
        let lost: Vec<&String> = self
            .ids
            .values()
            .filter(|id| !ids.contains(id) && !missing.contains(&id.as_str()))
            .collect();
        assert!(
            came && lost.is_empty() && !ids.contains(&none),
            "{what}: {} of {wanted}; {} lost, e.g. {:?}; log:\n{}",
            got.len(),
            lost.len(),
            lost.first(),
            siembox.log()
        );
        let mut once = HashSet::new();
        let twice: Vec<&String> = got.iter().filter(|line| !once.insert(*line)).collect();
        assert!(
            twice.is_empty(),
            "{what}: twice: {twice:?}; log:\n{}",
            siembox.log()
        );
    }
}

/// The story of a named place that fails in this way for ever; the restart finds it on flash.
fn named_place(fault: &Fault, restart: bool) {
    let (receiver, cloud) = (SyslogReceiver::start(), cloud(ACTIVITIES));
    cloud.fault(
        fault
            .clone()
            .bound_to(Bound::NamedPlace)
            .on(Target::Activities),
    );
    let mut siembox = Siembox::new(&cloud, &plan(&cloud, &receiver));
    siembox.start();
    if restart {
        let before = cloud.request_count();
        let failed = cloud.wait_until(PATIENCE, |seen| {
            seen.iter().skip(before).any(|seen| seen.fault.is_some())
        });
        assert!(failed, "{fault:?}");
        siembox.stop();
        siembox.start();
    }
    let what = format!("{fault:?}, restart: {restart}");
    let all = Witness::of(&cloud, &siembox);
    all.all_but(&receiver, &[], &what, &siembox);
    cloud.add(records::Stream::Activities, new(&cloud));
    let all = Witness::of(&cloud, &siembox);
    assert_eq!(all.ids.len(), ACTIVITIES + NEW + 40);
    all.all_but(&receiver, &[], &what, &siembox);
    println!("{what}: {} of {}", receiver.count(), all.ids.len());
    siembox.stop();
}

fn new(cloud: &Cloud) -> Vec<records::Record> {
    let now_ms = cloud.now_ms();
    (0..NEW as u64)
        .map(|n| records::one_activity(93, n, now_ms))
        .collect()
}

#[test]
fn a_named_place_that_fails_for_ever_costs_no_record() {
    for fault in ways() {
        named_place(&fault, false);
    }
}

#[test]
fn a_named_place_on_flash_that_fails_for_ever_costs_no_record() {
    for fault in ways() {
        named_place(&fault, true);
    }
}

#[test]
fn a_page_that_fails_at_its_size_is_asked_for_in_smaller_ones() {
    for fault in [Fault::Status(500), Fault::ResetInBody, Fault::Status(403)] {
        let (receiver, cloud) = (SyslogReceiver::start(), cloud(ACTIVITIES));
        cloud.fault(fault.clone().bound_to(Bound::Above(700)));
        let mut siembox = Siembox::new(&cloud, &plan(&cloud, &receiver));
        siembox.start();
        let all = Witness::of(&cloud, &siembox);
        all.all_but(&receiver, &[], &format!("{fault:?}"), &siembox);
        siembox.stop();
    }
}

#[test]
fn a_record_that_breaks_each_answer_stands_aside_and_all_others_arrive() {
    // each takes a minute and a half, most of it patience
    let faults = [Fault::Status(500), Fault::InvalidJson, Fault::Status(403)];
    let most = usize::try_from(soak::size(1, 3)).unwrap();
    for fault in faults.iter().take(most) {
        let (receiver, cloud) = (SyslogReceiver::start(), cloud(2_000));
        let what = format!("{fault:?}");
        let (activity, alert) = (&cloud.activity_ids()[1_234], &cloud.alert_ids()[17]);
        for id in [activity, alert] {
            cloud.fault(fault.clone().bound_to(Bound::Record(id.clone())));
        }
        let mut siembox = Siembox::new(&cloud, &plan(&cloud, &receiver));
        siembox.start();
        let all = Witness::of(&cloud, &siembox);
        all.all_but(&receiver, &[activity, alert], &what, &siembox);
        let status = siembox.wait("both stand aside", |status| {
            status.agents[0].spool.aside == 2
        });
        let agent = &status.agents[0];
        assert_eq!((agent.activities.set_aside, agent.alerts.set_aside), (1, 1));
        for stream in ["activities", "alerts"] {
            let named = status
                .notices
                .iter()
                .any(|notice| notice.title == "Not everything was read" && notice.stream == stream);
            assert!(named, "{what}: {stream}: {:#?}", status.notices);
        }
        // later walks go around them, also after a restart, and nobody is told again
        siembox.stop();
        cloud.add(records::Stream::Activities, new(&cloud));
        siembox.start();
        let all = Witness::of(&cloud, &siembox);
        all.all_but(&receiver, &[activity, alert], &what, &siembox);
        let status = siembox.wait("some walks are over", |status| {
            status.agents[0].activities.pages > 5
        });
        assert_eq!(status.agents[0].spool.aside, 2, "{what}");
        // given out again, they are read by the deep walk of the next life
        cloud.clear_faults();
        siembox.stop();
        siembox.start();
        all.all_but(&receiver, &[], &what, &siembox);
        siembox.stop();
    }
}

#[test]
fn an_outage_changes_nothing_and_passes() {
    let (receiver, cloud) = (SyslogReceiver::start(), cloud(ACTIVITIES));
    let mut plan = plan(&cloud, &receiver);
    plan.source = plan.source.replace("timeout = \"2s\"\n", "");
    let mut siembox = Siembox::new(&cloud, &plan);
    // the time and a first page are told, and then nothing any more
    let outage = Fault::Status(500)
        .for_ever()
        .on(Target::Activities)
        .after(2);
    cloud.fault(outage);
    siembox.start();
    let failures = |seen: &[Seen]| seen.iter().filter(|seen| seen.fault.is_some()).count();
    assert!(cloud.wait_until(PATIENCE, |seen| failures(seen) >= 8));
    cloud.clear_faults();
    let all = Witness::of(&cloud, &siembox);
    all.all_but(&receiver, &[], "outage", &siembox);
    let log = siembox.log();
    for changed in ["at most", "reading continues by time"] {
        assert!(!log.contains(changed), "{log}");
    }
    siembox.stop();
}
