//! What happened, in words for the log and the notice: what it means, and where somebody has to do something, what.

use std::time::Duration;

use super::{InternalEvent, LineTrouble, PageRead, Question};
use crate::clock::{in_words, span_in_words};
use crate::replay::{self, ReplayReport};
use crate::source::{Change, Clocks, Unserved};

// === impl InternalEvent ===

impl InternalEvent {
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
            Self::LedgerUnanswered { stream, hours, why } => {
                unanswered_in_words(stream, hours, why)
            }
            Self::LedgerAnswered { stream } => {
                format!("{stream}: the API says of each hour again how many records it counts")
            }
            Self::LedgerTrouble { what } => what.clone(),
            Self::ClockNotSet {
                stream,
                asked,
                waits,
            } => clock_in_words(stream, asked, *waits),
            Self::ClockSet { stream } => format!("{stream}: the clock is set, reading begins"),
            Self::ClocksDiffer { stream, clocks } => clocks_in_words(stream, *clocks),
            Self::ClocksAgree { stream } => {
                format!("{stream}: the API and this machine tell the same time again")
            }
            Self::CloudTrouble {
                stream,
                what,
                asked,
                wait,
                ..
            } => format!(
                "{what} ({stream}{}; next try in {})",
                asked.map_or(String::new(), asked_in_words),
                span_in_words(*wait)
            ),
            Self::Narrowed { stream, change } => format!("{stream}: {}", change_in_words(*change)),
            Self::PassedOver {
                stream,
                passed,
                why,
            } => format!(
                "{stream}: {} stands aside unread: each question that covers it fails ({why}), while what follows is answered and read. \
                 It is asked for again within two minutes, then less often, but at each start and at least once an hour, and read when the API answers",
                unserved_in_words(*passed)
            ),
            Self::TooManyPassed { stream, asked, why } => format!(
                "{stream}{}: this is not answered ({why}), and as much stands aside already as \
                 siembox remembers; reading waits here, \
                 and what follows with it. It goes on by itself when the API answers any of it: \
                 show its support \
                 the times that the log names. What follows is fetched meanwhile: siembox replay",
                asked.map_or(String::new(), asked_in_words)
            ),
            Self::ServedAgain { stream, served, .. } => format!(
                "{stream}: {}, which stood aside, is answered again and read",
                unserved_in_words(*served)
            ),
            Self::WithoutRelated {
                id,
                at_ms,
                agent,
                why,
            } => {
                let why = why
                    .as_deref()
                    .unwrap_or("it was not asked for, as that of the alerts before failed");
                let (from, to) = (in_words(*at_ms), in_words(at_ms.saturating_add(1000)));
                format!(
                    "alerts: the activities behind alert {id:?} could not be had ({why}): its \
                     line goes without them, nothing else is \
                     missing. To send it once more with them: siembox replay --agent {agent} \
                     --stream alerts --again \
                     --since {from} --until {to}"
                )
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
            Self::SpoolGone { folder } => format!(
                "{} was removed or moved while siembox ran; it is made anew and reading begins again (first_look_back), so that lines come to the \
                 SIEM once more. Was it moved, then stop siembox and put it back. Take nothing out of the state folder while siembox runs",
                folder.display()
            ),
            Self::LinesGone {
                agent,
                lines,
                oldest_ms,
                look_back,
            } => lines_gone_in_words(agent, *lines, *oldest_ms, *look_back),
            Self::SpoolWell => "the spool takes pages again".to_owned(),
            Self::SentIdsTrouble { what } => {
                format!("{what}; the stream goes on, but a replay would send these records again")
            }
            Self::SentIdsWell => "what is sent is written down again".to_owned(),
            Self::ReplayBegun(running) => running.in_words(),
            Self::ReplayGoesOn(running) => replay::line(&running.progress, Duration::ZERO),
            Self::ReplayEnded { dry_run, word } => match word {
                ReplayReport::Done(counts) => {
                    format!("replay done: {}", replay::sentence(counts, *dry_run))
                }
                ReplayReport::Failed { what, counts } => format!(
                    "replay ended early: {what}; until then {}",
                    replay::sentence(counts, *dry_run)
                ),
                ReplayReport::Progress(_) | ReplayReport::Refused(_) => "replay ended".to_owned(),
            },
            Self::SiemConnected { peer, .. } => format!("connected to the SIEM at {peer}"),
            Self::SiemThere => "the SIEM is there".to_owned(),
            Self::HalfCloseRefused { what } => format!(
                "{what}; for an hour it is not asked again: nothing is lost, but the last lines come twice after each break and restart; \
                 set half_close = false, or use protocol = \"relp\""
            ),
            Self::EndsBeforeProof {
                ends,
                window,
                what,
                wait,
            } => format!(
                "{ends} connections in a row ended before anything on them was known to have arrived \
                 ({what}): without a half-close a line counts as arrived when {} MB more were taken \
                 behind it on the same connection. Nothing is lost, but the same lines go out again \
                 each time, so that it is tried less and less often, at least once an hour (next try \
                 in {}). Cure: half_close = true where the receiver bears it, or protocol = \"relp\", or \
                 let receiver and relay keep connections for longer, or a smaller replay_window_mb",
                window / 1_000_000,
                span_in_words(*wait)
            ),
            Self::ProvesAgain => "lines are known to arrive again".to_owned(),
            Self::LineHeldBack { line, set_aside } => {
                let then = if *set_aside {
                    "after some more tries it is set aside"
                } else {
                    "it is tried for ever, and all lines behind it stay on flash meanwhile: set_aside_refused = false"
                };
                format!(
                    "{}; it is held back and sent again by itself, the other lines go on; {then}",
                    line.in_words()
                )
            }
            Self::LineSetAside { line } => format!(
                "{}; it is set aside after {} tries, kept with the records set aside and counted as refused; see the receiver's log \
                 (a line too long for it, an error of its parser), then fetch it again: siembox replay",
                line.in_words(),
                line.tries
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

/// What is asked for, where a question fails and others are answered.
fn change_in_words(change: Change) -> String {
    match change {
        Change::LeftPlace => "the place that the API had named itself is not answered: reading goes on by time, nothing is passed over".to_owned(),
        Change::Smaller(limit) => format!(
            "this page is not answered, and other questions are: pages of at most {limit} records are asked for"
        ),
        Change::Shorter { from_ms, to_ms } => format!(
            "this stretch of time is not answered, and other questions are: only {} to {} is asked for",
            in_words(from_ms),
            in_words(to_ms)
        ),
        Change::Passed(_) | Change::StillUnserved(_) => {
            "what fails alone is passed over".to_owned()
        }
    }
}

fn clocks_in_words(stream: &str, clocks: Clocks) -> String {
    let cloud_ms = clocks.cloud_ms.unwrap_or(clocks.own_ms);
    format!(
        "{stream}: the API says that it is {} (its Date header), this machine's clock {}: {} apart; where it matters the earlier one counts, \
         so that no record is missed. Set this machine's clock (a time server, or [clock] servers on a box of its own); where it is right, \
         a proxy or gateway in the way tells a wrong Date",
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
        format!("what is from {} to {}", in_words(from_ms), in_words(to_ms))
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

fn unanswered_in_words(stream: &str, hours: &[i64], why: &str) -> String {
    let named = hours.iter().take(HOURS).map(|hour| in_words(*hour));
    let named: Vec<String> = named.collect();
    let more = match hours.len().saturating_sub(HOURS) {
        0 => String::new(),
        more => format!(" and {more} before"),
    };
    format!(
        "{stream}: the API does not say how many records it counts in the hour from {}{more} \
         ({why}), while other questions are \
         answered: whether all of that hour was read is not known. It is asked again less and \
         less often, at least twice a day; \
         reading goes on",
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
            format!("the receiver refuses line {number}{id}: it answers \"{words}\"")
        } else {
            format!("connections end at line {number}{id}: {words}")
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
        "{lines} lines that waited for the SIEM were in the folder that is gone; what the cloud recorded in the last {} is read again and sent, \
         what is older has to be fetched again: siembox replay --agent {agent} --since {since}",
        span_in_words(look_back)
    )
}
