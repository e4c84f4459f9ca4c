//! What becomes of a record that is fetched again.

use crate::ledger::{self, LedgerKey};
use crate::replay::ReplayCounts;
use crate::source::Record;

/// What becomes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Sent,
    SentAgain,
    AlreadySent,
    ToCome,
    LeftOut,
}

// === impl Fate ===

impl Fate {
    /// Does it become a line?
    pub(super) fn sends(self) -> bool {
        matches!(self, Self::Sent | Self::SentAgain)
    }

    /// What its line is counted under. What counts in its hour is only what is new there, so that a
    /// gap closes and nothing hides one; a line sent again on purpose belongs to no hour.
    pub(super) fn key(self, stream: u8, record: &Record<'_>) -> LedgerKey {
        match self {
            Self::SentAgain => LedgerKey::asked(stream),
            _ => LedgerKey::at(stream, ledger::hour_of(record.cursor_ms)),
        }
    }

    /// How the ledger counts it.
    pub(super) fn enter(self, key: LedgerKey, counts: &mut ledger::PageCounts) {
        match self {
            Self::Sent | Self::SentAgain => counts.spooled(key),
            Self::AlreadySent | Self::LeftOut => counts.seen(key),
            // the poller will count it
            Self::ToCome => {}
        }
    }

    /// How whoever asked counts it.
    pub(super) fn count(self, counts: &mut ReplayCounts) {
        counts.records += 1;
        *match self {
            Self::Sent => &mut counts.sent,
            Self::SentAgain => &mut counts.sent_again,
            Self::AlreadySent => &mut counts.already_sent,
            Self::ToCome => &mut counts.to_come,
            Self::LeftOut => &mut counts.left_out,
        } += 1;
    }
}
