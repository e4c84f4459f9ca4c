//! The receiver's side: takes lines from the spool as the forwarder does, breaks, and gets what was
//! not proved again.

use std::sync::Arc;
use std::time::Duration;

use siembox::for_tests::spool::Spool;
use siembox_support::dice::Dice;

use crate::spool::{TestSpool, id_of};

/// Lines that may be on the way without a proof.
const UNPROVED: u64 = 1000;

#[derive(Default)]
pub struct Receiver {
    pub spool: Option<Arc<TestSpool>>,
    /// The line to peek next; none where there is no connection.
    next: Option<u64>,
    gone_until: Duration,
    /// By line number: its id, and how often it came.
    pub arrived: Vec<(String, u32)>,
    pub breaks: u64,
    pub wrong: Vec<String>,
}

impl Receiver {
    /// The connection breaks, and nobody listens until then.
    pub fn leave(&mut self, until: Duration) {
        self.gone_until = until;
        self.hang_up();
    }

    /// The sender died, or the connection.
    pub fn hang_up(&mut self) {
        if self.next.take().is_some() {
            self.breaks += 1;
        }
    }

    /// Some work of the forwarder's.
    pub fn act(&mut self, at: Duration, dice: &mut Dice, calm: bool) {
        let Some(spool) = self.spool.clone() else {
            return;
        };
        if at < self.gone_until && !calm {
            return;
        }
        for _ in 0..=dice.below(8) {
            let next = *self.next.get_or_insert_with(|| spool.first());
            match spool.peek(next).unwrap() {
                None => return self.prove(&spool, next),
                Some(batch) => {
                    if batch.first != next {
                        self.wrong.push(format!("{} came for {next}", batch.first));
                    }
                    let breaks = !calm && dice.percent(2);
                    let whole = batch.lines.len() as u64;
                    let count = if breaks { dice.below(whole) } else { whole };
                    for (number, line) in (batch.first..)
                        .zip(batch.lines.iter())
                        .take(usize::try_from(count).unwrap())
                    {
                        self.take(number, id_of(line));
                    }
                    if breaks {
                        return self.hang_up();
                    }
                    self.next = Some(batch.next());
                    if batch.next() - spool.first() > UNPROVED {
                        self.prove(&spool, batch.next());
                    }
                }
            }
        }
    }

    fn prove(&mut self, spool: &TestSpool, before: u64) {
        if before > spool.first() {
            spool.acknowledge(before, b"").unwrap();
        }
    }

    fn take(&mut self, number: u64, id: &str) {
        let number = usize::try_from(number).unwrap();
        let count = self.arrived.len();
        match self.arrived.get_mut(number) {
            Some((known, times)) if known == id => *times += 1,
            Some((known, _)) => self
                .wrong
                .push(format!("line {number} was {known} and is {id}")),
            None if number == count => self.arrived.push((id.to_owned(), 1)),
            None => self.wrong.push(format!("line {number} came after {count}")),
        }
    }
}
