//! Receivers that refuse, reset, stall, chatter, die and come back.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use siembox::for_tests::sink::{Farewell, Sink, SinkError, Wire};
use siembox_support::receiver::{Transport, free_port, rsyslog};
use socket2::SockRef;

use super::*;

/// A receiver that does what the script says with the one connection it gets.
fn scripted(script: impl FnOnce(TcpStream) + Send + 'static) -> Target {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || script(listener.accept().unwrap().0));
    target(port, PLAIN)
}

/// Ends with a reset instead of a FIN.
fn reset(peer: TcpStream) {
    SockRef::from(&peer)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
}

/// Sends and proves until something fails, and says what.
async fn until_it_fails(wire: &mut Wire) -> SinkError {
    loop {
        if let Err(told) = wire.send(&batch(&lines(10)), None).await {
            return told;
        }
        if let Err(told) = wire.prove().await {
            return told;
        }
        tokio::task::yield_now().await;
    }
}

#[test]
fn refused() {
    story(async {
        let port = free_port(Transport::Tcp);
        let told = Wire::connect(&target(port, PLAIN), 0).await.unwrap_err();
        assert_eq!(
            told.to_string(),
            format!(
                "connection refused by 127.0.0.1:{port}/tcp: nothing listens there, or a firewall \
                    rejects the connection: check host, port, protocol"
            )
        );
    });
}

#[test]
fn a_machine_that_does_not_answer_is_told_apart() {
    story(async {
        // A full queue of connections drops the next request, as a firewall does.
        let socket =
            socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        let any: std::net::SocketAddr = "127.0.0.1:0".parse().unwrap();
        socket.bind(&any.into()).unwrap();
        socket.listen(0).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        let _first = TcpStream::connect(address).unwrap();

        let mut to = target(address.port(), PLAIN);
        to.bounds.connect = Duration::from_millis(300);
        let told = Wire::connect(&to, 0).await.unwrap_err();
        assert!(matches!(told, SinkError::ConnectSilent { .. }), "{told}");
        assert!(
            told.to_string().contains("no answer from 127.0.0.1:"),
            "{told}"
        );
    });
}

#[test]
fn all_addresses_are_tried() {
    story(async {
        // localhost is ::1 and 127.0.0.1 on most machines; only the latter listens.
        let receiver = rsyslog::tcp();
        let mut to = target(receiver.port(), PLAIN);
        to.host = "localhost".to_owned();
        for attempt in 0..3 {
            let wire = Wire::connect(&to, attempt).await.unwrap();
            assert!(wire.peer().to_string().starts_with("localhost (127.0.0.1:"));
        }
    });
}

#[test]
fn a_reset_in_the_middle_is_no_proof() {
    story(async {
        let to = scripted(|mut peer| {
            let mut some = [0; 100];
            peer.read_exact(&mut some).unwrap();
            reset(peer);
        });
        let mut wire = Wire::connect(&to, 0).await.unwrap();
        let told = until_it_fails(&mut wire).await;
        assert!(
            matches!(told, SinkError::Broken { .. } | SinkError::Closed { .. }),
            "{told}"
        );
        let told = wire.prove().await.unwrap_err();
        assert!(matches!(told, SinkError::Spent { .. }), "{told}");
    });
}

#[test]
fn a_relay_that_acknowledges_and_hangs_up_is_no_proof() {
    story(async {
        for end in [drop, reset] {
            let (sent, wait) = std::sync::mpsc::channel();
            let mut to = scripted(move |peer| {
                // As a relay does whose own receiver is down: it has accepted, and its kernel has
                // acknowledged. It hangs up before the proof begins or amid it: neither is a proof.
                wait.recv().unwrap();
                end(peer);
            });
            // longer than a slow machine takes to hang up
            to.bounds.first_proof = Duration::from_secs(3);
            let mut wire = Wire::connect(&to, 0).await.unwrap();
            wire.send(&batch(&lines(1)), None).await.unwrap();
            sent.send(()).unwrap();
            let told = wire.prove().await.unwrap_err();
            assert!(matches!(told, SinkError::Broken { .. }), "{told}");
        }
    });
}

#[test]
fn a_fin_is_seen_before_the_next_send() {
    story(async {
        let (gone, wait) = std::sync::mpsc::channel();
        let to = scripted(move |peer| {
            drop(peer);
            gone.send(()).unwrap();
        });
        let mut wire = Wire::connect(&to, 0).await.unwrap();
        tokio::task::spawn_blocking(move || wait.recv().unwrap())
            .await
            .unwrap();
        let told = wire.send(&batch(&lines(1)), None).await.unwrap_err();
        assert!(
            matches!(told, SinkError::Closed { said: None, .. }),
            "{told}"
        );
    });
}

#[test]
fn a_fin_is_seen_while_nothing_is_sent() {
    story(async {
        let to = scripted(drop);
        let mut wire = Wire::connect(&to, 0).await.unwrap();
        assert!(matches!(wire.gone().await, SinkError::Closed { .. }));
        let (connected, wait) = std::sync::mpsc::channel();
        let to = scripted(move |peer| {
            wait.recv().unwrap();
            reset(peer);
        });
        let mut wire = Wire::connect(&to, 0).await.unwrap();
        connected.send(()).unwrap();
        assert!(matches!(wire.gone().await, SinkError::Broken { .. }));
    });
}

#[test]
fn watching_an_idle_peer_can_be_abandoned() {
    story(async {
        let receiver = rsyslog::tcp();
        let mut wire = Wire::connect(&target(receiver.port(), PLAIN), 0)
            .await
            .unwrap();
        let watched = tokio::time::timeout(Duration::from_millis(50), wire.gone()).await;
        assert!(watched.is_err());
        wire.send(&batch(&lines(2)), None).await.unwrap();
        assert_eq!(wire.close().await.unwrap(), Farewell::Confirmed);
        same(&receiver.wait_for(2), &lines(2));
    });
}

#[test]
fn what_is_no_syslog_receiver_is_quoted() {
    story(async {
        let to = scripted(|mut peer| {
            let mut some = [0; 100];
            peer.read_exact(&mut some).unwrap();
            peer.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
            // Everything is read, so that the end is a FIN and the words are not lost.
            peer.shutdown(std::net::Shutdown::Write).unwrap();
            let _ = peer.read_to_end(&mut Vec::new());
        });
        let mut wire = Wire::connect(&to, 0).await.unwrap();
        let told = until_it_fails(&mut wire).await.to_string();
        assert!(told.contains("HTTP/1.1 400 Bad Request"), "{told}");
        assert!(told.contains("not a syslog receiver"), "{told}");
    });
}

#[test]
fn a_babbler_holds_nothing_up() {
    story(async {
        let to = scripted(|mut peer| {
            let mut reader = peer.try_clone().unwrap();
            std::thread::spawn(move || while peer.write_all(&[b'x'; 65_536]).is_ok() {});
            let _ = reader.read_to_end(&mut Vec::new());
        });
        let mut wire = Wire::connect(&to, 0).await.unwrap();
        for _ in 0..100 {
            wire.send(&batch(&lines(10)), None).await.unwrap();
            wire.prove().await.unwrap();
        }
    });
}

#[test]
fn a_receiver_that_never_reads_stalls_visibly() {
    story(async {
        let (hold, held) = std::sync::mpsc::channel::<()>();
        let mut to = scripted(move |peer| {
            let _ = held.recv();
            drop(peer);
        });
        to.bounds.stall = Duration::from_millis(500);
        to.bounds.prove = Duration::from_millis(500);
        let mut wire = Wire::connect(&to, 0).await.unwrap();
        let all = batch(&lines(MANY));
        let told = loop {
            if let Err(told) = wire.send(&all, None).await {
                break told;
            }
        };
        assert!(matches!(told, SinkError::Stalled { .. }), "{told}");

        // What its kernel took is acknowledged, and yet nobody read it: the close says so.
        drop(hold);
    });
}

#[test]
fn what_the_kernel_does_not_acknowledge_is_not_proved() {
    story(async {
        let (hold, held) = std::sync::mpsc::channel::<()>();
        let mut to = scripted(move |peer| {
            let _ = held.recv();
            drop(peer);
        });
        to.bounds.prove = Duration::from_millis(300);
        let mut wire = Wire::connect(&to, 0).await.unwrap();
        // Our own kernel takes some megabytes more than the peer's.
        let some = batch(&lines(200));
        let told = loop {
            match tokio::time::timeout(Duration::from_millis(200), wire.send(&some, None)).await {
                Ok(sent) => assert_eq!(sent.unwrap(), FramingRepairs::default()),
                Err(_) => break wire.prove().await.unwrap_err(),
            }
            if let Err(told) = wire.prove().await {
                break told;
            }
        };
        assert!(
            matches!(told, SinkError::Unproved { left: 1.., .. }),
            "{told}"
        );
        drop(hold);
    });
}

#[test]
fn an_abandoned_send_is_never_continued() {
    story(async {
        let (hold, held) = std::sync::mpsc::channel::<()>();
        let to = scripted(move |peer| {
            let _ = held.recv();
            drop(peer);
        });
        let mut wire = Wire::connect(&to, 0).await.unwrap();
        let all = batch(&lines(MANY));
        while tokio::time::timeout(Duration::from_millis(200), wire.send(&all, None))
            .await
            .is_ok()
        {}
        let told = wire.send(&all, None).await.unwrap_err();
        assert!(matches!(told, SinkError::Spent { .. }), "{told}");
        drop(hold);
    });
}

#[test]
fn a_kernel_that_acknowledges_for_a_dead_process_is_not_confirmed() {
    story(async {
        let mut receiver = rsyslog::tcp();
        let mut to = target(receiver.port(), PLAIN);
        to.bounds.close = Duration::from_millis(500);
        let mut wire = Wire::connect(&to, 0).await.unwrap();
        wire.send(&batch(&lines(1)), None).await.unwrap();
        wire.prove().await.unwrap();
        same(&receiver.wait_for(1), &lines(1));

        // Held, it reads nothing; its kernel acknowledges all the same.
        receiver.hold();
        wire.send(&batch(&lines(10)), None).await.unwrap();
        wire.prove().await.unwrap();
        let told = wire.close().await.unwrap_err();
        assert!(matches!(told, SinkError::Unconfirmed { .. }), "{told}");

        // Killed, it answers the FIN with a reset.
        receiver.release();
        let mut wire = Wire::connect(&to, 0).await.unwrap();
        wire.send(&batch(&lines(1)), None).await.unwrap();
        wire.prove().await.unwrap();
        receiver.hold();
        wire.send(&batch(&lines(10)), None).await.unwrap();
        wire.prove().await.unwrap();
        receiver.kill();
        let told = wire.close().await.unwrap_err();
        assert!(matches!(told, SinkError::Broken { .. }), "{told}");
    });
}

#[test]
fn down_and_up_again() {
    story(async {
        let mut receiver = rsyslog::tcp();
        let to = target(receiver.port(), PLAIN);
        let sent = lines(3000);
        let mut wire = Wire::connect(&to, 0).await.unwrap();
        wire.send(&batch(&sent[..1000]), None).await.unwrap();
        assert_eq!(wire.close().await.unwrap(), Farewell::Confirmed);
        // Read is not yet written: killed now, rsyslog would lose its queue in memory, and no
        // sender could know.
        same(&receiver.wait_for(1000), &sent[..1000]);

        let mut wire = Wire::connect(&to, 0).await.unwrap();
        receiver.kill();
        let told = until_it_fails(&mut wire).await;
        assert!(
            matches!(told, SinkError::Broken { .. } | SinkError::Closed { .. }),
            "{told}"
        );
        let told = Wire::connect(&to, 1).await.unwrap_err();
        assert!(matches!(told, SinkError::Refused { .. }), "{told}");

        receiver.start();
        assert_eq!(
            deliver(&to, &sent[1000..]).await.unwrap(),
            Farewell::Confirmed
        );
        same(&receiver.wait_for(3000), &sent);
    });
}
