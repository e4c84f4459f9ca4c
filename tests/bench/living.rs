//! How the real process lives with its default settings, over TLS on both sides:
//!
//! - `idle MINUTES`: nothing new, polls going on: bytes written, CPU time, memory;
//! - `fresh SECONDS`: from a record's appearance in the API to its line at the receiver, at 1, 10 and 100 records a second.
//!
//! `cargo bench --bench living -- idle 10`
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use siembox_support::cloud::Cloud;
use siembox_support::pki::Authority;
use siembox_support::records::{self, Stream};
use siembox_support::siembox::Siembox;
use siembox_support::sink::{Framing, SyslogReceiver};

/// When each record appeared, by its id.
type Appeared = Arc<Mutex<HashMap<String, Instant>>>;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|word| word != "--bench");
    let what = arguments.next().unwrap_or_else(|| "fresh".to_owned());
    let number = |default| move |text: String| text.parse().unwrap_or(default);
    match what.as_str() {
        "idle" => idle(arguments.next().map_or(10, number(10))),
        "fresh" => fresh(arguments.next().map_or(120, number(120))),
        other => panic!("{other}: there is idle and fresh"),
    }
}

/// A siembox with default settings between a simulated cloud and a receiver.
struct Life {
    cloud: Cloud,
    _receiver: SyslogReceiver,
    siembox: Siembox,
    _folder: tempfile::TempDir,
}

impl Life {
    fn begin(poll_interval: &str, on_line: impl Fn(&str) + Send + Sync + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
        };
        let authority = Authority::new("bench");
        let receiver = SyslogReceiver::builder()
            .framing(Framing::OctetCounting)
            .tls(authority.issue(&["127.0.0.1"]))
            .on_line(on_line)
            .start();
        let cloud = Cloud::builder().start();
        put("token", cloud.token());
        put("cloud-ca.pem", cloud.ca_pem());
        put("siem-ca.pem", &authority.cert_pem);
        let mut settings = String::from(
            "state_dir = \"state\"\n[page]\nenabled = false\n[[agent]]\nname = \"bench\"\n",
        );
        write!(
            settings,
            "[agent.source]\napi_url = \"{}\"\ntoken_file = \"token\"\nca_file = \"cloud-ca.pem\"\npoll_interval = \"{poll_interval}\"\n\
             [agent.siem]\nhost = \"127.0.0.1\"\nport = {}\nprotocol = \"tls\"\nca_file = \"siem-ca.pem\"\n",
            cloud.url(),
            receiver.addr().port()
        )
        .unwrap();
        put("siembox.toml", &settings);
        let binary = Path::new(env!("CARGO_BIN_EXE_siembox"));
        let siembox = Siembox::start(binary, &folder.path().join("siembox.toml")).unwrap();
        Self {
            cloud,
            _receiver: receiver,
            siembox,
            _folder: folder,
        }
    }

    fn proc(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.siembox.pid())).unwrap()
    }

    /// CPU seconds so far, user and system; the kernel counts in hundredths.
    fn cpu(&self) -> f64 {
        let stat = self.proc("stat");
        let fields = stat.rsplit(')').next().unwrap().split_whitespace();
        let ticks: f64 = fields
            .skip(11)
            .take(2)
            .map(|n| n.parse::<f64>().unwrap())
            .sum();
        ticks / 100.0
    }

    /// A number out of `/proc/PID/status` or `io`.
    fn number(&self, file: &str, name: &str) -> u64 {
        let text = self.proc(file);
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

fn idle(minutes: u64) {
    let life = Life::begin("30s", |_| ());
    life.cloud
        .wait_until(Duration::from_secs(60), |seen| seen.len() >= 4);
    // what a start does once is done
    std::thread::sleep(Duration::from_secs(60));
    let (cpu, bytes, requests) = (
        life.cpu(),
        life.number("io", "write_bytes:"),
        life.cloud.request_count(),
    );
    std::thread::sleep(Duration::from_secs(60 * minutes));
    #[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
    let hours = minutes as f64 / 60.0;
    println!("| idle | over {minutes} min |\n|---|---|");
    println!("| polls | {} |", life.cloud.request_count() - requests);
    println!(
        "| bytes written to the device | {} |",
        life.number("io", "write_bytes:") - bytes
    );
    println!("| CPU s per hour | {:.1} |", (life.cpu() - cpu) / hours);
    println!(
        "| RSS, peak RSS, kB | {}, {} |",
        life.number("status", "VmRSS:"),
        life.number("status", "VmHWM:")
    );
}

fn fresh(seconds: u64) {
    println!("| poll_interval | records/s | records | p50 s | p99 s | longest s | requests/min |");
    println!("|---|---|---|---|---|---|---|");
    for poll_interval in ["30s", "10s"] {
        for rate in [1, 10, 100] {
            fresh_at(poll_interval, rate, seconds);
        }
    }
}

fn fresh_at(poll_interval: &str, rate: u32, seconds: u64) {
    let appeared = Appeared::default();
    let waits = Arc::new(Mutex::new(Vec::new()));
    let (known, took) = (Arc::clone(&appeared), Arc::clone(&waits));
    let life = Life::begin(poll_interval, move |line| {
        let id = line
            .split("externalId=")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        if let Some(since) = id.and_then(|id| known.lock().unwrap().remove(id)) {
            took.lock().unwrap().push(since.elapsed());
        }
    });
    life.cloud
        .wait_until(Duration::from_secs(60), |seen| seen.len() >= 4);
    let (begin, requests) = (Instant::now(), life.cloud.request_count());
    let count = u64::from(rate) * seconds;
    for n in 0..count {
        let due = begin + Duration::from_secs(1) * u32::try_from(n).unwrap() / rate;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let now_ms = life.cloud.now_ms();
        let record = records::one_activity(7, n, now_ms).visible_from(now_ms);
        appeared
            .lock()
            .unwrap()
            .insert(record.id.clone(), Instant::now());
        life.cloud.add(Stream::Activities, [record]);
    }
    let per_minute =
        60.0 * (life.cloud.request_count() - requests) as f64 / begin.elapsed().as_secs_f64();
    let end = Instant::now() + Duration::from_secs(120);
    while !appeared.lock().unwrap().is_empty() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(100));
    }
    let mut waits = waits.lock().unwrap().clone();
    waits.sort_unstable();
    assert_eq!(waits.len() as u64, count, "some never came");
    let at = |part: usize| waits[(waits.len() - 1) * part / 100].as_secs_f64();
    println!(
        "| {poll_interval} | {rate} | {count} | {:.1} | {:.1} | {:.1} | {per_minute:.0} |",
        at(50),
        at(99),
        at(100)
    );
}
