//! 20,000 lines over plain TCP into each real receiver, compared line by line.

use siembox::for_tests::sink::{Farewell, Protocol, Sink, Wire};
use siembox::for_tests::syslog::frame::Framing;
use siembox_support::receiver::{Receiver, rsyslog, syslog_ng};

use super::*;

const COUNTED: Protocol = Protocol::Tcp {
    framing: Framing::OctetCounting,
};

fn all_arrive(receiver: Receiver, protocol: Protocol) {
    story(async move {
        let sent = lines(MANY);
        let farewell = deliver(&target(receiver.port(), protocol), &sent).await;
        assert_eq!(farewell.unwrap(), Farewell::Confirmed);
        same(&receiver.wait_for(MANY), &sent);
    });
}

#[test]
fn rsyslog_lf() {
    all_arrive(rsyslog::tcp(), PLAIN);
}

#[test]
fn rsyslog_octet_counting() {
    all_arrive(rsyslog::tcp(), COUNTED);
}

#[test]
fn syslog_ng_network_lf() {
    all_arrive(syslog_ng::network(), PLAIN);
}

#[test]
fn syslog_ng_syslog_octet_counting() {
    all_arrive(syslog_ng::syslog(), COUNTED);
}

#[test]
fn a_confirmed_close_means_that_the_process_has_read_it() {
    story(async {
        let mut receiver = rsyslog::tcp();
        let sent = lines(2000);
        let farewell = deliver(&target(receiver.port(), PLAIN), &sent).await;
        assert_eq!(farewell.unwrap(), Farewell::Confirmed);
        // It ends as a service does: it writes what it has read, and reads no more.
        receiver.stop();
        same(&receiver.lines(), &sent);
    });
}

#[test]
fn a_large_line_arrives_whole() {
    story(async {
        let receiver = rsyslog::tcp();
        let sent = vec![format!("<13>{}", "日".repeat(300_000)), "<13>b".to_owned()];
        let farewell = deliver(&target(receiver.port(), PLAIN), &sent).await;
        assert_eq!(farewell.unwrap(), Farewell::Confirmed);
        same(&receiver.wait_for(2), &sent);
    });
}

#[test]
fn a_newline_does_not_end_a_message() {
    story(async {
        let receiver = rsyslog::tcp();
        let mut wire = Wire::connect(&target(receiver.port(), PLAIN), 0)
            .await
            .unwrap();
        let sent = [
            "<13>a\nb".to_owned(),
            "<13>c\0d".to_owned(),
            "<13>e".to_owned(),
        ];
        assert_eq!(wire.send(&batch(&sent), None).await.unwrap().broken, 2);
        assert_eq!(wire.sent(), 8 + 8 + 6);
        wire.close().await.unwrap();
        assert_eq!(receiver.wait_for(3), ["<13>a b", "<13>c d", "<13>e"]);
    });
}

#[test]
fn over_ipv6() {
    let Ok(listener) = std::net::TcpListener::bind("[::1]:0") else {
        eprintln!("left out: this host has no ::1");
        return;
    };
    story(async move {
        let mut to = target(listener.local_addr().unwrap().port(), PLAIN);
        to.host = "::1".to_owned();
        let reader = std::thread::spawn(move || {
            let (mut peer, _) = listener.accept().unwrap();
            std::io::read_to_string(&mut peer).unwrap()
        });
        assert_eq!(deliver(&to, &lines(3)).await.unwrap(), Farewell::Confirmed);
        assert_eq!(reader.join().unwrap(), lines(3).join("\n") + "\n");
    });
}

#[test]
fn the_cap_holds() {
    story(async {
        let receiver = rsyslog::tcp();
        let to = capped(target(receiver.port(), PLAIN), 1000);
        let began = std::time::Instant::now();
        deliver(&to, &lines(1500)).await.unwrap();
        // 1500 lines at 1000 a second, the first ten at once.
        assert!(
            began.elapsed() >= Duration::from_millis(1489),
            "{:?}",
            began.elapsed()
        );
        same(&receiver.wait_for(1500), &lines(1500));
    });
}
