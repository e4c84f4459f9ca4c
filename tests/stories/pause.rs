//! An agent is paused and resumed while it runs.

use siembox::for_tests::status::{Condition, LinkState};
use siembox_support::cloud::{Cloud, Seen};
use siembox_support::receiver::rsyslog;
use siembox_support::records;

use crate::expected;
use crate::siembox::{PATIENCE, Plan, Siembox};

/// An agent beside contoso that is never paused and asks as often, for alerts alone: while it asks
/// again and again, a contoso that is not paused would ask as well.
fn fabrikam(plan: &Plan) -> String {
    format!(
        "[[agent]]\nname = \"fabrikam\"\n[agent.source]\n{}[agent.siem]\n{}[agent.activities]\nenabled = false\n",
        plan.source, plan.siem
    )
}

fn count(seen: &[Seen], list: &str) -> usize {
    seen.iter()
        .filter(|seen| seen.path().ends_with(list))
        .count()
}

#[test]
fn a_pause_loses_and_repeats_nothing() {
    let receiver = rsyslog::tcp();
    let cloud = Cloud::builder()
        .requests_per_minute(6000)
        .activities(records::activities(41, 12_000))
        .start();
    let mut plan = Plan::new(&cloud, receiver.port(), "tcp");
    plan.activities = "page_size = 500\n".into();
    plan.siem.push_str("max_lines_per_second = 3000\n");
    plan.alerts = "enabled = false\n".into();
    plan.spool = "max_size_mb = 64\n".into();
    let paused = Plan {
        agent: "paused = true\n".into(),
        ..plan.clone()
    };
    let paused_beside = Plan {
        spool: format!("{}{}", plan.spool, fabrikam(&plan)),
        ..paused.clone()
    };
    let mut siembox = Siembox::new(&cloud, &plan);
    siembox.start();
    siembox.wait("lines go and lines wait", |status| {
        let agent = &status.agents[0];
        agent.lines.proved > 500 && agent.spool.waiting > 0
    });
    siembox.set(&paused_beside);
    siembox.wait("it is paused", |status| status.agents[0].paused);
    let still = siembox.wait("what was read has arrived", |status| {
        status.agents[0].spool.waiting == 0
    });
    let now = cloud.now_ms();
    cloud.add(
        records::Stream::Activities,
        records::activities(42, 200).between(now - 500, now),
    );
    let asked = count(&cloud.requests(), "/activities");
    let rounds = count(&cloud.requests(), "/alerts") + 4;
    let others_ask = |seen: &[Seen]| count(seen, "/alerts") >= rounds;
    assert!(cloud.wait_until(PATIENCE, others_ask), "fabrikam asks");
    let asks = count(&cloud.requests(), "/activities");
    assert_eq!(asks, asked, "contoso asks for nothing meanwhile");
    let later = siembox.status().unwrap();
    let (before, agent) = (&still.agents[0], &later.agents[0]);
    assert_eq!(agent.activities.spooled, before.activities.spooled);
    assert_eq!(
        (agent.condition, agent.state),
        (Condition::Paused, LinkState::Connected)
    );
    siembox.set(&paused);
    siembox.wait("it is alone", |status| status.agents.len() == 1);
    let shown = siembox.output("status", &[]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.starts_with("Paused (siembox"), "{shown}");
    assert!(shown.contains("agent contoso: Paused\n  cloud"), "{shown}");
    let replay = siembox.output("replay", &["--since", "1h"]);
    let said = String::from_utf8(replay.stderr).unwrap();
    assert!(said.contains("agent contoso is paused"), "{said}");

    // also over a restart
    siembox.stop();
    siembox.start();
    siembox.wait("it is paused still", |status| {
        status.agents[0].condition == Condition::Paused
    });
    siembox.set(&plan);
    siembox.wait("it goes on", |status| !status.agents[0].paused);
    let want = expected::lines(&cloud, &siembox);
    let got = receiver.wait_for(want.len());
    expected::assert_exactly(&want, &got);
}
