//! The replay window: lines that were sent and can still be lost with the receiver. Pure.
//!
//! A receiver's kernel acknowledges bytes that its process has not read, and which die with it. So
//! what was sent stays in the spool, and goes out again when the connection breaks, until one of
//! two things shows that the process has it:
//!
//! ```text
//!  first                                             sent
//!    │  arrived ◀── older than the window │ the window, in the receiver's kernel at most │ not acknowledged │
//! ```
//!
//! - more bytes than the receiver's kernel can hold were acknowledged behind it, or
//! - the receiver ended the connection after we did: it has read everything
//!   ([`confirmed`](ReplayWindow::confirmed)); and it did not die for a while afterwards, because
//!   what was read is not yet stored.
//!
//! A break takes back what was read a moment ago only if the receiver is found dead: the next
//! connection, which is made at once, is refused, or ends by itself right away. A receiver that
//! ends connections early and accepts the next at once is alive.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use crate::spool::LineSet;

/// A receiver that has read everything gets so much time to store it: rsyslog killed right after
/// its FIN was seen to lose 744 of 1,000 lines out of its queue in memory.
pub const SETTLE: Duration = Duration::from_secs(5);

/// Lines that went out together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Their numbers.
    pub lines: Range<u64>,
    /// Their bytes on the wire.
    pub bytes: u64,
}

/// What was sent and has not arrived for good.
#[derive(Debug)]
pub struct ReplayWindow {
    /// Bytes that are kept at least, whatever the receiver's kernel offers to hold.
    least: u64,
    /// Sent on this connection, and not known to be read; oldest first.
    parcels: VecDeque<Parcel>,
    /// Bytes of them.
    bytes: u64,
    /// Read by the receiver, and since when; oldest first.
    read: VecDeque<(LineSet, Duration)>,
    /// Since when it is not known whether the receiver that has read them lives: a connection
    /// broke.
    doubted_since: Option<Duration>,
}

// === impl ReplayWindow ===

impl ReplayWindow {
    /// Keeps at least the last `least` bytes sent.
    #[must_use]
    pub fn new(least: u64) -> Self {
        Self {
            least,
            parcels: VecDeque::new(),
            bytes: 0,
            read: VecDeque::new(),
            doubted_since: None,
        }
    }

    /// Lines were handed to the system.
    pub fn sent(&mut self, parcel: Parcel) {
        self.bytes += parcel.bytes;
        self.parcels.push_back(parcel);
    }

    /// The connection broke: what is not read goes out again. What was read waits for a sign of
    /// life.
    pub fn broken(&mut self, now: Duration) {
        self.parcels.clear();
        self.bytes = 0;
        if !self.read.is_empty() {
            self.doubted_since.get_or_insert(now);
        }
    }

    /// The receiver has accepted a connection after the break.
    pub fn alive(&mut self) {
        self.doubted_since = None;
    }

    /// A break came, and nothing has shown since that the receiver lives: what it has read goes out
    /// again.
    pub fn died_if_doubted(&mut self) {
        if self.doubted_since.take().is_some() {
            self.read.clear();
        }
    }

    /// Is there anything read that a dead receiver would have lost?
    #[must_use]
    pub fn is_doubted(&self) -> bool {
        self.doubted_since.is_some()
    }

    /// Is there anything that was sent and of which nobody knows whether it was read?
    #[must_use]
    pub fn doubtful(&self) -> bool {
        !self.parcels.is_empty()
    }

    /// The first line from `line` on that is not among those that were read.
    #[must_use]
    pub fn unread_from(&self, line: u64) -> u64 {
        self.read
            .iter()
            .fold(line, |line, (lines, _)| lines.gap_from(line))
    }

    /// The first line from `line` on that is among those that were read.
    #[must_use]
    pub fn read_from(&self, line: u64) -> Option<u64> {
        let read = self.read.iter();
        read.filter_map(|(lines, _)| lines.member_from(line)).min()
    }

    /// The receiver has acknowledged everything sent so far, and its kernel may hold so many bytes
    /// of it unread. The lines that have arrived by that.
    #[must_use]
    pub fn acknowledged(&mut self, unread_at_most: u64) -> LineSet {
        let keep = match (self.least, unread_at_most) {
            // switched off, or a word that is final
            (0, _) | (_, 0) => 0,
            (least, unread) => least.max(unread),
        };
        let mut arrived = LineSet::default();
        while let Some(oldest) = self.parcels.front()
            && self.bytes - oldest.bytes >= keep
        {
            self.bytes -= oldest.bytes;
            arrived.insert(oldest.lines.clone());
            self.parcels.pop_front();
        }
        arrived
    }

    /// The receiver has read everything sent so far: these lines.
    pub fn confirmed(&mut self, now: Duration) -> LineSet {
        let lines: LineSet = self.parcels.drain(..).map(|parcel| parcel.lines).collect();
        self.bytes = 0;
        if !lines.is_empty() {
            self.read.push_back((lines.clone(), now));
        }
        self.alive();
        lines
    }

    /// The moment at which something that was read may count as stored.
    #[must_use]
    pub fn settles_at(&self) -> Option<Duration> {
        let (_, since) = self.read.front()?;
        Some(self.doubted_since.unwrap_or(*since).max(*since) + SETTLE)
    }

    /// The lines that were read long enough ago by a receiver that lives.
    #[must_use]
    pub fn settled(&mut self, now: Duration) -> LineSet {
        // a connection that stands for so long is a sign of life as well
        if self
            .doubted_since
            .is_some_and(|since| now >= since + SETTLE)
        {
            self.alive();
        }
        let mut arrived = LineSet::default();
        while let Some((lines, since)) = self.read.front()
            && self.doubted_since.is_none()
            && now >= *since + SETTLE
        {
            arrived.insert_all(lines);
            self.read.pop_front();
        }
        arrived
    }

    /// All lines of it: the end of an agent whose receiver has read them.
    #[must_use]
    pub fn finished(&mut self) -> LineSet {
        let mut arrived: LineSet = self.parcels.drain(..).map(|parcel| parcel.lines).collect();
        self.bytes = 0;
        if self.doubted_since.is_none() {
            for (lines, _) in self.read.drain(..) {
                arrived.insert_all(&lines);
            }
        }
        arrived
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    /// Ten lines of ten bytes to a parcel.
    fn window(least: u64, parcels: u64) -> ReplayWindow {
        let mut window = ReplayWindow::new(least);
        for number in 0..parcels {
            window.sent(parcel(number * 10));
        }
        window
    }

    fn parcel(first: u64) -> Parcel {
        Parcel {
            lines: first..first + 10,
            bytes: 100,
        }
    }

    fn lines(lines: Range<u64>) -> LineSet {
        LineSet::from(lines)
    }

    #[test]
    fn the_last_bytes_stay() {
        let mut window = window(250, 10);
        assert_eq!(window.acknowledged(1), lines(0..70));
        assert!(window.acknowledged(1).is_empty());
        assert!(window.doubtful());
    }

    #[test]
    fn a_receiver_that_holds_more_keeps_more_in_doubt() {
        let mut window = window(250, 10);
        assert_eq!(window.acknowledged(800), lines(0..20));
        assert!(window.acknowledged(2_000).is_empty());
    }

    #[test]
    fn a_wire_whose_word_is_final_keeps_nothing() {
        assert_eq!(window(250, 10).acknowledged(0), lines(0..100));
        assert_eq!(window(0, 10).acknowledged(800), lines(0..100));
    }

    #[test]
    fn what_was_read_has_arrived_when_it_had_time_to_be_stored() {
        let mut window = window(250, 10);
        let _ = window.confirmed(S(100));
        assert!(!window.doubtful());
        window.sent(parcel(100));
        assert!(window.doubtful());
        assert_eq!((window.unread_from(0), window.unread_from(100)), (100, 100));
        assert_eq!(window.settles_at(), Some(S(105)));
        assert!(window.settled(S(104)).is_empty());
        assert_eq!(window.settled(S(105)), lines(0..100));
        assert!(window.settled(S(200)).is_empty());
        assert_eq!(window.finished(), lines(100..110));
    }

    #[test]
    fn what_was_read_later_settles_later() {
        let mut window = window(250, 1);
        let _ = window.confirmed(S(100));
        window.sent(parcel(10));
        let _ = window.confirmed(S(103));
        assert_eq!(window.settled(S(105)), lines(0..10));
        assert_eq!(window.settled(S(108)), lines(10..20));
    }

    #[test]
    fn a_dead_receiver_takes_back_what_it_had_only_read() {
        let mut window = window(250, 10);
        let _ = window.confirmed(S(100));
        window.broken(S(101));
        assert!(window.is_doubted());
        assert_eq!(window.unread_from(0), 100, "not yet sent again");
        assert!(window.settled(S(105)).is_empty());
        window.died_if_doubted();
        assert_eq!((window.settles_at(), window.unread_from(0)), (None, 0));
        assert!(window.settled(S(200)).is_empty() && window.finished().is_empty());
    }

    #[test]
    fn a_receiver_that_lives_on_keeps_it() {
        let mut window = window(250, 10);
        let _ = window.confirmed(S(100));
        window.broken(S(101));
        window.alive();
        window.died_if_doubted();
        assert_eq!(window.settled(S(105)), lines(0..100));
        // or one whose next connection stands for long enough
        window.sent(parcel(100));
        let _ = window.confirmed(S(110));
        window.broken(S(111));
        assert_eq!(window.settles_at(), Some(S(116)));
        assert_eq!(window.settled(S(116)), lines(100..110));
    }
}
