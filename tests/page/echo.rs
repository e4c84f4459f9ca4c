//! Voices that repeat our secrets: whatever they say, and however they write it, no output holds
//! one.
//!
//! | voice | repeats them in |
//! |---|---|
//! | API | error bodies (JSON, HTML, text), redirects, headers, ids of records that can't be read, records |
//! | Entra | its refusals, pages in its place, the roles of its token; a token that it gives is repeated by the API |
//! | proxy | ways to log on, the answer to CONNECT, a page in the API's place |
//! | SIEM over TCP and TLS | bytes that it says before it hangs up |
//! | SIEM over RELP | answers to the session and to lines, words that are no RELP |
//! | certificates | issuers of the API's, Entra's, the proxy's and the SIEM's; the SIEM's names; whose it asks for |
//!
//! Each says a harmless word of its own with them ([`HEARD`]), and that word has to arrive in an
//! output: a voice that is not heard proves nothing. DHCP servers and time servers are heard by
//! processes of the firmware: `network/rim.rs` and `tests/box/timekeeping.rs` have the same of
//! them.

mod cloud;
mod secrets;
mod siem;
mod wire;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use siembox::for_tests::firmware::status_txt::{self, BoxFacts};
use siembox::for_tests::status::Snapshot;
use siembox_support::pki::Authority;

use crate::house::PASSWORD;
use crate::siembox::{PATIENCE, Siembox};
use crate::tls::Client;
use secrets::{BEARER, CLIENT_SECRET, Known, PROXY_PASSWORD, TOKEN, marker, telling};

/// All voices, by the words that are seen of them.
const HEARD: [&str; 23] = [
    "api-detail",
    "api-page",
    "api-redirect",
    "api-errors",
    "api-text",
    "api-record",
    "api-message",
    "api-certificate",
    "entra-refusal",
    "entra-page",
    "entra-roles",
    "entra-certificate",
    "proxy-scheme",
    "proxy-page",
    "proxy-certificate",
    "siem-tcp",
    "siem-tls",
    "siem-issuer",
    "siem-name",
    "siem-accepts",
    "relp-session",
    "relp-line",
    "relp-words",
];

/// Outputs in which voices are heard, and what stands where a secret stood.
const SPEAKING: [&str; 9] = [
    "/",
    "/status.json",
    "notices",
    "STATUS.TXT",
    "bundle",
    "check",
    "status",
    "render",
    "siembox.log",
];

/// What somebody reads: where, and the text.
#[derive(Default)]
struct Outputs(BTreeSet<(String, String)>);

impl Outputs {
    fn add(&mut self, name: &str, text: impl Into<String>) {
        self.0.insert((name.to_owned(), text.into()));
    }

    /// What a command says.
    fn of(&mut self, siembox: &Siembox, command: &str, arguments: &[&str]) {
        let output = siembox.output(command, arguments);
        for bytes in [output.stdout, output.stderr] {
            self.add(command, String::from_utf8_lossy(&bytes));
        }
    }

    /// What one look shows without a log-in.
    fn look(&mut self, siembox: &Siembox, client: &mut Client) {
        for path in ["/", "/status.json", "/metrics"] {
            self.add(path, client.get(path).body);
        }
        let status = siembox.status().unwrap();
        self.add("notices", format!("{:?}", status.notices));
        self.add("socket", format!("{status:?}"));
        for text in status_txt_of(&status) {
            self.add("STATUS.TXT", text);
        }
    }

    fn all(&self, name: &str) -> String {
        let said = self.0.iter().filter(|(of, _)| of == name);
        said.map(|(_, text)| text.as_str()).collect()
    }
}

/// As the firmware writes it; it has room for some agents only, so each has one of its own.
fn status_txt_of(status: &Snapshot) -> Vec<String> {
    let agents = status_txt::AgentFacts::all(status).into_iter();
    let facts = agents.map(|agent| BoxFacts {
        agents: vec![agent],
        troubles: (status.notices.iter())
            .map(|notice| notice.text.clone())
            .collect(),
        ..BoxFacts::default()
    });
    facts.map(|facts| status_txt::text(&facts)).collect()
}

/// An agent's section. `source` and `siem` are what it has of its own.
fn agent(name: &str, source: &str, siem: &str) -> String {
    format!(
        "[[agent]]\nname = \"{name}\"\n[agent.source]\n{source}\nrequests_per_minute = 6000\npoll_interval = \"1s\"\n\
         [agent.siem]\nheartbeat = \"1m\"\nhost = \"127.0.0.1\"\n{siem}\n[agent.ledger]\naudit = false\n"
    )
}

/// One agent for each pair of a voice in the cloud and one at the SIEM.
fn agents(
    known: &Known,
    asked: &Arc<AtomicUsize>,
    sent: &Arc<Mutex<String>>,
    lab: &Arc<Authority>,
) -> String {
    let token = |url: String| format!("{url}\ntoken_file = \"token\"");
    let at = |scheme: &str, host: &str, port: u16| format!("\"{scheme}://{host}:{port}\"");
    let api = |asked: &_, only| {
        let port = cloud::api(known, asked, only);
        format!("api_url = {}", at("http", "127.0.0.1", port))
    };
    let (records, api) = (api(&Arc::default(), &cloud::WITH_RECORDS), api(asked, &[]));
    let app = |digit: &str, login: &str| {
        format!(
            "{api}\ntenant_id = \"{}\"\nclient_id = \"{}\"\nclient_secret_file = \"client-secret\"\nlogin_url = {login}",
            cloud::tenant(digit),
            cloud::tenant("3")
        )
    };
    let login = at("http", "127.0.0.1", cloud::entra(known));
    let login_tls = cloud::certificate(known, "entra-certificate");
    let proxied = |scheme: &str, host: &str, port: u16| {
        token(format!(
            "api_url = \"{scheme}://{host}:9\"\nproxy = \"http://u@127.0.0.1:{port}\"\nproxy_password_file = \"proxy-password\""
        ))
    };
    let siem = |protocol: &str, port: u16| format!("protocol = \"{protocol}\"\nport = {port}");
    let trusted = |port: u16| format!("{}\nca_file = \"ca.pem\"", siem("tls", port));
    let tcp = siem("tcp", siem::tcp(known, sent));
    let relp = siem("relp", siem::relp(known));
    let api_tls = cloud::certificate(known, "api-certificate");
    [
        agent("gateway", &token(api.clone()), &tcp),
        agent(
            "records",
            &token(records),
            &siem("relp", siem::relp_that_refuses(known)),
        ),
        agent("let-in", &app(cloud::LETS_IN, &login), &relp),
        agent(
            "kept-out",
            &app(cloud::REFUSES, &login),
            &trusted(siem::tls(known, lab)),
        ),
        agent(
            "roleless",
            &app(cloud::KNOWS_NO_ROLE, &login),
            &siem("tls", cloud::certificate(known, "siem-issuer")),
        ),
        agent(
            "elsewhere",
            &app(cloud::SENDS_ELSEWHERE, &login),
            &trusted(siem::other_name(known, lab)),
        ),
        agent(
            "strange",
            &app(cloud::REFUSES, &at("https", "localhost", login_tls)),
            &trusted(siem::asks_for_a_certificate(known, lab)),
        ),
        agent(
            "inspected",
            &token(format!("api_url = {}", at("https", "localhost", api_tls))),
            &relp,
        ),
        agent(
            "refused",
            &proxied("https", "localhost", cloud::proxy_that_refuses(known)),
            &tcp,
        ),
        agent(
            "blocked",
            &proxied("http", "127.0.0.1", cloud::proxy_that_blocks(known)),
            &tcp,
        ),
        agent(
            "between",
            &proxied("https", "localhost", cloud::proxy_that_inspects(known)),
            &tcp,
        ),
    ]
    .concat()
}

#[test]
fn no_voice_that_repeats_our_secrets_is_heard_anywhere() {
    let (known, asked, sent) = (
        Known::of_settings(),
        Arc::<AtomicUsize>::default(),
        Arc::default(),
    );
    let lab = Arc::new(Authority::new("Lab"));
    let agents = agents(&known, &asked, &sent, &lab);
    let cloud = crate::stage::cloud(1);
    let mut siembox = Siembox::new(&cloud, &crate::stage::plan(&cloud, 9));
    for (name, secret) in [
        ("token", TOKEN),
        ("client-secret", CLIENT_SECRET),
        ("proxy-password", PROXY_PASSWORD),
    ] {
        siembox.put_secret(name, secret);
    }
    std::fs::write(siembox.path("ca.pem"), &lab.cert_pem).unwrap();
    let logs = siembox.path("logs");
    siembox.set_text(&format!(
        "state_dir = \"state\"\nlogs_dir = {logs:?}\n[log]\nlevel = \"trace\"\n[page]\nlisten = \"127.0.0.1:0\"\nhttps_listen = \"127.0.0.1:0\"\n{agents}",
    ));
    siembox.start();
    let status = siembox.wait("HTTPS is there", |status| status.page.len() == 2);
    let at = status.page[1].strip_prefix("https://").unwrap();
    let at = at.trim_end_matches('/').parse().unwrap();
    let mut client = Client::new(at, &siembox.state().join("page/certificate.pem"));
    let claimed = client.post("/claim", &[("password", PASSWORD), ("again", PASSWORD)]);
    assert_eq!(claimed.code, 303);
    assert!(!client.cookies.is_empty());
    client.cookies.values().for_each(|cookie| known.add(cookie));
    siembox.wait("the API repeats the bearer", |_| known.knows(BEARER));

    // from now on each voice knows all secrets, and each has to be heard; the API in each way of
    // writing. Whom it refuses waits before it asks again, a command does not
    let turns = asked.load(Ordering::Relaxed) + cloud::ANSWERS * secrets::WAYS;
    let log = || {
        let text = std::fs::read(logs.join("siembox.log")).unwrap_or_default();
        String::from_utf8_lossy(&text).into_owned()
    };
    let begun = log().len();
    let mut silent = BTreeSet::from(HEARD);
    let mut outputs = Outputs::default();
    let patience = Instant::now();
    while !silent.is_empty() || asked.load(Ordering::Relaxed) < turns {
        outputs.of(&siembox, "check", &["--agent", "gateway"]);
        outputs.look(&siembox, &mut client);
        let log = log().split_off(begun);
        let texts = outputs.0.iter().map(|(_, text)| text.as_str());
        let texts: Vec<&str> = texts.chain([&*log]).collect();
        silent.retain(|voice| !texts.iter().any(|text| text.contains(&marker(voice))));
        assert!(
            patience.elapsed() < 2 * PATIENCE,
            "{asked:?} {silent:?}\n{log}"
        );
    }
    outputs.add("bundle", client.send("/setup/support", &[]).body);
    for path in ["/setup", "/setup/audit", "/setup/agent/gateway"] {
        outputs.add(path, client.get(path).body);
    }
    let records = siembox.path("records.json");
    let evidence = marker("evidence");
    std::fs::write(
        &records,
        format!(
            "{{\"_id\":\"r1\",\"timestamp\":1,\"created\":1,\"description\":\"{evidence} {TOKEN}\"}}\n{{\"_id\":\"{evidence} {TOKEN}\"}}\n"
        ),
    )
    .unwrap();
    for (command, arguments) in [
        ("status", &[][..]),
        ("status", &["--json"]),
        ("check", &[]),
        ("orphans", &[]),
        ("preview", &["--agent", "gateway"]),
        ("preview", &["--agent", "let-in"]),
        ("render", &["--agent", "gateway", records.to_str().unwrap()]),
    ] {
        outputs.of(&siembox, command, arguments);
    }
    siembox.stop();
    outputs.add("standard error", siembox.log());
    for name in ["siembox.log", "siembox.log.1"] {
        let log = std::fs::read(logs.join(name)).unwrap_or_default();
        outputs.add(name, String::from_utf8_lossy(&log));
    }
    let sent = sent.lock().unwrap();
    let beats = sent
        .lines()
        .filter(|line| line.contains("SIEMBOX_HEARTBEAT"));
    let beats: Vec<&str> = beats.collect();
    assert!(!beats.is_empty(), "{sent}");
    outputs.add("heartbeat", beats.join("\n"));

    for output in SPEAKING {
        let said = outputs.all(output);
        assert!(
            said.contains("VOICE-") && said.contains("(removed)"),
            "{output}: {said}"
        );
    }
    hold_no(&known.all(), &outputs);
}

fn hold_no(secrets: &[String], outputs: &Outputs) {
    for (output, text) in &outputs.0 {
        let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        // what only the running process was given, a command can't know, and is sent by nobody to
        // it
        let is_another = matches!(output.as_str(), "check" | "preview" | "render");
        let of_settings = [TOKEN, CLIENT_SECRET, PROXY_PASSWORD];
        let is_known = |secret: &str| !is_another || of_settings.contains(&secret);
        for secret in secrets.iter().filter(|secret| is_known(secret)) {
            for part in telling(secret) {
                let part: String = part.chars().filter(|c| !c.is_whitespace()).collect();
                if let Some(at) = bare.find(&part) {
                    let from = bare.floor_char_boundary(at.saturating_sub(300));
                    let to = bare.ceil_char_boundary((at + 200).min(bare.len()));
                    panic!("{output} holds {part} of {secret}:\n{}", &bare[from..to]);
                }
            }
        }
    }
}
