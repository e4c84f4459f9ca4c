//! A box that has no settings yet, and one whose last agent is taken out.

use siembox::for_tests::run_file;
use siembox::for_tests::timekeeping::{ClockSource, ClockState, VARIABLE};
use siembox_support::cloud::Cloud;
use siembox_support::receiver::rsyslog;
use siembox_support::records;

use crate::expected;
use crate::siembox::{Plan, Siembox};

#[test]
fn it_starts_without_settings_takes_them_in_and_lives_without_an_agent() {
    let receiver = rsyslog::tcp();
    let cloud = Cloud::builder()
        .requests_per_minute(6000)
        .activities(records::activities(43, 300))
        .start();
    let plan = Plan::new(&cloud, receiver.port(), "tcp");
    let mut siembox = Siembox::new(&cloud, &plan);
    std::fs::remove_file(siembox.path("siembox.toml")).unwrap();
    let without = siembox.output("run", &[]);
    let said = String::from_utf8(without.stderr).unwrap();
    assert_eq!(without.status.code(), Some(64));
    assert!(said.contains("siembox run --setup --config"), "{said}");

    let state = siembox.state();
    siembox.start_with(&["--setup", "--state", state.to_str().unwrap()]);
    siembox.wait("it runs without an agent", |status| {
        status.agents.is_empty()
    });
    let pid = siembox.pid();
    siembox.set(&plan);
    siembox.wait("the settings are in force", |status| {
        status
            .agents
            .first()
            .is_some_and(|agent| agent.lines.proved == 300)
    });
    siembox
        .set_text("state_dir = \"state\"\n[page]\nlisten = \"127.0.0.1:0\"\nhttps_listen = []\n");
    let status = siembox.wait("the last agent is gone", |status| status.agents.is_empty());
    assert_eq!(status.page.len(), 1, "{:?}", status.page);
    let shown = siembox.output("status", &[]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("no agent is set up"), "{shown}");
    let replay = siembox.output("replay", &["--since", "1h"]);
    let said = String::from_utf8(replay.stderr).unwrap();
    assert!(said.contains("the settings have no agent yet"), "{said}");

    // no agent is no file: that stays an error, and changes nothing
    std::fs::remove_file(siembox.path("siembox.toml")).unwrap();
    siembox.wait_for_notice("does not exist; create one with: siembox example");
    siembox.set(&plan);
    let now = cloud.now_ms();
    cloud.add(
        records::Stream::Activities,
        records::activities(44, 200).between(now - 500, now),
    );
    siembox.wait("it goes on where it was", |status| {
        status
            .agents
            .first()
            .is_some_and(|agent| agent.activities.spooled == 200 && agent.spool.waiting == 0)
    });
    assert_eq!(siembox.pid(), pid);
    let want = expected::lines(&cloud, &siembox);
    expected::assert_exactly(&want, &receiver.wait_for(want.len()));
}

#[test]
fn on_firmware_it_starts_with_a_broken_file_says_so_and_takes_the_mended_one() {
    let receiver = rsyslog::tcp();
    let cloud = Cloud::builder()
        .requests_per_minute(6000)
        .activities(records::activities(45, 200))
        .start();
    let plan = Plan::new(&cloud, receiver.port(), "tcp");
    let mut siembox = Siembox::new(&cloud, &plan);
    let broken = "[[agent]]\nname = \"contoso\"\nsiem = { host = \"siem.example\", port = 0 }\n";
    siembox.set_text(broken);
    // PID 1 tells it so on a box
    let clock = siembox.path("clock");
    let set = ClockState {
        source: ClockSource::Rtc,
        ..ClockState::default()
    };
    run_file::say(&clock, &set).unwrap();
    siembox.set_variable(VARIABLE, clock.to_str().unwrap());
    let (state, logs) = (siembox.state(), siembox.path("logs"));
    let [state, logs] = [&state, &logs].map(|path| path.to_str().unwrap());
    siembox.start_with(&["--firmware", "--state", state, "--logsDirectory", logs]);
    let status = siembox.wait_for_notice("found 0; allowed: 1 to 65535");
    assert!(status.agents.is_empty());
    let pid = siembox.pid();
    let kept = std::fs::read_to_string(siembox.path("siembox.toml")).unwrap();
    assert_eq!(kept, broken, "the file is a person's");

    siembox.set(&plan);
    let status = siembox.wait("the mended settings are in force", |status| {
        let agent = status.agents.first();
        agent.is_some_and(|agent| agent.lines.proved == 200)
    });
    let open = |title: &str| {
        let mut notices = status.notices.iter();
        notices.any(|notice| notice.title == title && notice.over_ms.is_none())
    };
    assert!(!open("Settings refused"), "{:?}", status.notices);
    assert_eq!(siembox.pid(), pid);
    let want = expected::lines(&cloud, &siembox);
    expected::assert_exactly(&want, &receiver.wait_for(want.len()));
}
