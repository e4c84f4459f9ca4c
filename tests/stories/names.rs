//! The receiver's name: it leads nowhere for a while, then to one machine, then to another.

use std::path::Path;
use std::process::Command;

use siembox::for_tests::status::LinkState;
use siembox_support::cloud::Cloud;
use siembox_support::receiver::collector;
use siembox_support::{records, soak};

use crate::expected;
use crate::receiver_process;
use crate::siembox::{Plan, Siembox};
use crate::watch::Watch;

const HALF: u64 = 2_000;
const NAME: &str = "siem.contoso.test";

/// Starts a program with these files as its `/etc/hosts` and `/etc/resolv.conf`, in a mount
/// namespace of its own; the C library reads the first again at each question. The program takes
/// the place of the launcher.
fn launcher(hosts: &Path, resolv: &Path) -> Vec<String> {
    let script = format!(
        "mount --bind '{}' /etc/hosts && mount --bind '{}' /etc/resolv.conf && exec \"$@\"",
        hosts.display(),
        resolv.display()
    );
    ["unshare", "--mount", "sh", "-c", &script, "sh"]
        .map(str::to_owned)
        .to_vec()
}

fn possible(launcher: &[String]) -> bool {
    let output = Command::new(&launcher[0])
        .args(&launcher[1..])
        .arg("true")
        .output();
    output.is_ok_and(|output| output.status.success())
}

#[test]
fn a_name_that_fails_and_then_moves() {
    let first = collector::Plan {
        address: [127, 0, 0, 2].into(),
        ..collector::Plan::default()
    };
    let mut first = receiver_process::start(&first);
    let second = receiver_process::start(&collector::Plan {
        address: [127, 0, 0, 3].into(),
        port: Some(first.port()),
        ..collector::Plan::default()
    });
    let cloud = Cloud::builder()
        .requests_per_minute(6000)
        .activities(records::activities(71, HALF as usize))
        .start();
    let mut plan = Plan::new(&cloud, first.port(), "tcp");
    plan.siem = plan.siem.replace("\"127.0.0.1\"", &format!("\"{NAME}\""));
    let mut siembox = Siembox::new(&cloud, &plan);
    let (hosts, resolv) = (siembox.path("hosts"), siembox.path("resolv.conf"));
    // written in place: a mount holds on to the file, not to its name
    let lead_to = |address: &str| {
        std::fs::write(&hosts, format!("127.0.0.1 localhost\n{address}\n")).unwrap()
    };
    lead_to("");
    // nobody answers there
    std::fs::write(
        &resolv,
        "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
    )
    .unwrap();
    let launcher = launcher(&hosts, &resolv);
    if !possible(&launcher) {
        println!("passed over: only root can give a process names of its own");
        return;
    }
    siembox.launch_with(launcher);
    let story = soak::story("Name leads nowhere, then elsewhere");
    siembox.start_and_wait();
    let watch = Watch::over(&siembox);
    let status = siembox.wait("the name's failure is said", |status| {
        let agent = &status.agents[0];
        agent.spool.waiting == HALF
            && agent
                .siem
                .trouble
                .as_ref()
                .is_some_and(|trouble| trouble.contains(NAME))
    });
    println!("{}", status.agents[0].siem.trouble.as_ref().unwrap());
    lead_to(&format!("127.0.0.2 {NAME}"));
    siembox.wait("all is proved at the first address", |status| {
        status.agents[0].spool.waiting == 0 && status.state == LinkState::Connected
    });
    lead_to(&format!("127.0.0.3 {NAME}"));
    first.kill();
    let now = cloud.now_ms();
    cloud.add(
        records::Stream::Activities,
        records::activities(72, HALF as usize).between(now - 1000, now),
    );
    siembox.wait("all is proved at the second address", |status| {
        let agent = &status.agents[0];
        agent.activities.spooled == 2 * HALF
            && agent.spool.waiting == 0
            && agent.siem.trouble.is_none()
            && status.state == LinkState::Connected
    });
    let (want, figures) = (expected::lines(&cloud, &siembox), watch.figures());
    let mut got = first.lines();
    assert_eq!(got.len() as u64, HALF);
    got.extend(second.lines());
    let difference = expected::compare(&want, &got);
    soak::Row {
        rounds: 2,
        records: want.len() as u64,
        lost: difference.lost.len() as u64,
        duplicated: difference.repeated as u64,
        also: format!("RSS at most {:.1} MB", figures.megabytes()),
        ..story.done()
    }
    .told();
    expected::assert_exactly(&want, &got);
    siembox.stop();
}
