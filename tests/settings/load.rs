//! The file and the flags: what wins, what is doubtful, what happens where there is no file.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use siembox::for_tests::settings::{
    AgentSettings, ApiSettings, ApiUrl, CloudAppsSettings, Credentials, FramingSetting, HeaderTime,
    Needs, ODD_TOKEN, Overrides, ProxySettings, Secret, SecretSource, Settings, SettingsError,
    SyslogProtocol, SyslogTarget,
};
use siembox::for_tests::stream::{ACTIVITIES, ALERTS};

const ONE_AGENT: &str = r#"
state_dir = "state"
[[agent]]
name = "contoso"
source = { api_url = "https://contoso.us3.portal.cloudappsecurity.com", token_file = "token" }
siem = { host = "siem.example" }
"#;

fn source_of(agent: &AgentSettings) -> &CloudAppsSettings {
    let ApiSettings::CloudApps(source) = &agent.source.api else {
        panic!("{:?}", agent.source)
    };
    source
}

const NO_TOKEN: &str = r#"
[[agent]]
name = "alerts"
source = { api_url = "https://contoso.us3.portal.cloudappsecurity.com" }
siem = { host = "siem.example" }
[[agent]]
name = "activities"
source = { api_url = "https://contoso.us3.portal.cloudappsecurity.com" }
siem = { host = "siem.example" }
"#;

struct Folder(tempfile::TempDir);

impl Folder {
    fn with(text: &str) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        std::fs::write(folder.file(), text).unwrap();
        folder
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("siembox.toml")
    }

    fn put(&self, name: &str, mode: u32) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, "ZV9L".repeat(20)).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }
}

fn flags() -> Overrides {
    Overrides {
        api_url: Some(ApiUrl::parse("https://fabrikam.eu.portal.cloudappsecurity.com/").unwrap()),
        syslog: Some(SyslogTarget::parse("10.0.0.1/tls").unwrap()),
        credentials: Some(SecretSource::Given(Secret::new("abc"))),
        proxy: Some(ProxySettings::parse("proxy").unwrap()),
        logs_dir: Some(PathBuf::from("logs")),
        ..Overrides::default()
    }
}

#[test]
fn relative_paths_begin_at_the_files_folder() {
    let folder = Folder::with(ONE_AGENT);
    let settings = Settings::load(&folder.file(), &Overrides::default())
        .unwrap()
        .settings;
    assert_eq!(settings.state_dir, folder.0.path().join("state"));
    let token = Credentials::Token(SecretSource::File(folder.0.path().join("token")));
    assert_eq!(source_of(&settings.agents[0]).credentials, token);
}

#[test]
fn flags_win_over_the_file_and_bring_their_own_defaults() {
    let folder = Folder::with(ONE_AGENT);
    let settings = Settings::load(&folder.file(), &flags()).unwrap().settings;
    let agent = &settings.agents[0];
    assert_eq!(
        source_of(agent).api_url,
        "https://fabrikam.eu.portal.cloudappsecurity.com"
    );
    assert_eq!(
        source_of(agent).credentials,
        Credentials::Token(SecretSource::Given(Secret::new("abc")))
    );
    assert_eq!(agent.source.proxy.as_ref().unwrap().port, 8080);
    assert_eq!(
        (
            agent.siem.host.as_str(),
            agent.siem.port,
            agent.siem.framing
        ),
        ("10.0.0.1", 6514, FramingSetting::OctetCounting)
    );
    assert_eq!(
        settings.logs_dir,
        Some(PathBuf::from("logs")),
        "a flag's path begins where the command was typed"
    );
}

#[test]
fn flags_alone_are_enough() {
    let settings = Settings::from_flags(&flags()).unwrap().settings;
    assert_eq!(settings.agents.len(), 1);
    assert_eq!(
        (
            settings.agents[0].name.as_str(),
            settings.state_dir.to_str()
        ),
        ("siembox", Some("/var/lib/siembox"))
    );
    assert!(matches!(
        settings.agents[0].siem.protocol,
        SyslogProtocol::Tls(_)
    ));
    let header = &settings.agents[0].siem.header;
    assert_eq!(
        (
            header.time_format,
            header.include_pri,
            header.include_system_name
        ),
        (HeaderTime::Rfc5424, true, true)
    );
}

#[test]
fn flags_alone_that_are_too_few_say_which_are_missing() {
    for (flags, missing) in [
        (
            Overrides::default(),
            "--api-url, --token-file, --syslog are missing",
        ),
        (
            Overrides {
                syslog: None,
                ..flags()
            },
            "--syslog is missing",
        ),
        (
            Overrides {
                needs: Needs::Cloud,
                ..Overrides::default()
            },
            "--api-url, --token-file are missing",
        ),
    ] {
        let error = Settings::from_flags(&flags).unwrap_err().to_string();
        assert!(
            error.contains(missing)
                && error.contains("siembox example > /etc/siembox/siembox.toml"),
            "{error}"
        );
    }
    let lines = Overrides {
        needs: Needs::Lines,
        ..Overrides::default()
    };
    let settings = Settings::from_flags(&lines).unwrap().settings;
    let Credentials::Token(none) = &source_of(&settings.agents[0]).credentials else {
        panic!("no token")
    };
    assert!(none.read().is_err(), "what was not given cannot be used");
}

#[test]
fn flags_of_one_agent_are_refused_beside_several() {
    let folder = Folder::with(NO_TOKEN);
    let error = Settings::load(&folder.file(), &flags())
        .unwrap_err()
        .to_string();
    for flag in ["--api-url", "--syslog", "--token or --token-file"] {
        assert!(
            error.contains(&format!("{flag}: given with 2 agents in the file")),
            "{error}"
        );
    }
}

#[test]
fn the_environments_token_serves_where_nothing_else_is_said() {
    let env = Overrides {
        spare_token: Some(Secret::new("env")),
        ..Overrides::default()
    };
    let given = Credentials::Token(SecretSource::Given(Secret::new("env")));

    let folder = Folder::with(NO_TOKEN);
    let settings = Settings::load(&folder.file(), &env).unwrap().settings;
    assert!(
        settings
            .agents
            .iter()
            .all(|agent| source_of(agent).credentials == given)
    );

    let folder = Folder::with(ONE_AGENT);
    let settings = Settings::load(&folder.file(), &env).unwrap().settings;
    assert_ne!(
        source_of(&settings.agents[0]).credentials,
        given,
        "the file says otherwise"
    );

    let two_tenants = NO_TOKEN.replacen("contoso.us3", "fabrikam.eu", 1);
    let error = Settings::load(&Folder::with(&two_tenants).file(), &env)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("agent[2].source.token_file: missing, and SIEMBOX_TOKEN is one tenant's"),
        "{error}"
    );
}

#[test]
fn secrets_open_to_others_are_told_with_the_cure() {
    let folder = Folder::with(ONE_AGENT);
    let token = folder.put("token", 0o644);
    let loaded = Settings::load(&folder.file(), &Overrides::default()).unwrap();
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    let token = token.display();
    assert_eq!(
        warnings,
        [format!(
            "{}:5:86: agent[1].source.token_file: {token} is accessible to users other than its \
                owner (mode 0644); cure: chmod 600 {token}",
            folder.file().display()
        )]
    );
    folder.put("token", 0o600);
    assert!(
        Settings::load(&folder.file(), &Overrides::default())
            .unwrap()
            .warnings
            .is_empty()
    );
}

/// Notepad and PowerShell write UTF-8 with a byte order mark, or UTF-16, and CRLF.
#[test]
fn settings_and_tokens_are_read_as_windows_writes_them() {
    type Write = fn(&str) -> Vec<u8>;
    let little: Write = |text| {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        [0xff, 0xfe].into_iter().chain(units).collect::<Vec<u8>>()
    };
    let big: Write = |text| {
        let units = text.encode_utf16().flat_map(u16::to_be_bytes);
        [0xfe, 0xff].into_iter().chain(units).collect::<Vec<u8>>()
    };
    let marked: Write = |text| format!("\u{feff}{text}").into_bytes();
    for write in [marked, little, big] {
        let folder = Folder::with("");
        std::fs::write(folder.file(), write(&ONE_AGENT.replace('\n', "\r\n"))).unwrap();
        let path = folder.put("token", 0o600);
        let token = "ZV9L".repeat(20);
        std::fs::write(&path, write(&format!("\"{token}\"\r\n"))).unwrap();
        let loaded = Settings::load(&folder.file(), &Overrides::default()).unwrap();
        assert_eq!(loaded.warnings, []);
        let Credentials::Token(source) = &source_of(&loaded.settings.agents[0]).credentials else {
            panic!("{:?}", loaded.settings);
        };
        assert_eq!(source.read_token().unwrap().reveal(), token);
    }
}

#[test]
fn a_token_of_an_odd_form_is_told_as_on_the_command_line() {
    let folder = Folder::with(ONE_AGENT);
    let path = folder.put("token", 0o600);
    std::fs::write(&path, "half\n").unwrap();
    let loaded = Settings::load(&folder.file(), &Overrides::default()).unwrap();
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [format!(
            "{}:5:86: agent[1].source.token_file: {}: {ODD_TOKEN}",
            folder.file().display(),
            path.display()
        )]
    );
}

const EVENT_HUBS: &str = r#"
[[agent]]
name = "contoso"
[agent.source]
kind = "defender-xdr"
tenant_id = "contoso.onmicrosoft.com"
client_id = "00000000-0000-0000-0000-000000000000"
client_secret_file = "token"
[agent.source.event_hubs]
namespace = "contoso-siem.servicebus.windows.net"
hubs = ["defender"]
connection_string_file = "hub"
[agent.siem]
host = "siem.example"
[agent.activities]
from = "event-hubs"
"#;

/// What of a connection string is doubtful is told before siembox needs it, without its key.
#[test]
fn a_connection_string_of_another_place_or_form_is_told() {
    let key = "c2VjcmV0LWtleS1vZi1jb250b3Nv=";
    let string = |host: &str, more: &str| {
        format!("Endpoint=sb://{host}/;SharedAccessKeyName=siembox;SharedAccessKey={key}{more}")
    };
    let here = "contoso-siem.servicebus.windows.net";
    let sas = format!("SharedAccessSignature sr={here}&sig={key}&se=1798761600&skn=siembox");
    for (text, mode, said) in [
        (string(here, ""), 0o600, None),
        (string(here, ";EntityPath=defender"), 0o600, None),
        (
            string(here, ""),
            0o640,
            Some("is accessible to users other than its owner"),
        ),
        (
            string("fabrikam.servicebus.windows.net", ""),
            0o600,
            Some(
                "its Endpoint is fabrikam.servicebus.windows.net, but namespace is \
                    contoso-siem.servicebus.windows.net",
            ),
        ),
        (
            string(here, ";EntityPath=identity"),
            0o600,
            Some(
                "its EntityPath lets siembox read the event hub identity only, but hubs are defender",
            ),
        ),
        (
            sas,
            0o600,
            Some("is a SAS token (SharedAccessSignature), which expires"),
        ),
        (
            key.to_owned(),
            0o600,
            Some("is not a connection string: Endpoint is missing"),
        ),
        (
            string(here, "").replace(";SharedAccessKey=", ";\nSharedAccessKey="),
            0o600,
            Some(
                "is not a connection string: it contains a blank or a line break; allowed: \
                    Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=… in one line",
            ),
        ),
    ] {
        let folder = Folder::with(EVENT_HUBS);
        folder.put("token", 0o600);
        let path = folder.put("hub", mode);
        std::fs::write(&path, &text).unwrap();
        let loaded = Settings::load(&folder.file(), &Overrides::default()).unwrap();
        let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
        let place = "12:26: agent[1].source.event_hubs.connection_string_file: ";
        match said {
            None => assert_eq!(warnings, [] as [&str; 0], "{text}"),
            Some(said) => {
                let [warning] = &warnings[..] else {
                    panic!("{warnings:?}")
                };
                assert!(
                    warning.contains(place) && warning.contains(said),
                    "{warning}"
                );
                assert!(!warning.contains(key), "{warning}");
            }
        }
    }
}

#[test]
fn a_file_that_is_none_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("siembox.toml");
    let load = |path: &Path| {
        Settings::load(path, &Overrides::default())
            .unwrap_err()
            .to_string()
    };
    let shown = path.display().to_string();
    assert_eq!(
        load(&path),
        format!(
            "the settings file {shown} does not exist; create one with: siembox example > \
                {shown}\n  or set up siembox in a browser: siembox run --setup --config {shown}"
        )
    );
    assert!(load(folder.path()).contains("cannot be read"));
    std::fs::write(&path, b"\xff").unwrap();
    assert!(load(&path).contains("is not text: line 1 holds what is not UTF-8"));
    std::fs::write(&path, vec![b'#'; 1_100_000]).unwrap();
    assert!(load(&path).contains("is too large (at most 1024 KB)"));
}

#[test]
fn filters_come_out_as_the_api_takes_them() {
    let text = r#"
[[agent]]
name = "contoso"
source = { api_url = "http://127.0.0.1:1", token_file = "token" }
siem = { host = "siem.example" }
[agent.alerts.filters]
ID = { eq = ["5f"] }
entity.user = { eq = [{ id = "a@b", inst = 0 }] }
resolutionDate = { range = { start = 2026-01-01T00:00:00Z, end = 1800000000000 } }
[agent.activities.filters]
"device.type" = { neq = ["null", "MOBILE"] }
user.username.startswith = "svc-"
date = { gte_ndays = 7 }
[agent.activities.filters.source]
eq = [{ s = "x", t = 2 }]
"#;
    let folder = Folder::with(text);
    let agent = Settings::load(&folder.file(), &Overrides::default())
        .unwrap()
        .settings
        .agents
        .remove(0);
    assert_eq!(
        serde_json::Value::Object(agent.stream(ALERTS).unwrap().filters.clone()),
        serde_json::json!({
            "id": { "eq": ["5f"] },
            "entity.user": { "eq": [{ "id": "a@b", "inst": 0 }] },
            "resolutionDate": { "range": [{ "start": 1_767_225_600_000_i64, "end": 1_800_000_000_000_i64 }] },
        })
    );
    assert_eq!(
        serde_json::Value::Object(agent.stream(ACTIVITIES).unwrap().filters.clone()),
        serde_json::json!({
            "device.type": { "neq": [null, "MOBILE"] },
            "user.username": { "startswith": "svc-" },
            "date": { "gte_ndays": 7 },
            "source": { "eq": [{ "s": "x", "t": 2 }] },
        })
    );
}

#[test]
fn arcsight_brings_its_header_and_each_key_can_still_be_set() {
    let arcsight = ONE_AGENT.replace(
        "host = \"siem.example\"",
        "host = \"siem.example\", format = \"arcsight\"",
    );
    let header = |text: &str| {
        let folder = Folder::with(text);
        Settings::load(&folder.file(), &Overrides::default())
            .unwrap()
            .settings
            .agents
            .remove(0)
            .siem
            .header
    };
    assert_eq!(header(&arcsight).time_format, HeaderTime::Rfc3164);
    let own = arcsight.replace(
        "arcsight\"",
        "arcsight\", time_format = \"rfc3164-with-year\", include_pri = false",
    );
    assert_eq!(
        (header(&own).time_format, header(&own).include_pri),
        (HeaderTime::Rfc3164WithYear, false)
    );
}

// --- whatever is written, the answer is settings or findings, never a panic

fn load_text(text: &str) -> Result<(), TestCaseError> {
    let folder = Folder::with(text);
    match Settings::load(&folder.file(), &Overrides::default()) {
        Ok(_) | Err(SettingsError::File(_)) => Ok(()),
        Err(SettingsError::Wrong(findings)) => {
            prop_assert!(!findings.is_empty());
            let lines = text.lines().count() + 1;
            for finding in &findings {
                let place = finding.place.unwrap();
                prop_assert!(
                    (1..=lines).contains(&place.line) && place.column >= 1,
                    "{}",
                    finding
                );
            }
            Ok(())
        }
        Err(other) => Err(TestCaseError::fail(other.to_string())),
    }
}

fn any_value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(|n| n.to_string()),
        any::<bool>().prop_map(|b| b.to_string()),
        any::<f64>()
            .prop_filter("TOML has no such float", |f| f.is_finite())
            .prop_map(|f| format!("{f:?}")),
        any::<String>().prop_map(|s| toml_edit::Value::from(s).to_string()),
        prop::sample::select(vec![
            "\"2h\"",
            "\"tls\"",
            "\"relp\"",
            "\"relp+tls\"",
            "\"udp\"",
            "\"full-rfc5424\"",
            "\"a@b:c\"",
            "2026-01-01T00:00:00Z",
            "1979-05-27",
            "07:32:00"
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|list| format!("[{}]", list.join(", "))),
            (any_key(), inner).prop_map(|(key, value)| format!("{{ {key} = {value} }}")),
        ]
    })
}

fn any_key() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "agent",
        "name",
        "source",
        "siem",
        "alerts",
        "activities",
        "spool",
        "log",
        "health",
        "api_url",
        "token_file",
        "proxy",
        "client_id",
        "host",
        "port",
        "protocol",
        "framing",
        "pin_sha256",
        "include_pri",
        "time_format",
        "filters",
        "severity",
        "eq",
        "range",
        "start",
        "created",
        "\"user.username\"",
        "user.username.eq",
        "entity",
        "poll_interval",
        "overlap",
        "severity_map",
        "level",
        "max_size_mb",
        "disconnected_after",
        "strange",
        "\"\"",
        "\"a b\"",
    ])
    .prop_map(str::to_owned)
}

fn any_document() -> impl Strategy<Value = String> {
    let header = prop::sample::select(vec![
        "[[agent]]",
        "[agent.source]",
        "[agent.siem]",
        "[agent.alerts]",
        "[agent.alerts.filters]",
        "[agent.activities]",
        "[agent.stream(ACTIVITIES).unwrap().filters.clone()]",
        "[agent.spool]",
        "[log]",
        "[health]",
        "[[log]]",
        "[agent]",
        "",
    ]);
    let table = (
        header,
        prop::collection::vec((any_key(), any_value()), 0..5),
    )
        .prop_map(|(header, pairs)| {
            let lines = pairs
                .into_iter()
                .map(|(key, value)| format!("{key} = {value}\n"));
            std::iter::once(format!("{header}\n"))
                .chain(lines)
                .collect::<String>()
        });
    prop::collection::vec(table, 0..8).prop_map(|tables| tables.concat())
}

proptest! {
    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        load_text(&text)?;
    }

    #[test]
    fn any_toml_is_answered(text in any_document()) {
        load_text(&text)?;
    }
}

#[test]
fn an_agent_is_paused_where_the_file_says_so() {
    for (written, paused) in [
        ("", false),
        ("paused = false", false),
        ("paused = true", true),
    ] {
        let text = ONE_AGENT.replacen("[[agent]]", &format!("[[agent]]\n{written}"), 1);
        let folder = Folder::with(&text);
        let loaded = Settings::load(&folder.file(), &Overrides::default()).unwrap();
        assert_eq!(loaded.settings.agents[0].paused, paused);
    }
}

#[test]
fn flags_of_one_agent_are_refused_where_there_is_none() {
    let folder = Folder::with("");
    let given = Overrides {
        api_url: Some(ApiUrl::parse("https://contoso.us3.portal.cloudappsecurity.com").unwrap()),
        ..Overrides::default()
    };
    let error = Settings::load(&folder.file(), &given).unwrap_err();
    let said = error.to_string();
    assert!(
        said.contains("--api-url: given with 0 agents in the file"),
        "{said}"
    );
}

#[test]
fn on_firmware_the_page_is_there_for_the_network_unless_the_settings_say_otherwise() {
    let firmware = Overrides {
        on_firmware: true,
        ..Overrides::default()
    };
    let read = |text: &str| {
        let loaded = Settings::read(text, Path::new("siembox.toml"), &firmware);
        loaded.unwrap().settings
    };
    let settings = read("");
    let shown = |listen: &[std::net::SocketAddr]| listen[0].to_string();
    assert_eq!(shown(&settings.page.listen), "0.0.0.0:80");
    assert_eq!(shown(&settings.page.https_listen), "0.0.0.0:443");
    assert_eq!(settings.state_dir, Path::new("/data/state"));
    assert_eq!(settings.logs_dir.as_deref(), Some(Path::new("/data/log")));
    let settings = read("[page]\nlisten = \"127.0.0.1:8514\"\n");
    assert_eq!(shown(&settings.page.listen), "127.0.0.1:8514");
    assert_eq!(shown(&settings.page.https_listen), "0.0.0.0:443");
}
