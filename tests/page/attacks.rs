//! What is done to a page on a network: to the real process, over its real socket.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use siembox::for_tests::status::Topic;
use siembox_support::cloud::Cloud;
use siembox_support::receiver::{Transport, listens};
use siembox_support::sink::SyslogReceiver;

use crate::siembox::Siembox;
use crate::stage::{add, cloud, code, connect, exchange, get, page, plan};

/// Longer than a page that works takes, also on a slow machine.
const SOON: Duration = Duration::from_secs(5);

struct Scene {
    cloud: Cloud,
    siem: SyslogReceiver,
    /// Ends with the scene.
    _siembox: Siembox,
    page: SocketAddr,
}

fn start() -> Scene {
    let (cloud, siem) = (cloud(200), SyslogReceiver::start());
    let mut siembox = Siembox::new(&cloud, &plan(&cloud, siem.addr().port()));
    siembox.start();
    let page = page(&mut siembox);
    Scene {
        cloud,
        siem,
        _siembox: siembox,
        page,
    }
}

impl Scene {
    /// The page answers somebody else soon, and the stream goes on.
    fn is_well(&mut self, seed: u64) {
        let begin = Instant::now();
        let answer = get(self.page, "/healthz");
        assert_eq!(code(&answer), 200, "{answer}");
        assert!(begin.elapsed() < SOON, "{:?}", begin.elapsed());
        let before = self.siem.count();
        add(&self.cloud, seed, 20);
        assert!(
            self.siem
                .wait_for(before.max(200) + 20, Duration::from_secs(60))
        );
    }
}

#[test]
fn malformed_requests_are_refused() {
    let mut scene = start();
    let host = scene.page;
    for (request, expected) in [
        ("\0\0\0\0\r\n\r\n".to_owned(), 400),
        ("hello\r\n\r\n".to_owned(), 400),
        ("GET /\r\n\r\n".to_owned(), 400),
        (format!("GET / HTTP/9.9\r\nHost: {host}\r\n\r\n"), 400),
        (
            format!("GET / HTTP/1.1\r\nHost: {host}\r\nX\0: 1\r\n\r\n"),
            400,
        ),
        (
            format!("GET / HTTP/1.1\r\nHost: {host}\r\nContent-Length: -1\r\n\r\n"),
            400,
        ),
        (
            format!(
                "GET / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"
            ),
            400,
        ),
        (
            format!("GET / HTTP/1.1\r\nHost: {host}\r\nHost: evil\r\n\r\n"),
            400,
        ),
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), 400),
        (
            format!("GET / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
            400,
        ),
        (
            format!("BREW / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"),
            501,
        ),
        // line ends that a proxy before us may read otherwise
        (format!("GET / HTTP/1.1\nHost: {host}\n\n"), 400),
        (format!("GET / HTTP/1.1\r\nHost: {host}\r\n\n"), 400),
        (format!("GET / HTTP/1.1\r\nHost: {host}\nX: a\r\n\r\n"), 400),
        (
            format!("GET / HTTP/1.1\r\nHost: {host}\r\nX: a\nGET /2 HTTP/1.1\r\n\r\n"),
            400,
        ),
        // TLS
        ("\u{16}\u{3}\u{1}\u{0}\u{5}hello".to_owned(), 400),
    ] {
        let closed = request.replacen(
            "\r\n\r\n",
            "\r\nConnection: close\r\n\r\n",
            usize::from(expected == 400 && request.starts_with("GET / HTTP/1.1")),
        );
        let answer = exchange(scene.page, closed.as_bytes());
        assert_eq!(code(&answer), expected, "{request:?}: {answer}");
    }
    // HTTP/2 with prior knowledge: hung up on
    let answer = exchange(scene.page, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    assert_eq!(answer, "");
    scene.is_well(1);
}

#[test]
fn nothing_may_be_larger_than_its_bound() {
    let mut scene = start();
    let host = scene.page;
    let long = "x".repeat(20_000);
    let many: String = (0..100).map(|n| format!("X-{n}: 1\r\n")).collect();
    for (what, request, expected) in [
        (
            "url",
            format!("GET /{long} HTTP/1.1\r\nHost: {host}\r\n\r\n"),
            &[414, 431][..],
        ),
        (
            "header",
            format!("GET / HTTP/1.1\r\nHost: {host}\r\nX: {long}\r\n\r\n"),
            &[431],
        ),
        (
            "headers",
            format!("GET / HTTP/1.1\r\nHost: {host}\r\n{many}\r\n"),
            &[431],
        ),
        (
            "body",
            format!("POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 10000000\r\n\r\n"),
            &[413],
        ),
        (
            "chunks",
            format!(
                "POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n{}",
                format!("4e20\r\n{long}\r\n").repeat(5)
            ),
            &[413],
        ),
    ] {
        let answer = exchange(scene.page, request.as_bytes());
        assert!(expected.contains(&code(&answer)), "{what}: {answer:.200}");
    }
    scene.is_well(2);
}

#[test]
fn strange_hosts_paths_and_methods_lead_nowhere() {
    let scene = start();
    let ask = |line: &str, host: &str| {
        let request = format!("{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        exchange(scene.page, request.as_bytes())
    };
    let own = scene.page.to_string();
    for host in [
        "evil.example",
        "127.0.0.1.evil.example",
        "evil.example:8514",
        "",
    ] {
        let answer = ask("GET /", host);
        assert!(matches!(code(&answer), 400 | 421), "{host}: {answer}");
        assert!(!answer.contains("contoso"), "{answer}");
    }
    // the request line's own host counts, not the header's
    assert_eq!(code(&ask("GET http://evil.example/status.json", &own)), 421);
    for path in [
        "/../../../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2fetc/passwd",
        "//etc/passwd",
        "/siembox.css/../status.json",
        "/siembox.css/",
        "/status.json%00.css",
        "/STATUS.JSON",
        "/.",
        "/state/status.sock",
        "/siembox.toml",
        "/token",
    ] {
        let answer = ask(&format!("GET {path}"), &own);
        assert_eq!(code(&answer), 404, "{path}: {answer}");
    }
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
        let answer = ask(&format!("{method} /status.json"), &own);
        assert_eq!(code(&answer), 405, "{method}: {answer}");
    }
    assert!(matches!(
        code(&ask("CONNECT evil.example:443", &own)),
        400 | 405 | 421
    ));
    let head = ask("HEAD /", &own);
    assert!(code(&head) == 200 && head.ends_with("\r\n\r\n"), "{head}");
}

/// Heads that never end, answers that nobody takes, and connections that only stand there.
#[test]
fn slow_visitors_hold_up_nobody() {
    let mut scene = start();
    let slow: Vec<TcpStream> = (0..200)
        .map(|number| {
            let mut stream = connect(scene.page);
            let half = match number % 3 {
                0 => "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ".to_owned(),
                1 => "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".repeat(40),
                _ => String::new(),
            };
            // those that had to make room are gone
            let _ = stream.write_all(half.as_bytes());
            stream
        })
        .collect();
    for seed in 3..6 {
        scene.is_well(seed);
        for path in ["/", "/status.json", "/metrics"] {
            let begin = Instant::now();
            assert_eq!(code(&get(scene.page, path)), 200, "{path}");
            assert!(begin.elapsed() < SOON, "{path}: {:?}", begin.elapsed());
        }
        for (stream, number) in slow.iter().zip(0..) {
            let mut stream = stream;
            if number % 3 == 0 {
                let _ = stream.write_all(b"a");
            }
        }
    }
    drop(slow);
}

/// A connection without a request ends by itself.
#[test]
fn who_asks_nothing_is_hung_up_on() {
    let scene = start();
    let mut silent = connect(scene.page);
    let mut dripping = connect(scene.page);
    dripping
        .write_all(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        .unwrap();
    let begin = Instant::now();
    for stream in [&mut silent, &mut dripping] {
        let mut rest = Vec::new();
        // within the 20 s that `connect` bears
        let ended = stream.read_to_end(&mut rest);
        assert!(ended.is_ok(), "{ended:?} after {:?}", begin.elapsed());
    }
}

#[test]
fn the_page_moves_and_goes_while_the_stream_runs() {
    let (cloud, siem) = (cloud(200), SyslogReceiver::start());
    let first = plan(&cloud, siem.addr().port());
    let mut siembox = Siembox::new(&cloud, &first);
    siembox.start();
    let old = page(&mut siembox);
    let pid = siembox.pid();
    assert!(
        siembox
            .log()
            .contains(&format!("the page is at http://{old}/"))
    );

    // the port is somebody else's: a notice, and the stream goes on
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap();
    let mut next = first.clone();
    next.page = format!("listen = \"{taken}\"\nhttps_listen = []\n");
    siembox.set(&next);
    let status = siembox.wait_for_notice("the page cannot listen on");
    let notice = &status.notices[0];
    assert_eq!(notice.topic, Topic::Page);
    assert!(
        notice.text.contains("set listen in [page]"),
        "{}",
        notice.text
    );
    assert!(status.page.is_empty());
    // somebody else may have the port by now
    let is_kept = listens(pid, Transport::Tcp, old.port());
    assert!(!is_kept, "the old address is left");
    add(&cloud, 7, 20);
    assert!(siem.wait_for(220, Duration::from_secs(60)));

    // two addresses, one of IPv6
    next.page =
        "listen = [\"127.0.0.1:0\", \"[::1]:0\"]\nhttps_listen = []\nhosts = [\"bridge.example\"]\n".to_owned();
    siembox.set(&next);
    let status = siembox.wait("it is at both", |status| status.page.len() == 2);
    assert!(status.notices.iter().all(|notice| notice.over_ms.is_some()));
    for address in &status.page {
        let address = address
            .strip_prefix("http://")
            .unwrap()
            .trim_end_matches('/');
        assert_eq!(code(&get(address.parse().unwrap(), "/")), 200);
    }
    let named = "GET / HTTP/1.1\r\nHost: Bridge.Example\r\nConnection: close\r\n\r\n";
    assert_eq!(code(&exchange(page(&mut siembox), named.as_bytes())), 200);

    // a browser that stays connected holds up neither the change nor the end
    let mut lingering = connect(page(&mut siembox));
    lingering
        .write_all(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        .unwrap();
    next.page = "enabled = false\n".to_owned();
    siembox.set(&next);
    siembox.wait("it is off", |status| status.page.is_empty());
    assert_eq!(siembox.pid(), pid, "the same process");
    siembox.stop();
}
