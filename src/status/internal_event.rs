//! Everything that happens to an agent, in one type; the log line, the counter and the notice all
//! come from it.

mod effect;
mod parts;
mod text;

use std::path::PathBuf;
use std::time::Duration;

use crate::certificate::Ending;
use crate::foreign::ForeignText;
use crate::replay::{ReplayReport, Running};
use crate::source::{Change, Clocks, SourceErrorKind, Unserved};
use crate::status::GroupReport;
pub use effect::{Effect, Level};
pub use parts::{LateRecords, LineTrouble, PageRead, Question};

/// Something that happened to an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InternalEvent {
    /// A page came from the cloud and is on flash.
    PageRead(PageRead),
    /// A request to the API has come to its end, well or not.
    Requested {
        /// The stream's name.
        stream: &'static str,
        /// Did the API ask for silence?
        throttled: bool,
    },
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
    /// No time server has set the clock of this firmware yet, and certificates can't be judged
    /// without.
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
    /// What a stream reads is not there, or not for us: everything else is read.
    Absent {
        /// Its name.
        stream: &'static str,
        /// Both causes, and their cures.
        what: String,
        /// Until the next try.
        wait: Duration,
        /// Was it told before?
        again: bool,
    },
    /// It is there now.
    Present {
        /// Its name.
        stream: &'static str,
    },
    /// How records are read that come late.
    Late {
        /// Its name.
        stream: &'static str,
        /// What the API says of them.
        late: LateRecords,
        /// So far back they are read.
        look_back: Duration,
        /// The whole of it is read again so often.
        every: Duration,
    },
    /// This box got a share of a consumer group's partitions, perhaps the same as before.
    Rebalanced {
        /// Its stream's name.
        stream: &'static str,
        /// The group as it is now.
        group: Box<GroupReport>,
    },
    /// How far each partition of the share is, by an answer of the service. It is the sign of life
    /// of such a stream, and therefore told of an empty share as well.
    Positions {
        /// Its stream's name.
        stream: &'static str,
        /// The group as it is now.
        group: Box<GroupReport>,
    },
    /// A partition no longer holds records that nobody of the group has read.
    OffsetsGone {
        /// Its stream's name.
        stream: &'static str,
        /// The hub and the partition's number.
        partition: String,
        /// The first offset that is not read.
        from: i64,
        /// The offset at which reading goes on.
        next: i64,
    },
    /// A partition or a hub can't be read for now, while others are.
    PartitionTrouble {
        /// Its stream's name.
        stream: &'static str,
        /// The hub, and the partition's number if it is one partition.
        partition: String,
        /// Why.
        what: String,
        /// The time until it is tried again.
        wait: Duration,
    },
    /// All assigned partitions can be read again.
    PartitionsWell {
        /// Their stream's name.
        stream: &'static str,
    },
    /// A partition's event hub was deleted and created again: it is read from its beginning.
    PartitionRecreated {
        /// Its stream's name.
        stream: &'static str,
        /// The hub and the partition's number.
        partition: String,
    },
    /// A question fails again and again while others are answered: something else is asked for.
    Narrowed {
        /// Its name.
        stream: &'static str,
        /// What.
        change: Change,
    },
    /// A record, or a stretch of time, is not given out, and what follows is: reading goes on
    /// behind it.
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
        /// Its name.
        stream: &'static str,
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
        reason: String,
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
    /// What lets the agent in was looked at, for when it ends.
    Expiries {
        /// What ends on a day.
        endings: Vec<Ending>,
        /// When it was looked at, milliseconds since 1970.
        now_ms: i64,
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
    /// The receiver does not answer the end of a connection, by which it would say that it has read
    /// everything.
    HalfCloseRefused {
        /// What came instead.
        what: String,
    },
    /// The receiver can't be asked for its word, and ends one connection after the other before
    /// anything is known to have arrived.
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
