//! One page of a replay: its records that were not sent before become lines, durably.

use std::collections::HashSet;
use std::ops::ControlFlow;

use super::fate::Fate;
use super::page_builder::{DistinctRecords, ReplayPageBuilder};
use super::{End, Leg, Replay};
use crate::agent::on_error::passed_over;
use crate::agent::page_buffer::PageBuffer;
use crate::agent::page_writer::{BehindPage, tell_aside};
use crate::clock::Time;
use crate::event::Event;
use crate::foreign::ForeignText;
use crate::sent::{Hour, Id};
use crate::source::{Answer, Query, Record, SourceError, Unserved, Verdict, fingerprint};
use crate::spool::{Spool, SpoolError};
use crate::status::InternalEvent;

/// How often the activities behind an alert are asked for before it goes without them.
const RELATED_TRIES: u32 = 3;

impl<S: Spool, T: Time> Replay<S, T> {
    /// Asks for a page, in turn, and takes its records as they come.
    pub(super) fn fetch(
        &self,
        leg: &mut Leg<S>,
        query: &Query,
        taken: &mut DistinctRecords,
    ) -> Result<Answer, SourceError> {
        leg.client.wait_for_turn(&self.worker)?;
        let mut builder = ReplayPageBuilder {
            reader: &mut leg.reader,
            clock: leg.client.clock,
            time: &self.worker.time,
            to_ms: self.request.to_ms,
            pollers: &leg.pollers,
            taken,
        };
        let answer = leg.client.page(&self.worker, query, &mut builder);
        leg.client.clock = builder.clock;
        answer
    }

    /// What the page brought becomes lines; only when it is durable the next one is asked for.
    pub(super) fn take_in(
        &mut self,
        leg: &mut Leg<S>,
        taken: DistinctRecords,
        answer: &Answer,
    ) -> Result<Verdict, End> {
        let beyond = taken.beyond > 0 && taken.beyond == answer.records;
        let known = self.known(leg, &taken.records);
        let mut page = taken.page;
        let mut counts = self.progress.counts.clone();
        counts.pages += 1;
        counts.records += taken.to_come + page.aside.len() as u64;
        counts.to_come += taken.to_come;
        counts.set_aside += page.aside.len() as u64;
        leg.pages.sent.open();
        for mut record in taken.records {
            let fate = self.fate(leg, &known, &record);
            let key = fate.key(leg.stream.number(), &record);
            if self.request.dry_run || !fate.sends() {
                fate.enter(key, &mut page.counts);
            } else {
                self.complete(leg, &mut record.event, record.cursor_ms)?;
                let line = (key, record.cursor_ms, &record.event);
                let at_ms = || self.worker.now().wall_ms;
                if !page.add(line, "", at_ms, &mut self.writer) {
                    counts.records += 1;
                    counts.set_aside += 1;
                    continue;
                }
                if fate == Fate::Sent {
                    leg.pages
                        .sent
                        .note(record.cursor_ms, record.event.identity());
                }
            }
            fate.count(&mut counts);
        }
        let turn = leg.reader.close(answer);
        let nothing = page.count() == 0 && page.aside.is_empty();
        if !(nothing || self.request.dry_run) {
            self.write(leg, &page, &turn.seen)?;
            tell_aside(&self.worker, leg.stream.name, &page.aside);
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
        leg: &mut Leg<S>,
        passed: Unserved,
        why: &str,
    ) -> Result<(), End> {
        let turn = leg.reader.pass();
        self.progress.counts.set_aside += 1;
        self.progress.counts.records += 1;
        // else the poller comes by itself
        if !(self.request.dry_run || leg.pollers.may_read(passed.from_ms)) {
            let mut page = PageBuffer::default();
            let at_ms = self.worker.now().wall_ms;
            page.aside.push(passed_over(passed, why, at_ms));
            leg.pages.sent.open();
            self.write(leg, &page, &turn.seen)?;
        }
        self.worker.tell(&InternalEvent::PassedOver {
            stream: leg.stream.name,
            passed,
            why: why.to_owned(),
        });
        self.publish();
        Ok(())
    }

    fn known(&self, leg: &Leg<S>, records: &[Record<'_>]) -> HashSet<Id> {
        let ids: Vec<Id> = records.iter().map(id).collect();
        let mut known = self.sent.known(leg.stream, &ids, |error| {
            self.worker.tell(&InternalEvent::SentIdsTrouble {
                what: error.to_string(),
            });
        });
        let elsewhere = |record: &&Record<'_>| leg.pages.sent.is_elsewhere(record.event.identity());
        known.extend(records.iter().filter(elsewhere).map(id));
        known
    }

    /// By a setting, by whether it was sent before, whether the poller may still read it by itself,
    /// and by what was asked for.
    fn fate(&self, leg: &Leg<S>, known: &HashSet<Id>, record: &Record<'_>) -> Fate {
        if self.writer.leaves_out(&record.event) {
            return Fate::LeftOut;
        }
        let polled = leg.pollers.may_read(record.cursor_ms);
        match (known.contains(&id(record)), polled, self.request.again) {
            (true, _, true) => Fate::SentAgain,
            (true, _, false) => Fate::AlreadySent,
            (false, true, _) => Fate::ToCome,
            (false, false, _) => Fate::Sent,
        }
    }

    /// Makes the page durable, however long that takes.
    fn write(&self, leg: &mut Leg<S>, page: &PageBuffer, seen: &[u8]) -> Result<(), End> {
        let behind = BehindPage {
            cursor: b"",
            // only the newest ids stay: they tell the next life that this page landed
            seen,
            forget_seen: u64::MAX,
        };
        let (worker, clock) = (&self.worker, leg.client.clock);
        let now_ms = || clock.beside(worker.now()).earlier_ms();
        // the poller tells of a spool that takes nothing
        let wait = |_: &SpoolError, _| ControlFlow::Continue(());
        let _ = leg.pages.write(worker, page, behind, now_ms, wait)?;
        Ok(())
    }

    /// As the poller does: the line must be the same.
    fn complete(&self, leg: &mut Leg<S>, event: &mut Event<'_>, at_ms: i64) -> Result<(), End> {
        if !leg.client.source.lacks(event) {
            return Ok(());
        }
        if let Err(why) = leg.client.complete(&self.worker, event, RELATED_TRIES)? {
            self.worker.tell(&InternalEvent::WithoutRelated {
                stream: leg.stream.name,
                id: ForeignText::new(&*event.id),
                at_ms,
                agent: self.worker.reporter.agent().to_owned(),
                why,
            });
        }
        Ok(())
    }
}

fn id(record: &Record<'_>) -> Id {
    Id {
        hour: Hour::of(record.cursor_ms),
        print: fingerprint(record.event.identity()),
    }
}
