//! Everything that a receiver may do and a real one rarely does.

use std::io::Write;
use std::net::TcpStream;
use std::sync::mpsc;

use siembox::for_tests::sink::relp::window::WINDOW;
use siembox::for_tests::sink::{Answers, ReceiverRefusal};
use siembox::for_tests::spool::LineSet;
use socket2::SockRef;

use super::script::*;
use super::*;

#[test]
fn a_refused_line_is_named_and_the_others_go_on() {
    story(async {
        let to = scripted(|reader, writer| {
            for txnr in taken(reader, 3) {
                let text = if txnr == 4 { "500 no room" } else { "200 OK" };
                answer(writer, txnr, text);
            }
            for txnr in taken(reader, 7) {
                answer(writer, txnr, "200 OK");
            }
            to_the_end(reader);
        });
        let (mut wire, told) = ten(&to).await;
        told.unwrap();
        let answers = wire.answers();
        let accepted: LineSet = [0..2, 3..10].into_iter().collect();
        assert_eq!(answers.accepted, accepted);
        let (line, words) = (2, "500 no room".to_owned());
        assert_eq!(answers.refused, [ReceiverRefusal { line, words }]);
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
        wire.send(&batch(&lines(10)), Some(0)).await.unwrap();
        // Waiting can be abandoned, again and again. Those behind the first get their answers.
        let mut accepted = LineSet::default();
        while accepted != LineSet::from(1..10) {
            let waited = tokio::time::timeout(Duration::from_millis(50), wire.prove()).await;
            assert!(waited.is_err(), "the first has no answer yet");
            accepted.insert_all(&wire.answers().accepted);
        }
        go.send(()).unwrap();
        wire.prove().await.unwrap();
        assert_eq!(wire.answers().accepted, up_to(1));
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
        assert!(
            matches!(
                told,
                SinkError::Relp {
                    fault: RelpFault::Goodbye,
                    ..
                }
            ),
            "{told}"
        );
        // In the middle.
        let to = scripted(|reader, writer| {
            for txnr in taken(reader, 4) {
                answer(writer, txnr, "200 OK");
            }
            writer.write_all(b"0 serverclose 0\n").unwrap();
        });
        let (mut wire, told) = ten(&to).await;
        let told = told.unwrap_err();
        assert!(
            matches!(
                told,
                SinkError::Relp {
                    fault: RelpFault::Goodbye,
                    ..
                }
            ),
            "{told}"
        );
        assert_eq!(wire.answers().accepted, up_to(4));
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
            wire.send(&batch(&lines(10)), Some(0)).await.unwrap();
            let told = loop {
                if let Err(told) = wire.send(&batch(&lines(1)), None).await {
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
            assert_eq!(wire.answers().accepted, up_to(5), "{told}");
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
            let told = wire.send(&batch(&lines(1)), None).await.unwrap_err();
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
        assert!(told.contains("did not answer with RELP"), "{told}");
        assert!(told.contains("\"HTTP/1.1 400 Bad"), "{told}");

        for (says, words) in [
            (&b"2 rsp 6 200 OKAY\n"[..], "its length does not match"),
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
            assert!(
                matches!(
                    told,
                    SinkError::Relp {
                        fault: RelpFault::NoRelp { .. },
                        ..
                    }
                ),
                "{told}"
            );
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
        assert!(
            matches!(
                told,
                SinkError::Relp {
                    fault: RelpFault::OpenSilent { .. },
                    ..
                }
            ),
            "{told}"
        );

        let mut to = scripted(|reader, _| to_the_end(reader));
        to.bounds.prove = Duration::from_millis(300);
        let (mut wire, told) = ten(&to).await;
        let told = told.unwrap_err();
        assert!(
            matches!(
                told,
                SinkError::Relp {
                    fault: RelpFault::Unanswered { left: 10, .. },
                    ..
                }
            ),
            "{told}"
        );
        assert_eq!(wire.answers(), Answers::default());

        // Never more lines on their way than the window holds.
        let mut to = scripted(|reader, _| to_the_end(reader));
        to.bounds.prove = Duration::from_millis(300);
        let mut wire = Wire::connect(&to, 0).await.unwrap();
        let told = wire.send(&batch(&lines(1000)), None).await.unwrap_err();
        assert!(
            matches!(
                told,
                SinkError::Relp {
                    fault: RelpFault::Unanswered { left: WINDOW, .. },
                    ..
                }
            ),
            "{told}"
        );

        // Nor does the end wait for ever.
        let mut to = scripted(|reader, _| to_the_end(reader));
        to.bounds.close = Duration::from_millis(300);
        let mut wire = Wire::connect(&to, 0).await.unwrap();
        wire.send(&batch(&lines(10)), None).await.unwrap();
        let told = wire.close().await.unwrap_err();
        assert!(
            matches!(
                told,
                SinkError::Relp {
                    fault: RelpFault::Unanswered { left: 10, .. },
                    ..
                }
            ),
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
        let told = wire.send(&batch(&large), None).await.unwrap_err();
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
        let sent = tokio::time::timeout(Duration::from_millis(300), wire.send(&all, None)).await;
        assert!(sent.is_err());
        let told = wire.send(&all, None).await.unwrap_err();
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
        // It reads nothing while an answer of its own waits to be read, and its answers are long.
        // So who does not read while the last of these lines goes out waits for it, and it for
        // them.
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
        wire.send(&batch(&lines), Some(0)).await.unwrap();
        wire.prove().await.unwrap();
        assert_eq!(wire.answers().accepted, up_to(WINDOW));
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
