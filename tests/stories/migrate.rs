//! An agent changes its source and changes back: each record becomes one line, whichever of the two
//! APIs told of it.

use siembox_support::arrivals;
use siembox_support::cloud::{App, Builder, Cloud};
use siembox_support::records::{self, Stream, xdr};
use siembox_support::sink::SyslogReceiver;

use crate::siembox::{PATIENCE, Siembox};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// A cloud that has some records in both APIs, some of the directory in the new one alone, and
/// alerts of other products.
fn cloud() -> Cloud {
    let now_ms = siembox_support::clock::real_ms();
    let of_days = |series: records::Series| series.between(now_ms - 40 * HOUR, now_ms - 2 * HOUR);
    let activities = || of_days(records::activities(81, 900));
    let alerts = || of_days(records::alerts(82, 60));
    empty_cloud()
        .activities(activities())
        .alerts(alerts())
        .xdr(xdr::twins(activities()))
        .xdr(xdr::twins(alerts()))
        .start()
}

/// Both APIs of a tenant, without any record.
pub fn empty_cloud() -> Builder {
    Cloud::builder()
        .requests_per_minute(60_000)
        .graph_requests_per_minute(60_000)
        .hunting_calls_per_minute(60_000)
        .app(App::new("contoso.com", CLIENT, "s3cret!"))
}

const CLIENT: &str = "00000000-0000-4000-8000-000000000001";

/// The settings: this source, and the other one below it.
fn settings(cloud: &Cloud, receiver: &SyslogReceiver, first: &str, read: bool) -> String {
    let cloud_apps = format!(
        "kind = \"cloud-apps\"\napi_url = \"{}\"\ntoken_file = \"token\"\n",
        cloud.url()
    );
    let defender_xdr = format!(
        "kind = \"defender-xdr\"\ntenant_id = \"contoso.com\"\nclient_id = \"{CLIENT}\"\n\
         client_secret_file = \"secret\"\nlogin_url = \"{0}\"\ngraph_url = \"{0}\"\n\
         hunting_calls_per_minute = 45\n",
        cloud.url()
    );
    let common = "ca_file = \"cloud-ca.pem\"\nrequests_per_minute = 6000\npoll_interval = \"1s\"\n";
    let (source, other) = match first {
        "cloud-apps" => (cloud_apps, defender_xdr),
        _ => (defender_xdr, cloud_apps),
    };
    format!(
        "state_dir = \"state\"\n[page]\nenabled = false\n[[agent]]\nname = \"contoso\"\n\
         [agent.source]\n{source}{common}\n[agent.siem]\nhost = \"127.0.0.1\"\nport = {}\n\
         protocol = \"tcp\"\nsystem_name = \"box\"\n[agent.other_source]\nread = {read}\n\
         {other}{common}",
        receiver.addr().port()
    )
}

/// A siembox that has `first` as its source, and the other one beside it.
pub fn siembox(cloud: &Cloud, receiver: &SyslogReceiver, first: &str, read: bool) -> Siembox {
    let plan = crate::siembox::Plan::new(cloud, receiver.addr().port(), "tcp");
    let siembox = Siembox::new(cloud, &plan);
    siembox.put_secret("secret", "s3cret!");
    siembox.set_text(&settings(cloud, receiver, first, read));
    siembox
}

/// Waits until each record has come, and sees that none has come twice.
fn assert_each_once(cloud: &Cloud, receiver: &SyslogReceiver, siembox: &mut Siembox) {
    let wanted = arrivals::ids(cloud);
    let all = receiver.wait_until(PATIENCE, |lines| {
        arrivals::have_come(&wanted, lines.iter().map(String::as_str))
    });
    let lines = receiver.lines();
    let wrong = arrivals::wrong(&wanted, lines.iter().map(String::as_str));
    assert!(
        all && wrong.is_empty(),
        "{} of {} are missing or came twice: {wrong:?}\n{}",
        wrong.len(),
        wanted.len(),
        siembox.log()
    );
}

/// Records that happen now, in both APIs.
fn new_records(cloud: &Cloud, seed: u64) {
    let now_ms = cloud.now_ms();
    let activities =
        || (0..30).map(|n| records::one_activity(seed, n, now_ms - MINUTE + n.cast_signed()));
    cloud.add_xdr(xdr::twins(activities()));
    cloud.add(Stream::Activities, activities());
}

#[test]
fn a_change_of_the_source_and_back_sends_each_record_once() {
    let (cloud, receiver) = (cloud(), SyslogReceiver::start());
    let mut siembox = siembox(&cloud, &receiver, "cloud-apps", false);
    siembox.start();
    assert_each_once(&cloud, &receiver, &mut siembox);

    // what both hold, by the tool
    let output = siembox.output(
        "migrate",
        &["--to", "defender-xdr", "--since", "3d", "--json"],
    );
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{:?}", output.stderr);
    let found: Vec<serde_json::Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for (nth, stream) in [Stream::Activities, Stream::Alerts].into_iter().enumerate() {
        let comparison = &found[nth]["comparison"];
        let count = cloud.records(stream).len();
        assert_eq!(comparison["in_both"], count, "{said}");
        for side in ["only_in_source", "only_in_other"] {
            assert_eq!(comparison[side]["count"], 0, "{said}");
        }
    }

    // there, with what only the new API has
    let now_ms = cloud.now_ms();
    let directory = records::directory_activities(83, 40);
    let directory = directory.between(now_ms - 5 * HOUR, now_ms - 3 * HOUR);
    cloud.add_xdr(xdr::twins(directory));
    let output = siembox.output("migrate", &["--to", "defender-xdr", "--switch"]);
    assert!(output.status.success(), "{output:?}");
    new_records(&cloud, 84);
    assert_each_once(&cloud, &receiver, &mut siembox);

    // and back, while it does not run
    siembox.stop();
    let output = siembox.output("migrate", &["--to", "cloud-apps", "--switch"]);
    assert!(output.status.success(), "{output:?}");
    siembox.start();
    new_records(&cloud, 85);
    assert_each_once(&cloud, &receiver, &mut siembox);
    siembox.stop();
}

/// The SIEM is away while siembox is killed, so that no line is sent twice for want of a proof:
/// what comes twice was spooled twice.
#[test]
fn kills_while_both_sources_are_read_repeat_and_lose_nothing() {
    let (cloud, mut receiver) = (cloud(), SyslogReceiver::start());
    let mut siembox = siembox(&cloud, &receiver, "defender-xdr", true);
    receiver.stop();
    for seed in 90..96 {
        siembox.start_and_wait();
        new_records(&cloud, seed);
        // soon enough that much is still to be read, from either source
        siembox.wait("a page is on disk", |status| {
            let mut streams = status.agents[0].streams.iter();
            streams.any(|stream| stream.counts.pages > 0)
        });
        siembox.kill();
    }
    receiver.restart();
    siembox.start();
    assert_each_once(&cloud, &receiver, &mut siembox);
    siembox.stop();
}

#[test]
fn while_both_sources_are_read_each_record_comes_once() {
    let (cloud, receiver) = (cloud(), SyslogReceiver::start());
    let mut siembox = siembox(&cloud, &receiver, "defender-xdr", true);
    siembox.start();
    for seed in 86..90 {
        let some = 200 * usize::try_from(seed - 85).unwrap();
        let _ = receiver.wait_for(some, PATIENCE);
        new_records(&cloud, seed);
        siembox.stop();
        siembox.start_and_wait();
    }
    assert_each_once(&cloud, &receiver, &mut siembox);
    siembox.stop();
}
