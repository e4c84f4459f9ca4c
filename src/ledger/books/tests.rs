#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::ledger::PageCounts;
use crate::ledger::flash;
use crate::spool::LineSet;

/// An agent with everything that outlives a kill, and everything that does not.
#[derive(Default)]
struct World {
    books: Books,
    /// Flash: tags of all lines ever, the streams' cursors, the note with how far the SIEM had
    /// come, the file.
    lines: Vec<u32>,
    cursors: BTreeMap<u8, Vec<u8>>,
    noted: (u64, Vec<u8>),
    file: Option<LedgerCheckpoint>,
    /// Memory: how far the SIEM has come, how far lines were sent.
    first: u64,
    note: Vec<u8>,
    sent: u64,
    /// What must come out: unique records by row.
    truth: BTreeMap<LedgerKey, [u64; 3]>,
}

#[derive(Debug, Clone)]
enum Act {
    /// Stream; records as (hour, what became of them); does the kill come between flash and memory?
    Page(u8, Vec<(u32, u8)>, bool),
    Repeats(u8, u32),
    Send(u64),
    Break,
    /// How much of what is out has arrived, in sixteenths; does the note reach flash?
    Arrive(u64, bool),
    /// Does the file take it?
    LedgerCheckpoint(bool),
    Kill,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let records = prop::collection::vec((0..40_u32, 0..4_u8), 0..30);
    let act = prop_oneof![
        4 => (0..2_u8, records, prop::bool::weighted(0.1)).prop_map(|(s, r, k)| Act::Page(s, r, k)),
        1 => (0..2_u8, 0..40_u32).prop_map(|(s, h)| Act::Repeats(s, h)),
        4 => (1..40_u64).prop_map(Act::Send),
        1 => Just(Act::Break),
        3 => (1..=16_u64, any::<bool>()).prop_map(|(part, noted)| Act::Arrive(part, noted)),
        2 => prop::bool::weighted(0.7).prop_map(Act::LedgerCheckpoint),
        2 => Just(Act::Kill),
    ];
    prop::collection::vec(act, 0..80)
}

/// All lines below have arrived.
fn arrived(before: u64) -> Release {
    Release {
        before,
        arrived: LineSet::from(0..before),
        ..Release::default()
    }
}

impl World {
    fn act(&mut self, act: Act) {
        match act {
            Act::Page(stream, records, killed) => self.page(stream, &records, killed),
            Act::Repeats(stream, hour) => {
                let mut counts = PageCounts::default();
                counts.seen(LedgerKey::at(stream, hour));
                self.books.count(stream, counts.rows());
            }
            Act::Send(lines) => {
                let next = (self.sent + lines).min(self.lines.len() as u64);
                let tags = &self.lines[self.sent as usize..next as usize];
                self.books.sent(self.sent, tags);
                self.sent = next;
            }
            Act::Break => {
                self.sent = self.first;
            }
            Act::Arrive(part, noted) => {
                self.arrive(self.first + (self.sent - self.first) * part / 16, noted)
            }
            Act::LedgerCheckpoint(taken) => {
                let (checkpoint, undo) = self.books.close(24);
                match taken {
                    true => self.file = Some(checkpoint),
                    false => self.books.reopen(undo),
                }
            }
            Act::Kill => self.live_again(),
        }
    }

    fn page(&mut self, stream: u8, records: &[(u32, u8)], killed: bool) {
        let mut counts = PageCounts::default();
        for &(hour, fate) in records {
            let key = LedgerKey::at(stream, hour);
            let truth = self.truth.entry(key).or_default();
            match fate {
                0 => counts.seen(key),
                1 => counts.left_out(key),
                2 => counts.aside(key),
                _ => {
                    counts.spooled(key);
                    self.lines.push(key.tag());
                }
            }
            if fate > 0 {
                truth[usize::from(fate) - 1] += 1;
            }
            self.books.reached(i64::from(hour) * 3_600_000);
        }
        let tail = self.books.tail_with(stream, counts.rows());
        self.cursors.insert(
            stream,
            flash::cursor_with(br#"{"high_ms":1,"origin_ms":0}"#, &tail),
        );
        match killed {
            true => self.live_again(),
            false => self.books.count(stream, counts.rows()),
        }
    }

    fn arrive(&mut self, before: u64, noted: bool) {
        loop {
            let step = self.books.step(&arrived(before));
            let (tail, marks) = self.books.note_with(&step);
            self.note = flash::note(&tail, marks);
            self.first = self.first.max(step.before);
            self.books.proved(&step);
            if step.before >= before {
                break;
            }
        }
        if noted {
            self.noted = (self.first, self.note.clone());
        }
    }

    /// A kill, and the next start.
    fn live_again(&mut self) {
        (self.first, self.note) = self.noted.clone();
        self.sent = self.first;
        let tail = |(stream, cursor): (&u8, &Vec<u8>)| Some((*stream, flash::tail_of(cursor)?));
        let found = LedgerFound {
            streams: self.cursors.iter().filter_map(tail).collect(),
            delivery: flash::from_note(&self.note),
        };
        let (books, mended) = Books::restore(self.file.clone(), found, self.stock());
        assert_eq!(mended, [], "a kill leaves nothing to be put right");
        self.books = books;
    }

    fn stock(&self) -> Stock {
        Stock {
            first: self.first,
            next: self.lines.len() as u64,
            waiting: self.lines.len() as u64 - self.first,
            damaged: 0,
        }
    }

    fn check(&self) {
        assert_eq!(self.books.balance(self.stock()), 0);
        let rows = self.books.rows();
        for (key, row) in &rows {
            assert_eq!(row.fault(), None, "{key:?} {row:?}");
        }
        assert!(!rows.contains_key(&LedgerKey::UNATTRIBUTED));
        let mut truth: BTreeMap<LedgerKey, [u64; 3]> = BTreeMap::new();
        for (key, counts) in &self.truth {
            let sum = truth.entry(key.folded(self.books.kept_from)).or_default();
            for (sum, count) in sum.iter_mut().zip(counts) {
                *sum += count;
            }
        }
        for (key, truth) in truth {
            let row = rows.get(&key).copied().unwrap_or_default();
            assert_eq!([row.left_out, row.aside, row.spooled], truth, "{key:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn adds_up_at_every_moment_and_after_every_kill(acts in acts()) {
        let mut world = World::default();
        for act in acts {
            world.act(act);
            world.check();
        }
        world.act(Act::Send(u64::MAX / 2));
        world.act(Act::Arrive(16, true));
        world.act(Act::Kill);
        world.check();
        for (key, row) in world.books.rows() {
            prop_assert_eq!((row.sent, row.proved), (row.spooled, row.spooled), "{:?}", key);
        }
    }
}

fn lines(world: &mut World, hour: u32, lines: usize) {
    world.act(Act::Page(0, vec![(hour, 3); lines], false));
}

#[test]
fn what_goes_out_again_counts_as_again() {
    let mut world = World::default();
    lines(&mut world, 5, 10);
    world.act(Act::Send(10));
    world.act(Act::Arrive(8, true));
    world.act(Act::Kill);
    world.act(Act::Send(5));
    let row = world.books.row(LedgerKey::at(0, 5));
    assert_eq!((row.sent, row.again, row.proved), (10, 5, 5));
    world.act(Act::Arrive(16, true));
    let row = world.books.row(LedgerKey::at(0, 5));
    assert_eq!((row.sent, row.again, row.proved), (10, 5, 10));
}

#[test]
fn old_hours_become_one_row() {
    let mut world = World::default();
    for hour in 0..40 {
        lines(&mut world, hour, 2);
    }
    world.act(Act::LedgerCheckpoint(true));
    world.act(Act::Send(80));
    world.act(Act::Arrive(16, true));
    world.check();
    let rows = world.books.rows();
    // the latest hour, 24 before it, and one for the rest
    assert_eq!(rows.len(), 26);
    assert_eq!(rows[&LedgerKey::at(0, 1).folded(9)].proved, 2 * 15);
}

#[test]
fn a_spool_older_than_its_ledger_is_taken_over() {
    let stock = Stock {
        first: 20,
        next: 120,
        waiting: 97,
        damaged: 3,
    };
    let (mut books, mended) = Books::restore(None, LedgerFound::default(), stock);
    assert_eq!((mended, books.balance(stock)), (vec![], 0));
    books.sent(20, &[0; 100]);
    let step = books.step(&arrived(120));
    books.proved(&step);
    let row = books.row(LedgerKey::UNATTRIBUTED);
    assert_eq!((row.spooled, row.sent, row.fault()), (100, 100, None));
}

#[test]
fn a_file_that_is_gone_begins_anew_and_nothing_counts_twice() {
    let mut world = World::default();
    lines(&mut world, 5, 10);
    world.act(Act::LedgerCheckpoint(true));
    lines(&mut world, 6, 10);
    let tail = flash::tail_of(&world.cursors[&0]).unwrap();
    let found = LedgerFound {
        streams: [(0, tail)].into(),
        delivery: None,
    };
    let (mut books, mended) = Books::restore(None, found.clone(), world.stock());
    assert_eq!(mended, [LedgerRepair::Anew]);
    assert_eq!(books.balance(world.stock()), 0);
    books.sent(0, &world.lines);
    assert_eq!(books.row(LedgerKey::at(0, 6)), Row::default());
    assert_eq!(books.row(LedgerKey::UNATTRIBUTED).sent, 20);
    // the next start finds the same tail, and a file that is ahead of it
    let (checkpoint, _) = books.close(24);
    let (books, mended) = Books::restore(Some(checkpoint), found, world.stock());
    assert_eq!(mended, []);
    assert_eq!(books.row(LedgerKey::at(0, 6)), Row::default());
    assert_eq!(books.balance(world.stock()), 0);
}

#[test]
fn lines_that_a_power_cut_took_are_told() {
    let mut world = World::default();
    lines(&mut world, 5, 10);
    world.act(Act::LedgerCheckpoint(true));
    world.lines.truncate(4);
    let (books, mended) = Books::restore(world.file.clone(), LedgerFound::default(), world.stock());
    assert_eq!(mended, [LedgerRepair::Vanished(6)]);
    assert_eq!(
        (
            books.balance(world.stock()),
            books.row(LedgerKey::UNATTRIBUTED).lost
        ),
        (0, 6)
    );
}

#[test]
fn lines_that_nobody_knows_are_told() {
    let mut world = World::default();
    lines(&mut world, 5, 10);
    world.act(Act::Send(6));
    world.act(Act::LedgerCheckpoint(true));
    world.lines.extend([LedgerKey::at(0, 5).tag(); 7]);
    let (mut books, mended) =
        Books::restore(world.file.clone(), LedgerFound::default(), world.stock());
    assert_eq!(mended, [LedgerRepair::Adopted(7)]);
    assert_eq!(books.balance(world.stock()), 0);
    books.sent(0, &world.lines);
    let step = books.step(&arrived(17));
    books.proved(&step);
    for (key, row) in books.rows() {
        assert_eq!(row.fault(), None, "{key:?} {row:?}");
    }
    let stock = Stock {
        first: 17,
        waiting: 0,
        ..world.stock()
    };
    assert_eq!(books.balance(stock), 0);
}

#[test]
fn only_what_the_receiver_answered_is_proved() {
    let mut world = World::default();
    lines(&mut world, 5, 10);
    world.act(Act::Send(10));
    // line 3 is refused; of lines 6 and 7 nothing is known, and they leave all the same: that must
    // show
    let release = Release {
        before: 10,
        arrived: [0..3, 4..6, 8..10].into_iter().collect(),
        refused: LineSet::from(3..4),
    };
    let step = world.books.step(&release);
    world.books.proved(&step);
    world.first = 10;
    let row = world.books.row(LedgerKey::at(0, 5));
    assert_eq!((row.sent, row.proved, row.refused), (10, 7, 1));
    assert_eq!(world.books.balance(world.stock()), 2);
}

#[test]
fn lines_that_go_out_in_another_order_count_for_their_own_rows() {
    let mut world = World::default();
    lines(&mut world, 5, 4);
    lines(&mut world, 6, 4);
    let tags = world.lines.clone();
    // line 2 is held back and goes out again behind all others
    world.books.sent(0, &tags[0..3]);
    world.books.sent(3, &tags[3..8]);
    world.books.sent(2, &tags[2..3]);
    let step = world.books.step(&arrived(8));
    world.books.proved(&step);
    for hour in [5, 6] {
        let row = world.books.row(LedgerKey::at(0, hour));
        assert_eq!((row.sent, row.proved), (4, 4), "{hour}");
    }
    assert_eq!(world.books.row(LedgerKey::at(0, 5)).again, 1);
}
