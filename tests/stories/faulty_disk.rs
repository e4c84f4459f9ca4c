//! A disk that is full, read-only or broken for a while under the running process: it lives on,
//! says what is wrong, and when the disk is back everything arrives.

use siembox::for_tests::status::Topic;
use siembox_support::cloud::Cloud;
use siembox_support::disk::{Call, Mirror, own_mounts};
use siembox_support::records;
use siembox_support::sink::SyslogReceiver;
use siembox_support::soak;

use crate::expected::{self, compare};
use crate::siembox::{Plan, Siembox, files};

/// New records with each fault.
const EACH: usize = 600;
/// A siembox whose state folder is a [`Mirror`].
struct Bench {
    cloud: Cloud,
    receiver: SyslogReceiver,
    records: records::Series,
    siembox: Siembox,
    mirror: Mirror,
}

impl Bench {
    fn new(seed: u64) -> Self {
        let receiver = SyslogReceiver::start();
        let mut records = records::activities(seed, 100_000);
        let cloud = Cloud::builder()
            .requests_per_minute(60_000)
            .activities(records.by_ref().take(EACH))
            .start();
        let mut plan = Plan::new(&cloud, receiver.addr().port(), "tcp");
        plan.source.push_str("first_look_back = \"3d\"\n");
        plan.activities = "page_size = 500\n".into();
        let siembox = Siembox::new(&cloud, &plan);
        let mirror = Mirror::mount(&siembox.state()).unwrap();
        Self {
            cloud,
            receiver,
            records,
            siembox,
            mirror,
        }
    }

    fn more(&mut self, count: usize) {
        let records = self.records.by_ref().take(count);
        self.cloud.add(records::Stream::Activities, records);
    }

    /// Waits until all that the cloud has was read and has arrived.
    fn settle(&mut self, what: &str) {
        let last = self
            .cloud
            .records(records::Stream::Activities)
            .last()
            .map(|record| record.created_ms);
        self.siembox.wait(what, |status| {
            let agent = &status.agents[0];
            agent.activities.read_up_to_ms >= last && agent.spool.waiting == 0
        });
    }

    /// Lines that are missing at the receiver, of all that the cloud has; and how many came twice.
    fn missing(&self) -> (usize, usize) {
        let want = expected::of(&self.cloud, &self.siembox, records::Stream::Activities);
        let got = self.receiver.lines();
        let difference = compare(&want, &got);
        assert_eq!(difference.mangled, Vec::<String>::new());
        let distinct = got.len() - difference.repeated;
        (want.len() - distinct, difference.repeated)
    }
}

/// What the disk refuses, by which error, and what the notice says of it.
type Fault = (&'static str, fn(&Call) -> bool, i32, &'static str);

const FAULTS: [Fault; 6] = [
    (
        "no write goes through",
        |call| matches!(call, Call::Write(_)),
        libc::EIO,
        "Input/output error",
    ),
    (
        "nothing becomes durable",
        |call| *call == Call::Sync,
        libc::EIO,
        "Input/output error",
    ),
    (
        "the disk is full",
        |call| matches!(call, Call::Write(_) | Call::Make | Call::Resize),
        libc::ENOSPC,
        "No space left",
    ),
    (
        "the quota is used up",
        |call| matches!(call, Call::Write(_) | Call::Make | Call::Resize),
        libc::EDQUOT,
        "uota exceeded",
    ),
    (
        "the disk is read-only",
        Call::changes,
        libc::EROFS,
        "Read-only file system",
    ),
    (
        "the disk is gone",
        |_| true,
        libc::EIO,
        "Input/output error",
    ),
];

#[test]
fn a_disk_that_fails_for_a_while_costs_nothing() {
    own_mounts("faulty_disk::failing_for_a_while");
}

#[test]
#[ignore = "run by the test above"]
fn failing_for_a_while() {
    let mut bench = Bench::new(81);
    bench.siembox.start_and_wait();
    bench.settle("the first records have arrived");
    let pid = bench.siembox.pid();
    for (what, refuses, error, words) in FAULTS {
        let story = soak::story(&format!("disk: {what}"));
        let before = bench.mirror.refused();
        // on a line under way, some of it spooled and not yet proved
        bench.more(EACH);
        bench
            .mirror
            .refuse(move |call, _| refuses(call).then_some(error));
        bench.more(EACH);
        let status = bench.siembox.wait(what, |status| {
            status.notices.iter().any(|notice| {
                notice.topic == Topic::Spool
                    && notice.over_ms.is_none()
                    && notice.text.contains(words)
            })
        });
        assert_eq!(status.pid, pid);
        let refused = bench.mirror.refused() - before;
        bench.mirror.serve();
        bench.settle(what);
        bench.siembox.wait("the notice is over", |status| {
            status
                .notices
                .iter()
                .all(|notice| notice.topic != Topic::Spool || notice.over_ms.is_some())
        });
        let (missing, repeated) = bench.missing();
        let damaged = bench.siembox.status().unwrap().agents[0]
            .spool
            .damaged_lines;
        let row = soak::Row {
            rounds: 1,
            records: 2 * EACH as u64,
            lost: missing as u64,
            duplicated: repeated as u64,
            also: format!("{refused} calls refused, {damaged} damaged"),
            ..story.done()
        };
        row.told();
        assert_eq!((missing, damaged), (0, 0), "{what}");
    }
    assert_eq!(bench.siembox.pid(), pid, "one process through all of it");
    bench.siembox.stop();
}

/// A start while the disk refuses everything but its names: it waits, says so, and goes on by
/// itself.
#[test]
fn a_disk_that_cannot_be_read_at_the_start_costs_nothing() {
    own_mounts("faulty_disk::unreadable_at_the_start");
}

#[test]
#[ignore = "run by the test above"]
fn unreadable_at_the_start() {
    let mut bench = Bench::new(82);
    bench.siembox.start_and_wait();
    bench.settle("the first records have arrived");
    bench.receiver.stop();
    bench.more(2 * EACH);
    bench.siembox.wait("they wait", |status| {
        status.agents[0].spool.waiting == 2 * EACH as u64
    });
    bench.siembox.kill();
    bench
        .mirror
        .refuse(|call, _| matches!(call, Call::Read(_)).then_some(libc::EIO));
    bench.siembox.start();
    bench.siembox.wait_for_notice("Input/output error");
    bench.mirror.serve();
    bench.receiver.restart();
    bench.settle("all is there after all");
    let (missing, repeated) = bench.missing();
    let damaged = bench.siembox.status().unwrap().agents[0]
        .spool
        .damaged_lines;
    println!("unreadable at the start: {missing} lost, {damaged} damaged, {repeated} sent twice");
    assert_eq!((missing, damaged), (0, 0));
}

/// One place of the oldest lines cannot be read any more: those are counted, all others arrive.
#[test]
fn a_bad_sector_costs_what_lies_on_it() {
    own_mounts("faulty_disk::bad_sector");
}

#[test]
#[ignore = "run by the test above"]
fn bad_sector() {
    let mut bench = Bench::new(83);
    bench.siembox.start_and_wait();
    bench.settle("the first records have arrived");
    bench.receiver.stop();
    let waiting = 60_000;
    bench.more(waiting);
    bench.siembox.wait("they wait", |status| {
        status.agents[0].spool.waiting == waiting as u64
    });
    bench.siembox.kill();
    let bad = 2_000_000..2_004_096_u64;
    bench.mirror.refuse(move |call, path| {
        let first = path.to_string_lossy().contains("store-000000") && path.ends_with("db");
        let met =
            matches!(call, Call::Read(range) if range.start < bad.end && bad.start < range.end);
        (first && met).then_some(libc::EIO)
    });
    bench.siembox.start();
    bench.receiver.restart();
    bench.settle("the rest arrives");
    let status = bench.siembox.wait_for_notice("cannot be read from disk");
    let damaged = status.agents[0].spool.damaged_lines;
    let (missing, repeated) = bench.missing();
    println!(
        "a bad sector: {missing} of {waiting} lost, {damaged} counted as damaged, {repeated} sent twice"
    );
    assert!(
        missing as u64 <= damaged && damaged < waiting as u64 / 2,
        "{missing} {damaged}"
    );
}

/// The newest lines are gone when the disk is back: the cursor goes back, and they are read again.
#[test]
fn a_store_that_is_lost_under_way_is_read_again() {
    own_mounts("faulty_disk::lost_store");
}

#[test]
#[ignore = "run by the test above"]
fn lost_store() {
    let mut bench = Bench::new(84);
    bench.siembox.start_and_wait();
    bench.settle("the first records have arrived");
    let pid = bench.siembox.pid();
    bench.receiver.stop();
    bench.more(EACH);
    bench.siembox.wait("they wait", |status| {
        status.agents[0].spool.waiting == EACH as u64
    });
    bench
        .mirror
        .refuse(|call, _| call.changes().then_some(libc::EIO));
    bench.more(EACH);
    bench.siembox.wait_for_notice("Input/output error");
    for path in files(bench.mirror.behind()) {
        if path.ends_with("db") {
            std::fs::write(path, b"").unwrap();
        }
    }
    bench.mirror.serve();
    bench
        .siembox
        .wait_for_notice("reading continues from an earlier cursor");
    bench.receiver.restart();
    bench.settle("all is read again");
    let status = bench.siembox.status().unwrap();
    let damaged = status.agents[0].spool.damaged_lines;
    let (missing, repeated) = bench.missing();
    println!("a store lost under way: {missing} lost, {damaged} damaged, {repeated} sent twice");
    assert_eq!((missing, damaged, status.pid), (0, 0, pid));
    assert!(
        status
            .notices
            .iter()
            .any(|notice| notice.topic == Topic::Repaired)
    );
}
