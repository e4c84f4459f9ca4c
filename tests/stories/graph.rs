//! Alerts and incidents of Microsoft Graph to rsyslog: each arrives once, as the oracle writes it,
//! whatever Graph does meanwhile.

use siembox_support::cloud::{App, Cloud, Fault, Target};
use siembox_support::mapper;
use siembox_support::receiver::{Receiver, rsyslog};
use siembox_support::records::xdr::List;
use siembox_support::records::{self, xdr};

use crate::expected::{self, assert_exactly};
use crate::siembox::{Plan, Siembox};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const CLIENT: &str = "00000000-0000-4000-8000-000000000001";

/// Alerts of Cloud Apps and of other products, and incidents, of the last two days; some share a
/// stamp.
fn cloud() -> Cloud {
    let now_ms = siembox_support::clock::real_ms();
    let (from_ms, to_ms) = (now_ms - 40 * HOUR, now_ms - 12 * HOUR);
    Cloud::builder()
        .graph_requests_per_minute(60_000)
        .app(App::new("contoso.com", CLIENT, "s3cret!"))
        .xdr(xdr::twins(records::alerts(91, 80).between(from_ms, to_ms)))
        .xdr(xdr::alerts(92, 320).between(from_ms, to_ms).ties(20))
        .xdr(xdr::incidents(93, 120).between(from_ms, to_ms))
        .start()
}

fn settings(cloud: &Cloud, port: u16, alerts: &str) -> String {
    format!(
        "state_dir = \"state\"\n[page]\nenabled = false\n[[agent]]\nname = \"contoso\"\n\
         [agent.source]\nkind = \"defender-xdr\"\ntenant_id = \"contoso.com\"\n\
         client_id = \"{CLIENT}\"\nclient_secret_file = \"secret\"\nlogin_url = \"{0}\"\n\
         graph_url = \"{0}\"\nca_file = \"cloud-ca.pem\"\nrequests_per_minute = 6000\n\
         poll_interval = \"1s\"\ntimeout = \"5s\"\n[agent.siem]\nhost = \"127.0.0.1\"\n\
         port = {port}\nprotocol = \"tcp\"\nsystem_name = \"box\"\n[agent.activities]\n\
         enabled = false\n[agent.alerts]\nservice_sources = []\npage_size = 50\n{alerts}\n\
         [agent.incidents]\nenabled = true\npage_size = 25\n",
        cloud.url()
    )
}

fn siembox(cloud: &Cloud, port: u16, alerts: &str) -> Siembox {
    let siembox = Siembox::new(cloud, &Plan::new(cloud, port, "tcp"));
    siembox.put_secret("secret", "s3cret!");
    siembox.set_text(&settings(cloud, port, alerts));
    siembox
}

/// The line of each record of these lists.
fn lines(cloud: &Cloud, lists: &[List]) -> Vec<String> {
    let looks = mapper::Looks::of_box(cloud.url());
    let records = lists.iter().flat_map(|list| {
        let records = cloud.xdr_records(*list).into_iter();
        records.map(|record| mapper::xdr_line(*list, &record.json(), &looks))
    });
    records.collect()
}

/// So many lines have been written for the SIEM, all together.
fn wait_for_spooled(siembox: &mut Siembox, count: usize) {
    siembox.wait("everything is read", |status| {
        let streams = status.agents[0].streams.iter();
        let spooled: u64 = streams.map(|stream| stream.counts.spooled).sum();
        spooled >= count as u64 && status.agents[0].spool.waiting == 0
    });
}

fn assert_all_arrive(siembox: &mut Siembox, receiver: &Receiver, want: &[String]) {
    wait_for_spooled(siembox, want.len());
    siembox.stop();
    assert_exactly(want, &receiver.wait_for(want.len()));
}

#[test]
fn whatever_graph_does_each_alert_and_incident_arrives_once() {
    let faults = [
        Fault::Status(429),
        Fault::Throttled {
            retry_after: Some(1),
            in_text: None,
        },
        Fault::BearerEnds,
        Fault::HtmlForbidden,
        Fault::UnknownError,
        Fault::LinkRefused,
        Fault::PartialContent,
        Fault::NewestFirst,
        Fault::Repeat,
        Fault::Cap(7),
    ];
    for fault in faults {
        println!("{fault:?}");
        let (receiver, cloud) = (rsyslog::tcp(), cloud());
        let mut siembox = siembox(&cloud, receiver.port(), "");
        for list in [List::Alerts, List::Incidents] {
            cloud.fault(fault.clone().on(Target::Of(list)).after(1));
        }
        siembox.start();
        let want = lines(&cloud, &[List::Alerts, List::Incidents]);
        assert_all_arrive(&mut siembox, &receiver, &want);
        assert_eq!(cloud.faults_waiting(), 0, "{fault:?} has struck");
        assert_eq!(cloud.complaints(), Vec::<String>::new(), "{fault:?}");
    }
}

/// Faults at random, records that change and that show themselves late, and kills, while the SIEM
/// is away: what waits for it afterwards is each record once.
#[test]
fn kills_changes_late_alerts_and_faults_at_once() {
    let cloud = cloud();
    // nobody listens there
    let mut siembox = siembox(&cloud, 1, "");
    for (fault, seed) in [
        (Fault::UnknownError, 1),
        (Fault::LinkRefused, 2),
        (Fault::PartialContent, 3),
        (Fault::NewestFirst, 4),
        (Fault::Repeat, 5),
        (Fault::HtmlForbidden, 6),
    ] {
        let strike = fault.for_ever().on(Target::Of(List::Alerts));
        cloud.fault(strike.chance(0.06, seed));
    }
    let ids = cloud.xdr_ids(List::Alerts);
    for round in 0..8_i64 {
        siembox.start();
        let read = siembox.wait("more of it is read", |status| {
            let streams = status.agents[0].streams.iter();
            streams.map(|stream| stream.counts.pages).sum::<u64>() > 1
        });
        assert_eq!(read.agents[0].name, "contoso");
        let now_ms = cloud.now_ms();
        for nth in 0..10 {
            let at = (round as usize * 37 + nth * 11) % ids.len();
            assert!(cloud.change_xdr(List::Alerts, &ids[at], now_ms + nth as i64));
        }
        // made ten minutes ago, and shown now
        let late = xdr::alerts(200 + round.cast_unsigned(), 3);
        let late = late.between(now_ms - 12 * MINUTE, now_ms - 10 * MINUTE);
        cloud.add_xdr(late.map(|record| record.visible_from(now_ms)));
        siembox.kill();
    }
    cloud.clear_faults();
    let receiver = rsyslog::tcp();
    siembox.set_text(&settings(&cloud, receiver.port(), ""));
    siembox.start();
    let want = lines(&cloud, &[List::Alerts, List::Incidents]);
    let got = receiver.wait_for(want.len());
    siembox.stop();
    let difference = expected::compare(&want, &got);
    assert_eq!(
        difference,
        expected::Difference::default(),
        "{}",
        siembox.log()
    );
}

#[test]
fn with_updates_a_changed_alert_is_another_line() {
    let (receiver, cloud) = (rsyslog::tcp(), cloud());
    let mut siembox = siembox(&cloud, receiver.port(), "updates = true");
    siembox.start();
    let count = cloud.xdr_ids(List::Alerts).len() + cloud.xdr_ids(List::Incidents).len();
    wait_for_spooled(&mut siembox, count);
    let ids = cloud.xdr_ids(List::Alerts);
    for (nth, id) in ids.iter().take(5).enumerate() {
        assert!(cloud.change_xdr(List::Alerts, id, cloud.now_ms() + nth as i64));
    }
    wait_for_spooled(&mut siembox, count + 5);
    siembox.stop();
    assert_eq!(receiver.wait_for(count + 5).len(), count + 5);
}
