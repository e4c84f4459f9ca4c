//! How far a forwarder has come, and what of it is sure. Pure.

use std::time::Duration;

use super::half_close::HalfClose;
use super::window::{LetGo, Parcel, Window};
use crate::settings::ReplaySettings;

/// How far it has come.
pub struct Course {
    /// The line to peek next.
    pub next: u64,
    /// Bytes sent that the receiver's kernel may not have.
    pub unproved: u64,
    /// When something was last sent.
    pub sent_at: Duration,
    /// What was sent and is not let go.
    pub window: Window,
    pub half_close: HalfClose,
    /// Was the last connection ended well?
    pub renewed: bool,
    /// Since the last proof on this connection.
    pub since_proof: SinceProof,
}

/// Lines on their way of which the receiver may answer each (RELP).
#[derive(Default)]
pub struct SinceProof {
    /// The first of them.
    first: u64,
    /// Lines that the receiver had accepted on this connection by then.
    accepted: u64,
    /// Which of them, counted from 0, were heartbeats and not the spool's.
    beats: Vec<u64>,
}

// === impl Course ===

impl Course {
    /// Begins at the spool's first line.
    pub fn new(first: u64, settings: &ReplaySettings) -> Self {
        Self {
            next: first,
            unproved: 0,
            sent_at: Duration::ZERO,
            window: Window::new(settings.window),
            half_close: HalfClose::new(settings),
            renewed: false,
            since_proof: SinceProof::default(),
        }
    }

    /// A batch was handed to the system.
    pub fn took(&mut self, next: u64, lines: u64, bytes: u64, now: Duration) {
        self.window.sent(Parcel { next, lines, bytes });
        self.half_close.sent(bytes);
        self.unproved += bytes;
        (self.next, self.sent_at) = (next, now);
    }

    /// The connection broke: everything that is not let go goes out again.
    pub fn begin_again(&mut self, first: u64) {
        self.window.broken();
        (self.next, self.unproved) = (first, 0);
    }
}

// === impl SinceProof ===

impl SinceProof {
    /// All lines below `first` are proved; the receiver had accepted so many lines on this connection by then.
    pub fn new(first: u64, accepted: u64) -> Self {
        Self {
            first,
            accepted,
            beats: Vec::new(),
        }
    }

    /// A heartbeat goes out before line `next`.
    pub fn beat(&mut self, next: u64) {
        let at = (next - self.first) + self.beats.len() as u64;
        self.beats.push(at);
    }

    /// What need not be sent again although the connection broke: the receiver had accepted so many lines on it by its own word.
    pub fn accepted(&self, accepted: u64) -> Option<LetGo> {
        let accepted = accepted.saturating_sub(self.accepted);
        let beats = self.beats.iter().filter(|&&at| at < accepted).count() as u64;
        let lines = accepted.saturating_sub(beats);
        let before = self.first + lines;
        (lines > 0).then_some(LetGo { before, lines })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heartbeats_are_not_taken_for_lines_of_the_spool() {
        let mut since = SinceProof::new(100, 40);
        assert_eq!(since.accepted(40), None);
        since.beat(103);
        since.beat(103);
        since.beat(110);
        let before = |accepted: u64| since.accepted(40 + accepted).map(|let_go| let_go.before);
        assert_eq!(before(3), Some(103));
        assert_eq!(before(5), Some(103), "both heartbeats");
        assert_eq!(before(6), Some(104));
        assert_eq!(before(12), Some(110));
        assert_eq!(before(13), Some(110), "the third");
        assert_eq!(SinceProof::new(7, 0).accepted(0), None);
    }
}
