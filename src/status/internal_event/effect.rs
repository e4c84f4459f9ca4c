//! What an internal event does to the log and to the notices.

use super::InternalEvent;
use crate::certificate::Ending;
use crate::source::{Change, SourceErrorKind};
use crate::status::notice::Topic;

/// The level of a line of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Only for those who look closely.
    Debug,
    /// The ordinary course of things.
    Info,
    /// Somebody should look.
    Warn,
    /// Somebody must act.
    Error,
}

/// What becomes of the notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    None,
    /// A notice with this title is raised.
    Raise(Topic, &'static str),
    /// The open notice is over.
    Close(Topic),
}

/// Does any of them end soon, or is its end past?
fn has_warning(endings: &[Ending], now_ms: i64) -> bool {
    endings
        .iter()
        .any(|ending| ending.warning(now_ms).is_some())
}

// === impl InternalEvent ===

impl InternalEvent {
    /// The stream it is about, or empty.
    #[must_use]
    pub fn stream(&self) -> &'static str {
        match self {
            Self::PageRead(page) => page.stream,
            Self::Requested { stream, .. }
            | Self::FirstStart { stream, .. }
            | Self::Skipped { stream, .. }
            | Self::LedgerShort { stream, .. }
            | Self::LedgerWhole { stream }
            | Self::LedgerUnanswered { stream, .. }
            | Self::LedgerAnswered { stream }
            | Self::ClockNotSet { stream, .. }
            | Self::ClockSet { stream }
            | Self::ClocksDiffer { stream, .. }
            | Self::ClocksAgree { stream }
            | Self::CloudTrouble { stream, .. }
            | Self::Absent { stream, .. }
            | Self::Present { stream }
            | Self::Late { stream, .. }
            | Self::Narrowed { stream, .. }
            | Self::Rebalanced { stream, .. }
            | Self::Positions { stream, .. }
            | Self::OffsetsGone { stream, .. }
            | Self::PartitionRecreated { stream, .. }
            | Self::PartitionTrouble { stream, .. }
            | Self::PartitionsWell { stream }
            | Self::PassedOver { stream, .. }
            | Self::TooManyPassed { stream, .. }
            | Self::ServedAgain { stream, .. }
            | Self::Doubtful { stream, .. }
            | Self::WithoutRelated { stream, .. }
            | Self::SetAside { stream, .. } => stream,
            _ => "",
        }
    }

    /// The level at which the log tells it.
    #[must_use]
    pub fn level(&self) -> Level {
        match self {
            Self::PageRead(page) if page.lines + page.set_aside + page.left_out == 0 => {
                Level::Debug
            }
            Self::Requested { .. }
            | Self::Positions { .. }
            | Self::Sent { .. }
            | Self::Proved { .. }
            | Self::SiemThere
            | Self::ReplayGoesOn(_)
            | Self::SiemConnected { renewed: true, .. } => Level::Debug,
            Self::Expiries { endings, now_ms } => match has_warning(endings, *now_ms) {
                true => Level::Warn,
                false => Level::Debug,
            },
            Self::Narrowed {
                change: Change::Shorter { .. },
                ..
            }
            | Self::Absent { again: true, .. } => Level::Debug,
            Self::PageRead(_)
            | Self::Present { .. }
            | Self::Late { .. }
            | Self::Rebalanced { .. }
            | Self::PartitionsWell { .. }
            | Self::Narrowed { .. }
            | Self::ServedAgain { .. }
            | Self::FirstStart { .. }
            | Self::SiemConnected { .. }
            | Self::LedgerWhole { .. }
            | Self::LedgerAnswered { .. }
            | Self::ClockSet { .. }
            | Self::ClocksAgree { .. }
            | Self::ReplayBegun(_)
            | Self::ReplayEnded { .. }
            | Self::SentIdsWell
            | Self::ProvesAgain
            | Self::SpoolWell => Level::Info,
            Self::SetAside { .. }
            | Self::PassedOver { .. }
            | Self::TooManyPassed { .. }
            | Self::PartitionRecreated { .. }
            | Self::PartitionTrouble { .. }
            | Self::Absent { .. }
            | Self::ClocksDiffer { .. }
            | Self::Doubtful { .. }
            | Self::ClockNotSet { .. }
            | Self::Cut { .. }
            | Self::HalfCloseRefused { .. }
            | Self::EndsBeforeProof { .. }
            | Self::LineHeldBack { .. }
            | Self::LineSetAside { .. }
            | Self::LedgerShort { .. }
            | Self::LedgerUnanswered { .. }
            | Self::WithoutRelated { .. }
            | Self::LedgerTrouble { .. }
            | Self::SentIdsTrouble { .. }
            | Self::SpoolRepaired { .. } => Level::Warn,
            Self::CloudTrouble { .. } | Self::SiemTrouble { .. } | Self::SpoolFull { .. } => {
                Level::Warn
            }
            Self::Skipped { .. }
            | Self::OffsetsGone { .. }
            | Self::SpoolTrouble { .. }
            | Self::SpoolGone { .. }
            | Self::LinesGone { .. } => Level::Error,
        }
    }

    /// What becomes of the notices. Titles are the old portal's where it had one
    /// (troubleshooting-siem.md).
    #[must_use]
    pub fn effect(&self) -> Effect {
        match self {
            Self::PageRead(_) | Self::Positions { .. } => Effect::Close(Topic::Cloud),
            Self::SiemConnected { .. } | Self::SiemThere | Self::Proved { .. } => {
                Effect::Close(Topic::Siem)
            }
            Self::ClockNotSet { .. } => Effect::Raise(Topic::Clock, "The clock is not set"),
            Self::ClockSet { .. } => Effect::Close(Topic::Clock),
            Self::ClocksDiffer { .. } => Effect::Raise(Topic::ClocksDiffer, "Two clocks differ"),
            Self::ClocksAgree { .. } => Effect::Close(Topic::ClocksDiffer),
            Self::SpoolWell => Effect::Close(Topic::Spool),
            Self::SentIdsWell => Effect::Close(Topic::SentIds),
            Self::SentIdsTrouble { .. } => {
                Effect::Raise(Topic::SentIds, "A replay would repeat lines")
            }
            Self::CloudTrouble { trouble, .. } => Effect::Raise(
                Topic::Cloud,
                match trouble {
                    SourceErrorKind::InvalidToken => "Invalid token",
                    SourceErrorKind::InvalidProxy => "Invalid proxy address",
                    _ => "SIEM agent error",
                },
            ),
            Self::Absent { .. } => Effect::Raise(Topic::Absent, "A table cannot be read"),
            Self::Present { .. } => Effect::Close(Topic::Absent),
            Self::SiemTrouble { broke: false, .. } => {
                Effect::Raise(Topic::Siem, "Data server connection error")
            }
            Self::SiemTrouble { broke: true, .. } => {
                Effect::Raise(Topic::Siem, "Data server send error")
            }
            Self::Skipped { .. } | Self::OffsetsGone { .. } => {
                Effect::Raise(Topic::Skipped, "Not everything was read")
            }
            Self::PartitionTrouble { .. } => {
                Effect::Raise(Topic::Partition, "A part of a stream can't be read")
            }
            Self::PartitionsWell { .. } => Effect::Close(Topic::Partition),
            Self::PartitionRecreated { .. } => {
                Effect::Raise(Topic::Skipped, "An event hub was created again")
            }
            Self::Doubtful { .. } => Effect::Raise(Topic::Doubt, "Doubtful answer of the API"),
            Self::SetAside { .. } => Effect::Raise(Topic::SetAside, "Record set aside"),
            Self::PassedOver { .. } => Effect::Raise(Topic::PassedOver, "Not everything was read"),
            Self::TooManyPassed { .. } => Effect::Raise(
                Topic::PassedOver,
                "Reading waits: the API answers too little",
            ),
            Self::ServedAgain { left: 0, .. } => Effect::Close(Topic::PassedOver),
            Self::SpoolFull { .. } => Effect::Raise(Topic::Spool, "The spool is full"),
            Self::SpoolTrouble { .. } => Effect::Raise(Topic::Spool, "Internal error"),
            Self::SpoolGone { .. } => {
                Effect::Raise(Topic::StateFolder, "The state folder was removed")
            }
            Self::LinesGone { .. } => Effect::Raise(Topic::Skipped, "Lines were removed unsent"),
            Self::LedgerShort { .. } => Effect::Raise(Topic::Ledger, "The ledger does not add up"),
            Self::LedgerWhole { .. } => Effect::Close(Topic::Ledger),
            Self::LedgerUnanswered { .. } => {
                Effect::Raise(Topic::Unaudited, "The ledger cannot be checked")
            }
            Self::LedgerAnswered { .. } => Effect::Close(Topic::Unaudited),
            Self::WithoutRelated { .. } => {
                Effect::Raise(Topic::Related, "An alert was sent without its activities")
            }
            Self::LedgerTrouble { .. } => {
                Effect::Raise(Topic::Repaired, "The ledger was corrected")
            }
            Self::SpoolRepaired { .. } => {
                Effect::Raise(Topic::Repaired, "Damage on flash was repaired")
            }
            Self::Expiries { endings, now_ms } => match has_warning(endings, *now_ms) {
                true if endings.iter().any(|ending| ending.ends_ms < *now_ms) => {
                    Effect::Raise(Topic::Expiry, "A credential has expired")
                }
                true => Effect::Raise(Topic::Expiry, "A credential expires soon"),
                false => Effect::Close(Topic::Expiry),
            },
            Self::Cut { .. } => Effect::Raise(Topic::Cut, "Lines were cut"),
            Self::HalfCloseRefused { .. } => {
                Effect::Raise(Topic::HalfClose, "The receiver never proves delivery")
            }
            Self::EndsBeforeProof { .. } => Effect::Raise(
                Topic::NoProof,
                "The receiver ends connections before a proof",
            ),
            Self::ProvesAgain => Effect::Close(Topic::NoProof),
            Self::LineHeldBack { .. } => {
                Effect::Raise(Topic::Refused, "The receiver refuses a line")
            }
            Self::LineSetAside { .. } => {
                Effect::Raise(Topic::Refused, "A refused line was set aside")
            }
            Self::Requested { .. }
            | Self::FirstStart { .. }
            | Self::Late { .. }
            | Self::Rebalanced { .. }
            | Self::Narrowed { .. }
            | Self::ServedAgain { .. }
            | Self::Sent { .. }
            | Self::ReplayBegun(_)
            | Self::ReplayGoesOn(_)
            | Self::ReplayEnded { .. } => Effect::None,
        }
    }
}
