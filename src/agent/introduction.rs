//! How an agent introduces itself to the status.

use std::sync::Arc;

use crate::ledger::Ledger;
use crate::settings::AgentSettings;
use crate::spool::Spool;
use crate::status::{Introduction, LedgerReport, SpoolReport, StreamIntroduction};

/// How an agent shows of which nothing runs: it cannot start, or is about to.
#[must_use]
pub fn introduction(settings: &AgentSettings) -> Introduction {
    Introduction {
        name: settings.name.clone(),
        cloud: settings.source.url().to_owned(),
        siem: settings.siem.address(),
        streams: (settings.streams.iter())
            .map(|stream| StreamIntroduction {
                name: stream.spec.name,
                enabled: stream.enabled,
            })
            .collect(),
        paused: settings.paused,
        known: true,
        ask_spool: Arc::new(SpoolReport::default),
        ask_ledger: Arc::new(LedgerReport::default),
    }
}

/// How an agent shows that runs on this spool and this ledger: both are asked when somebody looks,
/// as long as they are open.
pub(super) fn running<S: Spool + 'static>(
    settings: &AgentSettings,
    spool: &Arc<S>,
    ledger: &Arc<Ledger>,
) -> Introduction {
    let has_cursor = |number| {
        spool
            .recall(number)
            .is_ok_and(|memory| memory.cursor.is_some())
    };
    let mut numbers = settings.streams.iter().map(|stream| stream.spec.number());
    let known = numbers.any(has_cursor);
    let (spool, ledger) = (Arc::downgrade(spool), Arc::downgrade(ledger));
    let ask_spool = {
        let spool = spool.clone();
        move || (spool.upgrade()).map_or_else(SpoolReport::default, |spool| spool_report(&*spool))
    };
    let ask_ledger = move || {
        let both = ledger.upgrade().zip(spool.upgrade());
        both.map_or_else(LedgerReport::default, |(ledger, spool)| {
            ledger.report(&*spool)
        })
    };
    Introduction {
        known,
        ask_spool: Arc::new(ask_spool),
        ask_ledger: Arc::new(ask_ledger),
        ..introduction(settings)
    }
}

fn spool_report(spool: &impl Spool) -> SpoolReport {
    let stats = spool.stats();
    SpoolReport {
        waiting: stats.waiting,
        waiting_bytes: stats.waiting_bytes,
        oldest_ms: stats.oldest_ms,
        disk_bytes: stats.disk_bytes,
        aside: stats.aside,
        damaged_lines: stats.damaged_lines,
        full: false,
    }
}
