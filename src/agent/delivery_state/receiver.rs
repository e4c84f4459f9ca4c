//! Acknowledgements: what the receiver, or its kernel, says about the lines that were sent.

use std::time::Duration;

use super::DeliveryState;
use crate::sink::{Answers, ReceiverRefusal, ReceiverWord};
use crate::spool::LineSet;

impl DeliveryState {
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

    /// Everything that was sent is answered, or the connection broke. Returns the receiver's words
    /// where it takes no line at all.
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

    /// The receiver has taken what was sent since it was last asked, by its own answers, or as far
    /// as its kernel's word goes.
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
}
