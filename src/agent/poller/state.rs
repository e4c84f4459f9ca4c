//! What varies while a poller runs.

use std::time::Duration;

use super::page_builder::ReadPage;
use crate::agent::on_error::ErrorPolicy;
use crate::backoff::Backoff;
use crate::ledger::Audit;
use crate::spool::Packer;
use crate::status::LateRecords;

/// What was passed over is asked for again after one to two times as long, then after up to twice
/// that, until [`AGAIN_AT_MOST`].
const AGAIN_AFTER: Duration = Duration::from_secs(30);
/// See [`AGAIN_AFTER`].
const AGAIN_AT_MOST: Duration = Duration::from_secs(3600);

/// What varies while a poller runs.
pub struct PollerState {
    pub(super) page: ReadPage,
    /// Has it asked anything yet?
    pub(super) is_begun: bool,
    pub(super) audit: Audit,
    /// The API is not asked for its count before this moment.
    pub(super) audit_after: Duration,
    /// The ledger is not looked at for faults before this moment.
    pub(super) check_after: Duration,
    pub(super) errors: ErrorPolicy,
    pub(super) refused: Backoff,
    /// Questions for the time that failed in a row.
    pub(super) clock_failures: u32,
    /// Is it told that the two clocks differ?
    pub(super) clocks_differ: bool,
    /// Is it told that what the stream reads is not there?
    pub(super) absent: bool,
    pub(super) last_deep: Option<Duration>,
    /// What was last told of records that come late.
    pub(super) late: Option<LateRecords>,
    /// When what was passed over is asked for again, at the latest with the next deep walk.
    pub(super) again_at: Option<Duration>,
    /// How soon: often at first, for most of it is given out again soon.
    pub(super) again: Backoff,
    /// When the first start was tried first, until it is made: from there the stream looks back,
    /// however long nothing is answered.
    pub(super) first_tried: Option<Duration>,
    /// Alerts in a row that went without the activities behind them, as the question for those
    /// failed.
    pub(super) without_related: u32,
    /// After some of them it is not asked before this moment.
    pub(super) related_after: Duration,
    /// Records that became lines on this walk.
    pub(super) news: u64,
}

// === impl PollerState ===

impl PollerState {
    /// With hours that did not add up in an earlier life; `packer` compresses the lines.
    #[must_use]
    pub fn new(short: Vec<(u32, u64)>, packer: &Packer) -> Self {
        Self {
            page: ReadPage::new(packer),
            audit: Audit::of(short),
            ..Self::default()
        }
    }
}

impl Default for PollerState {
    fn default() -> Self {
        Self {
            page: ReadPage::default(),
            is_begun: false,
            audit: Audit::default(),
            audit_after: Duration::ZERO,
            check_after: Duration::ZERO,
            errors: ErrorPolicy::default(),
            refused: Backoff::new(Duration::from_secs(5), Duration::from_secs(600)),
            clock_failures: 0,
            clocks_differ: false,
            absent: false,
            last_deep: None,
            late: None,
            again_at: None,
            again: Backoff::new(AGAIN_AFTER, AGAIN_AT_MOST),
            first_tried: None,
            without_related: 0,
            related_after: Duration::ZERO,
            news: 0,
        }
    }
}
