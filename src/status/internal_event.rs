//! Everything that happens to an agent, in one type; the log line, the counter and the notice all come from it.

mod text;

use std::path::PathBuf;
use std::time::Duration;

use super::notice::Topic;
use crate::foreign::ForeignText;
use crate::replay::{ReplayReport, Running};
use crate::source::{Change, Clocks, SourceErrorKind, Unserved};

/// Something that happened to an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InternalEvent {
    /// A page came from the cloud and is on flash.
    PageRead(PageRead),
    /// The first start of a stream.
    FirstStart {
        /// Its name.
        stream: &'static str,
        /// From here on everything is read.
        from_ms: i64,
    },
    /// A stop was too long to make up for.
    Skipped {
        /// Its name.
        stream: &'static str,
        /// Begin of what is not read.
        from_ms: i64,
        /// End of it.
        to_ms: i64,
    },
    /// The API counts more records in some hours than were read.
    LedgerShort {
        /// Its name.
        stream: &'static str,
        /// The agent's name, for the cure.
        agent: String,
        /// When each hour begins, and how many of its records were never read; newest first.
        hours: Vec<(i64, u64)>,
    },
    /// The hours of which the API counted more add up again.
    LedgerWhole {
        /// Its name.
        stream: &'static str,
    },
    /// The API does not say how many records it counts in some hours, again and again, while other
    /// questions are answered.
    LedgerUnanswered {
        /// "activities" or "alerts".
        stream: &'static str,
        /// When each hour begins; newest first.
        hours: Vec<i64>,
        /// How the question failed last.
        why: String,
    },
    /// It says so of all of them again.
    LedgerAnswered {
        /// "activities" or "alerts".
        stream: &'static str,
    },
    /// The ledger could not be written, or was found not to fit.
    LedgerTrouble {
        /// What is wrong.
        what: String,
    },
    /// No time server has set the clock of this firmware yet, and certificates can't be judged without.
    ClockNotSet {
        /// Its name.
        stream: &'static str,
        /// The servers that had no answer so far.
        asked: Vec<String>,
        /// Is the stream to wait longer?
        waits: bool,
    },
    /// It is set.
    ClockSet {
        /// Its name.
        stream: &'static str,
    },
    /// The cloud and this machine tell different times.
    ClocksDiffer {
        /// Its name.
        stream: &'static str,
        /// What they tell.
        clocks: Clocks,
    },
    /// They tell the same time again.
    ClocksAgree {
        /// Its name.
        stream: &'static str,
    },
    /// The cloud can't be read.
    CloudTrouble {
        /// Its name.
        stream: &'static str,
        /// What kind of trouble it is.
        trouble: SourceErrorKind,
        /// Cause and cure.
        what: String,
        /// What was asked for, where it was records of the stream.
        asked: Option<Question>,
        /// Until the next try.
        wait: Duration,
    },
    /// A question fails again and again while others are answered: something else is asked for.
    Narrowed {
        /// Its name.
        stream: &'static str,
        /// What.
        change: Change,
    },
    /// A record, or a stretch of time, is not given out, and what follows is: reading goes on behind it.
    PassedOver {
        /// Its name.
        stream: &'static str,
        /// When it is.
        passed: Unserved,
        /// How the questions fail that cover it.
        why: String,
    },
    /// A record, or a stretch of time, is not given out, and so much stands aside already that no
    /// more can be remembered: the stream waits for it.
    TooManyPassed {
        /// "activities" or "alerts".
        stream: &'static str,
        /// What is asked for.
        asked: Option<Question>,
        /// How the questions fail that cover it.
        why: String,
    },
    /// What had been passed over is given out again, and read.
    ServedAgain {
        /// Its name.
        stream: &'static str,
        /// When it is.
        served: Unserved,
        /// How many stretches of this stream still are not.
        left: usize,
    },
    /// The activities behind an alert could not be had: its line goes without them.
    WithoutRelated {
        /// The alert's id.
        id: ForeignText,
        /// When the alert is of, milliseconds since 1970.
        at_ms: i64,
        /// The agent's name, for the cure.
        agent: String,
        /// How the question failed last; `None` where it was not asked, as those before it failed.
        why: Option<String>,
    },
    /// The cloud's answer contradicts itself.
    Doubtful {
        /// Its name.
        stream: &'static str,
        /// How.
        reason: &'static str,
    },
    /// A record could not be read.
    SetAside {
        /// Its name.
        stream: &'static str,
        /// Its id, where one was found.
        id: ForeignText,
        /// Why.
        reason: ForeignText,
    },
    /// The spool is full: reading waits.
    SpoolFull {
        /// Its bound, bytes.
        limit: u64,
    },
    /// The disk or the store makes trouble.
    SpoolTrouble {
        /// Cause and cure.
        what: String,
        /// Until the next try.
        wait: Duration,
    },
    /// The spool found damage and repaired what it could.
    SpoolRepaired {
        /// What was found and what became of it.
        what: String,
    },
    /// The spool's folder was removed or moved while it was open: it is made anew.
    SpoolGone {
        /// The folder.
        folder: PathBuf,
    },
    /// Lines waited in a spool that is gone.
    LinesGone {
        /// The agent's name, for the cure.
        agent: String,
        /// How many.
        lines: u64,
        /// When the oldest of them was appended.
        oldest_ms: Option<i64>,
        /// So far back the agent reads again.
        look_back: Duration,
    },
    /// The spool takes pages again.
    SpoolWell,
    /// What is sent can't be written down, so that a replay would send it again.
    SentIdsTrouble {
        /// Cause and cure.
        what: String,
    },
    /// It is written down again.
    SentIdsWell,
    /// Somebody asked for a window of time to be fetched again.
    ReplayBegun(Box<Running>),
    /// A page of it was read.
    ReplayGoesOn(Box<Running>),
    /// Its end.
    ReplayEnded {
        /// Did it only count?
        dry_run: bool,
        /// What it said last.
        word: ReplayReport,
    },
    /// The SIEM is reached.
    SiemConnected {
        /// Address.
        peer: String,
        /// Only anew, after a connection that was ended well?
        renewed: bool,
    },
    /// The SIEM's machine is there, and has what was sent.
    SiemThere,
    /// The receiver does not answer the end of a connection, by which it would say that it has read everything.
    HalfCloseRefused {
        /// What came instead.
        what: String,
    },
    /// The receiver can't be asked for its word, and ends one connection after the other before anything
    /// is known to have arrived.
    EndsBeforeProof {
        /// So many in a row.
        ends: u32,
        /// So many bytes more show that a line has arrived.
        window: u64,
        /// How the last one ended.
        what: String,
        /// Until the next try.
        wait: Duration,
    },
    /// Lines are known to arrive again.
    ProvesAgain,
    /// The receiver does not take a line, which is held back; the others go on.
    LineHeldBack {
        /// Which, and why.
        line: LineTrouble,
        /// Is it set aside after some more tries?
        set_aside: bool,
    },
    /// A line that the receiver does not take was set aside.
    LineSetAside {
        /// Which, and why.
        line: LineTrouble,
    },
    /// The SIEM can't be reached, or the connection broke.
    SiemTrouble {
        /// Did a connection break (or could none be made)?
        broke: bool,
        /// Cause and cure.
        what: String,
        /// Until the next try.
        wait: Duration,
    },
    /// Lines were handed to the system.
    Sent {
        /// How many.
        lines: u64,
    },
    /// Lines have arrived and are no longer kept.
    Proved {
        /// How many.
        lines: u64,
    },
    /// Lines were cut to fit a datagram.
    Cut {
        /// How many.
        lines: u64,
        /// The bound, bytes.
        bound: usize,
    },
}

/// What a stream asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// From when on, milliseconds since 1970.
    pub from_ms: i64,
    /// Until when, where not until now.
    pub to_ms: Option<i64>,
    /// So many records at most.
    pub limit: u32,
}

/// A line that the receiver does not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineTrouble {
    /// Its number in the spool.
    pub number: u64,
    /// Its record's id, where the line has one.
    pub id: String,
    /// Does the receiver answer that it does not take it, or does it end connections at it?
    pub refused: bool,
    /// The receiver's words, or how connections end.
    pub words: String,
    /// How often it was sent by now.
    pub tries: u8,
}

/// What a page brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageRead {
    /// Its name.
    pub stream: &'static str,
    /// Records in the page.
    pub records: u64,
    /// Of them, read before.
    pub repeats: u64,
    /// Left out by a setting.
    pub left_out: u64,
    /// Set aside.
    pub set_aside: u64,
    /// Became lines.
    pub lines: u64,
    /// Everything up to here has been read.
    pub read_up_to_ms: Option<i64>,
    /// More follows at once.
    pub more: bool,
}

/// How loud.
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

// === impl InternalEvent ===

impl InternalEvent {
    /// The stream it is about, or empty.
    #[must_use]
    pub fn stream(&self) -> &'static str {
        match self {
            Self::PageRead(page) => page.stream,
            Self::FirstStart { stream, .. }
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
            | Self::Narrowed { stream, .. }
            | Self::PassedOver { stream, .. }
            | Self::TooManyPassed { stream, .. }
            | Self::ServedAgain { stream, .. }
            | Self::Doubtful { stream, .. }
            | Self::SetAside { stream, .. } => stream,
            Self::WithoutRelated { .. } => "alerts",
            _ => "",
        }
    }

    /// How loud the log is about it.
    #[must_use]
    pub fn loudness(&self) -> Level {
        match self {
            Self::PageRead(page) if page.lines + page.set_aside + page.left_out == 0 => {
                Level::Debug
            }
            Self::Sent { .. }
            | Self::Proved { .. }
            | Self::SiemThere
            | Self::ReplayGoesOn(_)
            | Self::SiemConnected { renewed: true, .. } => Level::Debug,
            Self::Narrowed {
                change: Change::Shorter { .. },
                ..
            } => Level::Debug,
            Self::PageRead(_)
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
            | Self::SpoolTrouble { .. }
            | Self::SpoolGone { .. }
            | Self::LinesGone { .. } => Level::Error,
        }
    }

    /// What becomes of the notices. Titles are the old portal's where it had one (troubleshooting-siem.md).
    #[must_use]
    pub fn effect(&self) -> Effect {
        match self {
            Self::PageRead(_) => Effect::Close(Topic::Cloud),
            Self::SiemConnected { .. } | Self::SiemThere | Self::Proved { .. } => {
                Effect::Close(Topic::Siem)
            }
            Self::ClockNotSet { .. } => Effect::Raise(Topic::Clock, "The clock is not set"),
            Self::ClockSet { .. } => Effect::Close(Topic::Clock),
            Self::ClocksDiffer { .. } => {
                Effect::Raise(Topic::ClocksDiffer, "Two clocks tell different times")
            }
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
            Self::SiemTrouble { broke: false, .. } => {
                Effect::Raise(Topic::Siem, "Data server connection error")
            }
            Self::SiemTrouble { broke: true, .. } => {
                Effect::Raise(Topic::Siem, "Data server send error")
            }
            Self::Skipped { .. } => Effect::Raise(Topic::Skipped, "Not everything was read"),
            Self::Doubtful { .. } => Effect::Raise(Topic::Doubt, "Doubtful answer of the API"),
            Self::SetAside { .. } => Effect::Raise(Topic::SetAside, "Record set aside"),
            Self::PassedOver { .. } => Effect::Raise(Topic::PassedOver, "Not everything was read"),
            Self::TooManyPassed { .. } => Effect::Raise(
                Topic::PassedOver,
                "Reading waits: too much is not given out",
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
                Effect::Raise(Topic::Repaired, "The ledger was put right")
            }
            Self::SpoolRepaired { .. } => {
                Effect::Raise(Topic::Repaired, "Damage on flash was repaired")
            }
            Self::Cut { .. } => Effect::Raise(Topic::Cut, "Lines were cut"),
            Self::HalfCloseRefused { .. } => {
                Effect::Raise(Topic::HalfClose, "The receiver never confirms")
            }
            Self::EndsBeforeProof { .. } => Effect::Raise(
                Topic::NoProof,
                "The receiver ends connections before a proof",
            ),
            Self::ProvesAgain => Effect::Close(Topic::NoProof),
            Self::LineHeldBack { .. } => {
                Effect::Raise(Topic::Refused, "The receiver does not take a line")
            }
            Self::LineSetAside { .. } => Effect::Raise(
                Topic::Refused,
                "A line was set aside: the receiver does not take it",
            ),
            Self::FirstStart { .. }
            | Self::Narrowed { .. }
            | Self::ServedAgain { .. }
            | Self::Sent { .. }
            | Self::ReplayBegun(_)
            | Self::ReplayGoesOn(_)
            | Self::ReplayEnded { .. } => Effect::None,
        }
    }
}
