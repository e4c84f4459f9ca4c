//! The shares of the tenant's quotas, while siembox is killed and started again: a minute begins no
//! sooner for a new process, and a silence that the cloud asked for holds for it too.

use std::time::{Duration, Instant};

use siembox_support::cloud::{App, Builder, Call, Cloud, Fault, Target};
use siembox_support::records::xdr::List;
use siembox_support::records::{self, xdr};

use crate::siembox::{PATIENCE, Plan, Siembox};

const CLIENT: &str = "00000000-0000-4000-8000-000000000001";
const HOUR: i64 = 3_600_000;

/// A tenant that allows more than our share of it, so that what is counted is our own doing.
fn tenant() -> Builder {
    let now_ms = siembox_support::clock::real_ms();
    let (from_ms, to_ms) = (now_ms - 40 * HOUR, now_ms - HOUR);
    Cloud::builder()
        .requests_per_minute(60_000)
        .graph_requests_per_minute(60_000)
        .hunting_calls_per_minute(60_000)
        .app(App::new("contoso.com", CLIENT, "s3cret!"))
        .activities(records::activities(31, 400).between(from_ms, to_ms))
        .xdr(xdr::twins(
            records::activities(32, 400).between(from_ms, to_ms),
        ))
        .xdr(xdr::alerts(33, 300).between(from_ms, to_ms))
}

/// Nobody listens at port 1: what is read waits.
fn plan(cloud: &Cloud, shares: &str) -> Plan {
    let mut plan = Plan::new(cloud, 1, "tcp");
    plan.source = format!(
        "kind = \"defender-xdr\"\ntenant_id = \"contoso.com\"\nclient_id = \"{CLIENT}\"\n\
         client_secret_file = \"secret\"\nlogin_url = \"{0}\"\ngraph_url = \"{0}\"\n\
         ca_file = \"cloud-ca.pem\"\npoll_interval = \"1s\"\n{shares}",
        cloud.url()
    );
    plan.alerts = "service_sources = []\n".to_owned();
    plan
}

fn siembox(cloud: &Cloud, plan: &Plan) -> Siembox {
    let siembox = Siembox::new(cloud, plan);
    siembox.put_secret("secret", "s3cret!");
    siembox
}

/// Waits until the simulator has counted so many calls.
fn wait_for_calls(cloud: &Cloud, call: Call, count: usize) {
    let begin = Instant::now();
    while cloud.calls(call).len() < count {
        assert!(begin.elapsed() < PATIENCE, "{count} calls never come");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Kills it again and again within a minute, and then lets it go on until more was asked than a
/// minute may have.
fn killed_within_its_minute(cloud: &Cloud, mut siembox: Siembox, call: Call, share: usize) {
    for _ in 0..3 {
        let count = cloud.calls(call).len() + share / 4;
        siembox.start();
        wait_for_calls(cloud, call, count);
        siembox.kill();
    }
    siembox.start();
    wait_for_calls(cloud, call, share + 1);
    siembox.stop();
    let busiest = cloud.busiest_minute(call);
    // a kill may cost a call that was about to go out, on each stream
    assert!(
        busiest > share - 15,
        "{busiest} calls in the busiest minute"
    );
    assert!(busiest <= share, "{busiest} calls in the busiest minute");
}

#[test]
fn kills_give_cloud_apps_no_request_more_than_its_share() {
    let cloud = tenant().start();
    let mut plan = Plan::new(&cloud, 1, "tcp");
    plan.source = plan.source.replace("= 6000", "= 30");
    let siembox = siembox(&cloud, &plan);
    killed_within_its_minute(&cloud, siembox, Call::CloudApps, 30);
}

#[test]
fn kills_give_graph_no_request_more_than_its_share() {
    let cloud = tenant().start();
    let mut plan = plan(&cloud, "requests_per_minute = 100\n");
    plan.activities = "enabled = false\n".to_owned();
    plan.alerts.push_str("page_size = 2\n");
    let siembox = siembox(&cloud, &plan);
    killed_within_its_minute(&cloud, siembox, Call::Graph, 100);
}

#[test]
fn kills_give_hunting_no_call_more_than_its_share() {
    let cloud = tenant().start();
    let mut plan = plan(&cloud, "hunting_calls_per_minute = 45\n");
    plan.activities = "page_size = 100\n".to_owned();
    let siembox = siembox(&cloud, &plan);
    killed_within_its_minute(&cloud, siembox, Call::Hunting, 45);
}

/// A box that starts in a loop leaves alone a cloud that said 429.
#[test]
fn a_silence_that_the_cloud_asked_for_outlives_kills() {
    const SILENCE: u32 = 20;
    let cloud = tenant().start();
    let mut plan = plan(&cloud, "");
    plan.activities = "enabled = false\n".to_owned();
    let mut siembox = siembox(&cloud, &plan);
    let fault = Fault::Throttled {
        retry_after: Some(SILENCE),
        in_text: None,
    };
    cloud.fault(fault.on(Target::Of(List::Alerts)));
    siembox.start();
    siembox.wait("it is throttled", |status| {
        let mut streams = status.agents[0].streams.iter();
        streams.any(|stream| stream.counts.throttled > 0)
    });
    let asked = cloud.calls(Call::Graph);
    for _ in 0..3 {
        siembox.kill();
        siembox.start();
        siembox.wait_for_notice("the cloud asked siembox for silence before the restart");
    }
    wait_for_calls(&cloud, Call::Graph, asked.len() + 1);
    siembox.stop();
    let calls = cloud.calls(Call::Graph);
    let silence = calls[asked.len()] - asked[asked.len() - 1];
    assert!(silence >= i64::from(SILENCE) * 1000, "{silence} ms");
}
