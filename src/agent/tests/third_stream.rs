//! A third stream, which is one constant and a section of the settings file, goes through
//! everything: settings, spool, ids, ledger, replay, status, its schema, its text, the page and the
//! metrics.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::time::Instant;

use embedded_svc::http::Method;
use embedded_svc::http::server::Handler;
use serde_json::Value;
use siembox_support::cloud::Cloud;
use siembox_support::records;
use siembox_support::sink::SyslogReceiver;
use tokio::sync::watch;

use super::super::*;
use crate::replay::{ReplayCall, ReplayReport, ReplayRequest};
use crate::sent;
use crate::settings::{AgentSettings, Overrides, Settings};
use crate::spool::sled::{SledSpool, SpoolBounds};
use crate::status::{LedgerSpan, Snapshot, Status, StreamReport, Thresholds, text};
use crate::stream::THREE;
use crate::timekeeping::Gate;
use crate::web::{Exchange, Site, View};
use crate::wiring::{Receiver, RequestLimits, Sources, line_writer};

const ACTIVITIES: u64 = 60;
const ALERTS: u64 = 7;
const PATIENCE: Duration = Duration::from_secs(60);

/// A box in one process, between a cloud and a receiver.
struct Home {
    folder: tempfile::TempDir,
    settings: AgentSettings,
    status: Status,
    agent: Agent<SledSpool>,
}

fn settings(folder: &Path, cloud: &Cloud, receiver: &SyslogReceiver, devices: &str) -> String {
    std::fs::write(folder.join("token"), cloud.token()).unwrap();
    format!(
        "[page]\nenabled = false\n[[agent]]\nname = \"contoso\"\n\
         source = {{ kind = \"cloud-apps-and-devices\", api_url = \"{}\", token_file = \"token\", \
         requests_per_minute = 6000, poll_interval = \"1s\" }}\n\
         siem = {{ host = \"127.0.0.1\", port = {} }}\n[agent.devices]\n{devices}",
        cloud.url(),
        receiver.addr().port()
    )
}

fn read(text: &str, folder: &Path) -> Result<AgentSettings, String> {
    let loaded = Settings::read(text, &folder.join("siembox.toml"), &Overrides::default());
    let mut settings = loaded.map_err(|error| error.to_string())?.settings;
    Ok(settings.agents.remove(0))
}

impl Home {
    fn start(cloud: &Cloud, receiver: &SyslogReceiver) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = settings(folder.path(), cloud, receiver, "page_size = 500\n");
        let settings = read(&text, folder.path()).unwrap();
        let hour = Duration::from_secs(3600);
        let thresholds = Thresholds {
            connection_error: hour,
            disconnected: hour,
        };
        let status = Status::new(thresholds, clock::now());
        let spool =
            SledSpool::open(folder.path(), SpoolBounds::new(1 << 30), clock::now_ms()).unwrap();
        let bounds = sent::SentBounds {
            remember: settings.memory.remember,
            most_bytes: 1 << 20,
        };
        let parts = AgentParts {
            folder: folder.path(),
            spool: Arc::new(spool),
            sent: SentIds::new(folder.path().join("ids"), bounds),
            sources: Arc::new(Sources::new(
                &settings,
                RequestLimits::default().of(&settings, &[]),
            )),
            writer: line_writer(&settings).unwrap(),
            host: None,
            connect: Receiver::new(&settings.siem).unwrap(),
            gate: &Gate::open(),
            status: &status,
        };
        let agent = Agent::start(&settings, parts);
        Self {
            folder,
            settings,
            status,
            agent: agent.unwrap(),
        }
    }

    fn wait(&self, what: &str, wanted: impl Fn(&Snapshot) -> bool) -> Snapshot {
        let begin = Instant::now();
        loop {
            let snapshot = self.status.snapshot(clock::now());
            if wanted(&snapshot) {
                return snapshot;
            }
            assert!(begin.elapsed() < PATIENCE, "never: {what}: {snapshot:#?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What a replay of the third stream says last.
    fn replay(&mut self, stream: &str, again: bool) -> ReplayReport {
        let (words, heard) = watch::channel(ReplayReport::Progress(Default::default()));
        let now_ms = clock::now_ms();
        let request = ReplayRequest {
            agent: None,
            from_ms: now_ms - 2 * 86_400_000,
            to_ms: now_ms,
            stream: Some(stream.to_owned()),
            again,
            dry_run: false,
        };
        self.agent
            .replay(&self.settings, ReplayCall { request, words });
        let begin = Instant::now();
        loop {
            let word = heard.borrow().clone();
            if word.is_last() {
                return word;
            }
            assert!(begin.elapsed() < PATIENCE, "{word:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// What the page answers.
fn page(snapshot: &Snapshot, path: &str) -> String {
    let mut exchange = Exchange::new(Method::Get, path).header_set("Host", "box");
    let site = Site::new(Some(View::new(snapshot.clone(), "box")), Duration::ZERO);
    site.handle(&mut exchange).unwrap();
    String::from_utf8(exchange.into_answer().unwrap().body).unwrap()
}

fn of_devices(snapshot: &Snapshot) -> &StreamReport {
    &snapshot.agents[0].streams[2]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_third_stream_goes_from_settings_to_metrics() {
    let receiver = SyslogReceiver::start();
    let cloud = Cloud::builder()
        .requests_per_minute(60_000)
        .plain_http()
        .activities(records::activities(301, ACTIVITIES as usize))
        .alerts(records::alerts(302, ALERTS as usize))
        .start();
    let mut home = Home::start(&cloud, &receiver);
    let specs: Vec<_> = home.settings.streams.iter().map(|it| it.spec).collect();
    assert_eq!(specs, THREE);

    // both streams of activities read the same list, each for itself
    let all = usize::try_from(2 * ACTIVITIES + ALERTS).unwrap();
    assert!(receiver.wait_for(all, PATIENCE), "{}", receiver.count());
    let snapshot = home.wait("all is proved", |status| {
        status.agents[0].spool.waiting == 0 && of_devices(status).counts.spooled == ACTIVITIES
    });
    let names: Vec<&str> = (snapshot.agents[0].streams.iter())
        .map(|stream| &*stream.name)
        .collect();
    assert_eq!(names, ["activities", "alerts", "devices"]);
    assert_eq!(snapshot.agents[0].activities.spooled, ACTIVITIES);

    // on flash
    let devices = THREE[2];
    let spool = Arc::clone(&home.agent.shared.spool);
    assert!(spool.recall(devices.number()).unwrap().cursor.is_some());
    let ids = std::fs::read_dir(home.folder.path().join("ids")).unwrap();
    let names = ids.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(names.filter(|name| name.starts_with("devices-20")).count() > 10);

    // in the ledger, hour by hour, and none of it unattributed
    let rows = &snapshot.agents[0].ledger.hours;
    let spooled: u64 = (rows.iter().filter(|row| row.stream == "devices"))
        .map(|row| row.counts.spooled)
        .sum();
    assert_eq!(spooled, ACTIVITIES);
    assert!(
        rows.iter().all(|row| row.span == LedgerSpan::Hour),
        "{rows:#?}"
    );

    // fetched again
    let ReplayReport::Done(counts) = home.replay("devices", false) else {
        panic!()
    };
    assert_eq!((counts.already_sent, counts.sent), (ACTIVITIES, 0));
    let ReplayReport::Done(counts) = home.replay("devices", true) else {
        panic!()
    };
    // what lies within its look-back the stream may still read by itself
    assert!(counts.sent_again > ACTIVITIES / 2, "{counts:?}");
    let again = all + usize::try_from(counts.sent_again).unwrap();
    assert!(receiver.wait_for(again, PATIENCE), "{}", receiver.count());
    let replays = devices.id.of_replay().number();
    assert!(spool.recall(replays).unwrap().cursor.is_some());
    let ReplayReport::Refused(said) = home.replay("printers", false) else {
        panic!()
    };
    let allowed = "allowed for agent contoso: activities, alerts, devices";
    assert!(said.contains(allowed), "{said}");

    // on every surface
    let snapshot = home.wait("the lines asked for are proved", |status| {
        let rows = &status.agents[0].ledger.hours;
        let mut asked = rows.iter().filter(|row| row.span == LedgerSpan::Asked);
        asked.any(|row| row.stream == "devices" && row.counts.proved == counts.sent_again)
    });
    let json: Value = serde_json::from_str(&page(&snapshot, "/status.json")).unwrap();
    assert_eq!(
        (&json["version"], &json["agents"][0]["streams"][2]["name"]),
        (&2.into(), &"devices".into())
    );
    let schema: Value = serde_json::from_str(&page(&snapshot, "/status.schema.json")).unwrap();
    let errors = siembox_support::json_schema::errors(&schema, std::slice::from_ref(&json));
    assert_eq!(errors, [Vec::<String>::new()]);
    let read = of_devices(&snapshot).counts.read;
    let line = format!("\n  devices    {read} read, {ACTIVITIES} spooled");
    assert!(text(&snapshot).contains(&line), "{}", text(&snapshot));
    assert!(page(&snapshot, "/").contains("activities, alerts and devices"));
    let metric = format!("{{agent=\"contoso\",stream=\"devices\"}} {ACTIVITIES}.0\n");
    let metrics = page(&snapshot, "/metrics");
    assert!(metrics.contains(&metric), "{metrics}");
    home.agent.stop().await;
}

#[test]
fn the_settings_of_a_third_stream_are_read_as_those_of_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let (cloud, receiver) = (Cloud::builder().start(), SyslogReceiver::start());
    let of = |devices: &str| {
        let text = settings(folder.path(), &cloud, &receiver, devices);
        read(&text, folder.path())
    };
    let agent = of("enabled = false\noverlap = \"3m\"\n").unwrap();
    let devices = agent.stream(THREE[2]).unwrap();
    assert!(!devices.enabled && devices.overlap == Duration::from_secs(180));
    assert_eq!(agent.streams_on().count(), 2);
    let said = of("page_size = 1\n").unwrap_err();
    assert!(said.contains("agent[1].devices.page_size"), "{said}");
    let off =
        "enabled = false\n[agent.alerts]\nenabled = false\n[agent.activities]\nenabled = false\n";
    let said = of(off).unwrap_err();
    let all = "devices.enabled and alerts.enabled and activities.enabled are all false";
    assert!(said.contains(all), "{said}");
    let text = settings(folder.path(), &cloud, &receiver, "");
    let said = read(&text.replace("-and-devices", ""), folder.path()).unwrap_err();
    assert!(
        said.contains("devices"),
        "a source without it refuses its section: {said}"
    );
}
