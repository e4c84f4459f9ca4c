//! A recorded state folder: where it lies, what is known of it, and how it is packed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use siembox::for_tests::status::LedgerReport;
use siembox_support::cef_reader::Cef;
use siembox_support::cloud::Cloud;
use siembox_support::records::{Record, Stream};
use toml_edit::{DocumentMut, value};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::siembox::{Plan, Siembox};

/// What was in a folder when it was left.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Truth {
    /// When, milliseconds since 1970.
    pub made_ms: i64,
    /// The records whose lines wait.
    pub waiting: BTreeSet<String>,
    /// The records that only a replay finds.
    pub missing: BTreeSet<String>,
    /// Records set aside.
    pub set_aside: u64,
    /// The ledger as `siembox status --json` of that release showed it.
    pub ledger: LedgerReport,
    /// The administrator's password, where one was chosen.
    pub password: Option<String>,
    /// What the cloud has.
    activities: Vec<Kept>,
    alerts: Vec<Kept>,
}

/// A record as the cloud serves it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    id: String,
    at_ms: i64,
    created_ms: i64,
    visible_ms: i64,
    json: String,
}

/// A packed folder.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

/// Where they lie.
pub fn place() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/state_folders")
}

/// All folders of all releases.
pub fn all() -> Vec<Folder> {
    let mut all = crate::siembox::files(&place());
    all.retain(|file| file.extension().is_some_and(|kind| kind == "zst"));
    all.sort();
    assert!(!all.is_empty(), "{} holds no folders", place().display());
    all.into_iter().map(Folder).collect()
}

/// The record behind a line.
pub fn id_of(line: &str) -> String {
    let cef = Cef::read(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    let mut pairs = cef.extension.into_iter();
    let id = pairs.find(|(key, _)| key == "externalId");
    id.unwrap_or_else(|| panic!("no id: {line}")).1
}

/// Pauses or resumes the agent in the settings file.
pub fn pause(siembox: &Siembox, paused: bool) {
    change(siembox, |agent| agent["paused"] = value(paused));
}

fn change(siembox: &Siembox, change: impl FnOnce(&mut toml_edit::Table)) {
    let text = fs::read_to_string(siembox.path("siembox.toml")).unwrap();
    let mut settings: DocumentMut = text.parse().unwrap();
    let agents = settings["agent"].as_array_of_tables_mut().unwrap();
    change(agents.get_mut(0).unwrap());
    siembox.set_text(&settings.to_string());
}

/// Sends a form to the page over HTTPS, as a browser that knows its certificate, and says with
/// which code and to which place it was answered.
pub fn client(siembox: &mut Siembox, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
    let status = siembox.wait("HTTPS is there", |status| status.page.len() == 2);
    let origin = status.page[1].trim_end_matches('/').to_owned();
    let root = fs::read(siembox.state().join("page/certificate.pem")).unwrap();
    let root = Certificate::from_pem(&root).unwrap();
    let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&[root]));
    let agent = ureq::Agent::config_builder()
        .tls_config(tls.build())
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .new_agent();
    let answer = agent
        .post(format!("{origin}{path}"))
        .header("Origin", &origin)
        .send_form(fields.iter().copied())
        .unwrap();
    let to = answer.headers().get("Location");
    let to = to.map(|to| to.to_str().unwrap().to_owned());
    (answer.status().as_u16(), to.unwrap_or_default())
}

impl Truth {
    /// What the cloud has at this moment.
    pub fn of(cloud: &Cloud) -> Self {
        let kept = |stream| -> Vec<Kept> {
            let records = cloud.records(stream);
            let kept = records.iter().map(|record| Kept {
                id: record.id.clone(),
                at_ms: record.at_ms,
                created_ms: record.created_ms,
                visible_ms: record.visible_ms,
                json: record.json(),
            });
            kept.collect()
        };
        Self {
            made_ms: cloud.now_ms(),
            waiting: BTreeSet::new(),
            missing: BTreeSet::new(),
            set_aside: 0,
            ledger: LedgerReport::default(),
            password: None,
            activities: kept(Stream::Activities),
            alerts: kept(Stream::Alerts),
        }
    }

    /// For the cloud of a later day.
    pub fn records(&self, stream: Stream) -> Vec<Record> {
        let kept = match stream {
            Stream::Activities => &self.activities,
            Stream::Alerts => &self.alerts,
        };
        let record = |kept: &Kept| {
            Record::raw(&kept.id, kept.at_ms, kept.created_ms, &kept.json)
                .visible_from(kept.visible_ms)
        };
        kept.iter().map(record).collect()
    }
}

impl Folder {
    pub fn name(&self) -> String {
        let name = self.0.strip_prefix(place()).unwrap();
        name.display().to_string()
    }

    /// Packs the state of a siembox that does not run, its settings and the truth.
    pub fn pack(siembox: &Siembox, truth: &Truth, path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let out = zstd::Encoder::new(fs::File::create(path).unwrap(), 19).unwrap();
        let mut tar = tar::Builder::new(out);
        for name in ["siembox.toml", "token"] {
            tar.append_path_with_name(siembox.path(name), name).unwrap();
        }
        let text = serde_json::to_vec(truth).unwrap();
        let mut head = tar::Header::new_gnu();
        head.set_size(text.len() as u64);
        head.set_mode(0o644);
        tar.append_data(&mut head, "truth.json", text.as_slice())
            .unwrap();
        let _ = fs::remove_file(siembox.state().join("status.sock"));
        tar.append_dir_all("state", siembox.state()).unwrap();
        tar.into_inner().unwrap().finish().unwrap();
    }

    /// Unpacks it into the folder of a siembox that asks this cloud and sends to this port.
    pub fn unpack(&self, cloud: &Cloud, port: u16) -> (Siembox, Truth) {
        let siembox = Siembox::new(cloud, &Plan::new(cloud, port, "tcp"));
        let packed = zstd::Decoder::new(fs::File::open(&self.0).unwrap()).unwrap();
        let mut tar = tar::Archive::new(packed);
        tar.set_preserve_permissions(true);
        tar.unpack(siembox.path("")).unwrap();
        change(&siembox, |agent| {
            agent["source"]["api_url"] = value(cloud.url());
            agent["siem"]["port"] = value(i64::from(port));
        });
        let truth = fs::read(siembox.path("truth.json")).unwrap();
        (siembox, serde_json::from_slice(&truth).unwrap())
    }
}
