//! RELP: 20,000 lines into rsyslog's imrelp, plain and with each TLS library; what a killed receiver costs; and a scripted
//! receiver for all that a real one rarely does.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc;
use std::time::Instant;

use siembox::sink::relp::window::WINDOW;
use siembox::sink::{Farewell, Protocol, Sink, SinkError, TrustFiles, Wire};
use siembox_support::dice::Dice;
use siembox_support::pki::Authority;
use siembox_support::receiver::rsyslog::{Driver, Tls};
use siembox_support::receiver::{Receiver, rsyslog};
use socket2::SockRef;
use tempfile::TempDir;

use super::*;

const RELP: Protocol = Protocol::Relp { trust: None };

// --- real receivers

fn all_arrive(receiver: Receiver, protocol: Protocol) {
    story(async move {
        let sent = lines(MANY);
        let mut wire = Wire::connect(&target(receiver.port(), protocol), 0)
            .await
            .unwrap();
        let began = Instant::now();
        for (number, some) in sent.chunks(BATCH).enumerate() {
            assert_eq!(wire.send(&batch(some)).await.unwrap(), Mended::default());
            // Several batches per proof, as the forwarder does.
            if number % 7 == 6 {
                wire.prove().await.unwrap();
                assert_eq!(wire.accepted(), ((number + 1) * BATCH) as u64);
            }
        }
        wire.prove().await.unwrap();
        assert_eq!(wire.accepted(), MANY as u64);
        println!("{MANY} lines answered in {:?}", began.elapsed());
        assert_eq!(wire.close().await.unwrap(), Farewell::Confirmed);
        same(&receiver.wait_for(MANY), &sent);
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
        assert_eq!(deliver(&to, &lines(3)).await.unwrap(), Farewell::Confirmed);
        same(&lab.receiver.wait_for(3), &lines(3));

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
fn the_readme_shows_an_imrelp_that_works() {
    story(async {
        let readme = include_str!("../../README.md");
        let snippet = readme
            .split("```")
            .find(|part| part.contains("imrelp\" port=\"2514\""))
            .unwrap();
        let receiver = rsyslog::configured(|folder, port| {
            snippet.replace("\"2514\"", &format!("\"{port}\"")).replace(
                "/var/log/siembox.cef",
                folder.join("lines").to_str().unwrap(),
            )
        });
        let told = deliver(&target(receiver.port(), RELP), &lines(1000)).await;
        assert_eq!(told.unwrap(), Farewell::Confirmed);
        // Answered is written there.
        let without_pri = |line: String| line.split_once('>').unwrap().1.to_owned();
        let expected: Vec<String> = lines(1000).into_iter().map(without_pri).collect();
        let control = |line: &String| line.replace('\t', "#011");
        same(
            &receiver.lines(),
            &expected.iter().map(control).collect::<Vec<_>>(),
        );
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
        assert_eq!(wire.send(&batch(&sent)).await.unwrap(), Mended::default());
        wire.prove().await.unwrap();
        assert_eq!(wire.accepted(), 5);
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

/// Sends all lines to a receiver that is killed three times while lines are on their way, going on after each break where the
/// receiver's own word ends; returns how many lines never arrived, and how many twice.
async fn killed_midway(mut receiver: Receiver, sent: &[String]) -> (usize, usize) {
    let to = target(receiver.port(), RELP);
    let (mut accepted, mut kills, mut dice) = (0, 0, Dice::new(7));
    while accepted < sent.len() {
        let mut wire = Wire::connect(&to, 0).await.unwrap();
        let from = accepted;
        let pid = receiver.pid().unwrap().to_string();
        let told = 'sending: {
            for (number, some) in sent[from..].chunks(BATCH).enumerate() {
                if kills < 3 && number == 4 {
                    let (pid, moment) = (pid.clone(), Duration::from_micros(dice.below(30_000)));
                    kills += 1;
                    std::thread::spawn(move || {
                        std::thread::sleep(moment);
                        Command::new("kill").args(["-KILL", &pid]).status()
                    });
                }
                if let Err(told) = wire.send(&batch(some)).await {
                    break 'sending Err(told);
                }
            }
            wire.prove().await
        };
        accepted = from + usize::try_from(wire.accepted()).unwrap();
        match told {
            Ok(()) => drop(wire.close().await.unwrap()),
            Err(told) => {
                println!("{accepted} accepted, then: {told}");
                receiver.kill();
                receiver.start();
            }
        }
    }
    receiver.stop();
    let mut counts: HashMap<String, usize> = HashMap::new();
    for line in receiver.lines() {
        *counts.entry(line).or_default() += 1;
    }
    let arrived = |times: &dyn Fn(usize) -> bool| {
        let times = |line: &&String| times(counts.get(*line).copied().unwrap_or(0));
        sent.iter().filter(times).count()
    };
    (arrived(&|times| times == 0), arrived(&|times| times > 1))
}

#[test]
fn killed_midway_nothing_is_lost_and_nothing_repeated_that_was_answered() {
    story(async {
        // Without a queue rsyslog answers what it has written, so that "lost" can be told from "not written yet".
        let (lost, twice) = killed_midway(rsyslog::relp_direct(), &lines(MANY)).await;
        println!("no queue, killed 3 times: lost {lost}, twice {twice} of {MANY}");
        assert_eq!(lost, 0);
        // Written, and killed before the answer.
        assert!(twice <= 3 * WINDOW, "{twice}");
    });
}

#[test]
fn what_a_queue_in_memory_holds_dies_with_it() {
    story(async {
        let (lost, twice) = killed_midway(rsyslog::relp(), &lines(MANY)).await;
        println!("queue in memory, killed 3 times: lost {lost}, twice {twice} of {MANY}");
        // What is lost was answered: no sender can know of it. But what was answered is never repeated.
        assert!(twice <= 3 * WINDOW, "{twice}");

        let mut receiver = rsyslog::relp();
        let to = target(receiver.port(), RELP);
        let mut wire = Wire::connect(&to, 0).await.unwrap();
        wire.send(&batch(&lines(5000))).await.unwrap();
        wire.prove().await.unwrap();
        receiver.kill();
        let there = receiver.lines().len();
        println!("queue in memory, killed right after 5000 answers: {there} in its file");
    });
}

// --- a scripted receiver

/// What the sender does next; `None` at its end.
fn frame(from: &mut impl BufRead) -> Option<(u32, String, Vec<u8>)> {
    let mut word = || {
        let mut word = Vec::new();
        loop {
            let mut byte = [0];
            from.read_exact(&mut byte).ok()?;
            match byte[0] {
                b' ' | b'\n' => return Some((String::from_utf8(word).unwrap(), byte[0])),
                byte => word.push(byte),
            }
        }
    };
    let (txnr, command) = (word()?.0, word()?.0);
    let (length, end) = word()?;
    let mut data = vec![0; length.parse().unwrap()];
    if end == b' ' {
        from.read_exact(&mut data).ok()?;
        let mut end = [0];
        from.read_exact(&mut end).ok()?;
        assert_eq!(end, [b'\n']);
    }
    Some((txnr.parse().unwrap(), command, data))
}

fn answer(to: &mut impl Write, txnr: u32, text: &str) {
    let _ = to.write_all(format!("{txnr} rsp {} {text}\n", text.len()).as_bytes());
}

type Reader = BufReader<TcpStream>;

/// A receiver that opens the session and goes on as the script says.
fn scripted(script: impl FnOnce(&mut Reader, &mut TcpStream) + Send + 'static) -> Target {
    unopened(|reader, writer| opened(reader, writer, script))
}

/// A receiver that does nothing but what the script says.
fn unopened(script: impl FnOnce(&mut Reader, &mut TcpStream) + Send + 'static) -> Target {
    listening(TcpListener::bind("127.0.0.1:0").unwrap(), script)
}

fn opened(
    reader: &mut Reader,
    writer: &mut TcpStream,
    script: impl FnOnce(&mut Reader, &mut TcpStream),
) {
    let (txnr, command, offers) = frame(reader).unwrap();
    assert_eq!((txnr, &*command), (1, "open"));
    let offers = String::from_utf8(offers).unwrap();
    assert!(offers.starts_with("relp_version=0\nrelp_software=siembox,"));
    assert!(offers.ends_with("\ncommands=syslog"));
    answer(writer, 1, "200 OK\nrelp_version=0\ncommands=syslog");
    script(reader, writer);
}

fn listening(
    listener: TcpListener,
    script: impl FnOnce(&mut Reader, &mut TcpStream) + Send + 'static,
) -> Target {
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut peer, _) = listener.accept().unwrap();
        peer.set_nodelay(true).unwrap();
        script(&mut BufReader::new(peer.try_clone().unwrap()), &mut peer);
    });
    target(port, RELP)
}

/// With the smallest buffers. Set before it listens: what was promised to a sender is not to be taken back.
fn small() -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    SockRef::from(&listener).set_recv_buffer_size(4096).unwrap();
    SockRef::from(&listener).set_send_buffer_size(4096).unwrap();
    listener
}

/// Reads so many lines and returns their transactions.
fn taken(reader: &mut Reader, count: usize) -> Vec<u32> {
    let line = |_| {
        let (txnr, command, _) = frame(reader).unwrap();
        assert_eq!(command, "syslog");
        txnr
    };
    (0..count).map(line).collect()
}

/// Sends ten lines and waits for their answers.
async fn ten(to: &Target) -> (Wire, Result<(), SinkError>) {
    let mut wire = Wire::connect(to, 0).await.unwrap();
    let told = match wire.send(&batch(&lines(10))).await {
        Ok(_) => wire.prove().await,
        Err(told) => Err(told),
    };
    (wire, told)
}

/// Until the sender ends the connection.
fn to_the_end(reader: &mut Reader) {
    let _ = reader.read_to_end(&mut Vec::new());
}

#[test]
fn a_refused_line_is_named() {
    story(async {
        let to = scripted(|reader, writer| {
            for txnr in taken(reader, 3) {
                let text = if txnr == 4 { "500 no room" } else { "200 OK" };
                answer(writer, txnr, text);
            }
            to_the_end(reader);
        });
        let (mut wire, told) = ten(&to).await;
        let told = told.unwrap_err();
        assert!(matches!(told, SinkError::Rejected { .. }), "{told}");
        let words = "relp did not accept a line: it answered \"500 no room\"";
        assert!(told.to_string().contains(words), "{told}");
        assert_eq!(wire.accepted(), 2);
        assert!(matches!(wire.prove().await, Err(SinkError::Spent { .. })));
    });
}

#[test]
fn a_refused_session_is_named() {
    story(async {
        for (text, words) in [
            (
                "500 go away",
                "did not accept the session: it answered \"500 go away\"",
            ),
            (
                "200 OK\ncommands=eventlog",
                "did not accept the session: it answered \"200 OK\"",
            ),
        ] {
            let to = unopened(move |reader, writer| {
                answer(writer, frame(reader).unwrap().0, text);
                to_the_end(reader);
            });
            let told = Wire::connect(&to, 0).await.unwrap_err().to_string();
            assert!(told.contains(words), "{told}");
        }
    });
}

#[test]
fn answers_count_in_any_order_and_in_any_pieces() {
    story(async {
        let (go, wait) = mpsc::channel();
        let to = scripted(move |reader, writer| {
            let mut lines = taken(reader, 10);
            let last = lines.remove(0);
            lines.reverse();
            for txnr in lines {
                // Byte by byte.
                let mut bytes = Vec::new();
                answer(&mut bytes, txnr, "200 OK");
                bytes
                    .iter()
                    .for_each(|byte| writer.write_all(&[*byte]).unwrap());
            }
            wait.recv().unwrap();
            answer(writer, last, "200");
            to_the_end(reader);
        });
        let mut wire = Wire::connect(&to, 0).await.unwrap();
        wire.send(&batch(&lines(10))).await.unwrap();
        // Waiting can be abandoned. Without the first there is no word about any.
        let waited = tokio::time::timeout(Duration::from_millis(200), wire.prove()).await;
        assert!(waited.is_err());
        assert_eq!(wire.accepted(), 0);
        go.send(()).unwrap();
        wire.prove().await.unwrap();
        assert_eq!(wire.accepted(), 10);
    });
}

#[test]
fn a_goodbye_is_heard_at_any_time() {
    story(async {
        // While nothing is sent.
        let (opened, wait) = mpsc::channel();
        let to = scripted(move |reader, writer| {
            wait.recv().unwrap();
            writer.write_all(b"0 serverclose 0\n").unwrap();
            to_the_end(reader);
        });
        let mut wire = Wire::connect(&to, 0).await.unwrap();
        opened.send(()).unwrap();
        let told = wire.gone().await;
        assert!(matches!(told, SinkError::Goodbye { .. }), "{told}");
        // In the middle.
        let to = scripted(|reader, writer| {
            for txnr in taken(reader, 4) {
                answer(writer, txnr, "200 OK");
            }
            writer.write_all(b"0 serverclose 0\n").unwrap();
        });
        let (wire, told) = ten(&to).await;
        let told = told.unwrap_err();
        assert!(matches!(told, SinkError::Goodbye { .. }), "{told}");
        assert_eq!(wire.accepted(), 4);
    });
}

#[test]
fn what_was_answered_before_the_end_counts() {
    story(async {
        for reset in [false, true] {
            let to = scripted(move |reader, writer| {
                for txnr in taken(reader, 10).into_iter().take(5) {
                    answer(writer, txnr, "200 OK");
                }
                if reset {
                    SockRef::from(&*writer)
                        .set_linger(Some(Duration::ZERO))
                        .unwrap();
                }
            });
            let mut wire = Wire::connect(&to, 0).await.unwrap();
            wire.send(&batch(&lines(10))).await.unwrap();
            let told = loop {
                if let Err(told) = wire.send(&batch(&lines(1))).await {
                    break told;
                }
            };
            assert!(
                matches!(
                    told,
                    SinkError::Closed { said: None, .. } | SinkError::Broken { .. }
                ),
                "{told}"
            );
            assert_eq!(wire.accepted(), 5, "{told}");
        }
    });
}

#[test]
fn an_end_is_seen_while_nothing_is_sent() {
    story(async {
        for reset in [true, false] {
            let (opened, wait) = mpsc::channel();
            let to = scripted(move |_, writer| {
                wait.recv().unwrap();
                if reset {
                    SockRef::from(&*writer)
                        .set_linger(Some(Duration::ZERO))
                        .unwrap();
                }
            });
            let mut wire = Wire::connect(&to, 0).await.unwrap();
            opened.send(()).unwrap();
            let told = wire.gone().await;
            let named = match &told {
                SinkError::Broken { .. } => reset,
                SinkError::Closed { said: None, .. } => !reset,
                _ => false,
            };
            assert!(named, "{told}");
            let told = wire.send(&batch(&lines(1))).await.unwrap_err();
            assert!(matches!(told, SinkError::Spent { .. }), "{told}");
        }
    });
}

#[test]
fn what_is_no_relp_is_quoted() {
    story(async {
        let to = unopened(|reader, writer| {
            writer
                .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                .unwrap();
            to_the_end(reader);
        });
        let told = Wire::connect(&to, 0).await.unwrap_err().to_string();
        assert!(told.contains("no RELP"), "{told}");
        assert!(told.contains("\"HTTP/1.1 400 Bad"), "{told}");

        for (says, words) in [
            (&b"2 rsp 6 200 OKAY\n"[..], "its length is not that"),
            (
                b"3 rsp 6 200 OK\n77 rsp 6 200 OK\n",
                "answers transaction 77",
            ),
            (
                b"2 rsp 6 200 OK\n2 rsp 6 200 OK\n",
                "answers transaction 2,",
            ),
            (b"1 rsp 6 200 OK\n", "answers transaction 1,"),
            (b"2 syslog 1 a\n", "its command is \"syslog\""),
            (b"2 rsp 100000000 ", "announces 100000000 bytes"),
        ] {
            let to = scripted(|reader, writer| {
                taken(reader, 10);
                writer.write_all(says).unwrap();
                to_the_end(reader);
            });
            let told = ten(&to).await.1.unwrap_err();
            assert!(matches!(told, SinkError::NoRelp { .. }), "{told}");
            assert!(told.to_string().contains(words), "{told}");
        }
    });
}

#[test]
fn a_receiver_that_never_answers_is_given_up() {
    story(async {
        let mut to = unopened(|reader, _| to_the_end(reader));
        to.bounds.handshake = Duration::from_millis(300);
        let told = Wire::connect(&to, 0).await.unwrap_err();
        assert!(matches!(told, SinkError::OpenSilent { .. }), "{told}");

        let mut to = scripted(|reader, _| to_the_end(reader));
        to.bounds.prove = Duration::from_millis(300);
        let (wire, told) = ten(&to).await;
        let told = told.unwrap_err();
        assert!(
            matches!(told, SinkError::Unanswered { left: 10, .. }),
            "{told}"
        );
        assert_eq!(wire.accepted(), 0);

        // Never more lines on their way than the window holds.
        let mut to = scripted(|reader, _| to_the_end(reader));
        to.bounds.prove = Duration::from_millis(300);
        let mut wire = Wire::connect(&to, 0).await.unwrap();
        let told = wire.send(&batch(&lines(1000))).await.unwrap_err();
        assert!(
            matches!(told, SinkError::Unanswered { left: WINDOW, .. }),
            "{told}"
        );

        // Nor does the end wait for ever.
        let mut to = scripted(|reader, _| to_the_end(reader));
        to.bounds.close = Duration::from_millis(300);
        let mut wire = Wire::connect(&to, 0).await.unwrap();
        wire.send(&batch(&lines(10))).await.unwrap();
        let told = wire.close().await.unwrap_err();
        assert!(
            matches!(told, SinkError::Unanswered { left: 10, .. }),
            "{told}"
        );
    });
}

#[test]
fn a_receiver_that_reads_nothing_stalls_visibly() {
    story(async {
        let (hold, held) = mpsc::channel::<()>();
        let mut to = scripted(move |_, _| {
            let _ = held.recv();
        });
        to.bounds.stall = Duration::from_millis(300);
        let mut wire = Wire::connect(&to, 0).await.unwrap();
        let large = vec!["x".repeat(500_000); WINDOW];
        let told = wire.send(&batch(&large)).await.unwrap_err();
        assert!(matches!(told, SinkError::Stalled { .. }), "{told}");
        drop(hold);
    });
}

#[test]
fn an_abandoned_send_of_relp_is_never_continued() {
    story(async {
        let to = scripted(|reader, _| to_the_end(reader));
        let mut wire = Wire::connect(&to, 0).await.unwrap();
        let all = batch(&lines(1000));
        let sent = tokio::time::timeout(Duration::from_millis(300), wire.send(&all)).await;
        assert!(sent.is_err());
        let told = wire.send(&all).await.unwrap_err();
        assert!(matches!(told, SinkError::Spent { .. }), "{told}");
    });
}

#[test]
fn a_slow_receiver_with_small_buffers_gets_everything() {
    story(async {
        let (done, wait) = mpsc::channel();
        let slow = move |reader: &mut Reader, writer: &mut TcpStream| {
            let mut arrived = Vec::new();
            while let Some((txnr, command, data)) = frame(reader) {
                if command == "close" {
                    writer
                        .write_all(format!("{txnr} rsp 0\n0 serverclose 0\n").as_bytes())
                        .unwrap();
                    break;
                }
                arrived.push(String::from_utf8(data).unwrap());
                std::thread::sleep(Duration::from_millis(1));
                answer(writer, txnr, "200 OK");
            }
            done.send(arrived).unwrap();
        };
        let to = listening(small(), |reader, writer| opened(reader, writer, slow));
        assert_eq!(
            deliver(&to, &lines(BATCH)).await.unwrap(),
            Farewell::Confirmed
        );
        same(&wait.recv().unwrap(), &lines(BATCH));
    });
}

#[test]
fn answers_are_read_while_lines_are_written() {
    story(async {
        // It reads nothing while an answer of its own waits to be read, and its answers are long. So who does not read while the
        // last of these lines goes out waits for it, and it for them.
        let talkative = |reader: &mut Reader, writer: &mut TcpStream| {
            let text = format!("200 OK\n{}", "x".repeat(4000));
            while let Some((txnr, _, _)) = frame(reader) {
                answer(writer, txnr, &text);
            }
        };
        let to = listening(small(), move |reader, writer| {
            opened(reader, writer, talkative)
        });
        let mut wire = Wire::connect(&to, 0).await.unwrap();
        let mut lines = vec!["x".repeat(100); WINDOW];
        lines[WINDOW - 1] = "x".repeat(10_000_000);
        wire.send(&batch(&lines)).await.unwrap();
        wire.prove().await.unwrap();
        assert_eq!(wire.accepted(), WINDOW as u64);
        assert_eq!(wire.close().await.unwrap(), Farewell::Confirmed);
    });
}

#[test]
fn when_all_is_answered_the_end_matters_no_more() {
    story(async {
        for ends in [false, true] {
            let (done, wait) = mpsc::channel();
            let mut to = scripted(move |reader, writer| {
                for txnr in taken(reader, 10) {
                    answer(writer, txnr, "200 OK");
                }
                done.send(frame(reader).unwrap()).unwrap();
                if !ends {
                    to_the_end(reader);
                }
            });
            to.bounds.close = Duration::from_millis(500);
            let (wire, told) = ten(&to).await;
            told.unwrap();
            assert_eq!(wire.close().await.unwrap(), Farewell::Confirmed);
            assert_eq!(wait.recv().unwrap(), (12, "close".to_owned(), Vec::new()));
        }
    });
}
