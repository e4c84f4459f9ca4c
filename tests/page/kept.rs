//! Secrets that the box keeps, and files that only it may read: whoever sits at the page, signed
//! in, gets at none of them. Asked over the real socket of the real process; a canary notes what it
//! is sent.

use std::fs;
use std::os::unix::fs::symlink;

use siembox_support::cloud::Cloud;
use siembox_support::sink::SyslogReceiver;

use crate::canary::Canary;
use crate::house::PASSWORD;
use crate::siembox::Siembox;
use crate::stage::{cloud, plan};
use crate::tls::{Client, Said};

/// What is in the files that nobody may get at.
const TYPED: &str = "typedtypedtypedtypedtypedtypedtypedtypedtypedtypedtypedtypedtyped";
const CLIENT_SECRET: &str = "entra~client~secret";
const PROXY_PASSWORD: &str = "hunter2hunter2";
const OF_THE_MACHINE: &str = "the machine's own business";

struct Scene {
    siembox: Siembox,
    client: Client,
    cloud: Cloud,
    settings: String,
    _siem: SyslogReceiver,
}

/// One agent with a token, another with an Entra app behind a proxy that wants a password.
fn scene() -> Scene {
    let (cloud, siem) = (cloud(3), SyslogReceiver::start());
    let port = siem.addr().port();
    let mut siembox = Siembox::new(&cloud, &plan(&cloud, port));
    siembox.put_secret("client-secret", CLIENT_SECRET);
    siembox.put_secret("proxy-password", PROXY_PASSWORD);
    let settings = format!(
        "state_dir = \"state\"\n[page]\nlisten = \"127.0.0.1:0\"\nhttps_listen = \"127.0.0.1:0\"\n\n\
         [[agent]]\nname = \"contoso\"\n[agent.source]\napi_url = \"{}\"\ntoken_file = \"token\"\nca_file = \"cloud-ca.pem\"\n\
         requests_per_minute = 6000\n[agent.siem]\nhost = \"127.0.0.1\"\nport = {port}\n\n\
         [[agent]]\nname = \"fabrikam\"\npaused = true\n[agent.source]\napi_url = \"https://127.0.0.1:9\"\n\
         tenant_id = \"fabrikam.example\"\nclient_id = \"05a65629-4c1b-48c1-a78b-804c4abdd4af\"\n\
         client_secret_file = \"client-secret\"\nlogin_url = \"http://127.0.0.1:9\"\n\
         proxy = \"http://me@127.0.0.1:9\"\nproxy_password_file = \"proxy-password\"\n\
         [agent.siem]\nhost = \"127.0.0.1\"\nport = {port}\n",
        cloud.url()
    );
    siembox.set_text(&settings);
    siembox.start();
    let status = siembox.wait("HTTPS is there", |status| status.page.len() == 2);
    let address = status.page[1].strip_prefix("https://").unwrap();
    let address = address.trim_end_matches('/').parse().unwrap();
    let mut client = Client::new(address, &siembox.state().join("page/certificate.pem"));
    let claimed = client.post("/claim", &[("password", PASSWORD), ("again", PASSWORD)]);
    assert_eq!(claimed.location, "/setup", "{}", claimed.body);
    Scene {
        siembox,
        client,
        cloud,
        settings,
        _siem: siem,
    }
}

impl Scene {
    /// The fields of the step "Cloud" as they are, but for these.
    fn cloud_step(&mut self, agent: &str, act: &str, other: &[(&str, &str)]) -> Said {
        let api = self.cloud.url();
        let mut fields = match agent {
            "contoso" => vec![("source.api_url", api.as_str())],
            _ => vec![
                ("source.api_url", "https://127.0.0.1:9"),
                ("source.tenant_id", "fabrikam.example"),
                ("source.client_id", "05a65629-4c1b-48c1-a78b-804c4abdd4af"),
                ("source.login_url", "http://127.0.0.1:9"),
                ("source.proxy", "http://me@127.0.0.1:9"),
            ],
        };
        if agent == "contoso" {
            fields.push(("source.requests_per_minute", "6000"));
        }
        fields.retain(|(key, _)| !other.iter().any(|(known, _)| known == key));
        fields.extend(other);
        fields.push(("act", act));
        let path = format!("/setup/agent/{agent}/connection");
        self.client.send(&path, &fields)
    }

    /// The lines of a job once it has ended.
    fn ended(&mut self, said: &Said) -> String {
        let at = said.location.trim_end_matches("#job").to_owned();
        loop {
            let page = self.client.get(&at).body;
            if !page.contains("Running …") {
                return page;
            }
            std::thread::yield_now();
        }
    }

    fn leave(&mut self, agent: &str) {
        let path = format!("/setup/agent/{agent}/connection");
        self.client.send(&path, &[("act", "leave")]);
    }

    fn import(&mut self, settings: &str) -> Said {
        self.client
            .send("/setup/transfer/import", &[("settings", settings)])
    }

    fn settings(&self) -> String {
        fs::read_to_string(self.siembox.path("siembox.toml")).unwrap()
    }
}

#[test]
fn a_kept_secret_goes_nowhere_but_where_it_was_entered_for() {
    let mut scene = scene();
    let canary = Canary::start();
    let (url, proxy) = (canary.url(), format!("me@{}", canary.host_and_port()));
    let authority = siembox_support::pki::Authority::new("Nobody's").cert_pem;
    for (agent, changed, asked_for, label) in [
        (
            "contoso",
            ("source.api_url", &*url),
            "source.token_file",
            "API URL",
        ),
        (
            "contoso",
            ("source.ca_file", &*authority),
            "source.token_file",
            "Additional CA",
        ),
        (
            "fabrikam",
            ("source.api_url", &*url),
            "source.client_secret_file",
            "API URL",
        ),
        (
            "fabrikam",
            ("source.login_url", &*url),
            "source.client_secret_file",
            "Login host",
        ),
        (
            "fabrikam",
            ("source.tenant_id", "other.example"),
            "source.client_secret_file",
            "Tenant",
        ),
        (
            "fabrikam",
            ("source.proxy", &*proxy),
            "source.proxy_password_file",
            "Proxy",
        ),
    ] {
        for act in ["check", "next", "save"] {
            let said = scene.cloud_step(agent, act, &[changed]);
            assert_eq!(
                said.code, 200,
                "{agent} {changed:?} {act}: {}",
                said.location
            );
            let beside = format!("id=\"{asked_for}-error\"");
            let error = said.body.split_once(&beside).map(|(_, rest)| rest);
            let error = error.unwrap_or_else(|| panic!("{changed:?} {act}: {}", said.body));
            let error = error.split("</p>").next().unwrap();
            assert!(
                error.contains(label) && error.contains("enter it again"),
                "{error}"
            );
        }
        // nor from the steps that have no such field
        for step in ["data", "finish"] {
            let path = format!("/setup/agent/{agent}/{step}");
            let fields = [
                ("act", "preview"),
                ("alerts.enabled", "on"),
                ("activities.enabled", "on"),
            ];
            let said = scene.client.send(&path, &fields);
            assert_eq!(said.code, 200, "{changed:?} {step}: {}", said.location);
            assert!(
                said.body.contains("enter it again"),
                "{changed:?} {step}: {}",
                said.body
            );
        }
        scene.leave(agent);
    }
    assert_eq!(scene.settings(), scene.settings);
    assert_eq!(canary.heard(), "");

    // with the secret typed anew it goes, and only what was typed
    let typed = [("source.api_url", &*url), ("source.token_file", TYPED)];
    let said = scene.cloud_step("contoso", "check", &typed);
    let page = scene.ended(&said);
    assert!(page.contains("FAIL"), "{page}");
    assert!(canary.heard().contains(TYPED), "{}", canary.heard());
    // what was typed is kept from there on, and bound as well
    let other = Canary::start();
    let said = scene.cloud_step("contoso", "check", &[("source.api_url", &other.url())]);
    assert!(
        said.code == 200 && said.body.contains("enter it again"),
        "{}",
        said.location
    );
    assert_eq!(other.heard(), "");
    for kept in [scene.cloud.token(), CLIENT_SECRET, PROXY_PASSWORD] {
        assert!(!canary.heard().contains(kept), "{}", canary.heard());
    }
    scene.siembox.stop();
}

#[test]
fn what_changes_no_destination_asks_for_nothing() {
    let mut scene = scene();
    let same = format!(
        "{}/",
        scene.cloud.url().to_uppercase().replace("HTTPS", "https")
    );
    let said = scene.cloud_step("contoso", "check", &[("source.api_url", &same)]);
    let page = scene.ended(&said);
    assert!(page.contains("ok   token"), "{page}");
    let proxied = [("source.timeout", "30s"), ("drop:source.ca_file", "on")];
    let said = scene.cloud_step("contoso", "save", &proxied);
    assert_eq!(said.location, "/setup?done=changed", "{}", said.body);
    scene.siembox.stop();
}

#[test]
fn an_import_neither_moves_a_secret_nor_names_files_of_the_machine() {
    let mut scene = scene();
    let canary = Canary::start();
    let machine = tempfile::tempdir().unwrap();
    let file = machine.path().join("secret");
    fs::write(&file, OF_THE_MACHINE).unwrap();
    symlink(&file, scene.siembox.path("out")).unwrap();
    fs::write(scene.siembox.path("old-token"), OF_THE_MACHINE).unwrap();
    let absolute = format!("token_file = \"{}\"", file.display());
    let logs = format!("logs_dir = \"{}\"\nstate_dir", machine.path().display());
    let state = format!("state_dir = \"{}\"", machine.path().display());
    let page_key = format!(
        "[page]\nkey_file = \"{0}\"\ncertificate_file = \"{0}\"",
        file.display()
    );
    let (api, token) = (scene.cloud.url(), "token_file = \"token\"");
    let proxy = format!("me@{}", canary.host_and_port());
    for (is, becomes, key) in [
        (&*api, &*canary.url(), "agent[1].source.token_file"),
        (token, &absolute, "agent[1].source.token_file"),
        (
            token,
            "token_file = \"../secret\"",
            "agent[1].source.token_file",
        ),
        (token, "token_file = \"out\"", "agent[1].source.token_file"),
        (
            token,
            "token_file = \"old-token\"",
            "agent[1].source.token_file",
        ),
        (
            token,
            "token_file = \"client-secret\"",
            "agent[1].source.token_file",
        ),
        (
            token,
            "token_file = \"siembox.toml\"",
            "agent[1].source.token_file",
        ),
        (
            "ca_file = \"cloud-ca.pem\"",
            "ca_file = \"old-token\"",
            "agent[1].source.ca_file",
        ),
        (
            "ca_file = \"cloud-ca.pem\"",
            "ca_file = \"new.pem\"",
            "agent[1].source.token_file",
        ),
        (
            "client_secret_file = \"client-secret\"",
            "client_secret_file = \"/etc/hostname\"",
            "agent[2].source.client_secret_file",
        ),
        (
            "login_url = \"http://127.0.0.1:9\"",
            &format!("login_url = \"{}\"", canary.url()),
            "agent[2].source.client_secret_file",
        ),
        (
            "fabrikam.example",
            "other.example",
            "agent[2].source.client_secret_file",
        ),
        (
            "me@127.0.0.1:9",
            &proxy,
            "agent[2].source.proxy_password_file",
        ),
        ("[page]", &page_key, "page.certificate_file"),
        ("[page]", &page_key, "page.key_file"),
        ("state_dir", &logs, "logs_dir"),
        ("state_dir = \"state\"", &state, "state_dir"),
        ("state_dir = \"state\"", "", "state_dir"),
    ] {
        let changed = scene.settings.replacen(is, becomes, 1);
        assert_ne!(changed, scene.settings, "{is}");
        let said = scene.import(&changed);
        assert!(
            said.code == 200 && said.body.contains("role=\"alert\""),
            "{becomes}: {}",
            said.location
        );
        let alert = said.body.split_once("role=\"alert\"").unwrap().1;
        let alert = alert.split("</div>").next().unwrap();
        assert!(
            alert.contains(key) && alert.contains("allowed: "),
            "{becomes}: {alert}"
        );
        assert!(!said.body.contains(OF_THE_MACHINE), "{becomes}");
    }
    assert_eq!(scene.settings(), scene.settings);
    assert_eq!(canary.heard(), "");

    // what changes no destination, and names what is not there yet, is taken
    let next = scene.settings.replace("paused = true", "paused = false")
        + "client_key_file = \"later.key\"\nclient_cert_file = \"later.pem\"\nprotocol = \"tls\"\n";
    let said = scene.import(&next);
    assert_eq!(said.location, "/setup?done=imported", "{}", said.body);
    assert_eq!(scene.settings(), next);
    scene.siembox.stop();
}

#[test]
fn what_was_named_by_hand_outside_of_the_folder_works_and_is_not_exported() {
    let mut scene = scene();
    let machine = tempfile::tempdir().unwrap();
    let file = machine.path().join("secret");
    fs::write(&file, OF_THE_MACHINE).unwrap();
    let by_hand = format!("client_secret_file = \"{}\"", file.display());
    let text = scene
        .settings
        .replace("client_secret_file = \"client-secret\"", &by_hand);
    scene.siembox.set_text(&text);
    let passphrase = [
        ("secrets", "on"),
        ("passphrase", "a long passphrase"),
        ("again", "a long passphrase"),
        ("password", PASSWORD),
    ];
    let said = scene.client.send("/setup/transfer/export", &passphrase);
    assert!(
        said.body.contains("agent[2].source.client_secret_file"),
        "{}",
        said.body
    );
    assert!(
        said.body.contains("outside of the settings folder"),
        "{}",
        said.body
    );
    assert!(!said.body.contains("BEGIN AGE"), "{}", said.body);
    // it stays what it is where nothing about it changes
    let said = scene.cloud_step("fabrikam", "save", &[("source.timeout", "30s")]);
    assert_eq!(said.location, "/setup?done=changed", "{}", said.body);
    assert!(scene.settings().contains(&by_hand), "{}", scene.settings());
    let said = scene.import(&scene.settings().replace("30s", "40s"));
    assert_eq!(said.location, "/setup?done=imported", "{}", said.body);
    scene.siembox.stop();
}
