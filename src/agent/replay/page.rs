//! One page of a replay: what of it was not sent before becomes lines, durably.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::time::Duration;

use super::{End, Leg, Pollers, Replay, number};
use crate::agent::chunk::{self, MOST_LINE, OVERHEAD};
use crate::agent::line::LineWriter;
use crate::agent::skipped::aside;
use crate::backoff::Backoff;
use crate::clock;
use crate::event::{Event, EventKind};
use crate::foreign::ForeignText;
use crate::ledger::{self, LedgerKey};
use crate::random;
use crate::replay::ReplayCounts;
use crate::sent::{Hour, Id, SentChange};
use crate::source::cloud_apps::record::{Mapped, Unreadable, too_long};
use crate::source::{
    Answer, Clocks, Query, Recipient, Source, SourceError, SourceErrorKind, TimeReader, Unserved,
    Verdict, fingerprint,
};
use crate::spool::{DeadLetter, Lines, Spool, SpoolError, SpoolPage};
use crate::status::InternalEvent;
use crate::stream::StreamSpec;

/// How often a full spool is asked again.
const FULL_LOOK: Duration = Duration::from_millis(500);
/// How often the activities behind an alert are asked for before it goes without them.
const RELATED_TRIES: usize = 3;

/// The different records of a page.
#[derive(Default)]
pub(super) struct DistinctRecords {
    records: Vec<Mapped<'static>>,
    /// Those that can't be read.
    aside: Vec<DeadLetter>,
    /// Those among them that the poller will set aside by itself.
    to_come: u64,
    /// Records from behind the window.
    beyond: u64,
    /// What all that takes, bytes.
    weight: usize,
}

/// Takes a page's records as they come.
struct PageBuilder<'a> {
    reader: &'a mut TimeReader,
    stream: StreamSpec,
    writer: &'a LineWriter,
    /// Where the window ends.
    to_ms: i64,
    /// What the poller may still read by itself.
    pollers: &'a Pollers,
    taken: &'a mut DistinctRecords,
}

/// What becomes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Sent,
    SentAgain,
    AlreadySent,
    ToCome,
    LeftOut,
}

impl<S: Spool> Replay<S> {
    /// Asks for a page and takes its records as they come.
    pub(super) fn fetch(
        &self,
        leg: &mut Leg,
        query: &Query,
        taken: &mut DistinctRecords,
    ) -> Result<Answer, SourceError> {
        let mut intake = PageBuilder {
            reader: &mut leg.reader,
            stream: leg.stream,
            writer: &self.writer,
            to_ms: self.request.to_ms,
            pollers: &leg.pollers,
            taken,
        };
        leg.source.page(query, &mut intake)
    }

    /// What the page brought becomes lines; only when it is durable the next one is asked for.
    pub(super) fn take_in(
        &mut self,
        leg: &mut Leg,
        mut taken: DistinctRecords,
        answer: &Answer,
    ) -> Result<Verdict, End> {
        let beyond = taken.beyond > 0 && taken.beyond == answer.records;
        let known = self.known(leg, &taken.records);
        let mut counts = self.progress.counts.clone();
        counts.pages += 1;
        counts.records += taken.to_come + taken.aside.len() as u64;
        counts.to_come += taken.to_come;
        counts.set_aside += taken.aside.len() as u64;
        let (mut lines, mut ledger) = (Lines::default(), ledger::PageCounts::default());
        leg.scribe.open();
        for mut record in taken.records {
            let fate = if self.writer.leaves_out(&record.event) {
                Fate::LeftOut
            } else {
                let polled = leg.pollers.may_read(record.cursor_ms);
                fate(known.contains(&id(&record)), polled, self.request.again)
            };
            let key = fate.key(leg.stream.number(), &record);
            let sends = matches!(fate, Fate::Sent | Fate::SentAgain) && !self.request.dry_run;
            if sends {
                self.add_related(leg, &mut record.event, record.cursor_ms)?;
                let (writer, event) = (&mut self.writer, &record.event);
                if !lines.push_within(MOST_LINE, key.tag(), |line| writer.write(event, line)) {
                    let reason = chunk::line_too_long(&event.id, record.cursor_ms);
                    taken.aside.push(chunk::aside(reason, "", clock::now_ms()));
                    counts.records += 1;
                    counts.set_aside += 1;
                    ledger.aside(key);
                    continue;
                }
                if fate == Fate::Sent {
                    leg.scribe.note(record.cursor_ms, &record.event.id);
                }
            }
            fate.count(&mut counts);
            fate.enter(key, &mut ledger);
        }
        let turn = leg.reader.close(answer);
        let nothing = lines.is_empty() && taken.aside.is_empty();
        if !(nothing || self.request.dry_run) {
            self.write(leg, &lines, &turn.seen, &taken.aside, &ledger)?;
            let clocks = Clocks {
                cloud_ms: answer.server_ms,
                own_ms: clock::now_ms(),
            };
            self.written(leg, &taken.aside, clocks.earlier_ms());
        }
        self.progress.counts = counts;
        Ok(if beyond {
            Verdict::CaughtUp
        } else {
            turn.verdict
        })
    }

    /// A record, or a stretch, is set aside without having been seen.
    pub(super) fn pass_over(
        &mut self,
        leg: &mut Leg,
        passed: Unserved,
        why: &str,
    ) -> Result<(), End> {
        let turn = leg.reader.pass();
        self.progress.counts.set_aside += 1;
        self.progress.counts.records += 1;
        // else the poller comes by itself
        if !(self.request.dry_run || leg.pollers.may_read(passed.from_ms)) {
            let aside = [aside(passed, why, clock::now_ms())];
            let counts = ledger::PageCounts::default();
            leg.scribe.open();
            self.write(leg, &Lines::default(), &turn.seen, &aside, &counts)?;
            self.wake.notify_one();
        }
        self.tell(&InternalEvent::PassedOver {
            stream: leg.stream.name,
            passed,
            why: why.to_owned(),
        });
        Ok(())
    }

    fn known(&self, leg: &Leg, records: &[Mapped<'_>]) -> HashSet<Id> {
        let ids: Vec<Id> = records.iter().map(id).collect();
        self.sent.known(leg.stream, &ids, |error| {
            self.tell(&InternalEvent::SentIdsTrouble {
                what: error.to_string(),
            });
        })
    }

    /// Makes the page durable, however long that takes.
    fn write(
        &self,
        leg: &mut Leg,
        lines: &Lines,
        seen: &[u8],
        aside: &[DeadLetter],
        counts: &ledger::PageCounts,
    ) -> Result<(), End> {
        let stream = number(leg.stream);
        let append = |cursor: &[u8]| {
            let page = SpoolPage {
                stream,
                lines,
                cursor,
                // only the newest ids stay: they tell the next life that this page landed
                seen,
                forget_seen: u64::MAX,
                aside,
            };
            self.spool.append(&page, clock::now_ms())
        };
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        leg.scribe.intend();
        loop {
            match self.ledger.append(stream, counts, b"", append) {
                Ok(()) => break,
                Err(SpoolError::Full { .. }) => {
                    self.pause(FULL_LOOK, "the spool is full: it waits for the SIEM")?;
                }
                Err(error) => self.pause(backoff.failed(random::any()), &error.to_string())?,
            }
        }
        Ok(())
    }

    /// A page is durable.
    fn written(&self, leg: &mut Leg, aside: &[DeadLetter], now_ms: i64) {
        match leg.scribe.landed(now_ms) {
            Some(SentChange::Trouble(error)) => self.tell(&InternalEvent::SentIdsTrouble {
                what: error.to_string(),
            }),
            Some(SentChange::Well) => self.tell(&InternalEvent::SentIdsWell),
            None => {}
        }
        for record in aside {
            self.tell(&InternalEvent::SetAside {
                stream: leg.stream.name,
                id: ForeignText::new(&record.id),
                reason: ForeignText::new(&record.reason),
            });
        }
        self.wake.notify_one();
    }

    /// As the poller does: the line must be the same.
    fn add_related(&self, leg: &mut Leg, event: &mut Event<'_>, at_ms: i64) -> Result<(), End> {
        let EventKind::Alert { related, .. } = &mut event.kind else {
            return Ok(());
        };
        if !leg.fetch_related || !related.is_empty() {
            return Ok(());
        }
        let mut why = None;
        for _ in 0..RELATED_TRIES {
            self.wait_for_turn()?;
            match leg.source.activities_behind(&event.id) {
                Ok(ids) => {
                    related.extend(ids.into_iter().map(Cow::Owned));
                    return Ok(());
                }
                Err(SourceError { trouble, what }) => {
                    match trouble {
                        SourceErrorKind::Throttled(silence) => self.keep_silent(silence),
                        _ => self.pause(Duration::from_secs(1), &what)?,
                    }
                    why = Some(what);
                }
            }
        }
        self.tell(&InternalEvent::WithoutRelated {
            id: ForeignText::new(&*event.id),
            at_ms,
            agent: self.reporter.agent().to_owned(),
            why,
        });
        Ok(())
    }
}

impl Recipient for PageBuilder<'_> {
    fn open(&mut self, _: Option<i64>) {
        *self.taken = DistinctRecords::default();
        self.reader.open(self.to_ms, None);
    }

    fn record(&mut self, text: &str) -> ControlFlow<()> {
        match self.writer.read(self.stream, text) {
            // from a cloud that takes no heed of the end
            Ok(record) if record.cursor_ms > self.to_ms => self.taken.beyond += 1,
            Ok(record) => {
                if self.reader.admit(&record.event.id, Some(record.cursor_ms)) {
                    self.taken.weight += record.event.weight();
                    self.taken.records.push(record.into_owned());
                }
            }
            Err(unreadable) => self.set_aside(unreadable, text),
        }
        chunk::room_beside(self.taken.weight)
    }

    fn too_long(&mut self, begin: &str, bytes: u64) -> ControlFlow<()> {
        self.set_aside(too_long(begin, bytes), begin);
        chunk::room_beside(self.taken.weight)
    }
}

impl PageBuilder<'_> {
    fn set_aside(&mut self, unreadable: Unreadable, text: &str) {
        let id = unreadable.id.as_deref().unwrap_or(text);
        if !self.reader.admit(id, unreadable.cursor_ms) {
        } else if unreadable
            .cursor_ms
            .is_some_and(|at_ms| self.pollers.may_read(at_ms))
        {
            self.taken.to_come += 1;
        } else {
            let aside = chunk::aside(unreadable, text, clock::now_ms());
            self.taken.weight += aside.bytes.len() + OVERHEAD;
            self.taken.aside.push(aside);
        }
    }
}

impl Fate {
    /// What its line is counted under. What counts in its hour is only what is new there, so that a gap closes and nothing
    /// hides one; a line sent again on purpose belongs to no hour.
    fn key(self, stream: u8, record: &Mapped<'_>) -> LedgerKey {
        match self {
            Self::SentAgain => LedgerKey::asked(stream),
            _ => LedgerKey::at(stream, ledger::hour_of(record.cursor_ms)),
        }
    }

    /// How the ledger counts it.
    fn enter(self, key: LedgerKey, counts: &mut ledger::PageCounts) {
        match self {
            Self::Sent | Self::SentAgain => counts.spooled(key),
            Self::AlreadySent | Self::LeftOut => counts.seen(key),
            // the poller will count it
            Self::ToCome => {}
        }
    }

    fn count(self, counts: &mut ReplayCounts) {
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

/// By whether it was sent before, whether the poller may still read it by itself, and what was asked for.
fn fate(known: bool, polled: bool, again: bool) -> Fate {
    match (known, polled, again) {
        (true, _, true) => Fate::SentAgain,
        (true, _, false) => Fate::AlreadySent,
        (false, true, _) => Fate::ToCome,
        (false, false, _) => Fate::Sent,
    }
}

fn id(record: &Mapped<'_>) -> Id {
    Id {
        hour: Hour::of(record.cursor_ms),
        print: fingerprint(&record.event.id),
    }
}
