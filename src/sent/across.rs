//! The records that both sources of an agent deliver: each becomes one line, whichever source told
//! of it first.
//!
//! After a move from one source to another, and while both are read, the same record comes from
//! both, under one id. What one side has sent is known here by its fingerprint, for as long as the
//! settings name two sources. The streams of both sides that may hold the same record take
//! turns, so that none sends what the other is writing just now.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::stream::{RecordClass, StreamSpec};

/// So many ids are known of each side and class; the oldest go first. About 16 MB in all.
pub(super) const MOST: usize = 262_144;

/// What both sides have sent.
#[derive(Debug, Default)]
pub(super) struct AcrossSources {
    activities: SentByBoth,
    alerts: SentByBoth,
}

/// One class of records.
#[derive(Debug, Default)]
struct SentByBoth {
    /// Held while a page of one stream is read and written.
    turn: Arc<Mutex<()>>,
    cloud_apps: Mutex<RecentIds>,
    defender_xdr: Mutex<RecentIds>,
}

/// Fingerprints, bounded in number.
#[derive(Debug, Default)]
struct RecentIds {
    known: HashSet<u64>,
    /// In the order in which they came.
    order: VecDeque<u64>,
}

// === impl AcrossSources ===

impl AcrossSources {
    /// Did the other source's streams send this record?
    pub(super) fn is_elsewhere(&self, stream: StreamSpec, print: u64) -> bool {
        let of_class = self.of_class(stream);
        of_class.is_some_and(|(class, of_own)| class.side(!of_own).known.contains(&print))
    }

    /// This stream has sent these records.
    pub(super) fn note(&self, stream: StreamSpec, prints: impl IntoIterator<Item = u64>) {
        if let Some((class, of_own)) = self.of_class(stream) {
            let mut side = class.side(of_own);
            prints.into_iter().for_each(|print| side.add(print));
        }
    }

    /// What is to be locked while a page of this stream is read and written.
    pub(super) fn turn(&self, stream: StreamSpec) -> Option<Arc<Mutex<()>>> {
        let (class, _) = self.of_class(stream)?;
        Some(Arc::clone(&class.turn))
    }

    /// The class of a stream's records, and whether it is one of Cloud Apps.
    fn of_class(&self, stream: StreamSpec) -> Option<(&SentByBoth, bool)> {
        let class = match stream.kind.class()? {
            RecordClass::Activity => &self.activities,
            RecordClass::Alert => &self.alerts,
        };
        Some((class, stream.kind.is_of_cloud_apps()))
    }
}

impl SentByBoth {
    fn side(&self, of_cloud_apps: bool) -> MutexGuard<'_, RecentIds> {
        let side = match of_cloud_apps {
            true => &self.cloud_apps,
            false => &self.defender_xdr,
        };
        side.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RecentIds {
    fn add(&mut self, print: u64) {
        if !self.known.insert(print) {
            return;
        }
        self.order.push_back(print);
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::{
        ACTIVITIES, ALERTS, CLOUD_APP_EVENTS, GRAPH_ALERTS, IDENTITY_LOGON_EVENTS,
    };

    #[test]
    fn what_one_side_sent_the_other_does_not() {
        let across = AcrossSources::default();
        across.note(ACTIVITIES, [1]);
        across.note(GRAPH_ALERTS, [2]);
        for (stream, print, known) in [
            (CLOUD_APP_EVENTS, 1, true),
            (IDENTITY_LOGON_EVENTS, 1, true),
            // a stream knows its own by its seen ids
            (ACTIVITIES, 1, false),
            (GRAPH_ALERTS, 1, false),
            (ALERTS, 2, true),
            (CLOUD_APP_EVENTS, 2, false),
        ] {
            assert_eq!(
                across.is_elsewhere(stream, print),
                known,
                "{stream} {print}"
            );
        }
    }

    #[test]
    fn the_oldest_ids_go_first() {
        let across = AcrossSources::default();
        across.note(ACTIVITIES, 0..=MOST as u64);
        assert!(!across.is_elsewhere(CLOUD_APP_EVENTS, 0));
        assert!(across.is_elsewhere(CLOUD_APP_EVENTS, 1));
        across.note(ACTIVITIES, [1]);
        assert!(across.is_elsewhere(CLOUD_APP_EVENTS, MOST as u64));
    }
}
