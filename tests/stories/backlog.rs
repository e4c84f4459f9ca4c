//! The receiver is down while millions of lines gather: memory and answers stay as they were, and
//! all drains in order.

use std::time::{Duration, Instant};

use siembox_support::cloud::Cloud;
use siembox_support::receiver::collector;
use siembox_support::{records, soak};

use crate::arrivals::Wanted;
use crate::expected;
use crate::receiver_process;
use crate::siembox::{Plan, Siembox, files};
use crate::watch::Watch;

/// Records that the cloud holds at a time: the simulator's memory is bounded too.
const CHUNK: u64 = 50_000;
/// So long at most for all: a slow machine takes some thousand lines a second.
const PATIENCE: Duration = Duration::from_secs(3600);
/// What may be left on disk, bytes.
const DISK: u64 = 64_000_000;
/// Resident memory, bytes. A debug build weighs more than what is shipped, by its code alone.
const MEMORY: u64 = if cfg!(debug_assertions) {
    128_000_000
} else {
    64_000_000
};

#[test]
fn a_backlog_weighs_nothing_and_drains_in_order() {
    let count = soak::size(100_000, 3_000_000);
    let mut receiver = receiver_process::start(&collector::Plan::default());
    receiver.kill();
    let cloud = Cloud::builder().requests_per_minute(60_000).start();
    let plan = Plan {
        page: "listen = \"127.0.0.1:0\"\nhttps_listen = []\n".to_owned(),
        ..Plan::new(&cloud, receiver.port(), "tcp")
    };
    let mut siembox = Siembox::new(&cloud, &plan);
    siembox.start_and_wait();
    let (watch, story) = (Watch::over(&siembox), soak::story("Receiver down, backlog"));

    let begin = Instant::now();
    let wanted = fill(&cloud, &mut siembox, count);
    let filled = begin.elapsed();
    let disk = disk(&siembox);
    let filling = watch.figures();

    let (watch, begin) = (Watch::over(&siembox), Instant::now());
    receiver.start();
    siembox.wait_within(PATIENCE, "everything has been sent", |status| {
        status.agents[0].lines.sent >= count
    });
    let drained = begin.elapsed();
    siembox.wait_within(PATIENCE, "all is proved", |status| {
        status.agents[0].spool.waiting == 0
    });
    let draining = watch.figures();
    let left = self::disk(&siembox);

    let arrivals = wanted.compare(&receiver.file());
    let per_second = |time: Duration| count as f64 / time.as_secs_f64();
    soak::Row {
        rounds: 1,
        records: count,
        lost: arrivals.lost,
        duplicated: arrivals.repeated,
        also: format!(
            "filled at {:.0} lines/s: {}; drained at {:.0} lines/s: {}; on disk {:.0} MB, then {:.0} MB",
            per_second(filled),
            filling.words(),
            per_second(drained),
            draining.words(),
            disk as f64 / 1e6,
            left as f64 / 1e6
        ),
        ..story.done()
    }
    .told();
    assert_eq!(
        (
            arrivals.lost,
            arrivals.repeated,
            arrivals.out_of_order,
            arrivals.strange
        ),
        (0, 0, 0, Vec::new())
    );
    let most = filling.rss.max(draining.rss);
    assert!(most < MEMORY, "{most} bytes resident");
    assert!(left < DISK, "{left} bytes are left on disk");
    siembox.stop();
}

/// The cloud gets its records a chunk at a time, and forgets those that were read.
fn fill(cloud: &Cloud, siembox: &mut Siembox, count: u64) -> Wanted {
    // two days, evenly: what is told apart by id lies within the look-back
    let mut series = records::activities(81, count as usize).size(1000).ties(0);
    let (mut wanted, looks) = (Wanted::default(), expected::looks(siembox));
    let (mut spooled, mut before) = (0, 0);
    while spooled < count {
        let mut chunk: Vec<_> = series.by_ref().take(CHUNK as usize).collect();
        chunk.sort_by(|a, b| (a.created_ms, &a.id).cmp(&(b.created_ms, &b.id)));
        for record in &chunk {
            wanted.push(&expected::line(
                records::Stream::Activities,
                &record.json(),
                &looks,
            ));
        }
        spooled += chunk.len() as u64;
        let from = chunk[0].created_ms;
        cloud.add(records::Stream::Activities, chunk);
        siembox.wait_within(PATIENCE, "a chunk is on flash", |status| {
            status.agents[0].activities.spooled >= spooled.saturating_sub(CHUNK / 2)
        });
        cloud.forget(records::Stream::Activities, before);
        before = from;
    }
    siembox.wait_within(PATIENCE, "everything waits on flash", |status| {
        status.agents[0].spool.waiting == count
    });
    wanted
}

fn disk(siembox: &Siembox) -> u64 {
    let sizes = files(&siembox.state()).into_iter();
    sizes
        .filter_map(|path| path.metadata().ok())
        .map(|meta| meta.len())
        .sum()
}
