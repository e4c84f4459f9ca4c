//! An agent is renamed or taken out while its lines wait: its spool is named on every surface, and
//! each cure brings every line where it belongs. Counted by the lines themselves.

use std::io::Read;
use std::path::Path;
use std::process::Command;

use siembox::for_tests::orphan::Orphan;
use siembox::for_tests::status::{Notice, Snapshot, Topic};
use siembox_support::cloud::Cloud;
use siembox_support::records;
use siembox_support::sink::SyslogReceiver;

use crate::expected;
use crate::siembox::{Plan, Siembox};

const WAITING: usize = 1_000;

/// A dead siembox whose lines wait, and whose settings call its agent otherwise by now.
struct Renamed {
    cloud: Cloud,
    plan: Plan,
    siembox: Siembox,
    want: Vec<String>,
}

impl Renamed {
    fn lay_out() -> Self {
        let mut nobody = SyslogReceiver::start();
        let cloud = Cloud::builder()
            .requests_per_minute(60_000)
            .activities(records::activities(91, WAITING))
            .start();
        let plan = Plan::new(&cloud, nobody.addr().port(), "tcp");
        nobody.stop();
        let mut siembox = Siembox::new(&cloud, &plan);
        siembox.start();
        siembox.wait("all lines wait", |status| {
            status.agents[0].spool.waiting == WAITING as u64
        });
        siembox.stop();
        let want = expected::lines(&cloud, &siembox);
        let mut renamed = Self {
            cloud,
            plan,
            siembox,
            want,
        };
        renamed.call_it("fabrikam", "paused = true\n");
        renamed
    }

    /// Other settings: the agent's name, more lines for it, and the receiver.
    fn call_it(&mut self, name: &str, more: &str) {
        self.plan.agent = more.to_owned();
        self.siembox.set(&self.plan);
        let file = self.siembox.path("siembox.toml");
        let text = std::fs::read_to_string(file).unwrap();
        self.siembox
            .set_text(&text.replace("\"contoso\"", &format!("\"{name}\"")));
    }

    fn send_to(&mut self, receiver: &SyslogReceiver) {
        self.plan.siem = format!(
            "host = \"127.0.0.1\"\nport = {}\nsystem_name = \"box\"\n",
            receiver.addr().port()
        );
    }

    fn spool(&self) -> std::path::PathBuf {
        self.siembox.state().join("agents/contoso")
    }

    fn ask(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = self.siembox.output("orphans", arguments);
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    }
}

fn named(status: &Snapshot) -> Option<&Orphan> {
    status
        .orphans
        .iter()
        .find(|orphan| orphan.name == "contoso")
}

fn notice(status: &Snapshot) -> Option<&Notice> {
    let mut notices = status.notices.iter();
    notices.find(|notice| notice.topic == Topic::Orphan && notice.over_ms.is_none())
}

fn get(address: &str, path: &str) -> String {
    let url = format!("{}{path}", address.trim_end_matches('/'));
    let answer = ureq::get(&url).call().unwrap();
    let mut text = String::new();
    let body = answer.into_body().into_reader();
    body.take(1 << 20).read_to_string(&mut text).unwrap();
    text
}

#[test]
fn it_is_named_on_every_surface_and_comes_back_with_its_name() {
    let receiver = SyslogReceiver::start();
    let mut renamed = Renamed::lay_out();
    renamed.plan.page = "listen = \"127.0.0.1:0\"\nhttps_listen = []\n".to_owned();
    renamed.send_to(&receiver);
    renamed.call_it("fabrikam", "paused = true\n");
    renamed.siembox.start();
    let status = renamed
        .siembox
        .wait("it is named", |status| named(status).is_some());
    let orphan = named(&status).unwrap();
    assert_eq!((orphan.waiting, orphan.aside), (WAITING as u64, 0));
    assert!(orphan.oldest_ms.is_some() && orphan.trouble.is_none());
    let told = notice(&status).expect("a notice");
    assert_eq!(told.agent, "contoso");
    assert!(told.topic.is_grave());
    for part in [
        "1000 lines wait",
        "Add an agent named contoso again",
        "--send contoso",
        "--delete contoso",
    ] {
        assert!(told.text.contains(part), "{part}: {}", told.text);
        renamed.siembox.wait_for_log(part);
    }
    let text = renamed.siembox.output("status", &[]);
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(
        text.contains("orphaned spool contoso: 1000 lines wait"),
        "{text}"
    );
    let json = renamed.siembox.output("status", &["--json"]).stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["orphans"][0]["waiting"], WAITING);
    let check = renamed.siembox.output("check", &[]);
    let check = String::from_utf8(check.stdout).unwrap();
    assert!(
        check.contains("spools ") && check.contains("--send contoso"),
        "{check}"
    );
    let page = &status.page[0];
    assert!(get(page, "/").contains("the spool contoso belongs to no agent in the settings"));
    assert!(get(page, "/metrics").contains("siembox_orphaned_spool_lines{spool=\"contoso\"} 1000"));
    let (code, said) = renamed.ask(&[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("contoso: 1000 lines wait"), "{said}");

    // renamed once more while it runs: named all the same, and only once
    renamed.call_it("northwind", "paused = true\n");
    renamed.siembox.wait("the new name is taken up", |status| {
        status.agents[0].name == "northwind"
    });
    let said = renamed.siembox.log().matches("they are not sent").count();
    assert_eq!(said, 1, "{}", renamed.siembox.log());

    renamed.call_it("contoso", "");
    let status = renamed.siembox.wait("all has arrived", |status| {
        status.agents[0].name == "contoso" && status.agents[0].spool.waiting == 0
    });
    assert_eq!((named(&status), notice(&status)), (None, None));
    assert_eq!(renamed.ask(&[]).0, Some(0));
    renamed.siembox.stop();
    expected::assert_exactly(&renamed.want, &receiver.lines());
}

#[test]
fn what_waits_is_sent_over_a_kill_with_the_settings_of_another_agent() {
    let receiver = SyslogReceiver::start();
    let mut renamed = Renamed::lay_out();
    renamed.send_to(&receiver);
    renamed.plan.siem.push_str("max_lines_per_second = 400\n");
    renamed.call_it("fabrikam", "paused = true\n");
    renamed.siembox.start();
    renamed
        .siembox
        .wait("it is named", |status| notice(status).is_some());
    for (wrong, said) in [
        (&["--send", "nobody"][..], "there are: contoso"),
        (
            &["--send", "contoso", "--agent", "nobody"],
            "the settings have: fabrikam",
        ),
    ] {
        let (code, text) = renamed.ask(wrong);
        assert_eq!(code, Some(1), "{text}");
        assert!(text.contains(said), "{text}");
    }
    let (code, said) = renamed.ask(&["--send", "contoso", "--agent", "fabrikam"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("1000 lines"), "{said}");
    let status = renamed.siembox.wait("it is under way", |status| {
        status
            .agents
            .iter()
            .any(|agent| agent.name == "contoso" && agent.lines.sent > 0)
    });
    assert_eq!(
        named(&status).unwrap().sends_to.as_deref(),
        Some("fabrikam")
    );
    assert!(notice(&status).unwrap().text.contains("being sent"));
    renamed.siembox.kill();
    assert!(receiver.count() < WAITING, "cut short");
    renamed.siembox.start();
    let status = renamed.siembox.wait("all has arrived", |status| {
        status.orphans.is_empty() && status.agents.len() == 1 && receiver.count() >= WAITING
    });
    assert_eq!(notice(&status), None);
    (renamed.siembox).wait_for_log("all lines of the orphaned spool are proved");
    assert!(!renamed.spool().join("sends-to").exists());
    renamed.siembox.stop();
    let difference = expected::compare(&renamed.want, &receiver.lines());
    assert_eq!((difference.lost, difference.mangled), (vec![], vec![]));

    // the cursor is kept: under its old name it goes on, and repeats nothing
    let before = receiver.count();
    renamed.call_it("contoso", "");
    renamed.siembox.start();
    renamed.siembox.wait("it has asked the cloud", |status| {
        status.agents[0].activities.pages > 0
    });
    renamed.siembox.stop();
    assert_eq!(receiver.count(), before);
}

#[test]
fn it_is_deleted_only_where_that_is_meant() {
    let receiver = SyslogReceiver::start();
    let mut renamed = Renamed::lay_out();
    renamed.send_to(&receiver);
    renamed.call_it("fabrikam", "paused = true\n");
    renamed.siembox.start();
    renamed
        .siembox
        .wait("it is named", |status| named(status).is_some());
    let (code, said) = renamed.ask(&["--delete", "contoso"]);
    assert_eq!(code, Some(64), "{said}");
    assert!(said.contains("--yes"), "{said}");
    let (code, said) = renamed.ask(&["--delete", "fabrikam", "--yes"]);
    assert_eq!(
        code,
        Some(1),
        "an agent's own spool is none of these: {said}"
    );
    assert!(renamed.spool().exists());
    let (code, said) = renamed.ask(&["--delete", "contoso", "--yes"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("1000 lines"), "{said}");
    let status = renamed.siembox.status().unwrap();
    assert_eq!((named(&status), notice(&status)), (None, None));
    assert!(!renamed.spool().exists());
    renamed.siembox.stop();
    assert_eq!(renamed.ask(&[]).0, Some(69), "nobody is there to ask");
    assert_eq!(receiver.count(), 0);
}

/// What hinders is said, and is over by itself: the agent that it is sent with has gone, and comes
/// back.
#[test]
fn what_hinders_the_sending_is_said() {
    let receiver = SyslogReceiver::start();
    let mut renamed = Renamed::lay_out();
    std::fs::write(renamed.spool().join("sends-to"), "northwind\n").unwrap();
    copy(
        &renamed.spool(),
        &renamed.siembox.state().join("agents/.hidden"),
    );
    std::fs::create_dir(renamed.siembox.state().join("agents/empty")).unwrap();
    renamed.send_to(&receiver);
    renamed.call_it("fabrikam", "paused = true\n");
    renamed.siembox.start();
    let status = renamed
        .siembox
        .wait_for_notice("the settings have no agent named northwind");
    assert_eq!(status.orphans.len(), 1, "{:#?}", status.orphans);
    renamed.call_it("northwind", "paused = true\n");
    renamed.siembox.wait("all has arrived", |status| {
        status.orphans.is_empty() && receiver.count() >= WAITING
    });
    renamed.siembox.stop();
    expected::assert_exactly(&renamed.want, &receiver.lines());
    drop(renamed.cloud);
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(copied.unwrap().success());
}
