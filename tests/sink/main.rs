//! The sink against real receivers (rsyslog, syslog-ng) and against scripted ones where a fault
//! must come at one exact moment.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod datagrams;
mod enterprise;
mod faults;
mod manual;
mod relp;
mod streams;
mod tls;

use std::num::NonZeroU32;
use std::time::Duration;

use siembox::for_tests::lines::Lines;
use siembox::for_tests::sink::{Farewell, Protocol, Sink, SinkError, StepTimes, Target, Wire};
use siembox::for_tests::syslog::frame::{Framing, FramingRepairs};

/// As many as the issue asks to compare.
const MANY: usize = 20_000;
/// Lines between two proofs.
const BATCH: usize = 500;
const PLAIN: Protocol = Protocol::Tcp {
    framing: Framing::Lf,
};

/// Lines of the kind and size that the stream carries, all different, with what receivers like to
/// trip over.
fn lines(count: usize) -> Vec<String> {
    (0..count)
        .map(|i| {
            format!(
                "<109>2026-03-01T12:00:{:02}.{:03}Z box CEF:0|MCAS|SIEM_Agent|0.207.251|EVENT_CATEGORY_LOGIN|Log on|0|externalId={i} \
                 msg=Zoë 日本 \\= \\\\ %n%s \"quoted\" <b>&amp;\t| {} cs4=",
                i % 60,
                i % 1000,
                "x".repeat(i % 997)
            )
        })
        .collect()
}

fn batch(lines: &[String]) -> Lines {
    let mut batch = Lines::default();
    for line in lines {
        batch.push(line);
    }
    batch
}

fn target(port: u16, protocol: Protocol) -> Target {
    Target {
        host: "127.0.0.1".to_owned(),
        port,
        protocol,
        max_lines_per_second: None,
        bounds: StepTimes::default(),
    }
}

fn capped(mut target: Target, lines_per_second: u32) -> Target {
    target.max_lines_per_second = NonZeroU32::new(lines_per_second);
    target
}

/// Sends in batches, proves each, and closes.
async fn deliver(target: &Target, lines: &[String]) -> Result<Farewell, SinkError> {
    let mut wire = Wire::connect(target, 0).await?;
    for some in lines.chunks(BATCH) {
        assert_eq!(
            wire.send(&batch(some), None).await?,
            FramingRepairs::default()
        );
        wire.prove().await?;
    }
    wire.close().await
}

/// Compares line by line: whole vectors would fill the screen.
fn same(arrived: &[String], sent: &[String]) {
    for (number, (arrived, sent)) in arrived.iter().zip(sent).enumerate() {
        assert_eq!(arrived, sent, "line {number}");
    }
    assert_eq!(arrived.len(), sent.len());
}

/// Runs on one worker, like a board, with a bound for the whole story.
fn story<F: Future<Output = ()> + Send + 'static>(story: F) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    // Spawned, so that the compiler checks that all of it can move between threads.
    let told = runtime.block_on(async {
        tokio::time::timeout(Duration::from_secs(240), tokio::spawn(story)).await
    });
    runtime.shutdown_background();
    told.expect("the story takes too long").unwrap();
}
