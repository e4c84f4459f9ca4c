//! The spool against a model that is a few vectors: random pages, peeks, acknowledgements, restarts
//! and kills, with stores so small that the chain moves all the time.

use std::collections::BTreeMap;
use std::path::Path;

use super::shared::{Written, copy_folder, noise_text};
use proptest::prelude::*;
use siembox::for_tests::lines::Lines;
use siembox::for_tests::spool::sled::{SledSpool, SpoolBounds};
use siembox::for_tests::spool::{DeadLetter, Memory, Spool, SpoolError};

#[derive(Debug, Clone)]
enum Action {
    /// A page of so many lines of so many bytes.
    Append {
        stream: u8,
        lines: usize,
        bytes: usize,
        seen: usize,
        forget: u64,
        asides: usize,
    },
    /// From so far behind the first line that waits.
    Peek { ahead: u64 },
    /// So many lines.
    Acknowledge { lines: u64 },
    /// Reads and acknowledges everything.
    Drain,
    /// An orderly end.
    Restart,
    /// What is on disk at this moment is all that is left.
    Kill,
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        6 => (0..3_u8, 0..400_usize, prop_oneof![8 => 0..200_usize, 1 => 20_000..60_000_usize], 0..2000_usize, 0..3_u64, 0..3_usize).prop_map(
            |(stream, lines, bytes, seen, forget, asides)| Action::Append {
                stream,
                // No more than about 400 KB a page.
                lines: lines.min(400_000 / (bytes + 1)),
                bytes,
                seen,
                forget,
                asides,
            }
        ),
        3 => (0..1000_u64).prop_map(|ahead| Action::Peek { ahead }),
        4 => (0..1500_u64).prop_map(|lines| Action::Acknowledge { lines }),
        1 => Just(Action::Drain),
        1 => Just(Action::Restart),
        1 => Just(Action::Kill),
    ]
}

fn bounds() -> SpoolBounds {
    SpoolBounds {
        max_bytes: 24_000_000,
        store_bytes: 150_000,
        ballast_bytes: 4096,
    }
}

#[derive(Default)]
struct Model {
    /// All lines ever, by number.
    lines: Vec<String>,
    first: u64,
    memories: BTreeMap<u8, Memory>,
    asides: Vec<DeadLetter>,
    pages: u64,
}

fn text(number: usize, bytes: usize) -> String {
    format!("{number}:{}", noise_text(number as u64, bytes))
}

impl Model {
    fn append(&mut self, spool: &SledSpool, action: &Action) {
        let Action::Append {
            stream,
            lines: count,
            bytes,
            seen,
            forget,
            asides,
        } = action
        else {
            unreachable!()
        };
        let mut lines = Lines::default();
        for number in 0..*count {
            lines.push(&text(self.lines.len() + number, *bytes));
        }
        self.pages += 1;
        let cursor = format!("cursor {}", self.pages);
        let memory = self.memories.entry(*stream).or_default();
        let fingerprints = vec![self.pages as u8; *seen];
        let forget_seen = memory.seen.first().map_or(0, |(number, _)| number + forget);
        let set_aside: Vec<DeadLetter> = (0..*asides)
            .map(|number| DeadLetter {
                id: format!("{} {number}", self.pages),
                reason: String::new(),
                at_ms: 3,
                bytes: vec![0; *seen],
            })
            .collect();
        let written = Written {
            stream: *stream,
            cursor: cursor.as_bytes(),
            seen: &fingerprints,
            forget_seen,
        };
        match spool.append(&written.page(&lines, &set_aside), 7) {
            Ok(()) => {}
            Err(SpoolError::Full { .. }) => return,
            Err(error) => panic!("{error}"),
        }
        self.lines.extend(lines.iter().map(str::to_owned));
        memory.cursor = Some(cursor.into_bytes());
        memory.seen.retain(|(number, _)| *number >= forget_seen);
        if *seen > 0 {
            memory.seen.push((memory.seen_next, fingerprints));
            memory.seen_next += 1;
        }
        self.asides.extend(set_aside);
    }

    fn peek(&self, spool: &SledSpool, from: u64) -> Option<u64> {
        let Some(batch) = spool.peek(from).unwrap() else {
            assert!(
                from.max(self.first) >= self.lines.len() as u64,
                "nothing from {from} on"
            );
            return None;
        };
        assert!(
            batch.first <= from.max(self.first) && from < batch.next(),
            "{} for {from}",
            batch.first
        );
        for (number, line) in (batch.first..).zip(batch.lines.iter()) {
            assert_eq!(line, self.lines[usize::try_from(number).unwrap()]);
        }
        Some(batch.next())
    }

    fn acknowledge(&mut self, spool: &SledSpool, before: u64) {
        spool.acknowledge(before, b"").unwrap();
        self.first = self.first.max(before.min(self.lines.len() as u64));
    }

    fn check(&self, spool: &SledSpool, folder: &Path) {
        let stats = spool.stats();
        assert_eq!(
            (spool.first(), stats.next),
            (self.first, self.lines.len() as u64)
        );
        assert_eq!(stats.waiting, stats.next - self.first);
        assert_eq!((stats.damaged_lines, stats.damaged_pieces), (0, 0));
        for stream in 0..3 {
            let expected = self.memories.get(&stream).cloned().unwrap_or_default();
            assert_eq!(spool.recall(stream).unwrap(), expected, "stream {stream}");
        }
        let newest: Vec<DeadLetter> = self.asides.iter().rev().take(3).cloned().collect();
        assert_eq!(spool.aside(3).unwrap(), newest);
        let disk = super::shared::disk_bytes(folder);
        assert!(disk < bounds().max_bytes, "{disk}");
        assert_eq!(spool.repairs(), []);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 40,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]
    #[test]
    fn does_what_the_model_does(actions in prop::collection::vec(action(), 1..60)) {
        let mut folder = tempfile::tempdir().unwrap();
        let mut model = Model::default();
        let mut spool = SledSpool::open(folder.path(), bounds(), 0).unwrap();
        for action in actions {
            match &action {
                Action::Append { .. } => model.append(&spool, &action),
                Action::Peek { ahead } => {
                    model.peek(&spool, model.first + ahead);
                }
                Action::Acknowledge { lines } => model.acknowledge(&spool, model.first + lines),
                Action::Drain => {
                    while let Some(next) = model.peek(&spool, model.first) {
                        model.acknowledge(&spool, next);
                    }
                }
                Action::Restart => {
                    drop(spool);
                    spool = SledSpool::open(folder.path(), bounds(), 0).unwrap();
                }
                Action::Kill => {
                    let left = tempfile::tempdir().unwrap();
                    copy_folder(folder.path(), left.path());
                    drop(spool);
                    folder = left;
                    spool = SledSpool::open(folder.path(), bounds(), 0).unwrap();
                    let (first, waited) = (spool.first(), model.first < model.lines.len() as u64);
                    assert!(first <= model.first);
                    assert!(
                        model.first - first < if waited { 2048 } else { 1 },
                        "{first} for {}",
                        model.first
                    );
                    model.first = first;
                }
            }
            model.check(&spool, folder.path());
        }
    }
}
