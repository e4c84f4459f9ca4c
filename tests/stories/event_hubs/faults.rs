//! What goes wrong between the service and a box, one after the other: each row arrives once, and
//! only messages that the service has forgotten are lost, which is told.

use std::time::{Duration, Instant};

use kafka_protocol::messages::ApiKey;
use siembox_support::hub::{Export, HubFault, Make, Messages};
use siembox_support::receiver::{Receiver, rsyslog};
use siembox_support::records::{self, xdr};

use super::tenant::{Tenant, all_came, group, has_read_all, lines};
use crate::expected::assert_exactly;
use crate::siembox::{Siembox, signal};

const PARTITIONS: i32 = 4;
/// Longer than any of these faults holds a row up.
const ENOUGH: Duration = Duration::from_secs(60);

fn portion(seed: u64, rows: usize) -> Messages {
    let rows = xdr::twins(records::activities(2000 + seed, rows));
    Export::new(seed, PARTITIONS).rows(rows).messages()
}

/// Those that strike together stand together.
fn faults() -> Vec<Vec<HubFault>> {
    let second = Duration::from_millis(1200);
    let alone = [
        HubFault::Cut(ApiKey::Fetch),
        HubFault::Cut(ApiKey::OffsetCommit),
        HubFault::Cut(ApiKey::Heartbeat),
        HubFault::Throttle(ApiKey::Fetch, second),
        HubFault::Throttle(ApiKey::OffsetCommit, second),
        HubFault::EmptyFetch,
        HubFault::OutOfRange(1),
        // not the leader any more, unknown, a damaged message, a storage error
        HubFault::FetchError(2, 6),
        HubFault::FetchError(0, -1),
        HubFault::FetchError(3, 2),
        HubFault::FetchError(1, 56),
        HubFault::Rebalance,
        HubFault::UnknownMember,
    ];
    // its session has ended when the rows come
    let lost_in_fetch = vec![
        HubFault::UnknownMember,
        HubFault::Throttle(ApiKey::Fetch, Duration::from_secs(4)),
    ];
    let mut all: Vec<_> = alone.into_iter().map(|fault| vec![fault]).collect();
    all.push(lost_in_fetch);
    all
}

/// A tenant, a box and its SIEM, and the lines that must have come so far.
struct Scene {
    tenant: Tenant,
    receiver: Receiver,
    siembox: Siembox,
    want: Vec<String>,
    seed: u64,
}

impl Scene {
    fn begin(tenant: Tenant) -> Self {
        let receiver = rsyslog::tcp();
        let mut siembox = tenant.siembox(receiver.port());
        tenant.namespace.fill(PARTITIONS, &[]);
        siembox.start();
        siembox.wait("all is read", |status| has_read_all(status, 4));
        Self {
            tenant,
            receiver,
            siembox,
            want: Vec::new(),
            seed: 0,
        }
    }

    /// More rows come.
    fn fill(&mut self, rows: usize) {
        self.seed += 1;
        let messages = portion(self.seed, rows);
        self.tenant.namespace.fill(PARTITIONS, &messages.all);
        self.want.extend(lines(&messages));
    }

    /// All rows arrive.
    fn arrive(&self, what: &str) {
        let begin = Instant::now();
        while !all_came(&self.want, &self.receiver.lines()) {
            let log = || self.siembox.log();
            assert!(
                begin.elapsed() < ENOUGH,
                "{what}: not all arrives:\n{}",
                log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Each row came once.
    fn end(mut self) {
        self.siembox.wait("all is proved", |status| {
            has_read_all(status, 4) && status.agents[0].spool.waiting == 0
        });
        self.siembox.stop();
        assert_exactly(&self.want, &self.receiver.lines());
        self.tenant.assert_all_committed();
    }
}

/// One fault after the other, while rows come.
fn one_by_one(make: Make) {
    let mut scene = Scene::begin(Tenant::start(make));
    for together in faults() {
        let begin = Instant::now();
        for fault in &together {
            scene.tenant.namespace.face.fault(fault.clone());
        }
        scene.fill(40);
        let face = &scene.tenant.namespace.face;
        while !face.all_struck() {
            assert!(begin.elapsed() < ENOUGH, "{together:?} does not strike");
            std::thread::sleep(Duration::from_millis(10));
        }
        scene.arrive(&format!("{together:?}"));
        println!("{together:?}: {:?}", begin.elapsed());
    }
    assert_eq!(scene.tenant.namespace.face.seen().complaints, [""; 0]);
    scene.end();
}

#[test]
fn faults_cost_no_row_of_tansu() {
    one_by_one(Make::Tansu);
}

#[test]
fn faults_cost_no_row_of_noida() {
    one_by_one(Make::Noida);
}

/// A box that was stopped for longer than a connection may be idle and a session may last: both are
/// gone, and nobody tells it.
#[test]
fn a_box_that_stood_still_finds_its_way_back() {
    for make in [Make::Noida, Make::Tansu] {
        let tenant = Tenant::start_with(make, |face, _| face.idle = Duration::from_secs(5));
        let mut scene = Scene::begin(tenant);
        scene.fill(40);
        scene.arrive("before");
        let rebalances = |status: &_| group(status).map_or(0, |group| group.rebalances);
        let before = scene
            .siembox
            .wait("it has a share", |it| rebalances(it) > 0);
        let face = &scene.tenant.namespace.face;
        assert_eq!(face.members(), 1);
        let silent = face.seen().silent;
        signal(scene.siembox.pid(), "STOP");
        scene.fill(40);
        let face = &scene.tenant.namespace.face;
        let begin = Instant::now();
        while face.members() > 0 || face.seen().silent == silent {
            assert!(begin.elapsed() < ENOUGH, "{:?}", face.seen());
            std::thread::sleep(Duration::from_millis(20));
        }
        signal(scene.siembox.pid(), "CONT");
        scene.arrive("after it stood still");
        scene.siembox.wait("it has joined again", |status| {
            rebalances(status) > rebalances(&before)
        });
        scene.end();
    }
}

/// Messages that the service has forgotten before they were read: the gap is told and kept in the
/// quarantine, and reading goes on at the oldest message.
#[test]
fn what_the_service_has_forgotten_is_told() {
    for make in [Make::Noida, Make::Tansu] {
        let mut scene = Scene::begin(Tenant::start(make));
        scene.fill(40);
        scene.arrive("before");
        let siembox = &mut scene.siembox;
        siembox.wait("all is read", |status| has_read_all(status, 4));
        siembox.stop();
        let before = scene.tenant.namespace.group_offsets(super::tenant::GROUP);
        let gone = portion(900, 60);
        scene.tenant.namespace.fill(PARTITIONS, &gone.all);
        // of each partition one message stays that nobody has read
        let mut kept = Vec::new();
        let mut lost = 0;
        for (number, of) in (0..PARTITIONS).zip(&before) {
            let count = gone.all.iter().filter(|(it, _)| *it == number).count();
            let oldest = of.latest + i64::try_from(count).unwrap() - 1;
            scene.tenant.namespace.face.forget(number, oldest);
            lost += count - 1;
            let last = gone.all.iter().rev().find(|(it, _)| *it == number).unwrap();
            kept.push(format!("{:?}", last.1));
        }
        assert!(lost > 0);
        let all = lines(&gone);
        let of_kept = gone.rows.iter().zip(all);
        let of_kept = of_kept.filter(|(row, _)| kept.iter().any(|body| body.contains(&row.id)));
        scene.want.extend(of_kept.map(|(_, line)| line));
        scene.siembox.start();
        scene.arrive("after the gap");
        let status = scene
            .siembox
            .wait_for_notice("no longer kept by the service: the event hub's retention time ended");
        assert_eq!(status.agents[0].spool.aside, 4, "{make:?}");
        scene.fill(40);
        scene.arrive("after the gap is told");
        scene.end();
    }
}
