//! Everything that happens to an agent, in one type; the log line, the counter and the notice all come from it.

use std::time::Duration;

use super::notice::Topic;
use crate::clock::{in_words, span_in_words};
use crate::replay::{self, Running, Word};

/// Something that happened to an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Happening {
    /// A page came from the cloud and is on flash.
    PageRead(PageRead),
    /// The first start of a stream.
    FirstStart {
        /// "activities" or "alerts".
        stream: &'static str,
        /// From here on everything is read.
        from_ms: i64,
    },
    /// A stop was too long to make up for.
    Skipped {
        /// "activities" or "alerts".
        stream: &'static str,
        /// Begin of what is not read.
        from_ms: i64,
        /// End of it.
        to_ms: i64,
    },
    /// The API counts more records in some hours than were read.
    LedgerShort {
        /// "activities" or "alerts".
        stream: &'static str,
        /// The agent's name, for the cure.
        agent: String,
        /// When each hour begins, and how many of its records were never read; newest first.
        hours: Vec<(i64, u64)>,
    },
    /// The hours of which the API counted more add up again.
    LedgerWhole {
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
        /// "activities" or "alerts".
        stream: &'static str,
        /// The servers that had no answer so far.
        asked: Vec<String>,
        /// Is the stream to wait longer?
        waits: bool,
    },
    /// It is set.
    ClockSet {
        /// "activities" or "alerts".
        stream: &'static str,
    },
    /// The cloud can't be read.
    CloudTrouble {
        /// "activities" or "alerts".
        stream: &'static str,
        /// Cause and cure.
        what: String,
        /// Until the next try.
        wait: Duration,
    },
    /// The cloud's answer contradicts itself.
    Doubtful {
        /// "activities" or "alerts".
        stream: &'static str,
        /// How.
        reason: &'static str,
    },
    /// A record could not be read.
    SetAside {
        /// "activities" or "alerts".
        stream: &'static str,
        /// Its id, where one was found.
        id: String,
        /// Why.
        reason: String,
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
        word: Word,
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

/// What a page brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageRead {
    /// "activities" or "alerts".
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
pub enum Loudness {
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

// === impl Happening ===

impl Happening {
    /// The stream it is about, or empty.
    #[must_use]
    pub fn stream(&self) -> &'static str {
        match self {
            Self::PageRead(page) => page.stream,
            Self::FirstStart { stream, .. }
            | Self::Skipped { stream, .. }
            | Self::LedgerShort { stream, .. }
            | Self::LedgerWhole { stream }
            | Self::ClockNotSet { stream, .. }
            | Self::ClockSet { stream }
            | Self::CloudTrouble { stream, .. }
            | Self::Doubtful { stream, .. }
            | Self::SetAside { stream, .. } => stream,
            _ => "",
        }
    }

    /// How loud the log is about it.
    #[must_use]
    pub fn loudness(&self) -> Loudness {
        match self {
            Self::PageRead(page) if page.lines + page.set_aside + page.left_out == 0 => {
                Loudness::Debug
            }
            Self::Sent { .. }
            | Self::Proved { .. }
            | Self::SiemThere
            | Self::ReplayGoesOn(_)
            | Self::SiemConnected { renewed: true, .. } => Loudness::Debug,
            Self::PageRead(_)
            | Self::FirstStart { .. }
            | Self::SiemConnected { .. }
            | Self::LedgerWhole { .. }
            | Self::ClockSet { .. }
            | Self::ReplayBegun(_)
            | Self::ReplayEnded { .. }
            | Self::SentIdsWell
            | Self::SpoolWell => Loudness::Info,
            Self::SetAside { .. }
            | Self::Doubtful { .. }
            | Self::ClockNotSet { .. }
            | Self::Cut { .. }
            | Self::HalfCloseRefused { .. }
            | Self::LedgerShort { .. }
            | Self::LedgerTrouble { .. }
            | Self::SentIdsTrouble { .. }
            | Self::SpoolRepaired { .. } => Loudness::Warn,
            Self::CloudTrouble { .. } | Self::SiemTrouble { .. } | Self::SpoolFull { .. } => {
                Loudness::Warn
            }
            Self::Skipped { .. } | Self::SpoolTrouble { .. } => Loudness::Error,
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
            Self::SpoolWell => Effect::Close(Topic::Spool),
            Self::SentIdsWell => Effect::Close(Topic::SentIds),
            Self::SentIdsTrouble { .. } => {
                Effect::Raise(Topic::SentIds, "A replay would repeat lines")
            }
            Self::CloudTrouble { what, .. } if what.starts_with("Invalid token") => {
                Effect::Raise(Topic::Cloud, "Invalid token")
            }
            Self::CloudTrouble { what, .. } if what.starts_with("Invalid proxy") => {
                Effect::Raise(Topic::Cloud, "Invalid proxy address")
            }
            Self::CloudTrouble { .. } => Effect::Raise(Topic::Cloud, "SIEM agent error"),
            Self::SiemTrouble { broke: false, .. } => {
                Effect::Raise(Topic::Siem, "Data server connection error")
            }
            Self::SiemTrouble { broke: true, .. } => {
                Effect::Raise(Topic::Siem, "Data server send error")
            }
            Self::Skipped { .. } => Effect::Raise(Topic::Skipped, "Not everything was read"),
            Self::Doubtful { .. } => Effect::Raise(Topic::Doubt, "Doubtful answer of the API"),
            Self::SetAside { .. } => Effect::Raise(Topic::SetAside, "Record set aside"),
            Self::SpoolFull { .. } => Effect::Raise(Topic::Spool, "The spool is full"),
            Self::SpoolTrouble { .. } => Effect::Raise(Topic::Spool, "Internal error"),
            Self::LedgerShort { .. } => Effect::Raise(Topic::Ledger, "The ledger does not add up"),
            Self::LedgerWhole { .. } => Effect::Close(Topic::Ledger),
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
            Self::FirstStart { .. }
            | Self::Sent { .. }
            | Self::ReplayBegun(_)
            | Self::ReplayGoesOn(_)
            | Self::ReplayEnded { .. } => Effect::None,
        }
    }

    /// What happened, for the log and the notice.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::PageRead(page) => page.in_words(),
            Self::FirstStart { stream, from_ms } => format!(
                "{stream}: first start, reading everything since {}",
                in_words(*from_ms)
            ),
            Self::Skipped {
                stream,
                from_ms,
                to_ms,
            } => format!(
                "{stream} from {} to {} are not read: the stop was longer than max_catch_up allows",
                in_words(*from_ms),
                in_words(*to_ms)
            ),
            Self::LedgerShort {
                stream,
                agent,
                hours,
            } => short_in_words(stream, agent, hours),
            Self::LedgerWhole { stream } => {
                format!("{stream}: the ledger adds up again, hour by hour")
            }
            Self::LedgerTrouble { what } => what.clone(),
            Self::ClockNotSet {
                stream,
                asked,
                waits,
            } => clock_in_words(stream, asked, *waits),
            Self::ClockSet { stream } => format!("{stream}: the clock is set, reading begins"),
            Self::CloudTrouble { stream, what, wait } => {
                format!("{what} ({stream}; next try in {})", span_in_words(*wait))
            }
            Self::Doubtful { stream, reason } => {
                format!("{stream}: {reason}; nothing is passed over, it is asked for again")
            }
            Self::SetAside { stream, id, reason } => {
                format!("{stream}: record {id:?} cannot be read and stands aside: {reason}")
            }
            Self::SpoolFull { limit } => format!(
                "{} MB wait for the SIEM, which is the bound (spool.max_size_mb): reading pauses, the cloud keeps the records; repair the SIEM's side",
                limit / 1_000_000
            ),
            Self::SpoolTrouble { what, wait } => format!(
                "{what}; nothing is lost, next try in {}",
                span_in_words(*wait)
            ),
            Self::SpoolRepaired { what } => what.clone(),
            Self::SpoolWell => "the spool takes pages again".to_owned(),
            Self::SentIdsTrouble { what } => {
                format!("{what}; the stream goes on, but a replay would send these records again")
            }
            Self::SentIdsWell => "what is sent is written down again".to_owned(),
            Self::ReplayBegun(running) => running.request.in_words(),
            Self::ReplayGoesOn(running) => replay::line(&running.progress, Duration::ZERO),
            Self::ReplayEnded { dry_run, word } => match word {
                Word::Done(counts) => {
                    format!("replay done: {}", replay::sentence(counts, *dry_run))
                }
                Word::Failed { what, counts } => format!(
                    "replay ended early: {what}; until then {}",
                    replay::sentence(counts, *dry_run)
                ),
                Word::Progress(_) | Word::Refused(_) => "replay ended".to_owned(),
            },
            Self::SiemConnected { peer, .. } => format!("connected to the SIEM at {peer}"),
            Self::SiemThere => "the SIEM is there".to_owned(),
            Self::HalfCloseRefused { what } => format!(
                "{what}; for an hour it is not asked again: nothing is lost, but the last lines come twice after each break and restart; \
                 set half_close = false, or use protocol = \"relp\""
            ),
            Self::SiemTrouble { what, wait, .. } => {
                format!("{what} (next try in {})", span_in_words(*wait))
            }
            Self::Sent { lines } => format!("{lines} lines sent"),
            Self::Proved { lines } => format!("{lines} lines have arrived"),
            Self::Cut { lines, bound } => format!(
                "{lines} lines were longer than a datagram of {bound} bytes and were cut: use tcp or tls, or raise max_datagram"
            ),
        }
    }
}

/// How many time servers a notice names.
const SERVERS: usize = 8;

fn clock_in_words(stream: &str, asked: &[String], waits: bool) -> String {
    let asked = match asked {
        [] => "none has been reached yet".to_owned(),
        some => format!(
            "asked: {}",
            some.iter()
                .take(SERVERS)
                .cloned()
                .collect::<Vec<_>>()
                .join(", ")
        ),
    };
    let then = if waits {
        "waiting for a time server, two minutes at most"
    } else {
        "no time server answered in two minutes, so reading goes on with the clock as it is: a certificate may be refused as not valid yet"
    };
    format!(
        "{stream}: the clock is not set yet: {then} ({asked}); cure: let UDP port 123 out, or name time servers of your own in [clock] servers"
    )
}

/// How many hours a notice names.
const HOURS: usize = 6;
const HOUR_MS: i64 = 3_600_000;

fn short_in_words(stream: &str, agent: &str, hours: &[(i64, u64)]) -> String {
    let all: u64 = hours.iter().map(|(_, missing)| missing).sum();
    let named = hours
        .iter()
        .take(HOURS)
        .map(|(hour, missing)| format!("{missing} in the hour from {}", in_words(*hour)));
    let named: Vec<String> = named.collect();
    let more = match hours.len().saturating_sub(HOURS) {
        0 => String::new(),
        more => format!(" and others in {more} hours before"),
    };
    let first = hours.iter().map(|(hour, _)| *hour).min().unwrap_or(0);
    let last = hours.iter().map(|(hour, _)| *hour).max().unwrap_or(0);
    format!(
        "{stream}: the API counts {all} records that were never read: {}{more}; they became visible too late for look_back; \
         fetch them: siembox replay --agent {agent} --since {} --until {}",
        named.join(", "),
        in_words(first),
        in_words(last + HOUR_MS)
    )
}

impl PageRead {
    fn in_words(&self) -> String {
        let mut text = format!(
            "{}: {} records, {} new lines",
            self.stream, self.records, self.lines
        );
        for (count, what) in [
            (self.repeats, "read before"),
            (self.left_out, "left out"),
            (self.set_aside, "set aside"),
        ] {
            if count > 0 {
                text.push_str(&format!(", {count} {what}"));
            }
        }
        if self.more {
            text.push_str(", more follows");
        }
        text
    }
}
