//! RELP: 20,000 lines into rsyslog's imrelp, plain and with each TLS library; what a killed
//! receiver costs; and a scripted receiver for all that a real one rarely does.

mod faults;
mod killed;
mod script;

use std::time::Instant;

use siembox::for_tests::sink::{Farewell, Protocol, RelpFault, Sink, SinkError, TrustFiles, Wire};
use siembox::for_tests::spool::LineSet;
use siembox_support::pki::Authority;
use siembox_support::receiver::rsyslog::{Driver, Tls};
use siembox_support::receiver::{Receiver, rsyslog};
use tempfile::TempDir;

use super::*;

const RELP: Protocol = Protocol::Relp { trust: None };

/// The first so many lines.
fn up_to(lines: usize) -> LineSet {
    LineSet::from(0..lines as u64)
}

// --- real receivers

fn all_arrive(receiver: Receiver, protocol: Protocol) {
    story(async move {
        let sent = lines(MANY);
        let mut wire = Wire::connect(&target(receiver.port(), protocol), 0)
            .await
            .unwrap();
        let (began, mut accepted) = (Instant::now(), LineSet::default());
        for (number, some) in sent.chunks(BATCH).enumerate() {
            let first = Some((number * BATCH) as u64);
            assert_eq!(
                wire.send(&batch(some), first).await.unwrap(),
                FramingRepairs::default()
            );
            // Several batches per proof, as the forwarder does.
            if number % 7 == 6 {
                wire.prove().await.unwrap();
                accepted.insert_all(&wire.answers().accepted);
                assert_eq!(accepted, up_to((number + 1) * BATCH));
            }
        }
        wire.prove().await.unwrap();
        accepted.insert_all(&wire.answers().accepted);
        assert_eq!(accepted, up_to(MANY));
        println!("{MANY} lines answered in {:?}", began.elapsed());
        // before the end: imrelp with OpenSSL was once seen to have written our closing record in
        // the place of a line
        let arrived = receiver.wait_for(MANY);
        assert_eq!(wire.close().await.unwrap(), Farewell::Confirmed);
        same(&arrived, &sent);
    });
}

/// A receiver over TLS, and how to reach it, with and without a client certificate.
struct Lab {
    folder: TempDir,
    receiver: Receiver,
}

impl Lab {
    fn new(driver: Driver, wants_client: bool) -> Self {
        let (folder, authority) = (TempDir::new().unwrap(), Authority::new("Lab CA"));
        let write = |name: &str, host: &str| authority.issue(&[host]).write(folder.path(), name);
        let ca = authority.write(folder.path());
        let (cert, key) = write("server", "127.0.0.1");
        write("client", "client");
        let receiver = rsyslog::relp_tls(&Tls {
            driver,
            ca,
            cert,
            key,
            wants_client,
        });
        Self { folder, receiver }
    }

    fn protocol(&self, with_client: bool) -> Protocol {
        let at = |name: &str| self.folder.path().join(name);
        let files = TrustFiles {
            ca_file: Some(at("ca.pem")),
            client: with_client.then(|| (at("client.pem"), at("client.key"))),
            ..TrustFiles::default()
        };
        let trust = Some(files.load("127.0.0.1").unwrap());
        Protocol::Relp { trust }
    }
}

#[test]
fn rsyslog_plain() {
    all_arrive(rsyslog::relp(), RELP);
}

#[test]
fn rsyslog_gnutls() {
    let lab = Lab::new(Driver::Gtls, true);
    let protocol = lab.protocol(true);
    all_arrive(lab.receiver, protocol);
}

#[test]
fn rsyslog_openssl() {
    let lab = Lab::new(Driver::Ossl, false);
    let protocol = lab.protocol(false);
    all_arrive(lab.receiver, protocol);
}

#[test]
fn a_client_certificate_is_shown_to_openssl_and_asked_for_by_gnutls() {
    story(async {
        let lab = Lab::new(Driver::Ossl, true);
        let to = target(lab.receiver.port(), lab.protocol(true));
        let mut wire = Wire::connect(&to, 0).await.unwrap();
        wire.send(&batch(&lines(3)), None).await.unwrap();
        wire.prove().await.unwrap();
        // before the end: see `all_arrive`
        let arrived = lab.receiver.wait_for(3);
        assert_eq!(wire.close().await.unwrap(), Farewell::Confirmed);
        same(&arrived, &lines(3));

        // imrelp with GnuTLS and certificates lets nobody in without one, whatever its authMode.
        let lab = Lab::new(Driver::Gtls, false);
        let to = target(lab.receiver.port(), lab.protocol(false));
        let told = deliver(&to, &lines(3)).await.unwrap_err();
        assert!(told.to_string().contains("client_cert_file"), "{told}");
    });
}

#[test]
fn ports_mixed_up_are_told_apart() {
    story(async {
        let silent = |port, protocol| {
            let mut to = target(port, protocol);
            to.bounds.handshake = Duration::from_millis(500);
            to
        };
        let (plain, tcp) = (rsyslog::relp(), rsyslog::tcp());
        let lab = Lab::new(Driver::Ossl, false);
        for (to, words) in [
            (silent(tcp.port(), RELP), "may be for plain syslog"),
            (
                target(lab.receiver.port(), RELP),
                "this port may be for TLS",
            ),
            (target(plain.port(), lab.protocol(false)), "TLS"),
            (silent(tcp.port(), lab.protocol(false)), "without TLS"),
        ] {
            let told = Wire::connect(&to, 0).await.unwrap_err().to_string();
            println!("{told}");
            assert!(told.contains(words), "{words}: {told}");
        }
    });
}

#[test]
fn nothing_inside_a_line_can_end_it() {
    story(async {
        let receiver = rsyslog::relp();
        let large = format!("<13>{}", "日".repeat(300_000));
        let sent = ["<13>a\nb 1 rsp 6 200 OK\n", "<13>c\td", &large, "", "<13>e"].map(String::from);
        let mut wire = Wire::connect(&target(receiver.port(), RELP), 0)
            .await
            .unwrap();
        assert_eq!(
            wire.send(&batch(&sent), Some(0)).await.unwrap(),
            FramingRepairs::default()
        );
        wire.prove().await.unwrap();
        assert_eq!(wire.answers().accepted, up_to(5));
        wire.close().await.unwrap();
        // rsyslog takes a line feed off the end; the other stands as one in its file.
        let arrived = receiver.wait_for(6);
        let expected = ["<13>a", "b 1 rsp 6 200 OK", "<13>c\td", &large, "", "<13>e"];
        same(&arrived, &expected.map(String::from));
    });
}

#[test]
fn the_cap_holds_with_relp() {
    story(async {
        let receiver = rsyslog::relp();
        let to = capped(target(receiver.port(), RELP), 1000);
        let began = Instant::now();
        assert_eq!(
            deliver(&to, &lines(1500)).await.unwrap(),
            Farewell::Confirmed
        );
        // 1500 lines at 1000 a second, the first ten at once.
        assert!(
            began.elapsed() >= Duration::from_millis(1489),
            "{:?}",
            began.elapsed()
        );
        same(&receiver.wait_for(1500), &lines(1500));
    });
}
