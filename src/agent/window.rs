//! What was sent and is not let go yet. Pure.
//!
//! A receiver's kernel acknowledges bytes that its process has not read, and which die with it. So what was sent stays in
//! the spool, and goes out again when the connection breaks, until one of two things shows that the process has it:
//!
//! ```text
//!  first                                             sent
//!    │  let go ◀── older than the window │ the window, in the receiver's kernel at most │ not acknowledged │
//! ```
//!
//! - more bytes than the receiver's kernel can hold were acknowledged behind it, or
//! - the receiver ended the connection after we did: it has read everything ([`confirmed`](Window::confirmed)); and it did not
//!   die for a while afterwards, because what was read is not yet stored.

use std::collections::VecDeque;
use std::time::Duration;

/// A receiver that has read everything gets so much time to store it: rsyslog killed right after its FIN was seen to lose
/// 744 of 1,000 lines out of its queue in memory.
pub const SETTLE: Duration = Duration::from_secs(5);

/// A batch on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Number of the line behind its last.
    pub next: u64,
    /// Its lines.
    pub lines: u64,
    /// Its bytes on the wire.
    pub bytes: u64,
}

/// What was sent and is not let go.
#[derive(Debug)]
pub struct Window {
    /// Bytes that are kept at least, whatever the receiver's kernel offers to hold.
    least: u64,
    /// Oldest first.
    parcels: VecDeque<Parcel>,
    /// Bytes of them.
    bytes: u64,
    /// The receiver has read all lines below this number, since this moment.
    confirmed: Option<(u64, Duration)>,
}

/// Lines that need not be kept any longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LetGo {
    /// All lines below this number.
    pub before: u64,
    /// How many that are.
    pub lines: u64,
}

// === impl Window ===

impl Window {
    /// Keeps at least the last `least` bytes sent.
    #[must_use]
    pub fn new(least: u64) -> Self {
        Self {
            least,
            parcels: VecDeque::new(),
            bytes: 0,
            confirmed: None,
        }
    }

    /// A batch was handed to the system.
    pub fn sent(&mut self, parcel: Parcel) {
        self.bytes += parcel.bytes;
        self.parcels.push_back(parcel);
    }

    /// The connection broke: everything goes out again.
    pub fn broken(&mut self) {
        *self = Self::new(self.least);
    }

    /// Is there anything that was sent and of which nobody knows whether it was read?
    #[must_use]
    pub fn doubtful(&self) -> bool {
        let read = self.confirmed.map_or(0, |(before, _)| before);
        self.parcels.back().is_some_and(|last| last.next > read)
    }

    /// The receiver has acknowledged everything sent so far, and its kernel may hold so many bytes of it unread.
    pub fn acknowledged(&mut self, unread_at_most: u64) -> Option<LetGo> {
        let keep = match (self.least, unread_at_most) {
            // switched off, or a word that is final
            (0, _) | (_, 0) => 0,
            (least, unread) => least.max(unread),
        };
        let mut after = self.bytes;
        let count = self.parcels.iter().take_while(|parcel| {
            after -= parcel.bytes;
            after >= keep
        });
        let count = count.count();
        self.let_go(count)
    }

    /// The receiver has read everything sent so far.
    pub fn confirmed(&mut self, now: Duration) {
        if let Some(last) = self.parcels.back() {
            self.confirmed = Some((last.next, now));
        }
    }

    /// The moment at which something that was read may count as stored.
    #[must_use]
    pub fn settles_at(&self) -> Option<Duration> {
        self.confirmed.map(|(_, since)| since + SETTLE)
    }

    /// Lets go what was read long enough ago.
    pub fn settled(&mut self, now: Duration) -> Option<LetGo> {
        let (before, _) = self.confirmed.filter(|(_, since)| now >= *since + SETTLE)?;
        self.confirmed = None;
        let count = self.parcels.iter().take_while(|p| p.next <= before).count();
        self.let_go(count)
    }

    /// Lets go everything: the end of an agent whose receiver has read all of it.
    pub fn finished(&mut self) -> Option<LetGo> {
        self.let_go(self.parcels.len())
    }

    fn let_go(&mut self, count: usize) -> Option<LetGo> {
        let (mut before, mut lines) = (None, 0);
        for parcel in self.parcels.drain(..count) {
            self.bytes -= parcel.bytes;
            lines += parcel.lines;
            before = Some(parcel.next);
        }
        let before = before?;
        Some(LetGo { before, lines })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    /// Ten lines of ten bytes to a parcel.
    fn window(least: u64, parcels: u64) -> Window {
        let mut window = Window::new(least);
        for number in 1..=parcels {
            window.sent(Parcel {
                next: number * 10,
                lines: 10,
                bytes: 100,
            });
        }
        window
    }

    fn let_go(before: u64, lines: u64) -> Option<LetGo> {
        Some(LetGo { before, lines })
    }

    #[test]
    fn the_last_bytes_stay() {
        let mut window = window(250, 10);
        assert_eq!(window.acknowledged(1), let_go(70, 70));
        assert_eq!(window.acknowledged(1), None);
        assert!(window.doubtful());
    }

    #[test]
    fn a_receiver_that_holds_more_keeps_more_in_doubt() {
        let mut window = window(250, 10);
        assert_eq!(window.acknowledged(800), let_go(20, 20));
        assert_eq!(window.acknowledged(2_000), None);
    }

    #[test]
    fn a_wire_whose_word_is_final_keeps_nothing() {
        assert_eq!(window(250, 10).acknowledged(0), let_go(100, 100));
        assert_eq!(window(0, 10).acknowledged(800), let_go(100, 100));
    }

    #[test]
    fn what_was_read_is_let_go_when_it_had_time_to_be_stored() {
        let mut window = window(250, 10);
        window.confirmed(S(100));
        assert!(!window.doubtful());
        window.sent(Parcel {
            next: 110,
            lines: 10,
            bytes: 100,
        });
        assert!(window.doubtful());
        assert_eq!(window.settles_at(), Some(S(105)));
        assert_eq!(window.settled(S(104)), None);
        assert_eq!(window.settled(S(105)), let_go(100, 100));
        assert_eq!(window.settled(S(200)), None);
        assert_eq!(window.finished(), let_go(110, 10));
    }

    #[test]
    fn a_break_forgets_what_was_only_read() {
        let mut window = window(250, 10);
        window.confirmed(S(100));
        window.broken();
        assert_eq!(window.settles_at(), None);
        assert_eq!(window.settled(S(200)), None);
        assert_eq!(window.finished(), None);
    }
}
