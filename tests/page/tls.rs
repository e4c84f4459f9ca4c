//! The real process over its real TLS socket.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use siembox_support::cloud::Cloud;
use siembox_support::pki::Authority;
use siembox_support::sink::SyslogReceiver;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::house::{PASSWORD, token};
use crate::siembox::{Plan, Siembox, signal};
use crate::stage::{cloud, code, connect, exchange, page};

pub struct Scene {
    pub siembox: Siembox,
    pub plan: Plan,
    _cloud: Cloud,
    _siem: SyslogReceiver,
}

/// What is asked with one browser's certificate store and cookies.
pub struct Client {
    agent: ureq::Agent,
    pub at: String,
    pub cookies: BTreeMap<String, String>,
}

pub struct Said {
    pub code: u16,
    pub location: String,
    pub body: String,
}

pub fn scene(further: &str) -> Scene {
    let (cloud, siem) = (cloud(5), SyslogReceiver::start());
    let mut plan = crate::stage::plan(&cloud, siem.addr().port());
    plan.page = format!("listen = \"127.0.0.1:0\"\nhttps_listen = \"127.0.0.1:0\"\n{further}");
    let mut siembox = Siembox::new(&cloud, &plan);
    siembox.start();
    Scene {
        siembox,
        plan,
        _cloud: cloud,
        _siem: siem,
    }
}

impl Scene {
    pub fn https(&mut self) -> SocketAddr {
        let status = self
            .siembox
            .wait("HTTPS is there", |status| status.page.len() == 2);
        let address = status.page[1].strip_prefix("https://").unwrap();
        address.trim_end_matches('/').parse().unwrap()
    }

    pub fn client(&mut self) -> Client {
        let at = self.https();
        Client::new(at, &self.siembox.state().join("page/certificate.pem"))
    }
}

impl Client {
    /// Believes this certificate and no other.
    pub fn new(at: SocketAddr, root: &Path) -> Self {
        let root = Certificate::from_pem(&std::fs::read(root).unwrap()).unwrap();
        let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&[root]));
        let agent = ureq::Agent::config_builder()
            .tls_config(tls.build())
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(30)))
            .build()
            .new_agent();
        Self {
            agent,
            at: format!("https://{at}"),
            cookies: BTreeMap::new(),
        }
    }

    pub fn get(&mut self, path: &str) -> Said {
        let mut request = self.agent.get(format!("{}{path}", self.at));
        if !self.cookies.is_empty() {
            request = request.header("Cookie", self.cookie());
        }
        let answer = request.call().unwrap();
        self.take(answer)
    }

    /// As a browser sends them.
    fn cookie(&self) -> String {
        let pairs = self.cookies.iter();
        let pairs: Vec<String> = pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    /// A form of the set-up, with the session's token.
    pub fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Said {
        let page = self.get("/setup/password").body;
        let csrf = token(&page).to_owned();
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend(fields);
        self.post(path, &all)
    }

    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Said {
        let mut request = self
            .agent
            .post(format!("{}{path}", self.at))
            .header("Origin", &self.at);
        if !self.cookies.is_empty() {
            request = request.header("Cookie", self.cookie());
        }
        let answer = request.send_form(fields.iter().copied()).unwrap();
        self.take(answer)
    }

    fn take(&mut self, mut answer: ureq::http::Response<ureq::Body>) -> Said {
        let header = |name: &str| {
            let value = answer.headers().get(name);
            value.map(|value| value.to_str().unwrap().to_owned())
        };
        for cookie in answer.headers().get_all("Set-Cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            match value {
                "" => drop(self.cookies.remove(name)),
                value => drop(self.cookies.insert(name.to_owned(), value.to_owned())),
            }
        }
        let (code, location) = (answer.status().as_u16(), header("Location"));
        let mut body = String::new();
        answer
            .body_mut()
            .as_reader()
            .read_to_string(&mut body)
            .unwrap();
        Said {
            code,
            location: location.unwrap_or_default(),
            body,
        }
    }
}

#[test]
fn claim_login_logout_and_all_of_it_after_a_restart() {
    let mut scene = scene("");
    let mut client = scene.client();
    assert_eq!(client.get("/setup").location, "/claim");
    let said = client.post("/claim", &[("password", PASSWORD), ("again", PASSWORD)]);
    assert_eq!(
        (said.code, &*said.location),
        (303, "/setup"),
        "{}",
        said.body
    );
    let said = client.get("/setup");
    assert_eq!(said.code, 200);

    // a change of the page's settings signs nobody out
    let mut next = scene.plan.clone();
    next.page += "hosts = [\"bridge.example\"]\n";
    scene.siembox.set(&next);
    let old = client.at.clone();
    scene.siembox.wait("the page moved", |status| {
        status.page.get(1).is_some_and(|at| !at.starts_with(&old))
    });
    client.at = format!("https://{}", scene.https());
    let said = client.get("/setup");
    assert_eq!(said.code, 200);
    let csrf = token(&said.body).to_owned();
    assert_eq!(
        client.post("/logout", &[("csrf", &csrf)]).location,
        "/login"
    );
    assert_eq!(client.get("/setup").code, 303);
    assert_eq!(
        client
            .post("/login", &[("password", "wrong password")])
            .code,
        403
    );

    let status = scene.siembox.status().unwrap();
    let fingerprint = status.page_fingerprint;
    assert!(
        scene
            .siembox
            .log()
            .contains(&format!("(certificate SHA-256 {fingerprint})"))
    );
    let shown = scene.siembox.output("status", &[]).stdout;
    assert!(String::from_utf8_lossy(&shown).contains(&fingerprint));
    scene.siembox.stop();
    scene.siembox.start();
    let mut client = scene.client();
    assert_eq!(
        scene.siembox.status().unwrap().page_fingerprint,
        fingerprint
    );
    assert_eq!(
        client.post("/login", &[("password", PASSWORD)]).location,
        "/setup"
    );
    let list = client.get("/setup/audit").body;
    for words in ["claimed", "signed out", "wrong password", "signed in"] {
        assert!(list.contains(words), "{words}: {list}");
    }
    assert!(!scene.siembox.log().contains(PASSWORD));
    for name in ["owner", "audit", "page/key.pem"] {
        let mode = scene
            .siembox
            .state()
            .join(name)
            .metadata()
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn shows_itself_with_your_own_certificate_or_says_why_not() {
    let mut scene = scene("certificate_file = \"page.pem\"\nkey_file = \"page-key.pem\"\n");
    // there are no such files: the box's own, and a notice
    let status = scene.siembox.wait_for_notice("certificate cannot be used");
    let text = &status.notices[0].text;
    assert!(
        text.contains("page.pem") && text.contains("box's own"),
        "{text}"
    );
    assert_eq!(scene.client().get("/").code, 200);

    let authority = Authority::new("Contoso CA");
    let issued = authority.issue(&["127.0.0.1"]);
    let at = |name: &str| scene.siembox.path(name);
    std::fs::write(at("page.pem"), &issued.cert_pem).unwrap();
    std::fs::write(at("page-key.pem"), &issued.key_pem).unwrap();
    std::fs::write(at("ca.pem"), &authority.cert_pem).unwrap();
    let mut next = scene.plan.clone();
    next.page += "hosts = [\"bridge.example\"]\n";
    scene.siembox.set(&next);
    let own = status.page_fingerprint;
    let status = scene.siembox.wait("yours is there", |status| {
        status.page_fingerprint != own && status.page.len() == 2
    });
    assert!(status.notices.iter().all(|notice| notice.over_ms.is_some()));
    let ca = scene.siembox.path("ca.pem");
    assert_eq!(
        Client::new(scene.https(), &ca).get("/setup").location,
        "/claim"
    );

    // renewed under the same name
    let issued = authority.issue(&["127.0.0.1"]);
    std::fs::write(scene.siembox.path("page.pem"), &issued.cert_pem).unwrap();
    std::fs::write(scene.siembox.path("page-key.pem"), &issued.key_pem).unwrap();
    signal(scene.siembox.pid(), "HUP");
    let before = status.page_fingerprint;
    scene.siembox.wait("the renewed one is there", |status| {
        status.page_fingerprint != before && status.page.len() == 2
    });
    assert_eq!(Client::new(scene.https(), &ca).get("/").code, 200);
}

#[test]
fn attacks_on_the_socket_lead_nowhere() {
    let mut scene = scene("");
    let plain = page(&mut scene.siembox);
    let secure = scene.https();
    let mut client = scene.client();
    client.post("/claim", &[("password", PASSWORD), ("again", PASSWORD)]);
    // a log-in over plain HTTP is sent on, and not tried
    let body = "password=correct+horse+battery";
    let request = format!(
        "POST /login HTTP/1.1\r\nHost: {plain}\r\nOrigin: http://{plain}\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = exchange(plain, request.as_bytes());
    assert_eq!(code(&answer), 303, "{answer}");
    assert!(
        answer.contains(&format!("https://127.0.0.1:{}/login", secure.port())),
        "{answer}"
    );
    assert!(
        !answer.to_ascii_lowercase().contains("set-cookie"),
        "{answer}"
    );

    // plain text, garbage and silence on the TLS socket
    for bytes in [
        &b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"[..],
        &[0; 500],
        b"\x16\x03\x01\xff\xff\xff",
    ] {
        let answer = exchange(secure, bytes);
        assert!(!answer.contains("HTTP/1.1 200"), "{answer}");
    }
    let silent: Vec<TcpStream> = (0..80).map(|_| connect(secure)).collect();
    assert_eq!(client.get("/setup").code, 200, "they make room");
    let begin = std::time::Instant::now();
    for mut stream in silent {
        let _ = stream.write_all(b"\x16");
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
    }
    assert!(
        begin.elapsed() < Duration::from_secs(15),
        "{:?}",
        begin.elapsed()
    );

    // a form larger than any of ours
    let large = "x".repeat(70_000);
    let request = client
        .agent
        .post(format!("{}/login", client.at))
        .header("Origin", &client.at);
    let refused = request.send_form([("password", large.as_str())]);
    assert!(refused.map_or(true, |answer| answer.status() == 413));
    assert_eq!(client.get("/setup").code, 200);
}

/// Many passwords at work keep nobody from the status.
#[test]
fn hashing_holds_up_nobody() {
    let mut scene = scene("");
    let plain = page(&mut scene.siembox);
    let mut client = scene.client();
    client.post("/claim", &[("password", PASSWORD), ("again", PASSWORD)]);
    let (at, root) = (
        scene.https(),
        scene.siembox.state().join("page/certificate.pem"),
    );
    std::thread::scope(|scope| {
        let guessers: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let mut guesser = Client::new(at, &root);
                    (0..5)
                        .map(|_| {
                            guesser
                                .post("/login", &[("password", "a wrong guess")])
                                .code
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        for _ in 0..50 {
            let begin = std::time::Instant::now();
            assert_eq!(code(&crate::stage::get(plain, "/healthz")), 200);
            assert!(
                begin.elapsed() < Duration::from_secs(2),
                "{:?}",
                begin.elapsed()
            );
        }
        let codes: Vec<u16> = guessers
            .into_iter()
            .flat_map(|one| one.join().unwrap())
            .collect();
        assert!(
            codes.iter().all(|code| matches!(code, 403 | 429)),
            "{codes:?}"
        );
        assert!(
            codes.iter().filter(|code| **code == 403).count() < 8,
            "{codes:?}"
        );
    });
    assert_eq!(client.get("/setup").code, 200, "who is signed in stays so");
}

/// Wrong passwords without end from this machine, which is where the owner's browser is too.
#[test]
fn the_owner_gets_in_while_somebody_tries_passwords_from_the_same_address() {
    let mut scene = scene("");
    let mut known = scene.client();
    known.post("/claim", &[("password", PASSWORD), ("again", PASSWORD)]);
    known.send("/logout", &[]);
    let (at, root) = (
        scene.https(),
        scene.siembox.state().join("page/certificate.pem"),
    );
    let (over, refused) = (AtomicBool::new(false), AtomicU32::new(0));
    let tried = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut thief = Client::new(at, &root);
                while !over.load(Ordering::Relaxed) {
                    thief.cookies.clear();
                    match thief.post("/login", &[("password", "a wrong guess")]).code {
                        403 => tried.fetch_add(1, Ordering::Relaxed),
                        _ => refused.fetch_add(1, Ordering::Relaxed),
                    };
                }
            });
        }
        let _end = scopeguard(&over);
        while refused.load(Ordering::Relaxed) < 20 {
            std::thread::yield_now();
        }
        for _ in 0..5 {
            let said = known.post("/login", &[("password", PASSWORD)]);
            assert_eq!(said.location, "/setup", "{}", said.body);
            known.send("/logout", &[]);
        }
        // a browser that the box has never seen
        let mut unknown = Client::new(at, &root);
        unknown.get("/login");
        let begin = Instant::now();
        while unknown.post("/login", &[("password", PASSWORD)]).code != 303 {
            assert!(begin.elapsed() < Duration::from_secs(20));
            std::thread::sleep(Duration::from_millis(200));
        }
        assert_eq!(unknown.get("/setup").code, 200);
    });
    let (tried, refused) = (tried.into_inner(), refused.into_inner());
    assert!(tried < 12, "{tried} guesses, {refused} refused");
}

/// Sets it when it goes, also where a test falls: threads wait for it.
fn scopeguard(over: &AtomicBool) -> impl Drop + '_ {
    struct Set<'a>(&'a AtomicBool);
    impl Drop for Set<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    Set(over)
}
