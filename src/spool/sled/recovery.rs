//! Recovery: decides which of the states in a segment is the valid one.

use super::error::StoreError;
use super::record_reader::{Lookup, RecordReader};
use super::store::Store;
use crate::spool::record::{self, FORMAT, RecordKind};
use crate::spool::state::{SpoolProgress, SpoolState};

/// Where the progress lies.
pub(super) const PROGRESS: &[u8] = b"progress";

/// Where the state of this page lies: two places by turns, so that the one before is still there.
pub(super) fn slot(seq: u64) -> &'static [u8] {
    if seq.is_multiple_of(2) {
        b"state-0"
    } else {
        b"state-1"
    }
}

/// The state of this page, where the store has it.
pub(super) fn state_of(store: &Store, seq: u64) -> Result<Option<SpoolState>, StoreError> {
    let value = match store.get(slot(seq)) {
        Err(trouble) if trouble.is_damage() => None,
        answer => answer?,
    };
    let state = value.and_then(|value| SpoolState::decode(&value).ok());
    Ok(state.filter(|state| state.seq == seq))
}

/// Does this page's state lie in the store as this version writes it?
pub(super) fn is_current(store: &Store, seq: u64) -> bool {
    let value = store.get(slot(seq)).ok().flatten();
    value.is_some_and(|value| value.first() == Some(&FORMAT))
}

/// How many pieces count in a store that is no longer written to.
pub(super) fn pieces_of(store: &Store) -> u32 {
    let states = [0, 1].map(|turn| {
        let value = store.get(slot(turn)).ok().flatten()?;
        SpoolState::decode(&value).ok()
    });
    match states {
        [Some(one), Some(other)] => one.pieces.max(other.pieces),
        // A first page has no state before it; else one is damaged, and the other may be the older
        // one.
        [Some(only), None] | [None, Some(only)] if only.page == 0 => only.pieces,
        _ => store.extent(),
    }
}

/// How far the SIEM had come when that was last written here.
pub(super) fn progress_of(store: &Store) -> SpoolProgress {
    let value = store.get(PROGRESS).ok().flatten();
    value
        .and_then(|value| SpoolProgress::decode(&value).ok())
        .unwrap_or_default()
}

/// The newest state whose page is whole; beside it, where that is not the newest of all, the lines
/// of the page that is not. Where no page is whole, the newest state: what is damaged is then found
/// when it is read.
pub(super) fn newest_state(store: &Store) -> Result<Option<(SpoolState, Option<u64>)>, StoreError> {
    let mut states = Vec::new();
    for turn in [0, 1] {
        let value = match store.get(slot(turn)) {
            Err(trouble) if trouble.is_damage() => None,
            answer => answer?,
        };
        if let Some(format) = value.as_ref().and_then(|value| record::newer(value)) {
            return Err(StoreError::Newer(format));
        }
        states.extend(value.and_then(|value| SpoolState::decode(&value).ok()));
    }
    states.sort_unstable_by_key(|state| std::cmp::Reverse(state.seq));
    let Some(newest) = states.first().cloned() else {
        return Ok(None);
    };
    let arrived = newest.progress.first.max(progress_of(store).first);
    for state in states {
        if is_whole(store, &state, arrived)? {
            let taken_back =
                (state.seq != newest.seq).then_some(newest.next - state.next.min(newest.next));
            return Ok(Some((state, taken_back)));
        }
    }
    Ok(Some((newest, None)))
}

/// Is everything there that this page wrote, and whole? What has arrived already is not asked for.
fn is_whole(store: &Store, state: &SpoolState, arrived: u64) -> Result<bool, StoreError> {
    let shelf = RecordReader {
        store,
        pieces: state.pieces,
    };
    let mut index = state.page;
    while index < state.pieces {
        let Lookup::Record { bytes, next } = shelf.record(index)? else {
            return Ok(arrived >= state.next);
        };
        let whole = record::open(&bytes).is_ok_and(|opened| match opened.kind {
            RecordKind::Lines => opened.line < state.next,
            kind => kind == RecordKind::Seen || kind == RecordKind::DeadLetter,
        });
        if !whole {
            return Ok(arrived >= state.next);
        }
        index = next;
    }
    Ok(true)
}

#[cfg(test)]
mod tests;
