//! `siembox replay`: a gap is repaired, and nothing comes twice.

use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use siembox::for_tests::replay::{ReplayCounts, ReplayReport};
use siembox::for_tests::sent::Hour;
use siembox::for_tests::status::{Notice, Snapshot};
use siembox_support::cloud::{Bound, Cloud, Fault};
use siembox_support::records::{self, Record};
use siembox_support::sink::SyslogReceiver;

use crate::expected::{self, assert_exactly, compare};
use crate::siembox::{PATIENCE, Plan, Siembox, signal};

const HOUR: i64 = 3_600_000;

/// A cloud that does not hold us back.
fn cloud(activities: usize, alerts: usize) -> Cloud {
    Cloud::builder()
        .requests_per_minute(60_000)
        .activities(records::activities(71, activities))
        .alerts(records::alerts(72, alerts))
        .start()
}

/// Looks back a moment only, so that the running stream soon leaves the rest to replays.
fn plan(cloud: &Cloud, receiver: &SyslogReceiver) -> Plan {
    let mut plan = Plan::new(cloud, receiver.addr().port(), "tcp");
    plan.activities = "page_size = 500\noverlap = \"1s\"\nlook_back = \"1s\"\n".into();
    plan.alerts = "overlap = \"1s\"\nlook_back = \"1s\"\n".into();
    plan
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a replay says last, and its exit code.
fn replay(siembox: &Siembox, arguments: &[&str]) -> (ReplayReport, Option<i32>) {
    let output = siembox.output("replay", &[arguments, &["--json"]].concat());
    let said = text(&output.stdout);
    let last = said
        .lines()
        .last()
        .unwrap_or_else(|| panic!("{arguments:?}: {}", text(&output.stderr)));
    (serde_json::from_str(last).unwrap(), output.status.code())
}

/// What became of the records of a replay that went well.
fn done(siembox: &Siembox, arguments: &[&str]) -> ReplayCounts {
    match replay(siembox, arguments) {
        (ReplayReport::Done(counts), Some(0)) => counts,
        other => panic!("{arguments:?}: {other:?}; its log:\n{}", siembox.log()),
    }
}

/// Waits until all is read, and the receiver has so many lines.
fn wait_for_lines(siembox: &mut Siembox, receiver: &SyslogReceiver, lines: usize) -> Snapshot {
    assert!(
        receiver.wait_for(lines, PATIENCE),
        "{} of {lines}; its log:\n{}",
        receiver.count(),
        siembox.log()
    );
    siembox.wait("the spool is empty", |status| {
        status.agents[0].spool.waiting == 0
    })
}

/// A minute's worth of records, hours ago, shown only now: too late for the running stream.
fn late(count: u64, at_ms: i64) -> Vec<Record> {
    (0..count)
        .map(|n| {
            let n_ms = i64::try_from(n).unwrap() * 10;
            records::one_activity(77, n, at_ms + n_ms).visible_from(at_ms)
        })
        .collect()
}

#[test]
fn nothing_comes_twice_and_a_gap_is_filled() {
    let receiver = SyslogReceiver::start();
    let cloud = cloud(3_000, 250);
    let mut siembox = Siembox::new(&cloud, &plan(&cloud, &receiver));
    siembox.start();
    wait_for_lines(&mut siembox, &receiver, 3_250);

    let counts = done(&siembox, &["--since", "3d"]);
    assert_eq!(
        (counts.records, counts.already_sent, counts.sent),
        (3_250, 3_250, 0)
    );

    // what the running stream has passed over: it became visible too late
    cloud.add(
        records::Stream::Activities,
        late(40, cloud.now_ms() - 5 * HOUR),
    );
    let dry = done(&siembox, &["--since", "3d", "--dry-run"]);
    assert_eq!(
        (dry.records, dry.already_sent, dry.sent),
        (3_290, 3_250, 40)
    );
    assert_eq!(receiver.count(), 3_250, "a dry run sends nothing");
    let output = siembox.output("replay", &["--since", "3d", "--agent", "Contoso"]);
    assert_eq!(
        text(&output.stdout),
        "3,290 records in the window: 3,250 already sent, 40 sent now\n",
        "{}",
        text(&output.stderr)
    );
    wait_for_lines(&mut siembox, &receiver, 3_290);

    // also over a restart
    siembox.stop();
    siembox.start_and_wait();
    let counts = done(&siembox, &["--since", "3d"]);
    assert_eq!((counts.already_sent, counts.sent), (3_290, 0));
    wait_for_lines(&mut siembox, &receiver, 3_290);
    siembox.stop();
    assert_exactly(&expected::lines(&cloud, &siembox), &receiver.lines());
    let log = siembox.log();
    assert!(
        log.contains("replay of activities and alerts from"),
        "{log}"
    );
    assert!(
        log.contains("replay done: 3,290 records in the window"),
        "{log}"
    );
}

#[test]
fn again_repeats_exactly_the_window() {
    let receiver = SyslogReceiver::start();
    let cloud = cloud(2_000, 100);
    let mut siembox = Siembox::new(&cloud, &plan(&cloud, &receiver));
    siembox.start();
    wait_for_lines(&mut siembox, &receiver, 2_100);
    let all = cloud.records(records::Stream::Activities);
    let (first, last) = (all[600].created_ms, all[1_400].created_ms);
    let time = |ms| siembox_time(ms);
    let counts = done(
        &siembox,
        &[
            "--since",
            &time(first),
            "--until",
            &time(last),
            "--stream",
            "activities",
            "--again",
        ],
    );
    let of_window: Vec<String> = all
        .iter()
        .zip(expected::of(&cloud, &siembox, records::Stream::Activities))
        .filter(|(record, _)| (first..last).contains(&record.created_ms))
        .map(|(_, line)| line)
        .collect();
    assert_eq!(counts.sent_again, of_window.len() as u64);
    assert_eq!((counts.sent, counts.already_sent), (0, 0));
    wait_for_lines(&mut siembox, &receiver, 2_100 + of_window.len());
    siembox.stop();
    assert_exactly(&of_window, &receiver.lines()[2_100..]);
    let difference = compare(&expected::lines(&cloud, &siembox), &receiver.lines());
    assert_eq!(
        (difference.lost.len(), difference.repeated),
        (0, of_window.len())
    );
}

/// As a person writes it, to the millisecond.
fn siembox_time(ms: i64) -> String {
    let seconds = siembox::for_tests::clock::in_words(ms - ms.rem_euclid(1000));
    format!(
        "{}.{:03}Z",
        seconds.trim_end_matches('Z'),
        ms.rem_euclid(1000)
    )
}

#[test]
fn a_kill_in_the_midst_costs_and_repeats_nothing() {
    const GAP: usize = 4_000;
    let receiver = SyslogReceiver::start();
    let cloud = cloud(300, 0);
    let mut plan = plan(&cloud, &receiver);
    // what was sent and not noted as proved comes twice after a kill: nothing is sent before the
    // last kill is over
    plan.siem.push_str("replay_window_mb = 0\n");
    let mut siembox = Siembox::new(&cloud, &plan);
    siembox.start();
    wait_for_lines(&mut siembox, &receiver, 300);
    let from_ms = cloud.now_ms() - 6 * HOUR;
    cloud.add(records::Stream::Activities, late(GAP as u64, from_ms));
    let mut receiver = receiver;
    receiver.stop();
    for round in 0..6_u64 {
        let mut process = siembox.command("replay");
        let mut asking = process
            .args(["--since", "3d", "--json"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // any moment will do; none makes the test right or wrong
        read_lines(&mut asking, 1 + usize::try_from(round).unwrap());
        std::thread::sleep(Duration::from_millis(round * 7919 % 50));
        siembox.kill();
        let code = asking.wait().unwrap().code();
        assert!(matches!(code, Some(0 | 1)), "{code:?}");
        siembox.start_and_wait();
    }
    let counts = done(&siembox, &["--since", "3d"]);
    let sent_before = counts.already_sent - 300;
    assert_eq!(counts.records, 300 + GAP as u64);
    assert_eq!(sent_before + counts.sent, GAP as u64, "{counts:?}");
    println!("{sent_before} of {GAP} were sent before the last kill");
    receiver.restart();
    wait_for_lines(&mut siembox, &receiver, 300 + GAP);
    siembox.stop();
    assert_exactly(&expected::lines(&cloud, &siembox), &receiver.lines());
}

/// Ids are written down behind their page: a kill between the two must leave none of them out.
#[test]
fn kills_of_the_running_stream_leave_no_id_out() {
    const RECORDS: usize = 10_000;
    let receiver = SyslogReceiver::start();
    let cloud = cloud(RECORDS, 0);
    let mut plan = plan(&cloud, &receiver);
    plan.siem.push_str("replay_window_mb = 0\n");
    let mut siembox = Siembox::new(&cloud, &plan);
    let mut receiver = receiver;
    receiver.stop();
    for round in 0..12_u64 {
        let pages = siembox.log().matches(" new lines").count();
        siembox.start();
        // in the midst of a page, after one more than the round before has logged
        let begin = Instant::now();
        while siembox.log().matches(" new lines").count() <= pages && begin.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_micros(200));
        }
        std::thread::sleep(Duration::from_micros(round * 7919 % 6000));
        siembox.kill();
    }
    siembox.start();
    siembox.wait("all is read", |status| {
        status.agents[0].spool.waiting == RECORDS as u64
    });
    let counts = done(&siembox, &["--since", "3d"]);
    assert_eq!(
        (counts.records, counts.already_sent),
        (RECORDS as u64, RECORDS as u64),
        "{counts:?}"
    );
    receiver.restart();
    wait_for_lines(&mut siembox, &receiver, RECORDS);
    siembox.stop();
    assert_exactly(&expected::lines(&cloud, &siembox), &receiver.lines());
}

/// The same at the worst moment, on purpose: the file of the hour is a pipe that nobody reads, so
/// the writer stands still between its durable page and the page's ids.
#[test]
fn a_kill_between_a_page_and_its_ids_leaves_none_out() {
    const RECORDS: usize = 400;
    let mut receiver = SyslogReceiver::start();
    let middle_ms = Cloud::builder().start().now_ms() / HOUR * HOUR - 5 * HOUR / 2;
    let cloud = Cloud::builder()
        .requests_per_minute(60_000)
        .activities(records::activities(73, RECORDS).between(middle_ms, middle_ms + 60_000))
        .start();
    let mut siembox = Siembox::new(&cloud, &plan(&cloud, &receiver));
    receiver.stop();
    let ids = siembox.state().join("agents/contoso/ids");
    std::fs::create_dir_all(&ids).unwrap();
    let pipe = ids.join(format!("activities-{}.ids", Hour::of(middle_ms)));
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    siembox.start();
    siembox.wait("the page is durable", |status| {
        status.agents[0].spool.waiting == RECORDS as u64
    });
    siembox.kill();
    std::fs::remove_file(&pipe).unwrap();
    siembox.start_and_wait();
    let bytes = std::fs::metadata(&pipe).unwrap().len();
    assert!(bytes >= 8 * RECORDS as u64, "{bytes}");
    receiver.restart();
    wait_for_lines(&mut siembox, &receiver, RECORDS);
    let counts = done(&siembox, &["--since", "1d"]);
    assert_eq!((counts.already_sent, counts.sent), (RECORDS as u64, 0));
    siembox.stop();
    assert_eq!(
        compare(&expected::lines(&cloud, &siembox), &receiver.lines())
            .lost
            .len(),
        0
    );
}

/// The API fails at each question that covers one record of the window: all others are sent, and
/// that one by a later replay.
#[test]
fn a_record_that_breaks_each_answer_stands_aside_and_the_window_is_read() {
    let receiver = SyslogReceiver::start();
    let cloud = cloud(300, 20);
    let mut siembox = Siembox::new(&cloud, &plan(&cloud, &receiver));
    siembox.start();
    wait_for_lines(&mut siembox, &receiver, 320);
    let late = late(40, cloud.now_ms() - 5 * HOUR);
    let poison = Bound::Record(late[20].id.clone());
    cloud.fault(Fault::Status(500).bound_to(poison));
    cloud.add(records::Stream::Activities, late);
    let counts = done(&siembox, &["--since", "3d"]);
    assert_eq!((counts.sent, counts.set_aside), (39, 1), "{counts:?}");
    wait_for_lines(&mut siembox, &receiver, 359);
    let status = siembox.status().unwrap();
    let named = |notice: &Notice| {
        notice.title == "Not everything was read" && notice.stream == "activities"
    };
    assert!(status.notices.iter().any(named), "{:#?}", status.notices);
    cloud.clear_faults();
    let counts = done(&siembox, &["--since", "3d"]);
    assert_eq!((counts.sent, counts.set_aside), (1, 0), "{counts:?}");
    wait_for_lines(&mut siembox, &receiver, 360);
    siembox.stop();
    assert_exactly(&expected::lines(&cloud, &siembox), &receiver.lines());
}

/// Nothing follows the record that the API fails at, so that it can't be told from an API that has
/// failed: the replay ends and says what of the window is left.
#[test]
fn a_replay_that_cannot_go_on_says_what_is_left() {
    let receiver = SyslogReceiver::start();
    let cloud = cloud(300, 0);
    let mut siembox = Siembox::new(&cloud, &plan(&cloud, &receiver));
    siembox.start();
    wait_for_lines(&mut siembox, &receiver, 300);
    let last = cloud.activity_ids().pop().unwrap();
    cloud.fault(Fault::Status(500).bound_to(Bound::Record(last)));
    let (word, code) = replay(&siembox, &["--since", "3d", "--stream", "activities"]);
    let ReplayReport::Failed { what, counts } = word else {
        panic!("{word:?}");
    };
    assert_eq!(code, Some(1));
    assert!(
        what.contains("fail repeatedly (the API failed (500"),
        "{what}"
    );
    assert!(what.contains("siembox replay --since 20"), "{what}");
    assert_eq!(counts.already_sent, 299, "{what}");
    siembox.stop();
}

#[test]
fn a_terminal_gets_a_bar_and_others_get_lines() {
    let receiver = SyslogReceiver::start();
    let cloud = cloud(3_000, 0);
    let mut siembox = Siembox::new(&cloud, &plan(&cloud, &receiver));
    siembox.start();
    wait_for_lines(&mut siembox, &receiver, 3_000);
    let output = siembox.output("replay", &["--since", "2d"]);
    let said = text(&output.stderr);
    assert!(
        said.contains("100%  ") && !said.contains(['\r', '#']),
        "{said}"
    );
    // util-linux has a terminal for everybody
    let line = format!(
        "{} replay --config {} --since 2d",
        env!("CARGO_BIN_EXE_siembox"),
        siembox.path("siembox.toml").display()
    );
    let output = Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .stdin(Stdio::null())
        .output();
    let Ok(output) = output else {
        println!("passed over: no script(1) here");
        return;
    };
    let said = text(&output.stdout);
    assert!(
        said.contains("\r\x1b[2K[####################] 100%"),
        "{said:?}"
    );
    assert!(
        said.contains("3,000 records in the window: 3,000 already sent, 0 sent now"),
        "{said:?}"
    );
}

fn read_lines(process: &mut Child, count: usize) {
    let stdout = process.stdout.as_mut().unwrap();
    let lines = BufReader::new(stdout).lines();
    assert!(lines.take(count).all(|line| line.is_ok()));
}

#[test]
fn what_is_remembered_is_bounded_and_the_rest_is_refused() {
    let receiver = SyslogReceiver::start();
    let cloud = cloud(2_000, 100);
    let mut plan = plan(&cloud, &receiver);
    // the spool's section is the agent's last
    plan.spool = "[agent.replay]\nremember = \"12h\"\n".into();
    let mut siembox = Siembox::new(&cloud, &plan);
    siembox.start();
    wait_for_lines(&mut siembox, &receiver, 2_100);
    let hours = std::fs::read_dir(siembox.state().join("agents/contoso/ids"))
        .unwrap()
        .filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            name.to_str().unwrap().contains("-20")
        });
    let hours = hours.count();
    assert!(
        (20..=32).contains(&hours),
        "two streams, 12 to 15 hours: {hours}"
    );

    let output = siembox.output("replay", &["--since", "1d"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(64), "{said}");
    assert!(
        said.contains("siembox remembers sent records since") && said.contains("--again"),
        "{said}"
    );
    assert_eq!(done(&siembox, &["--since", "12h"]).sent, 0);

    plan.spool = "[agent.replay]\nremember = \"0s\"\n".into();
    siembox.set(&plan);
    let begin = Instant::now();
    loop {
        let output = siembox.output("replay", &["--since", "2h"]);
        let said = text(&output.stderr);
        if output.status.code() == Some(64) && said.contains("replay.remember is 0s") {
            break;
        }
        assert!(begin.elapsed() < PATIENCE, "{said}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn the_running_stream_keeps_what_it_reads_by_itself() {
    let receiver = SyslogReceiver::start();
    let cloud = Cloud::builder()
        .requests_per_minute(60_000)
        .activities(records::activities(71, 1_000))
        .start();
    let mut plan = plan(&cloud, &receiver);
    plan.activities = "page_size = 500\nlook_back = \"6h\"\n".into();
    // one look in a long time: what is added stays unread until the end
    plan.source = plan
        .source
        .replace("poll_interval = \"1s\"", "poll_interval = \"1h\"");
    let mut siembox = Siembox::new(&cloud, &plan);
    siembox.start();
    wait_for_lines(&mut siembox, &receiver, 1_000);
    cloud.add(records::Stream::Activities, late(7, cloud.now_ms() - HOUR));
    let counts = done(&siembox, &["--since", "1d", "--again"]);
    assert_eq!((counts.sent, counts.to_come), (0, 7), "{counts:?}");
    assert!(counts.sent_again > 400, "{counts:?}");
    // at its start it looks back
    siembox.stop();
    siembox.start();
    let want = usize::try_from(1_007 + counts.sent_again).unwrap();
    wait_for_lines(&mut siembox, &receiver, want);
    siembox.stop();
    let difference = compare(&expected::lines(&cloud, &siembox), &receiver.lines());
    assert_eq!(
        (difference.lost.len(), difference.repeated as u64),
        (0, counts.sent_again)
    );
}

#[test]
fn ctrl_c_stops_it_and_the_status_shows_it() {
    let receiver = SyslogReceiver::start();
    let cloud = cloud(2_000, 0);
    let mut siembox = Siembox::new(&cloud, &plan(&cloud, &receiver));
    siembox.start();
    wait_for_lines(&mut siembox, &receiver, 2_000);
    cloud.add(
        records::Stream::Activities,
        late(100, cloud.now_ms() - 5 * HOUR),
    );
    // the tenant is throttled by others: the replay waits
    cloud.set_throttle(1, Duration::from_secs(3600));
    let mut asking = siembox
        .command("replay")
        .args(["--since", "3d"])
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    siembox.wait("the status shows the replay", |status| {
        status.agents[0].replay.is_some()
    });
    let said = text(&siembox.output("status", &[]).stdout);
    assert!(said.contains("\n  replay     20"), "{said}");

    let second = siembox.output("replay", &["--since", "3d"]);
    assert!(
        second.status.code() == Some(1) && text(&second.stderr).contains("already running"),
        "{}",
        text(&second.stderr)
    );
    signal(asking.id(), "INT");
    assert!(!asking.wait().unwrap().success());
    siembox.wait("it has stopped", |status| status.agents[0].replay.is_none());
    siembox.wait_for_log("replay ended early: the client that requested it has disconnected");
    siembox.stop();
    assert_eq!(receiver.count(), 2_000);
}

#[test]
fn settings_and_a_stop_end_it_and_say_so() {
    let receiver = SyslogReceiver::start();
    let cloud = cloud(2_000, 0);
    let mut plan = plan(&cloud, &receiver);
    let mut siembox = Siembox::new(&cloud, &plan);
    siembox.start();
    wait_for_lines(&mut siembox, &receiver, 2_000);
    cloud.set_throttle(1, Duration::from_secs(3600));
    let ask = |siembox: &Siembox| {
        let mut process = siembox.command("replay");
        process.args(["--since", "3d"]).stdin(Stdio::null());
        process.stdout(Stdio::piped()).stderr(Stdio::piped());
        process.spawn().unwrap()
    };
    let asking = ask(&siembox);
    siembox.wait("it runs", |status| status.agents[0].replay.is_some());
    plan.activities
        .push_str("filters = { \"activity.type\" = { eq = true } }\n");
    siembox.set(&plan);
    let output = asking.wait_with_output().unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("takes new settings: repeat the replay"),
        "{said}"
    );

    let begin = Instant::now();
    let asking = ask(&siembox);
    siembox.wait("it runs", |status| status.agents[0].replay.is_some());
    siembox.stop();
    let output = asking.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(begin.elapsed() < PATIENCE);
}

#[test]
fn throttling_is_waited_for_and_refusal_is_said() {
    let receiver = SyslogReceiver::start();
    let cloud = cloud(2_000, 100);
    let mut siembox = Siembox::new(&cloud, &plan(&cloud, &receiver));
    siembox.start();
    wait_for_lines(&mut siembox, &receiver, 2_100);
    cloud.set_throttle(2, Duration::from_secs(2));
    let counts = done(&siembox, &["--since", "3d"]);
    assert_eq!((counts.already_sent, counts.sent), (2_100, 0));
    cloud.set_throttle(60_000, Duration::from_secs(60));
    cloud.revoke_token();
    let output = siembox.output("replay", &["--since", "3d"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("Invalid token"), "{said}");
}

#[test]
fn what_is_wrong_is_said_with_its_cure() {
    let receiver = SyslogReceiver::start();
    let cloud = cloud(10, 0);
    let mut siembox = Siembox::new(&cloud, &plan(&cloud, &receiver));
    let output = siembox.output("replay", &["--since", "1h"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(69), "{said}");
    assert!(
        said.contains("no siembox is running on") && said.contains("start it"),
        "{said}"
    );
    siembox.start();
    wait_for_lines(&mut siembox, &receiver, 10);
    for (arguments, words) in [
        (
            &["--since", "1h", "--agent", "fabrikam"][..],
            "there is no agent fabrikam; running agents: contoso",
        ),
        (
            &["--since", "yesterday"],
            "--since: found \"yesterday\"; allowed: a time such as",
        ),
        (
            &["--since", "1h", "--until", "2h"],
            "allowed: --since before --until",
        ),
        (&["--since", "200d"], "at most 180 days ago"),
        (&["--until", "1h"], "siembox replay needs --since"),
    ] {
        let output = siembox.output("replay", arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(64), "{said}");
        assert!(said.contains(words), "{said}");
    }
    // who only connects and reads is told the status, as ever
    let socket = siembox.state().join("status.sock");
    let stream = UnixStream::connect(socket).unwrap();
    let status: Snapshot = serde_json::from_reader(stream).unwrap();
    assert_eq!(status.agents[0].name, "contoso");
}
