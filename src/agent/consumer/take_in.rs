//! Takes in what a fetch brought: builds its page, writes it with the offsets after it, and
//! schedules the commit.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Consumer;
use super::page_builder::HubPageBuilder;
use crate::agent::page_writer::tell_aside;
use crate::clock::Time;
use crate::source::{Fetched, HubMessage, HubPartition, MembershipState, SourceError};
use crate::spool::Spool;
use crate::status::PageRead;

/// Offsets of pages without a line are written this often at most: without them a restart reads
/// these messages again, and takes those that are no longer kept for a gap.
const OFFSETS_ALONE: Duration = Duration::from_secs(60);

/// How far a partition is read when the page is on flash.
struct Reached {
    next: i64,
    latest: i64,
    newest_ms: Option<i64>,
}

/// What is counted while a page is built.
#[derive(Default)]
struct Counts {
    read: PageRead,
    /// Records of tables that are not forwarded.
    others: u64,
}

impl<S: Spool, T: Time> Consumer<S, T> {
    /// Takes in what came, in one transaction. More than fits into a page is fetched again.
    pub(super) fn take_in(
        &mut self,
        fetched: Vec<(HubPartition, Fetched)>,
    ) -> Result<(), SourceError> {
        let lock = self.pages.sent.turn();
        let _lock = lock
            .as_ref()
            .map(|lock| self.worker.take(lock))
            .transpose()?;
        let answers = fetched.into_iter().map(|(partition, of)| match of {
            Fetched::Failed(error) => (partition, Err(error)),
            of => (partition, Ok(of)),
        });
        let answers = self.each_that_answers(answers.collect())?;
        self.open_page();
        let mut counts = Counts::default();
        let mut reached: BTreeMap<HubPartition, Reached> = BTreeMap::new();
        for (partition, of) in answers {
            let Some(begin) = self.state.assigned.get(&partition).map(|it| it.next) else {
                continue;
            };
            let Fetched::Messages {
                messages,
                next,
                latest,
            } = of
            else {
                self.state.assigned.remove(&partition);
                self.state.without_offset.insert(partition, Some(begin));
                continue;
            };
            self.well(&partition);
            let (mut read_to, newest_ms) =
                self.add_messages((&partition, begin), &messages, &mut counts);
            if read_to == messages.last().map_or(begin, |last| last.next) {
                // after the last message there may be batches without any, as of transactions
                read_to = next.unwrap_or(read_to);
            }
            let of = Reached {
                next: read_to.max(begin),
                latest,
                newest_ms,
            };
            reached.insert(partition, of);
        }
        match self.hub.source.membership() {
            MembershipState::Member | MembershipState::Rebalancing => {
                self.keep(&reached, counts)?
            }
            MembershipState::Lost => self.drop_page(),
        }
        self.find_start_offsets()
    }

    /// Adds the messages of one partition to the page, as long as there is room. Returns the offset
    /// after them, and the time of the newest record.
    fn add_messages(
        &mut self,
        (partition, begin): (&HubPartition, i64),
        messages: &[HubMessage],
        counts: &mut Counts,
    ) -> (i64, Option<i64>) {
        let mut builder = HubPageBuilder {
            stream: self.stream,
            writer: &mut self.writer,
            sent: &mut self.pages.sent,
            seen: &mut self.state.seen,
            page: &mut self.state.page,
            time: &self.worker.time,
            read: &mut counts.read,
            others: 0,
            newest_ms: None,
        };
        let mut next = begin;
        for message in messages {
            if builder.page.room().is_break() {
                break;
            }
            builder.message(&*self.hub.source, partition, message);
            next = message.next;
        }
        counts.others += builder.others;
        (next, builder.newest_ms)
    }

    /// Writes the page, and goes on after it.
    fn keep(
        &mut self,
        reached: &BTreeMap<HubPartition, Reached>,
        counts: Counts,
    ) -> Result<(), SourceError> {
        let mut offsets = self.state.offsets.clone();
        for (partition, of) in reached {
            if offsets.of(partition) != Some(of.next) {
                offsets.set(partition, of.next);
            }
        }
        let page = &self.state.page;
        let lines = page.count();
        let is_empty = lines == 0 && page.aside.is_empty();
        self.state.is_ahead_of_spool |= offsets != self.state.offsets;
        if is_empty && !self.offsets_are_due() {
            self.pages.ledger.count(self.stream.number(), &page.counts);
            self.state.offsets = offsets;
        } else if self.write(offsets)?.is_break() {
            return Ok(());
        }
        tell_aside(&self.worker, self.stream.name, &self.state.page.aside);
        self.state.fetches += 1;
        for (partition, of) in reached {
            let Some(position) = self.state.assigned.get_mut(partition) else {
                continue;
            };
            let has_moved = of.next != position.next;
            if has_moved {
                self.state.schedule.add(partition, of.next);
            }
            position.next = of.next;
            position.latest = Some(of.latest);
            position.newest_ms = of.newest_ms.max(position.newest_ms);
            // a partition whose messages found no room in the answer keeps its precedence
            if has_moved || !position.is_behind() {
                position.last_fetch = self.state.fetches;
            }
        }
        self.state.group.other_records += counts.others;
        self.count(&PageRead {
            lines,
            ..counts.read
        });
        Ok(())
    }

    /// Is it time to write offsets without a line?
    fn offsets_are_due(&self) -> bool {
        let written = self.state.spooled_at;
        self.state.is_ahead_of_spool && written.is_none_or(|at| self.now() >= at + OFFSETS_ALONE)
    }
}
