//! The completeness ledger as it is published, and as text.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::clock::in_words;

/// How many of the last hours are shown as text, beside those that do not add up.
const SHOWN: usize = 6;
/// The least that the column of the streams takes, characters.
pub(super) const NARROWEST: usize = 10;

/// What became of the records of an agent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerReport {
    /// Of all rows.
    pub sums: LedgerCounts,
    /// Lines that wait in the spool.
    pub waiting: u64,
    /// Lines spooled that are neither proved, nor refused, nor waiting, nor known to be lost; 0
    /// where it adds up. `None` while something was being written.
    pub balance: Option<i64>,
    /// Does everything add up, in all rows?
    pub adds_up: bool,
    /// All rows that are kept, newest first, stream by stream.
    pub hours: Vec<LedgerRow>,
}

/// What a row of the ledger is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LedgerSpan {
    /// One hour of the records' own time.
    Hour,
    /// Records that tell no time.
    Untimed,
    /// Lines sent once more because somebody asked for it.
    Asked,
    /// Hours that are older than `keep`, together.
    Before,
    /// Lines of which nothing more is known: from before there was a ledger, or gone in a power
    /// cut.
    Unattributed,
}

/// One stream and hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerRow {
    /// "activities", "alerts", or empty.
    pub stream: String,
    /// What it is about.
    pub span: LedgerSpan,
    /// Where it begins, milliseconds since 1970, where it is an hour.
    pub hour_ms: Option<i64>,
    /// Records that the API counted when it was last asked.
    pub named: Option<u64>,
    /// So many of them were never read.
    pub missing: u64,
    /// The counts.
    #[serde(flatten)]
    pub counts: LedgerCounts,
    /// What does not add up in it.
    pub fault: Option<String>,
}

/// The counts of a row, or of all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerCounts {
    /// Records read, repetitions included: the four below together.
    pub read: u64,
    /// Read before.
    pub seen: u64,
    /// Left out by a setting.
    pub left_out: u64,
    /// Could not be read and stand aside.
    pub aside: u64,
    /// Became lines on flash.
    pub spooled: u64,
    /// Lines sent for the first time.
    pub sent: u64,
    /// Lines sent once more.
    pub again: u64,
    /// Lines proved to have arrived.
    pub proved: u64,
    /// Lines that damage has cost.
    pub lost: u64,
    /// Lines that were set aside because the receiver does not take them.
    #[serde(default)]
    pub refused: u64,
}

// === impl LedgerRow ===

impl LedgerRow {
    /// Does it?
    #[must_use]
    pub fn adds_up(&self) -> bool {
        self.fault.is_none() && self.missing == 0
    }
}

/// The ledger for people: the sums, the last hours, and every one that does not add up.
pub(super) fn ledger_text(out: &mut String, ledger: &LedgerReport) {
    let sums = &ledger.sums;
    if *sums == LedgerCounts::default() {
        return;
    }
    // writing to a String never fails
    let _ = write!(out, "  ledger     {} read = ", sums.read);
    let mut plus = "";
    for (count, what) in [
        (sums.seen, "seen"),
        (sums.left_out, "left out"),
        (sums.aside, "aside"),
        (sums.spooled, "spooled"),
    ] {
        if count > 0 || what == "spooled" {
            let _ = write!(out, "{plus}{count} {what}");
            plus = " + ";
        }
    }
    let _ = write!(out, "; {} sent, {} proved", sums.sent, sums.proved);
    for (count, what) in [
        (sums.refused, "refused"),
        (sums.again, "again"),
        (sums.lost, "lost"),
    ] {
        if count > 0 {
            let _ = write!(out, ", {count} {what}");
        }
    }
    let end = match ledger.balance {
        _ if ledger.adds_up => "adds up".to_owned(),
        Some(lines) if lines != 0 => format!("DOES NOT ADD UP by {lines} lines"),
        _ => "DOES NOT ADD UP".to_owned(),
    };
    let _ = writeln!(out, "; {end}");
    let mut rows: Vec<&LedgerRow> = ledger.hours.iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.hour_ms));
    let mut hours = 0;
    rows.retain(|row| {
        hours += usize::from(row.span == LedgerSpan::Hour);
        (row.span == LedgerSpan::Hour && hours <= SHOWN) || !row.adds_up()
    });
    let names = rows.iter().map(|row| row.stream.len());
    let width = names.fold(NARROWEST, usize::max);
    let _ = write!(out, "    {:<20} {:<width$}", "hour from", "stream");
    for column in [
        "named", "read", "seen", "left out", "aside", "spooled", "sent", "proved", "again",
    ] {
        let _ = write!(out, " {column:>8}");
    }
    out.push('\n');
    for row in rows {
        row_text(out, row, width);
    }
}

fn row_text(out: &mut String, row: &LedgerRow, width: usize) {
    let what = match (row.span, row.hour_ms) {
        (LedgerSpan::Hour, Some(hour)) => in_words(hour),
        (LedgerSpan::Untimed, _) => "without a time".to_owned(),
        (LedgerSpan::Asked, _) => "replayed".to_owned(),
        (LedgerSpan::Before, _) => "before".to_owned(),
        _ => "unattributed".to_owned(),
    };
    let named = row.named.map_or("-".to_owned(), |named| named.to_string());
    let counts = &row.counts;
    let _ = write!(out, "    {what:<20} {:<width$} {named:>8}", row.stream);
    for count in [
        counts.read,
        counts.seen,
        counts.left_out,
        counts.aside,
        counts.spooled,
        counts.sent,
        counts.proved,
        counts.again,
    ] {
        let _ = write!(out, " {count:>8}");
    }
    for (count, what) in [(counts.refused, "refused"), (counts.lost, "lost")] {
        if count > 0 {
            let _ = write!(out, "  {count} {what}");
        }
    }
    if row.missing > 0 {
        let _ = write!(out, "  {} never read", row.missing);
    }
    if let Some(fault) = &row.fault {
        let _ = write!(out, "  DOES NOT ADD UP: {fault}");
    }
    out.push('\n');
}
