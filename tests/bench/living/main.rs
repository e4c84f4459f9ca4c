//! How the real process lives, over TLS on both sides:
//!
//! - `idle MINUTES`: nothing new, polls going on: bytes written, CPU time, memory;
//! - `fresh SECONDS`: from a record's appearance in the API to its line at the receiver, at 1, 10
//!   and 100 records a second;
//! - `replay RECORDS`: a window of two days is fetched again: seconds, requests, memory, what the
//!   ids take on disk;
//! - `hunting ROWS [PAGE_SIZE]`: two days of a Defender XDR tenant are read for the first time:
//!   seconds, calls, memory;
//! - `event-hubs MESSAGES`: a backlog in a hub of 8 partitions is read, beside librdkafka: seconds,
//!   memory, what is written to the device;
//! - `large MESSAGES`: the same of messages of 1 MB in 32 partitions;
//! - `boxes MESSAGES`: 1 to 6 boxes share such a backlog, each with a SIEM that takes no more than
//!   300 lines a second: what the group brings.
//!
//! `cargo bench --bench living -- idle 10`
#![allow(clippy::unwrap_used, missing_docs)]

mod boxes;
mod event_hubs;
mod fresh;
mod hunting;
mod idle;
mod replay;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use siembox_support::cloud::{Builder, Cloud};
use siembox_support::hub::{CONNECTION_STRING, HUB, Namespace};
use siembox_support::pki::Authority;
use siembox_support::siembox::Siembox;
use siembox_support::sink::{Framing, SyslogReceiver};

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|word| word != "--bench");
    let what = arguments.next().unwrap_or_else(|| "fresh".to_owned());
    let mut next = || arguments.next().and_then(|text| text.parse().ok());
    let number = next();
    match what.as_str() {
        "idle" => idle::run(number.unwrap_or(10)),
        "fresh" => fresh::run(number.unwrap_or(120)),
        "replay" => replay::run(number.unwrap_or(200_000)),
        "hunting" => hunting::run(number.unwrap_or(200_000), next()),
        "event-hubs" => event_hubs::run(number.unwrap_or(200_000)),
        "large" => event_hubs::run_large(number.unwrap_or(300)),
        "boxes" => boxes::run(number.unwrap_or(24_000)),
        other => {
            panic!("{other}: there is idle, fresh, replay, hunting, event-hubs, large and boxes")
        }
    }
}

/// A siembox between a simulated cloud and a receiver.
struct Life {
    cloud: Cloud,
    receiver: SyslogReceiver,
    siembox: Siembox,
    folder: tempfile::TempDir,
}

/// A tenant of Defender XDR, and what the settings say of it.
struct Xdr<'a> {
    /// `hunting_calls_per_minute`.
    calls: usize,
    /// More lines, from a section of the agent on.
    more: &'a str,
}

impl Xdr<'_> {
    const TENANT: &'static str = "contoso.com";
    const CLIENT: &'static str = "00000000-0000-4000-8000-000000000001";
    const SECRET: &'static str = "s3cret!";
}

impl Life {
    /// Everything that `more` does not say in the agent's sections is the default.
    fn begin(
        cloud: Builder,
        poll_interval: &str,
        more: &str,
        on_line: impl Fn(&str) + Send + Sync + 'static,
    ) -> Self {
        let source = |cloud: &Cloud| {
            format!(
                "api_url = \"{}\"\ntoken_file = \"token\"\npoll_interval = \"{poll_interval}\"\n",
                cloud.url()
            )
        };
        Self::of(cloud, source, more, &[], on_line)
    }

    /// The same of Defender XDR.
    fn of_xdr(cloud: Builder, xdr: &Xdr<'_>) -> Self {
        let source = |cloud: &Cloud| {
            format!(
                "kind = \"defender-xdr\"\ntenant_id = \"{}\"\nclient_id = \"{}\"\n\
                 client_secret_file = \"secret\"\nlogin_url = \"{url}\"\ngraph_url = \"{url}\"\n\
                 hunting_calls_per_minute = {}\n",
                Xdr::TENANT,
                Xdr::CLIENT,
                xdr.calls,
                url = cloud.url()
            )
        };
        Self::of(cloud, source, xdr.more, &[], |_| ())
    }

    /// A box that reads the hub of a namespace, and nothing else.
    fn of_hub(namespace: &Namespace, authority: &Authority) -> Self {
        let source = |cloud: &Cloud| {
            format!(
                "kind = \"defender-xdr\"\ntenant_id = \"{}\"\nclient_id = \"{}\"\n\
                 client_secret_file = \"secret\"\nlogin_url = \"{url}\"\ngraph_url = \"{url}\"\n",
                Xdr::TENANT,
                Xdr::CLIENT,
                url = cloud.url()
            )
        };
        let more = format!(
            "[agent.source.event_hubs]\nnamespace = \"127.0.0.1:{}\"\nhubs = [\"{HUB}\"]\n\
             connection_string_file = \"hub\"\n\
             [agent.activities]\nfrom = \"event-hubs\"\n[agent.alerts]\nenabled = false\n",
            namespace.face.port()
        );
        let files = [
            ("hub", CONNECTION_STRING),
            ("cloud-ca.pem", &authority.cert_pem),
        ];
        Self::of(Cloud::builder(), source, &more, &files, |_| ())
    }

    /// `files` stand beside the settings, also in place of what the cloud gives.
    fn of(
        cloud: Builder,
        source: impl Fn(&Cloud) -> String,
        more: &str,
        files: &[(&str, &str)],
        on_line: impl Fn(&str) + Send + Sync + 'static,
    ) -> Self {
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
        let cloud = cloud.start();
        put("token", cloud.token());
        put("secret", Xdr::SECRET);
        put("cloud-ca.pem", cloud.ca_pem());
        put("siem-ca.pem", &authority.cert_pem);
        for (name, text) in files {
            put(name, text);
        }
        let settings = format!(
            "state_dir = \"state\"\n[page]\nenabled = false\n[[agent]]\nname = \"bench\"\n\
             [agent.source]\n{}ca_file = \"cloud-ca.pem\"\n\
             [agent.siem]\nhost = \"127.0.0.1\"\nport = {}\nprotocol = \"tls\"\nca_file = \"siem-ca.pem\"\n{more}",
            source(&cloud),
            receiver.addr().port()
        );
        put("siembox.toml", &settings);
        let binary = Path::new(env!("CARGO_BIN_EXE_siembox"));
        let siembox = Siembox::start(binary, &folder.path().join("siembox.toml")).unwrap();
        Self {
            cloud,
            receiver,
            siembox,
            folder,
        }
    }

    /// What `siembox status --json` says; nothing while it doesn't run yet.
    fn status_json(&self) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_siembox"))
            .args(["status", "--json", "--config"])
            .arg(self.folder.path().join("siembox.toml"))
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
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
