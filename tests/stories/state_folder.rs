//! The state folder is taken away under the running box: removed, moved, replaced by something that
//! is no folder, or only an agent's part of it. It is found within seconds, said, made anew where
//! that is possible, and what the cloud still has is read again.

use std::fs;
use std::io::Read;
use std::time::{Duration, Instant};

use siembox::for_tests::status::{Condition, Snapshot, Topic};
use siembox_support::cloud::Cloud;
use siembox_support::records;
use siembox_support::sink::SyslogReceiver;

use crate::expected;
use crate::siembox::{Plan, Siembox};

const RECORDS: usize = 600;
/// What is gone must be found within this time.
const SOON: Duration = Duration::from_secs(15);

struct Box {
    cloud: Cloud,
    receiver: SyslogReceiver,
    siembox: Siembox,
}

/// A box whose lines have arrived, or wait because the receiver is down.
fn running(arrive: bool) -> Box {
    let mut receiver = SyslogReceiver::start();
    let cloud = Cloud::builder()
        .requests_per_minute(60_000)
        .activities(records::activities(93, RECORDS))
        .start();
    let mut plan = Plan::new(&cloud, receiver.addr().port(), "tcp");
    plan.source.push_str("first_look_back = \"3d\"\n");
    plan.page = "listen = \"127.0.0.1:0\"\nhttps_listen = []\n".to_owned();
    if !arrive {
        receiver.stop();
    }
    let mut siembox = Siembox::new(&cloud, &plan);
    siembox.start();
    siembox.wait("it stands as it should", |status| {
        let agent = &status.agents[0];
        let waits = if arrive { 0 } else { RECORDS as u64 };
        agent.activities.spooled == RECORDS as u64
            && agent.spool.waiting == waits
            && (!arrive || status.condition == Condition::Connected)
    });
    Box {
        cloud,
        receiver,
        siembox,
    }
}

fn is_open(status: &Snapshot, agent: &str, topic: Topic) -> bool {
    let mut notices = status.notices.iter();
    notices.any(|notice| notice.topic == topic && notice.agent == agent && notice.over_ms.is_none())
}

fn was_told(status: &Snapshot, agent: &str, topic: Topic) -> bool {
    let mut notices = status.notices.iter();
    notices.any(|notice| notice.topic == topic && notice.agent == agent)
}

impl Box {
    /// New records, all of which must arrive beside the old ones.
    fn goes_on(&mut self) {
        let now = self.cloud.now_ms();
        let new = records::activities(94, 50).between(now - 500, now);
        self.cloud.add(records::Stream::Activities, new);
        let want = expected::lines(&self.cloud, &self.siembox);
        let receiver = &self.receiver;
        let status = self
            .siembox
            .wait("all is read again and has arrived", |status| {
                let agent = &status.agents[0];
                status.condition == Condition::Connected
                    && agent.spool.waiting == 0
                    && expected::compare(&want, &receiver.lines()).lost.is_empty()
            });
        assert!(!is_open(&status, "contoso", Topic::StateFolder));
        assert!(!is_open(&status, "", Topic::StateFolder));
        self.siembox.stop();
        let difference = expected::compare(&want, &self.receiver.lines());
        assert_eq!((difference.lost, difference.mangled), (vec![], vec![]));
        println!("{} lines came twice", difference.repeated);
    }

    /// The status as the page has it, where the socket is gone with the folder.
    fn page(&self, address: &str) -> Snapshot {
        let url = format!("{}/status.json", address.trim_end_matches('/'));
        let answer = ureq::get(&url).call().unwrap();
        let mut text = String::new();
        let body = answer.into_body().into_reader();
        body.take(1 << 20).read_to_string(&mut text).unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

#[test]
fn removed_under_lines_that_have_arrived() {
    let mut one = running(true);
    let pid = one.siembox.pid();
    let begin = Instant::now();
    fs::remove_dir_all(one.siembox.state()).unwrap();
    let status = one.siembox.wait("it is said", |status| {
        was_told(status, "contoso", Topic::StateFolder)
    });
    assert!(begin.elapsed() < SOON, "{:?}", begin.elapsed());
    println!(
        "said after {:?}, condition {:?}",
        begin.elapsed(),
        status.condition
    );
    assert_eq!(status.pid, pid);
    assert!(
        !is_open(&status, "contoso", Topic::Skipped),
        "nothing waited"
    );
    for words in [
        "was removed or moved while siembox ran",
        "the administrator's password: set it again",
    ] {
        one.siembox.wait_for_log(words);
    }
    one.goes_on();
}

#[test]
fn removed_under_lines_that_wait() {
    let mut one = running(false);
    fs::remove_dir_all(one.siembox.state()).unwrap();
    let begin = Instant::now();
    let status = one
        .siembox
        .wait_for_notice("lines that waited for the SIEM were in the removed folder");
    assert!(begin.elapsed() < SOON, "{:?}", begin.elapsed());
    let lost = status
        .notices
        .iter()
        .find(|notice| notice.topic == Topic::Skipped)
        .unwrap();
    assert!(
        lost.text.starts_with("600 lines")
            && lost
                .text
                .contains("siembox replay --agent contoso --since 2"),
        "{}",
        lost.text
    );
    one.receiver.restart();
    one.goes_on();
}

#[test]
fn moved_away_and_a_file_in_its_place() {
    let mut one = running(true);
    let address = one.siembox.status().unwrap().page[0].clone();
    let state = one.siembox.state();
    fs::rename(&state, one.siembox.path("moved")).unwrap();
    fs::write(&state, "").unwrap();
    let begin = Instant::now();
    let status = loop {
        let status = one.page(&address);
        if is_open(&status, "", Topic::StateFolder) {
            break status;
        }
        assert!(begin.elapsed() < SOON, "{:#?}", status.notices);
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_ne!(status.condition, Condition::Connected);
    let notice = status
        .notices
        .iter()
        .find(|notice| notice.agent.is_empty())
        .unwrap();
    for words in [
        "state_dir",
        "was removed while siembox ran",
        "create the folder",
    ] {
        assert!(notice.text.contains(words), "{words}: {}", notice.text);
    }
    fs::remove_file(&state).unwrap();
    one.goes_on();
}

#[test]
fn one_agents_folder_or_the_store_in_it_is_removed() {
    let mut one = running(true);
    let folder = one.siembox.state().join("agents/contoso");
    fs::remove_dir_all(&folder).unwrap();
    one.siembox.wait("it is said", |status| {
        was_told(status, "contoso", Topic::StateFolder)
    });
    one.siembox.wait("all is read again", |status| {
        status.condition == Condition::Connected && status.agents[0].spool.waiting == 0
    });
    for entry in fs::read_dir(&folder).unwrap().flatten() {
        if entry.file_name().to_string_lossy().starts_with("store-") {
            fs::remove_dir_all(entry.path()).unwrap();
        }
    }
    one.siembox.wait("it is said again", |status| {
        let mut notices = status.notices.iter();
        2 == notices
            .by_ref()
            .filter(|notice| notice.topic == Topic::StateFolder)
            .count()
    });
    one.goes_on();
}

/// The lock and the socket alone: nothing is lost, nothing is read again, and who asks is answered.
#[test]
fn the_lock_and_the_socket_come_back() {
    let mut one = running(true);
    let state = one.siembox.state();
    for name in ["lock", "status.sock"] {
        fs::remove_file(state.join(name)).unwrap();
    }
    let begin = Instant::now();
    let status = one
        .siembox
        .wait("it answers again", |_| state.join("lock").exists());
    assert!(begin.elapsed() < SOON, "{:?}", begin.elapsed());
    assert!(!was_told(&status, "contoso", Topic::StateFolder));
    let second = one.siembox.output("run", &[]);
    let said = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(73));
    assert!(
        said.contains("another siembox runs on this folder"),
        "{said}"
    );
    one.goes_on();
    assert!(!state.join("status.sock").exists(), "a stop takes it away");
}
