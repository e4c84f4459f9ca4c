//! The receivers receive, one after the other, die and come back.

use std::io::Write;
use std::net::{TcpStream, UdpSocket};

use siembox_support::pki::Authority;
use siembox_support::receiver::{Receiver, rsyslog, syslog_ng};

fn two_lives(mut receiver: Receiver, wire: &[u8], line: &str) {
    for life in 1..=2 {
        TcpStream::connect(receiver.address())
            .and_then(|mut stream| stream.write_all(wire))
            .unwrap();
        assert_eq!(
            receiver.wait_for(life),
            vec![line; life],
            "{}",
            receiver.said()
        );
        receiver.kill();
        if life == 1 {
            receiver.start();
        }
    }
}

#[test]
fn rsyslog_takes_both_framings() {
    two_lives(rsyslog::tcp(), b"<13>a b|c=d\n", "<13>a b|c=d");
    two_lives(rsyslog::tcp(), b"11 <13>a b|c=d", "<13>a b|c=d");
}

#[test]
fn rsyslog_takes_datagrams() {
    let receiver = rsyslog::udp();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket
        .send_to("<13>Zoë".as_bytes(), receiver.address())
        .unwrap();
    assert_eq!(receiver.wait_for(1), ["<13>Zoë"]);
}

#[test]
fn rsyslog_listens_with_tls() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("Test CA");
    let (cert, key) = authority.issue(&["localhost"]).write(folder.path(), "siem");
    for driver in [rsyslog::Driver::Gtls, rsyslog::Driver::Ossl] {
        let receiver = rsyslog::tls(&rsyslog::Tls {
            driver,
            ca: authority.write(folder.path()),
            cert: cert.clone(),
            key: key.clone(),
            wants_client: false,
        });
        assert!(receiver.pid().is_some());
    }
}

#[test]
fn syslog_ng_takes_lines() {
    two_lives(syslog_ng::network(), b"<13>a b|c=d\n", "<13>a b|c=d");
}

#[test]
fn syslog_ng_takes_counted_messages() {
    two_lives(syslog_ng::syslog(), b"11 <13>a b|c=d", "<13>a b|c=d");
}
