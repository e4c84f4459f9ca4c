//! The ledger as the status shows it. Pure.

use super::books::Stock;
use super::key::{LedgerKey, begin_of};
use super::row::{Row, Rows, sums};
use crate::status::{LedgerCounts, LedgerReport, LedgerRow, LedgerSpan};
use crate::stream::StreamSpec;

/// Rows as the status shows them; `balance` is what is neither proved nor refused nor waiting nor
/// lost, where it could be told.
#[must_use]
pub(super) fn report(rows: &Rows, balance: Option<i64>, stock: Stock) -> LedgerReport {
    let mut sum = sums(rows);
    sum.lost += stock.damaged;
    let hours: Vec<LedgerRow> = rows
        .iter()
        .rev()
        .map(|(key, row)| ledger_row(rows, *key, row))
        .collect();
    let adds_up = balance.unwrap_or(0) == 0 && hours.iter().all(LedgerRow::adds_up);
    LedgerReport {
        sums: counts(&sum),
        waiting: stock.waiting,
        balance,
        adds_up,
        hours,
    }
}

/// How many records of this hour the API counts that were never read.
#[must_use]
pub(super) fn missing(rows: &Rows, key: LedgerKey) -> u64 {
    let untimed = key
        .stream()
        .and_then(|stream| rows.get(&LedgerKey::untimed(stream)));
    let missing = rows.get(&key).map_or(0, Row::missing);
    beyond(missing, untimed.copied().unwrap_or_default())
}

/// Records that tell no time belong to some hour: as many as there are may be missing in each.
#[must_use]
pub(super) fn beyond(missing: u64, untimed: Row) -> u64 {
    if missing > untimed.unique() {
        missing
    } else {
        0
    }
}

fn ledger_row(rows: &Rows, key: LedgerKey, row: &Row) -> LedgerRow {
    let stream = key.stream().and_then(StreamSpec::numbered);
    let span = match key.hour() {
        Some(_) => LedgerSpan::Hour,
        None if key.is_untimed() => LedgerSpan::Untimed,
        None if key.is_asked() => LedgerSpan::Asked,
        None if key.stream().is_some() => LedgerSpan::Before,
        None => LedgerSpan::Unattributed,
    };
    LedgerRow {
        stream: stream.map_or("", |stream| stream.name).to_owned(),
        span,
        hour_ms: key.hour().map(begin_of),
        named: row.named,
        missing: key.hour().map_or(0, |_| missing(rows, key)),
        counts: counts(row),
        fault: row.fault().map(str::to_owned),
    }
}

fn counts(row: &Row) -> LedgerCounts {
    LedgerCounts {
        read: row.read,
        seen: row.seen,
        left_out: row.left_out,
        aside: row.aside,
        spooled: row.spooled,
        sent: row.sent,
        again: row.again,
        proved: row.proved,
        lost: row.lost,
        refused: row.refused,
    }
}
