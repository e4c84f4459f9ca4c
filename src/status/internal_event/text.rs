//! What happened, in words for the log and the notice: what it means, and where somebody has to do
//! something, what.

use std::time::Duration;

use super::{InternalEvent, LateRecords, LineTrouble, PageRead, Question};
use crate::clock::{in_words, span_in_words};
use crate::replay::{self, ReplayReport};
use crate::source::{Change, Clocks, Unserved};
use crate::status::{GroupReport, counted};

// === impl InternalEvent ===

impl InternalEvent {
    /// What happened, for the log and the notice.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::PageRead(page) => page.in_words(),
            Self::Requested { stream, throttled } => {
                let end = if *throttled {
                    "the API asks for silence"
                } else {
                    "ended"
                };
                format!("{stream}: a request to the API: {end}")
            }
            Self::FirstStart { stream, from_ms } => format!(
                "{stream}: first start, reading all records since {}",
                in_words(*from_ms)
            ),
            Self::Skipped {
                stream,
                from_ms,
                to_ms,
            } => format!(
                "{stream} from {} to {} are not read: siembox was stopped for longer than \
                    max_catch_up",
                in_words(*from_ms),
                in_words(*to_ms)
            ),
            Self::LedgerShort {
                stream,
                agent,
                hours,
            } => short_in_words(stream, agent, hours),
            Self::LedgerWhole { stream } => {
                format!("{stream}: the ledger adds up again in each hour")
            }
            Self::LedgerUnanswered { stream, hours, why } => {
                unanswered_in_words(stream, hours, why)
            }
            Self::LedgerAnswered { stream } => {
                format!("{stream}: the API answers the ledger's queries again")
            }
            Self::LedgerTrouble { what } => what.clone(),
            Self::ClockNotSet {
                stream,
                asked,
                waits,
            } => clock_in_words(stream, asked, *waits),
            Self::ClockSet { stream } => format!("{stream}: the clock is set, reading starts"),
            Self::ClocksDiffer { stream, clocks } => clocks_in_words(stream, *clocks),
            Self::ClocksAgree { stream } => {
                format!("{stream}: the clocks of the API and this machine agree again")
            }
            Self::CloudTrouble {
                stream,
                what,
                asked,
                wait,
                ..
            } => format!(
                "{what} ({stream}{}; next retry in {})",
                asked.map_or(String::new(), asked_in_words),
                span_in_words(*wait)
            ),
            Self::Absent {
                stream, what, wait, ..
            } => format!("{what} ({stream}; next retry in {})", span_in_words(*wait)),
            Self::Present { stream } => {
                format!("{stream}: the table can be read now; reading goes on where it stood")
            }
            Self::Late {
                stream,
                late,
                look_back,
                every,
            } => late_in_words(stream, late, *look_back, *every),
            Self::Rebalanced { stream, group } => rebalanced_in_words(stream, group),
            Self::Positions { stream, group } => format!(
                "{stream}: {}, lag {}",
                counted(group.partitions.len() as u64, "partition"),
                counted(group.lag().unwrap_or(0), "message")
            ),
            Self::OffsetsGone {
                stream,
                partition,
                from,
                next,
            } => gone_in_words(stream, partition, *from, *next),
            Self::PartitionTrouble {
                stream,
                partition,
                what,
                wait,
            } => format!(
                "{what} ({stream}, {partition}; the others are read; next retry in {})",
                span_in_words(*wait)
            ),
            Self::PartitionsWell { stream } => {
                format!("{stream}: all partitions of this box are read again")
            }
            Self::PartitionRecreated { stream, partition } => format!(
                "{stream}: partition {partition} ends before the offset that was read last: the \
                    event hub was deleted and created again. Reading starts at its beginning. \
                    Messages of the old event hub that were not read are gone"
            ),
            Self::Narrowed { stream, change } => format!("{stream}: {}", change_in_words(*change)),
            Self::PassedOver {
                stream,
                passed,
                why,
            } => format!(
                "{stream}: {} is set aside unread: each request for it fails ({why}), while later \
                    records are read. siembox retries within two minutes, then less often, but at \
                    each start and at least once an hour, and reads it when the API answers",
                unserved_in_words(*passed)
            ),
            Self::TooManyPassed { stream, asked, why } => format!(
                "{stream}{}: requests for this fail ({why}), and the list of unread times is full. \
                    Reading waits here and resumes when the API answers a request for any of these \
                    times. Cure: report the times in the log to the API's support. To read later \
                    records meanwhile: siembox replay",
                asked.map_or(String::new(), asked_in_words)
            ),
            Self::ServedAgain { stream, served, .. } => format!(
                "{stream}: {} was set aside and is now read, because the API answers again",
                unserved_in_words(*served)
            ),
            Self::WithoutRelated {
                stream,
                id,
                at_ms,
                agent,
                why,
            } => {
                let why = why
                    .as_deref()
                    .unwrap_or("not requested, because requests for earlier alerts failed");
                let (from, to) = (in_words(*at_ms), in_words(at_ms.saturating_add(1000)));
                format!(
                    "{stream}: the activities behind alert {id:?} could not be fetched ({why}): its \
                        line is sent without them and is otherwise complete. To send it again with \
                        them: siembox replay --agent {agent} --stream {stream} --again --since \
                        {from} --until {to}"
                )
            }
            Self::Doubtful { stream, reason } => {
                format!("{stream}: {reason}; no record is skipped, siembox repeats the request")
            }
            Self::SetAside { stream, id, reason } => {
                format!("{stream}: record {id:?} cannot be read and is set aside: {reason}")
            }
            Self::Expiries { endings, now_ms } => {
                let warnings = endings.iter().filter_map(|ending| ending.warning(*now_ms));
                match warnings.collect::<Vec<_>>() {
                    none if none.is_empty() => "no credential expires soon".to_owned(),
                    warnings => warnings.join("\n"),
                }
            }
            Self::SpoolFull { limit } => format!(
                "the spool is full ({} MB, the limit in spool.max_size_mb): reading waits and the \
                    cloud keeps the records. Cure: fix the connection to the SIEM",
                limit / 1_000_000
            ),
            Self::SpoolTrouble { what, wait } => format!(
                "{what}; nothing is lost, next retry in {}",
                span_in_words(*wait)
            ),
            Self::SpoolRepaired { what } => what.clone(),
            Self::SpoolGone { folder } => format!(
                "{} was removed or moved while siembox ran. siembox creates it again and reads \
                    again from first_look_back on, so that the SIEM receives lines twice. If it \
                    was moved, stop siembox and move it back. Do not remove anything from the \
                    state folder while siembox runs",
                folder.display()
            ),
            Self::LinesGone {
                agent,
                lines,
                oldest_ms,
                look_back,
            } => lines_gone_in_words(agent, *lines, *oldest_ms, *look_back),
            Self::SpoolWell => "the spool accepts pages again".to_owned(),
            Self::SentIdsTrouble { what } => {
                format!("{what}; the stream continues, but a replay would send these records again")
            }
            Self::SentIdsWell => "the IDs of sent records are saved again".to_owned(),
            Self::ReplayBegun(running) => running.in_words(),
            Self::ReplayGoesOn(running) => replay::line(&running.progress, Duration::ZERO),
            Self::ReplayEnded { dry_run, word } => match word {
                ReplayReport::Done(counts) => {
                    format!("replay done: {}", replay::sentence(counts, *dry_run))
                }
                ReplayReport::Failed { what, counts } => format!(
                    "replay ended early: {what}; so far {}",
                    replay::sentence(counts, *dry_run)
                ),
                ReplayReport::Progress(_) | ReplayReport::Refused(_) => "replay ended".to_owned(),
            },
            Self::SiemConnected { peer, .. } => format!("connected to the SIEM at {peer}"),
            Self::SiemThere => "the SIEM answers".to_owned(),
            Self::HalfCloseRefused { what } => format!(
                "{what}; siembox does not half-close again for an hour: nothing is lost, but the \
                    last lines arrive twice after each broken connection and restart. Cure: \
                    half_close = false, or protocol = \"relp\""
            ),
            Self::EndsBeforeProof {
                ends,
                window,
                what,
                wait,
            } => format!(
                "{ends} connections in a row ended before any line on them was proved to have \
                    arrived ({what}): without a half-close, a line is proved when {} MB more are \
                    accepted after it on the same connection. Nothing is lost, but siembox sends \
                    the same lines each time and therefore retries less and less often, at least \
                    once an hour (next retry in {}). Cure: half_close = true if the receiver \
                    handles it, or protocol = \"relp\", or let receiver and relay keep connections \
                    longer, or a smaller replay_window_mb",
                window / 1_000_000,
                span_in_words(*wait)
            ),
            Self::ProvesAgain => "lines are proved to arrive again".to_owned(),
            Self::LineHeldBack { line, set_aside } => {
                let then = if *set_aside {
                    "after several more tries, siembox sets it aside"
                } else {
                    "siembox retries it for ever, because set_aside_refused = false; all later \
                        lines wait in the spool meanwhile"
                };
                format!(
                    "{}; siembox holds this line back and sends it alone, while other lines \
                        continue; {then}",
                    line.in_words()
                )
            }
            Self::LineSetAside { line } => format!(
                "{}; it is set aside after {} tries, kept with the records set aside and counted \
                    as refused. Cure: check the receiver's log (a line too long for it, an error \
                    of its parser), then send it again: siembox replay",
                line.in_words(),
                line.tries
            ),
            Self::SiemTrouble { what, wait, .. } => {
                format!("{what} (next retry in {})", span_in_words(*wait))
            }
            Self::Sent { lines } => format!("{lines} lines sent"),
            Self::Proved { lines } => format!("{lines} lines proved"),
            Self::Cut { lines, bound } => format!(
                "{lines} lines were longer than a datagram of {bound} bytes and were cut. Cure: \
                    use tcp or tls, or raise max_datagram"
            ),
        }
    }
}

/// " of 2025-11-20T09:12:00Z and later, 500 records at most".
fn asked_in_words(asked: Question) -> String {
    let from = in_words(asked.from_ms);
    let until = match asked.to_ms {
        Some(to_ms) if to_ms == asked.from_ms => String::new(),
        Some(to_ms) => format!(" to {}", in_words(to_ms)),
        None => " and later".to_owned(),
    };
    let records = if asked.limit == 1 {
        "record"
    } else {
        "records"
    };
    format!(" of {from}{until}, {} {records} at a time", asked.limit)
}

/// What this box reads from now on.
fn rebalanced_in_words(stream: &str, group: &GroupReport) -> String {
    let name = &group.group;
    let all = counted(group.total_partitions, "partition");
    let share = match group.partitions.len() {
        0 => format!(
            "none of {all}: other members read them all. It takes over when one of them leaves"
        ),
        own => format!("{own} of {all}: {}", group.partitions_in_words()),
    };
    format!(
        "{stream}: in generation {} of the consumer group {name}, this box reads {share}",
        group.generation
    )
}

fn gone_in_words(stream: &str, partition: &str, from: i64, next: i64) -> String {
    let gone = match next.saturating_sub(from) {
        ..=1 => format!("the message with the offset {from} is"),
        count => format!(
            "{} (offsets {from} to {}) are",
            counted(count.unsigned_abs(), "message"),
            next.saturating_sub(1)
        ),
    };
    format!(
        "{stream}: partition {partition}: {gone} no longer kept by the service: the event hub's \
            retention time ended before a box of the consumer group read so far. Reading continues \
            at offset {next}. Cure: a longer retention time; if the lag grows while siembox runs, \
            more boxes in the consumer group or a faster SIEM. Advanced hunting keeps the records \
            for 30 days"
    )
}

/// How records are read that come late.
fn late_in_words(stream: &str, late: &LateRecords, look_back: Duration, every: Duration) -> String {
    let (look_back, every) = (span_in_words(look_back), span_in_words(every));
    let why = match late {
        LateRecords::AreAsked => {
            return format!(
                "{stream}: the service tells when rows arrive (ingestion_time()): each poll also \
                    requests rows that arrived late, up to look_back ({look_back}); all of \
                    look_back is read again every {every}"
            );
        }
        LateRecords::Untold => "is null".to_owned(),
        LateRecords::Refused(why) => format!("is refused: {why}"),
    };
    format!(
        "{stream}: the service does not tell when rows arrive (ingestion_time() {why}): rows that \
            arrive later than overlap are found when look_back ({look_back}) is read again, every \
            {every}"
    )
}

/// What is asked for, where a question fails and others are answered.
fn change_in_words(change: Change) -> String {
    match change {
        Change::LeftLate => "the request for records that came late fails: they are read when the \
             whole look_back is read again"
            .to_owned(),
        Change::LeftPlace => "requests for the next page that the API named fail: reading \
            continues by time, and no record is skipped"
            .to_owned(),
        Change::Smaller(limit) => format!(
            "requests for this page fail while others succeed: siembox requests pages of at most \
                {limit} records"
        ),
        Change::Fitting(limit) => format!(
            "the records of a page take more memory than siembox gives to one: siembox requests \
                pages of at most {limit} records"
        ),
        Change::Shorter { from_ms, to_ms } => format!(
            "requests for this time window fail while others succeed: siembox requests only {} to \
                {}",
            in_words(from_ms),
            in_words(to_ms)
        ),
        Change::Passed(_) | Change::StillUnserved(_) => {
            "the part that fails alone is set aside".to_owned()
        }
    }
}

fn clocks_in_words(stream: &str, clocks: Clocks) -> String {
    let cloud_ms = clocks.cloud_ms.unwrap_or(clocks.own_ms);
    format!(
        "{stream}: the API's clock shows {} (its Date header), this machine's clock shows {}: they \
            differ by {}. siembox uses the earlier one, so that no record is missed. Cure: set \
            this machine's clock (a time server, or servers in [clock] on siembox's own firmware); \
            if it is right, a proxy or gateway sends a wrong Date",
        in_words(cloud_ms),
        in_words(clocks.own_ms),
        span_in_words(clocks.difference().unwrap_or_default())
    )
}

fn unserved_in_words(unserved: Unserved) -> String {
    let Unserved { from_ms, to_ms, .. } = unserved;
    if unserved.is_single() {
        format!("a record of {} ({from_ms} ms)", in_words(from_ms))
    } else {
        format!("the time from {} to {}", in_words(from_ms), in_words(to_ms))
    }
}

/// How many time servers a notice names.
const SERVERS: usize = 8;

fn clock_in_words(stream: &str, asked: &[String], waits: bool) -> String {
    let asked = match asked {
        [] => "none has answered yet".to_owned(),
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
        "waiting for a time server for at most two minutes"
    } else {
        "no time server answered within two minutes, so reading continues with the clock unset: a \
            certificate may be refused as not valid yet"
    };
    format!(
        "{stream}: the clock is not set yet: {then} ({asked}). Cure: allow outbound UDP port 123, \
            or name your own time servers in [clock] servers"
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
        more => format!(" and more in {more} earlier hours"),
    };
    let first = hours.iter().map(|(hour, _)| *hour).min().unwrap_or(0);
    let last = hours.iter().map(|(hour, _)| *hour).max().unwrap_or(0);
    format!(
        "{stream}: the API counts {all} records that were never read: {}{more}. They became \
            visible too late for look_back. To read and send them: siembox replay --agent {agent} \
            --since {} --until {}",
        named.join(", "),
        in_words(first),
        in_words(last + HOUR_MS)
    )
}

fn unanswered_in_words(stream: &str, hours: &[i64], why: &str) -> String {
    let named = hours.iter().take(HOURS).map(|hour| in_words(*hour));
    let named: Vec<String> = named.collect();
    let more = match hours.len().saturating_sub(HOURS) {
        0 => String::new(),
        more => format!(" and {more} before"),
    };
    format!(
        "{stream}: the API does not answer how many records it counts in the hour from {}{more} \
            ({why}), while it answers other requests: it is unknown whether these hours were read \
            completely. siembox retries less and less often, at least twice a day; reading \
            continues",
        named.join(", from ")
    )
}

// === impl LineTrouble ===

impl LineTrouble {
    fn in_words(&self) -> String {
        let id = match self.id.as_str() {
            "" => String::new(),
            id => format!(" (id {id})"),
        };
        let (number, words) = (self.number, &self.words);
        if self.refused {
            format!("the receiver refuses line {number}{id} with the answer \"{words}\"")
        } else {
            format!("connections break at line {number}{id}: {words}")
        }
    }
}

// === impl PageRead ===

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

fn lines_gone_in_words(
    agent: &str,
    lines: u64,
    oldest_ms: Option<i64>,
    look_back: Duration,
) -> String {
    let back = i64::try_from(look_back.as_millis()).unwrap_or(i64::MAX);
    let since = oldest_ms.map_or("TIME".to_owned(), |oldest| {
        in_words(oldest.saturating_sub(back))
    });
    format!(
        "{lines} lines that waited for the SIEM were in the removed folder. siembox reads and \
            sends the records of the last {} again. To send older ones: siembox replay --agent \
            {agent} --since {since}",
        span_in_words(look_back)
    )
}
