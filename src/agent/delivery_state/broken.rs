//! A broken or failed connection: what it says about the lines that were sent on it.

use std::time::Duration;

use super::DeliveryState;
use crate::sink::ReceiverWord;

/// So many connections in a row may end before a proof: a line at which they end is found within
/// them.
const MOST_FRUITLESS: u32 = 24;
/// So long the next one then waits, the one after it twice as long, up to
/// [`LONGEST_FRUITLESS_WAIT`].
const FRUITLESS_WAIT: Duration = Duration::from_secs(30);
/// See [`FRUITLESS_WAIT`].
const LONGEST_FRUITLESS_WAIT: Duration = Duration::from_secs(3600);

impl DeliveryState {
    /// The connection broke, in these words. True where the next connection should be tried at
    /// once, because only that shows whether the receiver lives.
    pub fn broke(&mut self, words: &str, word: ReceiverWord, now: Duration) -> bool {
        let suspect = match (word, self.alone.take()) {
            (ReceiverWord::None, _) => None,
            (ReceiverWord::End, None) => self.interval.broke(),
            // the next connection begins with it, and tells
            (ReceiverWord::End, Some(_)) if self.others_sent => None,
            (ReceiverWord::End, Some(line)) => self.interval.out().contains(line).then_some(line),
            (ReceiverWord::Answers, Some(line)) => self.unanswered.contains(line).then_some(line),
            // what was answered is known by number: only a break before the first answer is about
            // the lines
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
    /// long the next one is to wait, where that is more than a line at which connections end
    /// explains: each one repeats its lines.
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
}
