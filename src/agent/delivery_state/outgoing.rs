//! The lines that are sent next, and those that are sent and not yet proved.

use std::ops::Range;
use std::time::Duration;

use super::DeliveryState;
use crate::agent::replay_window::Parcel;
use crate::sink::ReceiverWord;
use crate::spool::Batch;

impl DeliveryState {
    /// The line at which to look into the spool for what goes out next.
    pub fn look_at(&self) -> u64 {
        self.alone.unwrap_or_else(|| self.wanted_from(self.cursor))
    }

    /// From now on only this suspect goes out, until it is proved or the connection ends.
    pub fn begin_alone(&mut self, line: u64) {
        self.alone = Some(line);
    }

    /// Is a suspect being tried alone?
    pub fn is_alone(&self) -> bool {
        self.alone.is_some()
    }

    /// The places in this batch that go out next: without a gap, and as many as may go out before
    /// the receiver's word. Empty where none of it is wanted.
    pub fn portion(&self, batch: &Batch) -> Range<usize> {
        let place = |line: u64| usize::try_from(line.saturating_sub(batch.first)).unwrap_or(0);
        if let Some(alone) = self.alone {
            let there = batch.first <= alone && alone < batch.next();
            return place(alone)..place(alone) + usize::from(there);
        }
        let first = self.wanted_from(self.cursor.max(batch.first));
        if first >= batch.next() {
            return 0..0;
        }
        let end = self.unwanted_from(first).unwrap_or(u64::MAX);
        let quota = self.interval.left();
        let (first, end) = (place(first), place(end.min(batch.next())));
        let most = usize::try_from(quota.lines).unwrap_or(usize::MAX);
        let mut bytes = 0;
        let fit = (first..end).take(most).take_while(|&place| {
            let fits = bytes == 0 || bytes < quota.bytes;
            bytes += batch.lines.bytes_at(place) as u64;
            fits
        });
        first..first + fit.count()
    }

    /// None of what was found at [`look_at`](Self::look_at) is wanted. True where something else
    /// may be.
    pub fn pass_over(&mut self, batch: Option<&Batch>) -> bool {
        if let Some(line) = self.alone.take() {
            // damage took the suspect
            self.suspects.forget(line);
            return true;
        }
        self.cursor = self.cursor.max(batch.map_or(0, Batch::next));
        batch.is_some()
    }

    /// These lines are handed to the system: noted before, as a send that is cut off may have sent
    /// some.
    pub fn sending(&mut self, lines: Range<u64>, word: ReceiverWord) {
        if word == ReceiverWord::Answers {
            self.unanswered.insert(lines.clone());
        }
        if self.alone.is_none() {
            self.others_sent = true;
            self.cursor = lines.end;
        }
        self.interval.sending(lines);
        self.unproved += 1;
    }

    /// The system has them.
    pub fn sent(&mut self, lines: Range<u64>, bytes: u64, word: ReceiverWord, now: Duration) {
        if word != ReceiverWord::Answers {
            self.window.sent(Parcel { lines, bytes });
            self.half_close.sent(bytes, now);
        }
        self.interval.sent(bytes);
        self.unproved += bytes;
        self.sent_at = now;
    }

    /// The first line from `line` on that is wanted: not known to have arrived, been read, set
    /// aside or held back.
    fn wanted_from(&self, line: u64) -> u64 {
        let mut wanted = line;
        loop {
            let before = wanted;
            wanted = self.arrived.gap_from(wanted);
            wanted = self.refused.gap_from(wanted);
            wanted = self.window.unread_from(wanted);
            wanted = self.suspects.free_from(wanted);
            if wanted == before {
                return wanted;
            }
        }
    }

    /// The first line from `line` on that is not wanted.
    fn unwanted_from(&self, line: u64) -> Option<u64> {
        let known = [
            self.arrived.member_from(line),
            self.refused.member_from(line),
            self.window.read_from(line),
            self.suspects.held_from(line),
        ];
        known.into_iter().flatten().min()
    }
}
