//! Writes the page of a consumer to the spool, or drops it.

use std::ops::ControlFlow;

use super::Consumer;
use crate::agent::page_writer::BehindPage;
use crate::agent::worker::Stopped;
use crate::clock::Time;
use crate::source::{MembershipState, Offsets};
use crate::spool::Spool;

impl<S: Spool, T: Time> Consumer<S, T> {
    /// Begins a page.
    pub(super) fn open_page(&mut self) {
        self.pages.sent.open();
        self.state.page.clear();
    }

    /// Makes the page durable with the offsets after it, however long that takes. Breaks if the
    /// group rebalances while the spool does not take it: then the page is dropped.
    pub(super) fn write(&mut self, offsets: Offsets) -> Result<ControlFlow<()>, Stopped> {
        let (worker, source) = (&self.worker, &self.hub.source);
        let now_ms = worker.now().wall_ms;
        let look_back = i64::try_from(self.look_back.as_millis()).unwrap_or(i64::MAX);
        let state = &mut self.state;
        let seen = state.seen.seal(now_ms.saturating_sub(look_back));
        let behind = BehindPage {
            cursor: &offsets.to_bytes(),
            seen: &seen,
            forget_seen: state.seen.oldest_number(),
        };
        let hindrance = &mut state.hindrance;
        let written = self.pages.write(
            worker,
            &state.page,
            behind,
            || now_ms,
            |error, wait| {
                hindrance.tell(worker, error, wait);
                match source.membership() {
                    MembershipState::Member => ControlFlow::Continue(()),
                    MembershipState::Rebalancing | MembershipState::Lost => ControlFlow::Break(()),
                }
            },
        )?;
        if written.is_break() {
            if !seen.is_empty() {
                state.seen.unseal();
            }
            state.page.clear();
            return Ok(written);
        }
        std::mem::take(&mut state.hindrance).over(worker);
        state.offsets = offsets;
        state.spooled_at = Some(worker.now().steady);
        state.is_ahead_of_spool = false;
        let newest = state.assigned.values().filter_map(|it| it.newest_ms).max();
        self.pages.settle(worker, newest);
        Ok(written)
    }

    /// Drops the page before it is written: its records are read again, and are new then.
    pub(super) fn drop_page(&mut self) {
        self.state.seen.take_back();
        self.state.page.clear();
    }
}
