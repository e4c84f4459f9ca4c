//! The commented example is what people start from: it must load, say the truth about defaults, and
//! leave nothing out.

use std::path::Path;

use siembox::for_tests::settings::{
    Addressing, ApiSettings, EXAMPLE, Overrides, Settings, SettingsError, SyslogProtocol,
};
use siembox::for_tests::stream::{ACTIVITIES, ALERTS};

/// Commented keys that show what could be written, not the default.
const ILLUSTRATIONS: [&str; 24] = [
    "vlan",
    "gateway",
    "search",
    "certificate_file",
    "key_file",
    "logs_dir",
    "tenant_id",
    "client_id",
    "client_secret_expires",
    "client_secret_file",
    "login_url",
    "proxy",
    "proxy_password_file",
    "ca_file",
    "max_datagram",
    "max_lines_per_second",
    "heartbeat",
    "client_cert_file",
    "client_key_file",
    "server_name",
    "pin_sha256",
    "system_name",
    "filters",
    "portal_url",
];

fn load(text: &str) -> Result<Settings, SettingsError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("siembox.toml");
    std::fs::write(&file, text).unwrap();
    Settings::load(&file, &Overrides::default())
        .map(|loaded| without_folder(loaded.settings, folder.path()))
}

/// Takes the temporary folder out of the one path that every variant has, so that settings compare.
fn without_folder(settings: Settings, folder: &Path) -> Settings {
    use siembox::for_tests::settings::{Credentials, SecretSource};
    let mut settings = settings;
    for agent in &mut settings.agents {
        if let ApiSettings::CloudApps(source) = &mut agent.source.api
            && let Credentials::Token(SecretSource::File(path)) = &mut source.credentials
        {
            *path = path.strip_prefix(folder).unwrap().to_owned();
        }
    }
    settings
}

/// Key of a commented setting: `# key = …`.
fn commented_key(line: &str) -> Option<&str> {
    let (key, _) = line.strip_prefix("# ")?.split_once(" = ")?;
    key.bytes()
        .all(|b| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit())
        .then_some(key)
}

/// The example with the comment sign taken off the lines that `wanted` picks by key and number.
fn uncommented(wanted: impl Fn(&str, usize) -> bool) -> String {
    let line = |(number, line): (usize, &str)| match commented_key(line) {
        Some(key) if wanted(key, number) => line[2..].to_owned() + "\n",
        _ => line.to_owned() + "\n",
    };
    EXAMPLE.lines().enumerate().map(line).collect()
}

#[test]
fn it_loads_as_it_is() {
    let settings = load(EXAMPLE).unwrap();
    assert_eq!(settings.agents[0].name, "contoso");
    let bare = "[[agent]]\nname = \"contoso\"\n[agent.source]\napi_url = \"https://contoso.us3.portal.cloudappsecurity.com\"\n\
                token_file = \"token\"\n[agent.siem]\nhost = \"siem.example\"\n";
    assert_eq!(settings, load(bare).unwrap());
}

#[test]
fn every_default_it_names_is_the_default() {
    let defaults = load(EXAMPLE).unwrap();
    let mut tried = 0;
    for (number, key) in EXAMPLE
        .lines()
        .enumerate()
        .filter_map(|(n, line)| Some((n, commented_key(line)?)))
    {
        if ILLUSTRATIONS.contains(&key) {
            continue;
        }
        let changed =
            load(&uncommented(|_, n| n == number)).unwrap_or_else(|error| panic!("{key}: {error}"));
        assert_eq!(changed, defaults, "{key}");
        tried += 1;
    }
    assert!(tried >= 35, "{tried}");
    assert_eq!(
        load(&uncommented(|key, _| !ILLUSTRATIONS.contains(&key))).unwrap(),
        defaults,
        "all together"
    );
}

#[test]
fn what_it_illustrates_can_be_written() {
    let entra = [
        "tenant_id",
        "client_id",
        "client_secret_expires",
        "client_secret_file",
        "login_url",
    ];
    let app = uncommented(|key, _| entra.contains(&key)).replace("token_file = \"token\"\n", "");
    assert!(load(&app).is_ok(), "{:?}", load(&app));

    let way = [
        "proxy",
        "proxy_password_file",
        "logs_dir",
        "system_name",
        "max_lines_per_second",
        "portal_url",
        "filters",
    ];
    let settings = load(&uncommented(|key, _| way.contains(&key))).unwrap();
    let agent = &settings.agents[0];
    let source = &agent.source;
    assert_eq!(source.proxy.as_ref().unwrap().user.as_deref(), Some("user"));
    assert_eq!(
        serde_json::to_string(&agent.stream(ALERTS).unwrap().filters).unwrap(),
        r#"{"severity":{"eq":[1,2]}}"#
    );
    assert_eq!(
        serde_json::to_string(&agent.stream(ACTIVITIES).unwrap().filters).unwrap(),
        r#"{"activity.type":{"eq":true},"user.username":{"neq":["scanner@contoso.com"]}}"#
    );

    let tls = [
        "ca_file",
        "client_cert_file",
        "client_key_file",
        "server_name",
        "pin_sha256",
    ];
    for (protocol, port) in [("tls", 6514), ("relp+tls", 2514)] {
        let text = uncommented(|key, _| tls.contains(&key) || key == "protocol")
            .replace("protocol = \"tcp\"", &format!("protocol = {protocol:?}"))
            .replace("00:11:…", &"00".repeat(32));
        let siem = load(&text).unwrap().agents[0].siem.clone();
        let (SyslogProtocol::Tls(tls) | SyslogProtocol::Relp(Some(tls))) = &siem.protocol else {
            panic!("{siem:?}")
        };
        assert!(tls.client.is_some() && tls.pin_sha256 == Some([0; 32]));
        assert_eq!(siem.port, port);
    }

    let text = uncommented(|key, _| key == "protocol").replace("\"tcp\"", "\"relp\"");
    let siem = load(&text).unwrap().agents[0].siem.clone();
    assert_eq!(
        (siem.protocol, siem.port),
        (SyslogProtocol::Relp(None), 2514)
    );

    let network = uncommented(|key, _| ["vlan", "gateway", "search", "address"].contains(&key))
        .replace("\"dhcp\"", "[\"192.0.2.10/24\", \"2001:db8::10/64\"]");
    let network = load(&network).unwrap().network;
    let Addressing::Fixed { addresses, .. } = &network.addressing else {
        panic!("{network:?}")
    };
    assert_eq!((addresses.len(), network.vlan), (2, Some(20)));

    let text = uncommented(|key, _| key == "max_datagram" || key == "protocol")
        .replace("\"tcp\"", "\"udp\"");
    assert_eq!(
        load(&text).unwrap().agents[0].siem.protocol,
        SyslogProtocol::Udp { max_datagram: 8192 }
    );
}

/// The reader itself says which keys there are, when it meets one that is none.
#[test]
fn it_leaves_no_key_out() {
    let table_lines = [
        "[log]",
        "[health]",
        "[page]",
        "[network]",
        "[clock]",
        "[agent.source]",
        "[agent.siem]",
        "[agent.alerts]",
        "[agent.activities]",
        "[agent.spool]",
        "[agent.replay]",
    ];
    let strange: String = EXAMPLE
        .lines()
        .map(|line| {
            if table_lines.contains(&line) {
                format!("{line}\nzzzzzz = 1\n")
            } else {
                format!("{line}\n")
            }
        })
        .collect();
    let error = load(&strange).unwrap_err().to_string();
    let allowed: Vec<&str> = error
        .lines()
        .filter_map(|line| line.split_once("allowed here: "))
        .map(|(_, keys)| keys)
        .collect();
    assert_eq!(allowed.len(), table_lines.len(), "{error}");
    for (header, keys) in table_lines.iter().zip(allowed) {
        let after = EXAMPLE.split_once(&format!("\n{header}\n")).unwrap().1;
        let section = after.lines().take_while(|line| !line.starts_with('['));
        let written: Vec<&str> = section
            .filter_map(|line| line.trim_start_matches("# ").split_once(" = "))
            .map(|(key, _)| key)
            .collect();
        for key in keys.split(", ") {
            assert!(written.contains(&key), "{header} {key}: {written:?}");
        }
    }
}

/// The agent of Defender XDR stands there as a comment: one file has one agent of a tenant.
fn defender_xdr() -> String {
    let (_, block) = EXAMPLE.split_once("# ---- Microsoft Defender XDR").unwrap();
    let lines = block.lines().filter_map(|line| line.strip_prefix("#   "));
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn its_agent_of_defender_xdr_has_all_defaults() {
    let bare = "[[agent]]\nname = \"contoso-xdr\"\n[agent.source]\nkind = \"defender-xdr\"\n\
                tenant_id = \"00000000-0000-0000-0000-000000000000\"\n\
                client_id = \"00000000-0000-0000-0000-000000000000\"\n\
                client_secret_file = \"client-secret\"\n[agent.siem]\nhost = \"siem.example\"\n";
    // relative paths begin at the file's folder, and each has another one
    let absolute = |text: &str| text.replace("\"client-secret\"", "\"/client-secret\"");
    let of = |text: &str| load(&absolute(text)).map(|settings| settings.agents);
    assert_eq!(of(&defender_xdr()).unwrap(), of(bare).unwrap());
}

#[test]
fn its_agent_of_defender_xdr_leaves_no_key_out() {
    let of_both = ["proxy", "proxy_password_file", "ca_file", "kind"];
    // a section of its own
    let elsewhere = ["event_hubs"];
    for section in ["source", "alerts", "incidents", "activities", "names"] {
        let header = format!("[agent.{section}]\n");
        let strange = defender_xdr().replace(&header, &format!("{header}zzzzzz = 1\n"));
        let error = load(&strange).unwrap_err().to_string();
        let (_, allowed) = error.split_once("allowed here: ").unwrap();
        let text = defender_xdr();
        let (_, after) = text.split_once(&header).unwrap();
        let lines = after.lines().take_while(|line| !line.starts_with('['));
        let written: Vec<&str> = lines
            .filter_map(|line| line.split_once(" = "))
            .map(|(key, _)| key.trim_start_matches("# "))
            .collect();
        let own = |key: &&str| !of_both.contains(key) && !elsewhere.contains(key);
        for key in allowed.split(", ").filter(own) {
            assert!(written.contains(&key), "{header} {key}: {written:?}");
        }
    }
}

/// The same agent, with rows of event hubs.
fn of_event_hubs() -> String {
    let not_of_hubs = ["filters", "queries", "overlap", "page_size"];
    let (text, activities) = (defender_xdr(), "[agent.activities]");
    let (before, after) = text.split_once(activities).unwrap();
    let (before, hubs) = before.split_once("# [agent.source.event_hubs]").unwrap();
    let (hubs, between) = hubs.split_once("\n[").unwrap();
    let hubs = hubs.replace("\n# ", "\n");
    let kept = |line: &&str| !not_of_hubs.iter().any(|key| line.starts_with(key));
    let after: Vec<&str> = after.lines().filter(kept).collect();
    let after = after.join("\n").replace("\"hunting\"", "\"event-hubs\"");
    format!("{before}[agent.source.event_hubs]{hubs}\n[{between}{activities}{after}\n")
}

#[test]
fn its_event_hubs_have_all_defaults_and_leave_no_key_out() {
    let own = "consumer_group";
    let bare: String = of_event_hubs()
        .lines()
        .filter(|line| ![own, "security"].iter().any(|key| line.starts_with(key)))
        .map(|line| format!("{line}\n"))
        .collect();
    let absolute = |text: &str| text.replace("_file = \"", "_file = \"/");
    let of = |text: &str| load(&absolute(text)).map(|settings| settings.agents);
    let line = format!("\n{own} = ");
    assert!(!bare.contains(&line) && of_event_hubs().contains(&line));
    assert_eq!(of(&of_event_hubs()).unwrap(), of(&bare).unwrap());
    let header = "[agent.source.event_hubs]\n";
    let strange = of_event_hubs().replace(header, &format!("{header}zzzzzz = 1\n"));
    let error = load(&strange).unwrap_err().to_string();
    let (_, allowed) = error.split_once("allowed here: ").unwrap();
    for key in allowed.trim_end().split(", ") {
        assert!(of_event_hubs().contains(&format!("\n{key} = ")), "{key}");
    }
}

#[test]
fn its_lines_fit_a_screen() {
    for line in EXAMPLE.lines() {
        assert!(line.chars().count() <= 120, "{line}");
    }
}
