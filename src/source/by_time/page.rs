//! Tells of each record of a page whether it is new, and of the page how far it reaches and whether
//! it comes in order.

use std::collections::HashMap;

use super::seen::{Seen, fingerprint};

/// The ids of a page, each with whether it is known by now; one that was passed over as stale may
/// not be.
pub(super) type Ids = HashMap<u64, bool>;

/// The page that is being taken in.
#[derive(Debug, Default)]
pub(super) struct OpenPage {
    /// Bounds the times of its records: one from the future moves no cursor.
    now_ms: i64,
    /// Ids are kept until here at most, however far in the future their records claim to be.
    keep_ms: i64,
    /// What the page was asked from.
    from_ms: i64,
    /// The ids of this page: a page that holds a record twice counts it once.
    pub(super) ids: Ids,
    /// Different records that can be part of the answer: not from before what was asked for.
    pub(super) asked_for: usize,
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

impl OpenPage {
    /// An empty page; times after `now_ms` count as `now_ms`. Ids are kept by their records' own
    /// times, up to `keep_ms`.
    pub(super) fn open(now_ms: i64, keep_ms: i64, from_ms: i64) -> Self {
        Self {
            now_ms,
            keep_ms,
            from_ms,
            ascending: true,
            ..Self::default()
        }
    }

    /// Takes in a record; one without a time counts as of `else_ms`. `before` are the ids of the
    /// page before. False where it was read before, or may have been: nobody asked for it, and ids
    /// of its time are forgotten, so that only a stale page can hold it.
    pub(super) fn admit(
        &mut self,
        id: &str,
        at_ms: Option<i64>,
        else_ms: i64,
        before: &Ids,
        seen: &mut Seen,
    ) -> bool {
        let known_ms = at_ms;
        let keep_ms = at_ms.map_or(else_ms, |at| at.min(self.keep_ms));
        let at_ms = at_ms.map(|at| at.min(self.now_ms));
        let print = fingerprint(id);
        let again = self.ids.contains_key(&print);
        self.asked_for += usize::from(!again && known_ms.is_none_or(|at| at >= self.from_ms));
        if let (Some(at), false) = (at_ms, again) {
            let (first, latest) = self.span.unwrap_or((at, at));
            self.ascending &= self.span.is_none() || at >= self.last_ms;
            self.span = Some((first.min(at), latest.max(at)));
            self.last_ms = at;
        }
        let stale = known_ms
            .is_some_and(|at| at < self.from_ms && seen.forgotten_until().is_some_and(|f| at <= f));
        let told = before.get(&print) == Some(&true);
        let new = !again && !stale && !told && seen.admit(id, keep_ms);
        let known = !stale || told || seen.knows(id);
        self.ids.entry(print).or_insert(known);
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
