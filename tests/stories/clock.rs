//! The box's wall clock is wrong, or is set while the stream runs: no gap, no storm.
//!
//! libfaketime moves the wall clock of the real process, and of nothing else; steady time goes on,
//! as on a real board when NTP or a hand sets the clock. The simulated cloud keeps its own, right
//! time and goes on bringing records.

use std::path::{Path, PathBuf};
use std::time::Duration;

use siembox::for_tests::status::{LinkState, Notice, Snapshot, Topic};
use siembox_support::cloud::{Builder, Cloud, Fault, Trickle};
use siembox_support::receiver::{Receiver, rsyslog};
use siembox_support::records;
use siembox_support::soak;

use crate::expected::{self, assert_exactly};
use crate::siembox::{Plan, Siembox};

const ACTIVITIES: usize = 900;
const ALERTS: usize = 60;
/// Requests a minute, on our side and at the cloud, which answers 429 to one more.
const LIMIT: u32 = 240;
const MINUTE: i64 = 60;
const TEN_YEARS: i64 = 3652 * 24 * 60 * MINUTE;

/// A siembox whose wall clock can be set.
struct Tale {
    story: soak::Story,
    cloud: Cloud,
    receiver: Receiver,
    siembox: Siembox,
    trickle: Option<Trickle>,
    /// What libfaketime reads at each look at the clock.
    clock: PathBuf,
}

/// Where Debian puts it; the variant for programs with threads.
pub fn library() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").ok()?.flatten();
    let mut found = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    found.find(|path| path.exists())
}

/// The wall clock that this file says is so many seconds ahead of the real one from now on.
pub fn set(clock: &Path, ahead: i64) {
    let new = clock.with_extension("new");
    std::fs::write(&new, format!("{ahead:+}\n")).unwrap();
    std::fs::rename(new, clock).unwrap();
}

/// Has the process see the wall clock that this file says.
pub fn fake(siembox: &mut Siembox, library: &Path, clock: &Path) {
    for (name, value) in [
        ("LD_PRELOAD", library.to_str().unwrap()),
        ("FAKETIME_TIMESTAMP_FILE", clock.to_str().unwrap()),
        ("FAKETIME_NO_CACHE", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ("DONT_FAKE_MONOTONIC", "1"),
        ("NO_FAKE_STAT", "1"),
    ] {
        siembox.set_variable(name, value);
    }
}

impl Tale {
    /// Nothing runs yet; the clock will be so many seconds ahead. `None` where libfaketime is
    /// missing.
    fn new(name: &str, cloud: Builder, ahead: i64) -> Option<Self> {
        let Some(library) = library() else {
            println!("passed over: libfaketime is not installed");
            return None;
        };
        let receiver = rsyslog::tcp();
        let cloud = cloud
            .requests_per_minute(LIMIT as usize)
            .activities(records::activities(31, ACTIVITIES))
            .alerts(records::alerts(32, ALERTS))
            .start();
        let mut plan = Plan::new(&cloud, receiver.port(), "tcp");
        let limit = format!("requests_per_minute = {LIMIT}");
        plan.source = plan.source.replace("requests_per_minute = 6000", &limit);
        // a restart forgets how many requests the minute before it had: so that several lives stay
        // within the limit
        plan.source = plan
            .source
            .replace("poll_interval = \"1s\"", "poll_interval = \"3s\"");
        let mut siembox = Siembox::new(&cloud, &plan);
        let clock = siembox.path("clock");
        fake(&mut siembox, &library, &clock);
        let tale = Self {
            story: soak::story(name),
            trickle: Some(cloud.trickle(15.0, 33)),
            cloud,
            receiver,
            siembox,
            clock,
        };
        tale.set_clock(ahead);
        Some(tale)
    }

    /// The box's wall clock is so many seconds ahead of the real one from now on.
    fn set_clock(&self, ahead: i64) {
        set(&self.clock, ahead);
    }

    fn start(&mut self) {
        self.siembox.start();
    }

    /// Waits until so many further lines were sent; the health never falls meanwhile.
    fn flows(&mut self, lines: u64) -> Snapshot {
        let begin = self.wait("it is connected", connected).agents[0].lines.sent;
        self.wait("lines flow", |status| {
            assert_eq!(status.state, LinkState::Connected, "the health fell");
            status.agents[0].lines.sent >= begin + lines
        })
    }

    fn wait(&mut self, what: &str, wanted: impl FnMut(&Snapshot) -> bool) -> Snapshot {
        self.siembox.wait(what, wanted)
    }

    /// The process's own clock, as its status has it, is about so many seconds ahead: the tale is
    /// told with the clock it says.
    fn assert_clock(&mut self, ahead: i64) {
        let real_ms = siembox_support::clock::real_ms();
        let status = self.wait("it answers", |_| true);
        let off = (status.at_ms - real_ms) / 1000 - ahead;
        assert!(
            off.abs() < 120,
            "the clock is {off} s off what it was set to"
        );
    }

    /// Everything has arrived once, without a storm of requests, log lines or notices.
    fn ends(mut self, notices: usize) {
        self.flows(50);
        drop(self.trickle.take());
        let want = expected::lines(&self.cloud, &self.siembox);
        let got = self.receiver.wait_for(want.len());
        let status = self.wait("everything is proved", |status| {
            connected(status) && status.agents[0].spool.waiting == 0
        });
        // that the clocks differ is told for as long as they do
        let others = || {
            let differ = |notice: &&Notice| notice.topic != Topic::ClocksDiffer;
            status.notices.iter().filter(differ)
        };
        assert!(others().count() <= notices, "{:#?}", status.notices);
        assert!(
            others().all(|notice| notice.over_ms.is_some()),
            "{:#?}",
            status.notices
        );
        self.siembox.stop();
        let got = if got.len() < want.len() {
            self.receiver.wait_for(want.len())
        } else {
            got
        };
        assert_exactly(&want, &got);
        let requests = self.cloud.requests();
        let refused = requests.iter().filter(|seen| seen.status == 429).count();
        let log = self.siembox.log().lines().count();
        let row = soak::Row {
            rounds: 1,
            records: want.len() as u64,
            also: format!(
                "{} requests ({refused} too many), {log} log lines, {} notices",
                requests.len(),
                status.notices.len()
            ),
            ..self.story.done()
        };
        row.told();
        assert_eq!(refused, 0, "more requests than the limit allows");
        assert!(
            log <= requests.len() + 50,
            "{log} log lines for {} requests",
            requests.len()
        );
    }
}

fn connected(status: &Snapshot) -> bool {
    status.state == LinkState::Connected
}

/// So far ahead is a clock that starts in 1970.
fn in_1970() -> i64 {
    10 - siembox_support::clock::real_ms() / 1000
}

fn plain() -> Builder {
    Cloud::builder().plain_http()
}

#[test]
fn a_first_start_in_1970_reads_what_it_should() {
    let Some(mut tale) = Tale::new("clock of 1970, then set", plain(), in_1970()) else {
        return;
    };
    tale.start();
    tale.flows(300);
    tale.assert_clock(in_1970());
    // NTP
    tale.set_clock(0);
    tale.flows(100);
    tale.assert_clock(0);
    tale.ends(0);
}

#[test]
fn ten_years_forth_and_back_in_mid_run() {
    let Some(mut tale) = Tale::new("clock ten years ahead, then back", Cloud::builder(), 0) else {
        return;
    };
    tale.start();
    for ahead in [0, TEN_YEARS, 0] {
        tale.set_clock(ahead);
        tale.flows(100);
        tale.assert_clock(ahead);
    }
    tale.ends(0);
}

#[test]
fn a_cloud_whose_date_is_days_ahead_at_the_first_contact_hides_no_record() {
    let receiver = rsyslog::tcp();
    let cloud = Cloud::builder()
        .requests_per_minute(6000)
        .activities(records::activities(34, ACTIVITIES))
        .start();
    cloud.run_clock_ahead(3 * 24 * 3_600_000);
    let mut siembox = Siembox::new(&cloud, &Plan::new(&cloud, receiver.port(), "tcp"));
    siembox.start();
    let status = siembox.wait_for_notice("Two clocks differ");
    let told = status
        .notices
        .iter()
        .find(|notice| notice.topic == Topic::ClocksDiffer);
    assert!(told.is_some_and(|notice| notice.text.contains("set this machine's clock")));
    cloud.run_clock_ahead(0);
    siembox.wait("the clocks agree", |status| {
        (status.notices.iter()).all(|notice| notice.over_ms.is_some())
    });
    let want = expected::lines(&cloud, &siembox);
    assert_exactly(&want, &receiver.wait_for(want.len()));
}

#[test]
fn ten_years_back_in_mid_run() {
    let Some(mut tale) = Tale::new("clock ten years behind", Cloud::builder(), 0) else {
        return;
    };
    tale.start();
    for ahead in [0, -TEN_YEARS, -TEN_YEARS - 5 * MINUTE] {
        tale.set_clock(ahead);
        tale.flows(100);
        tale.assert_clock(ahead);
    }
    (tale.siembox).wait_for_notice("Two clocks differ");
    tale.ends(0);
}

#[test]
fn a_clock_that_runs_backwards_during_polls() {
    let Some(mut tale) = Tale::new("clock running backwards", Cloud::builder(), 0) else {
        return;
    };
    // a request is under way most of the time
    let slow = Fault::Delay(Duration::from_millis(250)).for_ever();
    tale.cloud.fault(slow);
    tale.start();
    tale.flows(100);
    for step in 1..=20 {
        tale.set_clock(-7 * MINUTE * step);
        tale.flows(5);
    }
    tale.assert_clock(-7 * MINUTE * 20);
    tale.cloud.clear_faults();
    tale.ends(0);
}

#[test]
fn a_restart_ten_years_early_and_late_goes_on_where_it_was() {
    let Some(mut tale) = Tale::new("restart, clock off by ten years", Cloud::builder(), 0) else {
        return;
    };
    tale.start();
    tale.flows(200);
    for ahead in [TEN_YEARS, -TEN_YEARS, TEN_YEARS] {
        tale.siembox.stop();
        tale.set_clock(ahead);
        tale.start();
        tale.flows(100);
        tale.assert_clock(ahead);
    }
    tale.ends(0);
}

#[test]
fn a_certificate_not_valid_yet_names_the_clock_and_passes() {
    let Some(mut tale) = Tale::new(
        "clock of 1970, certificate not valid yet",
        Cloud::builder(),
        in_1970(),
    ) else {
        return;
    };
    tale.start();
    let status = tale.siembox.wait_for_notice("check this machine's clock");
    assert_eq!(status.state, LinkState::Created);
    assert_eq!(tale.cloud.request_count(), 0);
    tale.set_clock(0);
    // one notice for each stream, over by itself
    tale.ends(2);
}
