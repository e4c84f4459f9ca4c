//! The delivery state: which lines the receiver has, by their numbers, and which are sent next.
//! Pure.
//!
//! ```text
//!   first                                                   cursor
//!     │ arrived │ read, not yet stored │ arrived │ suspect │ out │ waiting …
//!     ╰─ leaves the spool ─▶ only without a gap from `first` on
//! ```
//!
//! Each line's fate is noted under its own number. What leaves the spool is what has arrived or was
//! set aside, without a gap; nothing is derived by adding a count to a position.

mod broken;
mod outgoing;
mod receiver;
mod release;

use std::time::Duration;

use super::half_close::HalfClose;
use super::proof_interval::ProofInterval;
use super::replay_window::ReplayWindow;
use super::suspects::Suspects;
use crate::settings::DeliverySettings;
use crate::sink::ReceiverRefusal;
use crate::spool::LineSet;

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
    /// Refused since the receiver was last asked for everything; whether that is the lines' fault
    /// shows when all is answered.
    refusals: Vec<ReceiverRefusal>,
    /// The number behind the last line that a receiver that answers each line has accepted since
    /// then; 0 for none.
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

    /// A connection is to be made: what goes out on it begins at the spool's first line that is
    /// wanted.
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
}
