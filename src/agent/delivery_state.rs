//! Which lines the receiver has, by their numbers, and which go out next. Pure.
//!
//! ```text
//!   first                                                   cursor
//!     │ arrived │ read, not yet stored │ arrived │ suspect │ out │ waiting …
//!     ╰─ leaves the spool ─▶ only without a gap from `first` on
//! ```
//!
//! Each line's fate is noted under its own number. What leaves the spool is what has arrived or was set aside, without a gap;
//! nothing is derived by adding a count to a position.

use std::ops::Range;
use std::time::Duration;

use super::half_close::HalfClose;
use super::proof_interval::ProofInterval;
use super::replay_window::{Parcel, ReplayWindow};
use super::suspects::{Named, Suspects};
use crate::ledger::Release;
use crate::settings::DeliverySettings;
use crate::sink::ReceiverWord;
use crate::sink::{Answers, ReceiverRefusal};
use crate::spool::{Batch, LineSet};

/// So many connections in a row may end before a proof: a line at which they end is found within them.
const MOST_FRUITLESS: u32 = 24;
/// So long the next one then waits, the one after it twice as long, up to [`LONGEST_FRUITLESS_WAIT`].
const FRUITLESS_WAIT: Duration = Duration::from_secs(30);
/// See [`FRUITLESS_WAIT`].
const LONGEST_FRUITLESS_WAIT: Duration = Duration::from_secs(3600);

/// How far the delivery has come.
pub struct DeliveryState {
    /// Lines below have left the spool.
    first: u64,
    /// Where the next line to send is looked for on this connection.
    cursor: u64,
    /// Lines that the receiver has for good, and that are still in the spool.
    arrived: LineSet,
    /// Lines that were set aside because the receiver does not take them.
    refused: LineSet,
    /// Sent on this connection to a receiver that answers each line, and not yet answered.
    unanswered: LineSet,
    /// Refused since the receiver was last asked for everything; whether that is the lines' fault shows when all is answered.
    refusals: Vec<ReceiverRefusal>,
    /// The number behind the last line that a receiver that answers each line has accepted since then; 0 for none.
    accepted_to: u64,
    /// Has anything newly arrived, or been read, on this connection?
    progress: bool,
    /// Connections in a row that ended before anything on them was known to have arrived.
    fruitless: u32,
    /// Was that told?
    fruitless_told: bool,
    /// Did other lines go out on this connection before the suspect? Then an end at it may be about
    /// those.
    others_sent: bool,
    /// The suspect that this connection is for.
    alone: Option<u64>,
    /// Lines that are held back.
    pub suspects: Suspects,
    /// How much goes out before the receiver's word.
    pub interval: ProofInterval,
    /// Sent and not arrived for good, where the receiver answers nothing.
    pub window: ReplayWindow,
    pub half_close: HalfClose,
    /// Bytes sent that the receiver's kernel may not have.
    pub unproved: u64,
    /// When something was last sent.
    pub sent_at: Duration,
    /// Was the last connection ended well?
    pub renewed: bool,
}

// === impl DeliveryState ===

impl DeliveryState {
    /// Begins at the spool's first line.
    pub fn new(first: u64, settings: &DeliverySettings) -> Self {
        Self {
            first,
            cursor: first,
            arrived: LineSet::default(),
            refused: LineSet::default(),
            unanswered: LineSet::default(),
            refusals: Vec::new(),
            accepted_to: 0,
            progress: false,
            fruitless: 0,
            fruitless_told: false,
            others_sent: false,
            alone: None,
            suspects: Suspects::default(),
            interval: ProofInterval::new(),
            window: ReplayWindow::new(settings.window),
            half_close: HalfClose::new(settings),
            unproved: 0,
            sent_at: Duration::ZERO,
            renewed: false,
        }
    }

    /// A connection is to be made: what goes out on it begins at the spool's first line that is wanted.
    pub fn begin_connection(&mut self, now: Duration) {
        // the one before was given up for a reason of our own
        if self.window.doubtful() {
            self.window.broken(now);
        }
        (self.cursor, self.unproved, self.alone) = (self.first, 0, None);
        self.unanswered = LineSet::default();
        self.refusals.clear();
        (self.accepted_to, self.progress) = (0, false);
        self.others_sent = false;
        self.interval.nothing_out();
    }

    // --- what goes out

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

    /// The places in this batch that go out next: without a gap, and as many as may go out before the receiver's word.
    /// Empty where none of it is wanted.
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

    /// None of what was found at [`look_at`](Self::look_at) is wanted. True where something else may be.
    pub fn pass_over(&mut self, batch: Option<&Batch>) -> bool {
        if let Some(line) = self.alone.take() {
            // damage took the suspect
            self.suspects.forget(line);
            return true;
        }
        self.cursor = self.cursor.max(batch.map_or(0, Batch::next));
        batch.is_some()
    }

    /// These lines are handed to the system: noted before, as a send that is cut off may have sent some.
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

    /// The first line from `line` on that is wanted: not known to have arrived, been read, set aside or held back.
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

    // --- what the receiver says

    /// The receiver answered.
    pub fn answered(&mut self, answers: Answers) {
        for lines in answers.accepted.ranges() {
            self.unanswered.remove(lines.clone());
            self.arrived.insert(lines);
        }
        self.suspects.passed(&answers.accepted);
        self.accepted_to = self.accepted_to.max(answers.accepted.end());
        self.progress |= !answers.accepted.is_empty();
        for refusal in answers.refused {
            self.unanswered.remove(refusal.line..refusal.line + 1);
            self.refusals.push(refusal);
        }
    }

    /// Everything that was sent is answered, or the connection broke. Returns the receiver's words where it takes no line at all.
    pub fn judge_refusals(&mut self, now: Duration) -> Option<String> {
        let refusals = std::mem::take(&mut self.refusals);
        let accepted_to = std::mem::take(&mut self.accepted_to);
        if accepted_to == 0 && !self.is_alone() {
            return refusals.into_iter().next().map(|refusal| refusal.words);
        }
        for ReceiverRefusal { line, words } in refusals {
            let others_after = accepted_to > line;
            self.suspects.refused(line, &words, others_after, now);
        }
        None
    }

    /// The receiver's kernel has everything that was sent, and may hold so many bytes of it unread.
    pub fn acknowledged(&mut self, unread_at_most: u64) {
        let arrived = self.window.acknowledged(unread_at_most);
        self.window.alive();
        self.arrive(&arrived);
    }

    /// What was read long enough ago has arrived for good.
    pub fn settle(&mut self, now: Duration) {
        let arrived = self.window.settled(now);
        self.arrived.insert_all(&arrived);
    }

    /// The receiver's process has read everything that was sent.
    pub fn confirmed(&mut self, now: Duration) {
        let read = self.window.confirmed(now);
        self.suspects.passed(&read);
        self.progress |= !read.is_empty();
        self.fruitless = 0;
        self.interval.held();
        self.half_close.answered();
    }

    /// The receiver has taken what was sent since it was last asked, by its own answers, or as far as its kernel's word goes.
    pub fn held(&mut self, word: ReceiverWord) {
        if word != ReceiverWord::Answers {
            self.suspects.passed(self.interval.out());
        }
        self.interval.held();
        self.alone = None;
    }

    /// The end of an agent whose receiver has read everything.
    pub fn finished(&mut self) {
        let arrived = self.window.finished();
        self.arrived.insert_all(&arrived);
    }

    fn arrive(&mut self, lines: &LineSet) {
        self.arrived.insert_all(lines);
        self.suspects.passed(lines);
        if !lines.is_empty() {
            (self.progress, self.fruitless) = (true, 0);
        }
    }

    // --- what goes wrong

    /// The connection broke, in these words. True where the next connection should be tried at once, because only that shows
    /// whether the receiver lives.
    pub fn broke(&mut self, words: &str, word: ReceiverWord, now: Duration) -> bool {
        let suspect = match (word, self.alone.take()) {
            (ReceiverWord::None, _) => None,
            (ReceiverWord::End, None) => self.interval.broke(),
            // the next connection begins with it, and tells
            (ReceiverWord::End, Some(_)) if self.others_sent => None,
            (ReceiverWord::End, Some(line)) => self.interval.out().contains(line).then_some(line),
            (ReceiverWord::Answers, Some(line)) => self.unanswered.contains(line).then_some(line),
            // what was answered is known by number: only a break before the first answer is about the lines
            (ReceiverWord::Answers, None) if self.progress && !self.interval.is_searching() => None,
            (ReceiverWord::Answers, None) => self.interval.unanswered(&self.unanswered),
        };
        if let Some(line) = suspect {
            self.suspects.ended_connection(line, words, now);
        }
        if word == ReceiverWord::End && self.window.doubtful() && !self.progress {
            self.fruitless = self.fruitless.saturating_add(1);
        }
        let second = self.window.is_doubted();
        self.window.died_if_doubted();
        self.window.broken(now);
        !second && self.window.is_doubted()
    }

    /// So many connections in a row ended before anything on them was known to have arrived, and so
    /// long the next one is to wait, where that is more than a line at which connections end explains:
    /// each one repeats its lines.
    pub fn fruitless(&mut self) -> Option<(u32, Duration)> {
        let more = self.fruitless.checked_sub(MOST_FRUITLESS)?;
        self.fruitless_told = true;
        let wait = FRUITLESS_WAIT.saturating_mul(1 << more.min(16));
        Some((self.fruitless, wait.min(LONGEST_FRUITLESS_WAIT)))
    }

    /// Lines arrive again, and it was told that they do not.
    pub fn takes_again(&mut self) -> bool {
        self.fruitless == 0 && std::mem::take(&mut self.fruitless_told)
    }

    /// No connection can be made.
    pub fn unreachable(&mut self) {
        self.window.died_if_doubted();
    }

    /// Did the receiver take anything new on this connection?
    pub fn has_progress(&self) -> bool {
        self.progress
    }

    // --- what leaves the spool

    /// Lines below have left the spool.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// This suspect is set aside.
    pub fn set_aside(&mut self, named: &Named) {
        self.suspects.forget(named.line);
        self.fruitless = 0;
        self.refused.insert(named.line..named.line + 1);
    }

    /// What may leave the spool, whose first line is this one.
    pub fn release(&mut self, first: u64) -> Option<Release> {
        // damaged lines leave it by themselves
        self.first = self.first.max(first);
        let mut before = self.first;
        loop {
            let next = self.refused.gap_from(self.arrived.gap_from(before));
            if next == before {
                break;
            }
            before = next;
        }
        if before == self.first {
            self.forget_gone();
            return None;
        }
        Some(Release {
            before,
            arrived: self.arrived.clone(),
            refused: self.refused.clone(),
        })
    }

    /// They have left it.
    pub fn released(&mut self, before: u64) {
        self.first = self.first.max(before);
        self.forget_gone();
    }

    /// Nothing is known any longer of lines that have left the spool, so none of them may be looked for.
    fn forget_gone(&mut self) {
        self.cursor = self.cursor.max(self.first);
        self.arrived.forget_below(self.first);
        self.refused.forget_below(self.first);
        self.suspects.forget_below(self.first);
    }
}
