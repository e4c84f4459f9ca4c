//! The forwarder against a receiver that breaks at every place, in simulated time: its real code, a
//! spool in memory, a simulated wire.
//!
//! What is asked of each case: all lines arrive, by their numbers; **what left the spool is a
//! subset of what the receiver has**; the ledger agrees with that witness; no line goes out more
//! often than it must; lines keep their order.

#![allow(clippy::unwrap_used)]

mod receiver;
mod spool;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use proptest::prelude::*;
use tokio::sync::Notify;

use super::Forwarder;
use crate::agent::heartbeat::HeartbeatSchedule;
use crate::agent::shutdown::Shutdown;
use crate::clock::Moment;
use crate::ledger::Ledger;
use crate::settings::{AgentSettings, Overrides, Settings};
use crate::sink::ReceiverWord;
use crate::spool::Spool;
use crate::status::{Introduction, LedgerReport, Snapshot, SpoolReport, Status, Thresholds};
use crate::wiring::line_writer;
use receiver::{CloseStyle, Life, SimConnect, SimReceiver};
use spool::MemorySpool;

/// What came of a case.
struct Outcome {
    receiver: SimReceiver,
    /// Lines that left the spool.
    left: u64,
    ledger: LedgerReport,
    /// Ids of the lines that were set aside.
    aside: Vec<String>,
    status: Snapshot,
    /// How long it took.
    took: Duration,
}

/// A case that takes longer than this does not come to its end.
const LONGEST: Duration = Duration::from_secs(600);

thread_local! {
    /// When the case of this thread began.
    static BEGAN: std::cell::Cell<Option<tokio::time::Instant>> = const { std::cell::Cell::new(None) };
}

/// The simulated time of this thread's case.
fn now() -> Moment {
    let began = BEGAN.get().unwrap_or_else(tokio::time::Instant::now);
    let steady = began.elapsed() + Duration::from_secs(1000);
    let wall_ms = 1_790_000_000_000 + i64::try_from(steady.as_millis()).unwrap();
    Moment { wall_ms, steady }
}

fn settings(word: ReceiverWord, extra: &str) -> AgentSettings {
    let protocol = match word {
        ReceiverWord::Answers => "relp",
        ReceiverWord::End => "tcp",
        ReceiverWord::None => "udp",
    };
    let text = format!(
        "[[agent]]\nname = \"sim\"\n[agent.source]\napi_url = \"https://contoso.us3.portal.cloudappsecurity.com\"\n\
         token_file = \"token\"\n[agent.siem]\nhost = \"127.0.0.1\"\nprotocol = \"{protocol}\"\n{extra}\n"
    );
    let path = std::path::Path::new("/settings/siembox.toml");
    let read = Settings::read(&text, path, &Overrides::default());
    read.unwrap().settings.agents.remove(0)
}

/// Forwards all lines of a spool to this receiver, until they have left it.
fn forward(receiver: SimReceiver, lines: u64, batch: u64, extra: &str) -> Outcome {
    forward_for(LONGEST, receiver, lines, batch, extra)
}

/// The same, for so long at most.
fn forward_for(
    longest: Duration,
    receiver: SimReceiver,
    lines: u64,
    batch: u64,
    extra: &str,
) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        BEGAN.set(Some(tokio::time::Instant::now()));
        let settings = settings(receiver.word, extra);
        let spool = Arc::new(MemorySpool::new(lines, batch));
        let folder = tempfile::tempdir().unwrap();
        let (ledger, _) = Ledger::open(folder.path(), LONGEST, &*spool, [0]).unwrap();
        let ledger = Arc::new(ledger);
        let hour = Duration::from_secs(3600);
        let thresholds = Thresholds {
            connection_error: hour,
            disconnected: hour,
        };
        let status = Status::new(thresholds, now());
        let reporter = status.introduce(
            Introduction {
                name: "sim".to_owned(),
                cloud: String::new(),
                siem: String::new(),
                streams: Vec::new(),
                paused: false,
                known: true,
                ask_spool: Arc::new(SpoolReport::default),
                ask_ledger: Arc::new(LedgerReport::default),
            },
            now(),
        );
        let shutdown = Arc::new(Shutdown::default());
        let receiver = Arc::new(Mutex::new(receiver));
        let forwarder = Forwarder {
            spool: Arc::clone(&spool),
            ledger: Arc::clone(&ledger),
            heartbeat: HeartbeatSchedule {
                writer: line_writer(&settings).unwrap(),
                host: None,
                every: settings.siem.heartbeat,
                paused: false,
                next: Duration::ZERO,
            },
            siem: settings.siem.clone(),
            connect: SimConnect(Arc::clone(&receiver)),
            wake: Arc::new(Notify::new()),
            reporter,
            shutdown: Arc::clone(&shutdown),
            now,
        };
        let began = now().steady;
        let running = tokio::spawn(forwarder.run());
        while spool.first() < lines && now().steady - began < longest {
            tokio::time::sleep(longest / 12_000).await;
        }
        let took = now().steady - began;
        shutdown.throw();
        running.await.unwrap();
        let aside = spool.aside(100).unwrap();
        let last = SimReceiver::new(ReceiverWord::None);
        Outcome {
            left: spool.first(),
            ledger: ledger.report(&*spool),
            aside: aside.into_iter().map(|aside| aside.id).collect(),
            status: status.snapshot(now()),
            receiver: std::mem::replace(&mut *held(&receiver), last),
            took,
        }
    })
}

// === impl Outcome ===

impl Outcome {
    /// What always holds. `poison`: these are set aside, all others arrive.
    fn check(&self, lines: u64, most: u32) {
        let poison = self.receiver.poison.len() as u64;
        let has = self.receiver.lines();
        let missing: Vec<u64> = (0..lines)
            .filter(|line| !has.contains(line) && !self.receiver.poison.contains(line))
            .collect();
        assert_eq!(
            missing.len(),
            0,
            "lost {:?}…, {} left the spool",
            missing.first(),
            self.left
        );
        assert_eq!(self.left, lines, "stuck after {:?}", self.took);
        let sums = &self.ledger.sums;
        assert_eq!(
            (sums.proved, sums.refused),
            (lines - poison, poison),
            "{sums:?}"
        );
        let often = self.receiver.given.iter().max_by_key(|(_, times)| **times);
        assert!(often.is_none_or(|(_, times)| *times <= most), "{often:?}");
        let mut aside = self.aside.clone();
        aside.sort_unstable();
        let poison: BTreeSet<String> = self.receiver.poison.iter().map(u64::to_string).collect();
        assert_eq!(aside, poison.into_iter().collect::<Vec<_>>());
    }

    fn check_order(&self) {
        let sorted = self.receiver.order.is_sorted();
        assert!(sorted, "{:?}", self.receiver.order);
    }
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

const WORDS: [ReceiverWord; 2] = [ReceiverWord::Answers, ReceiverWord::End];

/// A break at every line, with every number of answers out, at every border of the batches, two
/// breaks deep.
#[test]
fn a_break_at_every_place_two_deep() {
    const LINES: u64 = 8;
    let mut cases = 0;
    for word in WORDS {
        let unanswered = match word {
            ReceiverWord::Answers => 0..=2,
            _ => 0..=0,
        };
        let endings = [CloseStyle::Reset, CloseStyle::Fin, CloseStyle::Death(2)];
        let lives: Vec<Life> = (1..=LINES)
            .flat_map(|lines| unanswered.clone().map(move |open| (lines, open)))
            .flat_map(|(lines, unanswered)| {
                endings.map(|ending| Life {
                    lines,
                    unanswered,
                    ending,
                })
            })
            .collect();
        for batch in [3, 16] {
            for first in &lives {
                // the second break by the same ending: the mixed ones are the random cases
                for second in lives.iter().filter(|life| life.ending == first.ending) {
                    let mut receiver = SimReceiver::new(word);
                    receiver.lives.extend([*first, *second]);
                    let outcome = forward(receiver, LINES, batch, "");
                    outcome.check(LINES, 8);
                    if first.ending != CloseStyle::Death(2) {
                        outcome.check_order();
                    }
                    cases += 1;
                }
            }
        }
    }
    println!("{cases} cases");
}

fn lives() -> impl Strategy<Value = Vec<Life>> {
    let ending = prop_oneof![
        Just(CloseStyle::Reset),
        Just(CloseStyle::Fin),
        (1..4_u32).prop_map(CloseStyle::Death)
    ];
    let life = (1..700_u64, 0..3_u64, ending).prop_map(|(lines, unanswered, ending)| Life {
        lines,
        unanswered,
        ending,
    });
    prop::collection::vec(life, 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Backlogs of many windows, lives of all lengths, and lines that the receiver never takes.
    #[test]
    fn everything_arrives_whatever_breaks(
        answers in any::<bool>(),
        lives in lives(),
        poison in prop::collection::btree_set(0..1_900_u64, 0..3),
        batch in 1..200_u64,
    ) {
        let mut receiver = SimReceiver::new(WORDS[usize::from(!answers)]);
        receiver.lives.extend(lives);
        receiver.poison = poison;
        // behind the last poison lines follow that show that it is not the receiver as a whole
        forward(receiver, 2_000, batch, "").check(2_000, 24);
    }
}

#[test]
fn without_a_break_each_line_goes_out_once() {
    for word in [ReceiverWord::Answers, ReceiverWord::End, ReceiverWord::None] {
        for batch in [7, 128] {
            // more than the replay window, so that lines leave the spool in the middle of a batch
            let outcome = forward(SimReceiver::new(word), 24_000, batch, "");
            outcome.check(24_000, 1);
            outcome.check_order();
        }
    }
}

#[test]
fn what_settles_in_parts_does_not_go_out_again() {
    for batch in [7, 128, 1_000] {
        let mut receiver = SimReceiver::new(ReceiverWord::End);
        // careful from then on: steps that end in the middle of a batch, and settle one after the
        // other
        receiver.lives.push_back(Life {
            lines: 200,
            unanswered: 0,
            ending: CloseStyle::Reset,
        });
        forward(receiver, 3_000, batch, "").check(3_000, 2);
    }
}

#[test]
fn connections_that_always_end_early_still_bring_everything() {
    for word in WORDS {
        for ending in [CloseStyle::Reset, CloseStyle::Fin] {
            for lines in [130, 600] {
                let mut receiver = SimReceiver::new(word);
                receiver.always = Some(Life {
                    lines,
                    unanswered: 1,
                    ending,
                });
                let outcome = forward(receiver, 6_000, 128, "");
                outcome.check(6_000, 10);
                println!("{word:?} {ending:?} {lines}: {:?}", outcome.took);
            }
        }
    }
}

#[test]
fn a_line_that_the_receiver_never_takes_is_named_and_set_aside_and_the_rest_goes_on() {
    for word in WORDS {
        for poison in [0, 1, 2_999, 5_000] {
            let mut receiver = SimReceiver::new(word);
            receiver.poison = BTreeSet::from([poison]);
            let outcome = forward(receiver, 6_000, 128, "");
            outcome.check(6_000, 10);
            let notice = outcome.status.notices.iter().rev();
            let mut told = notice.filter(|notice| {
                notice
                    .text
                    .contains(&format!("line {poison} (id {poison})"))
            });
            assert!(told.next().is_some(), "{:?}", outcome.status.notices);
            println!("{word:?} {poison}: {:?}", outcome.took);
        }
    }
}

#[test]
fn a_receiver_that_takes_nothing_for_a_while_sets_nothing_aside() {
    let mut receiver = SimReceiver::new(ReceiverWord::Answers);
    receiver.down_until = Duration::from_secs(300);
    let outcome = forward(receiver, 500, 128, "");
    outcome.check(500, 40);

    // each connection ends at its first line, for a hundred connections
    let mut receiver = SimReceiver::new(ReceiverWord::End);
    let life = Life {
        lines: 1,
        unanswered: 0,
        ending: CloseStyle::Reset,
    };
    receiver.lives.extend([life; 20]);
    forward(receiver, 500, 128, "").check(500, 40);
}

#[test]
fn a_line_is_tried_for_ever_if_the_settings_want_that() {
    let mut receiver = SimReceiver::new(ReceiverWord::Answers);
    receiver.poison = BTreeSet::from([7]);
    let outcome = forward(receiver, 500, 128, "set_aside_refused = false");
    let missing: Vec<u64> = (0..500)
        .filter(|line| !outcome.receiver.lines().contains(line))
        .collect();
    assert_eq!((missing, outcome.left), (vec![7], 7));
    assert!(outcome.aside.is_empty());
    assert!(
        outcome.receiver.given[&7] <= 10,
        "{}",
        outcome.receiver.given[&7]
    );
}

/// Without a half-close nothing is proved before the replay window is full: of connections that end
/// before, nothing ever is. That is named, and they are made less and less often.
#[test]
fn a_receiver_that_ends_connections_before_any_proof_is_named_and_met_less_and_less_often() {
    for ending in [CloseStyle::Reset, CloseStyle::Fin] {
        for lines in [3, 40, 600] {
            let mut receiver = SimReceiver::new(ReceiverWord::End);
            receiver.always = Some(Life {
                lines,
                unanswered: 0,
                ending,
            });
            let day = Duration::from_secs(24 * 3600);
            let outcome = forward_for(day, receiver, 6_000, 128, "half_close = false");
            let most = outcome.receiver.given.values().max().copied();
            let notices = outcome.status.notices.iter();
            let mut named = notices.filter(|notice| {
                notice.title == "The receiver ends connections before a proof"
                    && notice.text.contains("Cure: half_close = true")
                    && notice.over_ms.is_none()
            });
            println!(
                "{ending:?} {lines}: {most:?} {}",
                outcome.receiver.connections
            );
            assert!(named.next().is_some(), "{:?}", outcome.status.notices);
            assert_eq!(outcome.aside, [""; 0], "no line is at fault");
            // a day with one or two connections an hour, and what was tried before
            assert!(outcome.receiver.connections <= 24 + 8 + 48, "{lines}");
            assert!(most <= Some(100), "{most:?}");
        }
    }
}

/// It ends when connections live for longer: everything arrives, and the notice is over.
#[test]
fn a_receiver_that_keeps_connections_again_gets_everything() {
    let mut receiver = SimReceiver::new(ReceiverWord::End);
    let life = Life {
        lines: 40,
        unanswered: 0,
        ending: CloseStyle::Reset,
    };
    receiver.lives.extend([life; 30]);
    let hours = Duration::from_secs(8 * 3600);
    let extra = "half_close = false\nreplay_window_mb = 1";
    let outcome = forward_for(hours, receiver, 6_000, 128, extra);
    let missing = (0..6_000).find(|line| !outcome.receiver.lines().contains(line));
    assert_eq!(missing, None);
    let open = outcome
        .status
        .notices
        .iter()
        .filter(|notice| notice.over_ms.is_none());
    let open: Vec<&String> = open.map(|notice| &notice.title).collect();
    assert!(
        !open.iter().any(|title| title.contains("before a proof")),
        "{open:?}"
    );
}

/// A suspect goes out first on a connection of its own before it is set aside: an end at it behind
/// other lines may be about those.
#[test]
fn only_the_line_at_fault_is_set_aside_without_half_closes() {
    for poison in [2, 100] {
        let mut receiver = SimReceiver::new(ReceiverWord::End);
        receiver.poison = BTreeSet::from([poison]);
        let extra = "half_close = false\nreplay_window_mb = 1";
        let outcome = forward(receiver, 6_000, 128, extra);
        assert_eq!(outcome.aside, [poison.to_string()]);
        let missing = |line: &u64| *line != poison && !outcome.receiver.lines().contains(line);
        assert_eq!((0..6_000).find(missing), None);
        let most = outcome.receiver.given.values().max();
        assert!(most <= Some(&12), "{most:?}");
    }
}
