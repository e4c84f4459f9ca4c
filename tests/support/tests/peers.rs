//! What stands around the cloud: the Entra endpoint, proxies, a server of the past, a small
//! receiver.
#![allow(clippy::unwrap_used)]
#![allow(
    clippy::disallowed_methods,
    reason = "short answers of our own simulator"
)]

mod ask;

use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use ask::{agent, ids, post, whole_scan};
use base64::Engine as _;
use serde_json::{Value, json};
use siembox_support::cloud::{App, Cloud, Fault, Target};
use siembox_support::old_tls::OldTls;
use siembox_support::pki::{Authority, Issued};
use siembox_support::proxy::Proxy;
use siembox_support::records;
use siembox_support::sink::{Framing, SyslogReceiver};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

const PATIENCE: Duration = Duration::from_secs(10);
const SCOPE: &str = "05a65629-4c1b-48c1-a78b-804c4abdd4af%2F.default";

fn log_in(
    agent: &ureq::Agent,
    cloud: &Cloud,
    tenant: &str,
    client: &str,
    secret: &str,
    scope: &str,
) -> (u16, Value) {
    let mut answer = agent
        .post(format!("{}/{tenant}/oauth2/v2.0/token", cloud.url()))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .send(format!(
            "grant_type=client_credentials&client_id={client}&client_secret={secret}&scope={scope}"
        ))
        .unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    (
        answer.status().as_u16(),
        serde_json::from_str(&text).unwrap(),
    )
}

fn list_with(agent: &ureq::Agent, cloud: &Cloud, bearer: &Value) -> u16 {
    let key = bearer["access_token"].as_str().unwrap();
    agent
        .get(format!("{}/api/v1/alerts/", cloud.url()))
        .header("Authorization", format!("Bearer {key}"))
        .call()
        .unwrap()
        .status()
        .as_u16()
}

#[test]
fn entra_gives_tokens_that_open_the_api_until_they_end() {
    let now = 1_760_000_000_000;
    let cloud = Cloud::builder()
        .app(App::new("contoso.com", "app-1", "s3cret!"))
        .stopped_at(now)
        .start();
    let agent = agent(cloud.ca_pem());
    let (status, token) = log_in(&agent, &cloud, "contoso.com", "app-1", "s3cret%21", SCOPE);
    assert_eq!(
        (status, &token["token_type"], &token["expires_in"]),
        (200, &json!("Bearer"), &json!(3599))
    );
    let claims = token["access_token"]
        .as_str()
        .unwrap()
        .split('.')
        .nth(1)
        .unwrap();
    let claims: Value = serde_json::from_slice(
        &base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(claims)
            .unwrap(),
    )
    .unwrap();
    assert_eq!(claims["roles"], json!(["Investigation.read"]));
    assert_eq!(claims["exp"], json!(now / 1000 + 3599));
    assert_eq!(list_with(&agent, &cloud, &token), 200);
    cloud.stop_clock_at(now + 3_599_000);
    assert_eq!(list_with(&agent, &cloud, &token), 401);

    let (_, token) = log_in(&agent, &cloud, "contoso.com", "app-1", "s3cret%21", SCOPE);
    assert_eq!(list_with(&agent, &cloud, &token), 200);
    cloud.revoke_bearers();
    assert_eq!(list_with(&agent, &cloud, &token), 401);
}

#[test]
fn entra_refuses_in_its_own_words() {
    let cloud = Cloud::builder()
        .app(App::new("contoso.com", "app-1", "right").roles(&[]))
        .start();
    let agent = agent(cloud.ca_pem());
    let error = |tenant, client, secret, scope| {
        let (status, answer) = log_in(&agent, &cloud, tenant, client, secret, scope);
        (status, answer["error_codes"][0].as_u64().unwrap())
    };
    assert_eq!(
        error("contoso.com", "app-1", "wrong", SCOPE),
        (401, 7_000_215)
    );
    assert_eq!(
        error("contoso.com", "app-2", "right", SCOPE),
        (400, 700_016)
    );
    assert_eq!(
        error("fabrikam.com", "app-1", "right", SCOPE),
        (400, 90_002)
    );
    assert_eq!(
        error("contoso.com", "app-1", "right", "other"),
        (400, 70_011)
    );
    // without the role there is a token, but it opens nothing
    let (_, token) = log_in(&agent, &cloud, "contoso.com", "app-1", "right", SCOPE);
    assert_eq!(list_with(&agent, &cloud, &token), 403);
}

fn through(proxy: &str, ca_pem: &str) -> ureq::Agent {
    let ca = Certificate::from_pem(ca_pem.as_bytes()).unwrap().to_owned();
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .proxy(Some(ureq::Proxy::new(proxy).unwrap()))
        .timeout_global(Some(Duration::from_secs(20)))
        .tls_config(
            TlsConfig::builder()
                .root_certs(RootCerts::from(vec![ca]))
                .build(),
        )
        .build()
        .into()
}

#[test]
fn a_proxy_carries_and_counts() {
    let cloud = Cloud::builder()
        .activities(records::activities(1, 3000))
        .start();
    let proxy = Proxy::start();
    let (_, answer) = post(
        &through(&proxy.url(), cloud.ca_pem()),
        &cloud,
        "/api/v1/activities/",
        &whole_scan(5000),
    );
    assert_eq!(ids(&answer), cloud.activity_ids());
    assert_eq!(proxy.tunnels(), 1);
    assert_eq!(proxy.connects()[0].target, cloud.addr().to_string());
}

#[test]
fn a_proxy_wants_its_password() {
    let cloud = Cloud::builder().start();
    let proxy = Proxy::builder().password("jane", "p:w d").start();
    let ask = |proxy: &str| through(proxy, cloud.ca_pem()).get(cloud.url()).call();
    assert!(ask(&proxy.url()).is_err());
    assert!(ask(&format!("http://jane:wrong@{}", proxy.addr())).is_err());
    assert_eq!(
        ask(&format!("http://jane:p%3Aw%20d@{}", proxy.addr()))
            .unwrap()
            .status(),
        401
    );
    let statuses: Vec<u16> = proxy
        .connects()
        .iter()
        .map(|connect| connect.status)
        .collect();
    assert_eq!(statuses, [407, 407, 200]);
}

#[test]
fn an_inspecting_proxy_shows_its_own_authority() {
    let cloud = Cloud::builder()
        .activities(records::activities(2, 3000))
        .start();
    let name = "contoso.us3.portal.cloudappsecurity.com";
    let proxy = Proxy::builder()
        .inspect(cloud.ca_pem())
        .route(&format!("{name}:443"), cloud.addr())
        .start();
    let ask = |ca_pem: &str| {
        through(&proxy.url(), ca_pem)
            .post(format!("https://{name}/api/v1/activities/"))
            .header("Authorization", format!("Token {}", cloud.token()))
            .send(whole_scan(5000).to_string())
    };
    assert!(ask(cloud.ca_pem()).is_err());
    let text = ask(proxy.inspection_ca_pem())
        .unwrap()
        .body_mut()
        .with_config()
        .limit(1 << 30)
        .read_to_string()
        .unwrap();
    assert_eq!(ids(&serde_json::from_str(&text).unwrap()).len(), 3000);
}

#[test]
fn a_proxy_refuses_and_looks_no_name_up() {
    let cloud = Cloud::builder().start();
    let proxy = Proxy::builder().refuse(403).start();
    assert!(
        through(&proxy.url(), cloud.ca_pem())
            .get(cloud.url())
            .call()
            .is_err()
    );
    assert_eq!(proxy.connects()[0].status, 403);
    let open = Proxy::start();
    assert!(
        through(&open.url(), cloud.ca_pem())
            .get("https://siem.example/")
            .call()
            .is_err()
    );
    assert_eq!(open.connects()[0].status, 502);
}

#[test]
fn a_server_of_the_past_is_refused_by_clients_of_today() {
    let old = OldTls::start().unwrap();
    let error = agent(old.ca_pem())
        .get(old.url())
        .call()
        .unwrap_err()
        .to_string();
    assert!(error.contains("ProtocolVersion"), "{error}");
}

#[test]
fn a_receiver_keeps_whole_lines_through_stops() {
    let mut receiver = SyslogReceiver::start();
    let mut socket = TcpStream::connect(receiver.addr()).unwrap();
    socket
        .write_all("<109>one\n<109>zwei 二\n<109>cut of".as_bytes())
        .unwrap();
    assert!(receiver.wait_for(2, PATIENCE));
    receiver.stop();
    // its port says nothing: another test may have it by now
    let ended = std::io::Read::read(&mut socket, &mut [0; 1]);
    assert!(!matches!(ended, Ok(1..)), "{ended:?}");
    receiver.restart();
    TcpStream::connect(receiver.addr())
        .unwrap()
        .write_all(b"<109>three\n")
        .unwrap();
    assert!(receiver.wait_for(3, PATIENCE));
    assert_eq!(receiver.lines(), ["<109>one", "<109>zwei 二", "<109>three"]);
    assert_eq!(receiver.connections(), 2);

    receiver.rude(true);
    let mut socket = TcpStream::connect(receiver.addr()).unwrap();
    let refused = std::io::Read::read(&mut socket, &mut [0; 1]);
    assert!(!matches!(refused, Ok(1..)), "{refused:?}");
}

#[test]
fn certificates_can_be_wrong() {
    let authority = Authority::new("Some CA");
    let error = |issued: Issued| {
        let cloud = Cloud::builder().certificate(issued).start();
        agent(&authority.cert_pem)
            .get(cloud.url())
            .call()
            .unwrap_err()
            .to_string()
    };
    let expired = error(authority.issue_expired(&["127.0.0.1"]));
    assert!(expired.contains("expired"), "{expired}");
    let other = error(authority.issue(&["elsewhere.example"]));
    assert!(other.contains("not valid for name"), "{other}");
}

#[test]
fn login_fails_on_request_too() {
    let cloud = Cloud::builder()
        .app(App::new("contoso.com", "app-1", "right"))
        .start();
    let agent = agent(cloud.ca_pem());
    cloud.fault(Fault::Status(404).on(Target::Login));
    assert_eq!(
        log_in(&agent, &cloud, "contoso.com", "app-1", "right", SCOPE).0,
        404
    );
    assert_eq!(
        log_in(&agent, &cloud, "contoso.com", "app-1", "right", SCOPE).0,
        200
    );
}

#[test]
fn a_slow_receiver_reads_slowly() {
    let receiver = SyslogReceiver::start();
    receiver.slow(20);
    let start = Instant::now();
    TcpStream::connect(receiver.addr())
        .unwrap()
        .write_all(&b"<1>x\n".repeat(7))
        .unwrap();
    assert!(receiver.wait_for(7, PATIENCE));
    assert!(start.elapsed() >= Duration::from_millis(300));
}

#[test]
fn a_receiver_counts_octets() {
    let receiver = SyslogReceiver::builder()
        .framing(Framing::OctetCounting)
        .start();
    TcpStream::connect(receiver.addr())
        .unwrap()
        .write_all(b"6 <1>a\nb5 <1>12")
        .unwrap();
    assert!(receiver.wait_for(2, PATIENCE));
    assert_eq!(receiver.lines(), ["<1>a\nb", "<1>12"]);
}
