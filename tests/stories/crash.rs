//! SIGKILL at random moments: nothing lost, nothing repeated but the replay window, the cursor
//! never goes back.

use std::time::Duration;

use siembox_support::cloud::Cloud;
use siembox_support::dice::Dice;
use siembox_support::receiver::{Receiver, collector, rsyslog};
use siembox_support::{records, soak};

use crate::arrivals::{Arrivals, Wanted};
use crate::expected;
use crate::receiver_process;
use crate::siembox::{Plan, Siembox};

/// What the receiver's kernel may hold: less than the replay window, so that the window is what the
/// settings say.
const RECEIVE_BUFFER: usize = 500_000;
/// `replay_window_mb`, as it is unless said otherwise.
const WINDOW: u64 = 4_000_000;
/// Sent before the kernel's word is waited for (`PROVE_EVERY`), and a batch that is under way
/// (`MOST_TEXT`).
const UNDER_WAY: u64 = (1 << 20) + 96 * 1024;
/// Lines by which the SIEM may have come further than is noted on flash (`NOTE_EVERY`).
const UNNOTED: u64 = 2048;

/// Each life finds some new records in the cloud, and ends anywhere: before it has opened its
/// spool, within a page, while it sends the window again; one in ten lives long enough to hear the
/// receiver's word, and to let everything go.
fn story(name: &str, receiver: &Receiver, kills: u64, count: u64) -> (Arrivals, Wanted) {
    let mut dice = Dice::new(soak::seed());
    let cloud = Cloud::builder().requests_per_minute(6000).start();
    let mut plan = Plan::new(&cloud, receiver.port(), "tcp");
    plan.activities = "page_size = 500\n".into();
    let mut siembox = Siembox::new(&cloud, &plan);
    let mut news = records::activities(3, count as usize).peekable();
    let each = count.div_ceil(kills) as usize;
    let mut read_up_to = None;
    let story = soak::story(name);
    for _ in 0..kills {
        let mut some: Vec<_> = news.by_ref().take(each).collect();
        // those that share a millisecond come together: else the order of their arrival is not that
        // of their cursor
        while let (Some(last), Some(next)) = (some.last(), news.peek())
            && last.created_ms == next.created_ms
        {
            some.extend(news.next());
        }
        cloud.add(records::Stream::Activities, some);
        let life = if dice.percent(10) {
            1000 + dice.below(8000)
        } else {
            dice.below(800)
        };
        siembox.start();
        std::thread::sleep(Duration::from_millis(life));
        let now = siembox
            .status()
            .and_then(|status| status.agents[0].activities.read_up_to_ms);
        assert!(
            now.is_none() || now >= read_up_to,
            "the cursor went back from {read_up_to:?} to {now:?}"
        );
        read_up_to = now.max(read_up_to);
        siembox.kill();
    }
    cloud.add(records::Stream::Activities, news);
    siembox.start();
    let last = cloud
        .records(records::Stream::Activities)
        .last()
        .map(|record| record.created_ms);
    let status = siembox.wait("everything is read and proved", |status| {
        let agent = &status.agents[0];
        agent.activities.read_up_to_ms >= last && agent.spool.waiting == 0
    });
    assert!(status.agents[0].activities.read_up_to_ms >= read_up_to);
    siembox.stop();

    let lines = expected::lines(&cloud, &siembox);
    let _ = receiver.wait_for(lines.len());
    let wanted = Wanted::new(&lines);
    let arrivals = wanted.compare(&receiver.file());
    soak::Row {
        rounds: kills,
        records: count,
        lost: arrivals.lost,
        duplicated: arrivals.repeated,
        also: format!(
            "none further back than {:.2} MB; the cursor never went back",
            arrivals.furthest as f64 / 1e6
        ),
        ..story.done()
    }
    .told();
    arrivals.assert_complete(&lines);
    (arrivals, wanted)
}

#[test]
fn kills_lose_nothing_and_repeat_the_replay_window() {
    let receiver = receiver_process::start(&collector::Plan {
        receive_buffer: Some(RECEIVE_BUFFER),
        ..collector::Plan::default()
    });
    let (arrivals, wanted) = story(
        "siembox killed at random moments",
        &receiver,
        soak::size(15, 200),
        soak::size(10_000, 100_000),
    );
    let unnoted = UNNOTED * wanted.bytes().div_ceil(wanted.len().max(1)) * 5 / 4;
    let window = WINDOW + UNDER_WAY + unnoted;
    assert!(arrivals.furthest <= window, "{arrivals:?}, window {window}");
}

#[test]
fn kills_lose_nothing_at_rsyslog() {
    story(
        "siembox killed, rsyslog",
        &rsyslog::tcp(),
        soak::size(8, 50),
        soak::size(6_000, 25_000),
    );
}
