//! One page while it is taken in: which of its records are new, how far it reaches, whether it comes in order.

use std::collections::HashSet;

use super::Seen;
use super::seen::fingerprint;

/// The page that is being taken in.
#[derive(Debug, Default)]
pub(super) struct Intake {
    /// Bounds the times of its records: one from the future moves no cursor.
    now_ms: i64,
    /// The ids of this page: a page that holds a record twice counts it once.
    ids: HashSet<u64>,
    /// The earliest and the latest time, once a record told one.
    span: Option<(i64, i64)>,
    last_ms: i64,
    /// Did each record come at or after the one before it?
    pub(super) ascending: bool,
    /// Records that were new.
    pub(super) news: u64,
    /// Records that were read before.
    pub(super) repeats: u64,
}

impl Intake {
    /// An empty page; times after `now_ms` count as `now_ms`.
    pub(super) fn open(now_ms: i64) -> Self {
        Self {
            now_ms,
            ascending: true,
            ..Self::default()
        }
    }

    /// Takes in a record; one without a time counts as of `else_ms`. False where it was read before.
    pub(super) fn admit(
        &mut self,
        id: &str,
        at_ms: Option<i64>,
        else_ms: i64,
        seen: &mut Seen,
    ) -> bool {
        let at_ms = at_ms.map(|at| at.min(self.now_ms));
        let again = !self.ids.insert(fingerprint(id));
        if let (Some(at), false) = (at_ms, again) {
            let (first, latest) = self.span.unwrap_or((at, at));
            self.ascending &= self.span.is_none() || at >= self.last_ms;
            self.span = Some((first.min(at), latest.max(at)));
            self.last_ms = at;
        }
        let new = !again && seen.admit(id, at_ms.unwrap_or(else_ms));
        *(if new {
            &mut self.news
        } else {
            &mut self.repeats
        }) += 1;
        new
    }

    /// Different records of the page.
    pub(super) fn count(&self) -> usize {
        self.ids.len()
    }

    /// The earliest time, where a record told one.
    pub(super) fn earliest_ms(&self) -> Option<i64> {
        self.span.map(|(earliest, _)| earliest)
    }

    /// The latest time, where a record told one.
    pub(super) fn latest_ms(&self) -> Option<i64> {
        self.span.map(|(_, latest)| latest)
    }
}
