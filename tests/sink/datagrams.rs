//! UDP: what arrives, what is cut, what is objected to.

use std::net::UdpSocket;

use siembox::for_tests::sink::{Farewell, Protocol, Sink, SinkError, Wire};
use siembox::for_tests::syslog::frame::CUT_MARK;
use siembox_support::receiver::{Transport, free_port, rsyslog};

use super::*;

const DATAGRAMS: Protocol = Protocol::Udp { max_datagram: 8192 };

fn listener(address: &str) -> (UdpSocket, u16) {
    let socket = UdpSocket::bind(address).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let port = socket.local_addr().unwrap().port();
    (socket, port)
}

fn next(socket: &UdpSocket) -> String {
    let mut bytes = vec![0; 65_536];
    let len = socket.recv(&mut bytes).unwrap();
    String::from_utf8(bytes[..len].to_vec()).unwrap()
}

#[test]
fn rsyslog_imudp() {
    story(async {
        let receiver = rsyslog::udp();
        let sent = lines(MANY);
        let to = capped(target(receiver.port(), DATAGRAMS), 10_000);
        assert_eq!(deliver(&to, &sent).await.unwrap(), Farewell::Unknowable);
        same(&receiver.wait_for(MANY), &sent);
    });
}

#[test]
fn a_closed_port_is_seen() {
    story(async {
        let port = free_port(Transport::Udp);
        let mut wire = Wire::connect(&target(port, DATAGRAMS), 0).await.unwrap();
        wire.send(&batch(&lines(1)), None).await.unwrap();
        let told = wire.prove().await.unwrap_err();
        assert!(matches!(told, SinkError::Refused { .. }), "{told}");
        assert!(
            told.to_string().contains(&format!("127.0.0.1:{port}/udp")),
            "{told}"
        );
        let told = wire.send(&batch(&lines(1)), None).await.unwrap_err();
        assert!(matches!(told, SinkError::Spent { .. }), "{told}");
    });
}

#[test]
fn a_receiver_that_goes_away_is_seen_while_nothing_is_sent() {
    story(async {
        let port = free_port(Transport::Udp);
        let (socket, _) = listener(&format!("127.0.0.1:{port}"));
        let mut wire = Wire::connect(&target(port, DATAGRAMS), 0).await.unwrap();
        drop(socket);
        wire.send(&batch(&lines(1)), None).await.unwrap();
        assert!(matches!(wire.gone().await, SinkError::Refused { .. }));
    });
}

#[test]
fn a_long_line_is_cut_where_it_shows() {
    story(async {
        let (socket, port) = listener("127.0.0.1:0");
        let to = target(port, Protocol::Udp { max_datagram: 480 });
        let mut wire = Wire::connect(&to, 0).await.unwrap();
        let sent = [format!("<13>{}", "日".repeat(400)), "<13>short".to_owned()];
        assert_eq!(wire.send(&batch(&sent), None).await.unwrap().cut, 1);
        let cut = next(&socket);
        assert!(cut.len() <= 480 && cut.len() > 470, "{}", cut.len());
        assert!(cut.ends_with(CUT_MARK) && sent[0].starts_with(cut.trim_end_matches(CUT_MARK)));
        assert_eq!(next(&socket), "<13>short");
        wire.prove().await.unwrap();
    });
}

#[test]
fn what_the_system_calls_too_large_is_cut_smaller() {
    story(async {
        let (socket, port) = listener("127.0.0.1:0");
        // More than IPv4 can carry, so that the system itself says EMSGSIZE.
        let to = target(
            port,
            Protocol::Udp {
                max_datagram: 65_520,
            },
        );
        let mut wire = Wire::connect(&to, 0).await.unwrap();
        let sent = [
            format!("<13>{}", "x".repeat(65_600)),
            "<13>short".to_owned(),
        ];
        assert_eq!(wire.send(&batch(&sent), None).await.unwrap().cut, 1);
        assert_eq!(next(&socket).len(), 65_520 / 2);
        assert_eq!(next(&socket), "<13>short");
        wire.prove().await.unwrap();
    });
}

#[test]
fn over_ipv6() {
    if UdpSocket::bind("[::1]:0").is_err() {
        eprintln!("left out: this host has no ::1");
        return;
    }
    story(async {
        let (socket, port) = listener("[::1]:0");
        let mut to = target(port, DATAGRAMS);
        to.host = "::1".to_owned();
        assert_eq!(deliver(&to, &lines(2)).await.unwrap(), Farewell::Unknowable);
        assert_eq!([next(&socket), next(&socket)].as_slice(), lines(2));
    });
}
