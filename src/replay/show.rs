//! Shows a replay in a terminal: a progress bar while it runs, a sentence at its end. Pure.

use std::time::Duration;

use super::{ReplayCounts, ReplayProgress};
use crate::clock::span_in_words;

/// How wide the bar is.
const BAR: u16 = 20;
/// A terminal has at least so many columns.
const COLUMNS: usize = 78;

/// One line of a terminal, to be written over the one before.
#[must_use]
pub fn bar(progress: &ReplayProgress, since: Duration) -> String {
    let full = usize::from(progress.per_mille.min(1000) * BAR / 1000);
    let empty = usize::from(BAR) - full;
    let mut text = format!("[{}{}] ", "#".repeat(full), ".".repeat(empty));
    text.push_str(&line(progress, since));
    // a line that wraps could not be written over
    text.chars().take(COLUMNS).collect()
}

/// How far it has come, in words.
#[must_use]
pub fn line(progress: &ReplayProgress, since: Duration) -> String {
    let ReplayProgress {
        per_mille, counts, ..
    } = progress;
    let mut text = format!(
        "{:>3}%  {} pages, {} records, {} new",
        per_mille / 10,
        number(counts.pages),
        number(counts.records),
        number(counts.sent)
    );
    if let Some(waits) = &progress.waits {
        text.push_str(&format!("; {waits}"));
    } else if let Some(left) = left(*per_mille, since) {
        text.push_str(&format!(", {} left", span_in_words(left)));
    }
    text
}

/// What is left where the rest goes as fast as what was.
fn left(per_mille: u16, since: Duration) -> Option<Duration> {
    let done = u32::from(per_mille.min(1000));
    (done >= 20).then(|| Duration::from_secs((since * (1000 - done) / done).as_secs().max(1)))
}

/// What became of the window's records.
#[must_use]
pub fn sentence(counts: &ReplayCounts, dry_run: bool) -> String {
    let sent = if dry_run { "would be sent" } else { "sent now" };
    let again = if dry_run {
        "would be sent again"
    } else {
        "sent again"
    };
    let mut parts = vec![
        format!("{} already sent", number(counts.already_sent)),
        format!("{} {sent}", number(counts.sent)),
    ];
    for (count, what) in [
        (counts.sent_again, again),
        (counts.left_out, "left out by a setting"),
        (counts.set_aside, "set aside"),
        (counts.to_come, "too new (the running stream reads them)"),
    ] {
        if count > 0 {
            parts.push(format!("{} {what}", number(count)));
        }
    }
    let records = if counts.records == 1 {
        "record"
    } else {
        "records"
    };
    format!(
        "{} {records} in the window: {}",
        number(counts.records),
        parts.join(", ")
    )
}

/// `12,034`
fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_a_sentence() {
        let mut counts = ReplayCounts {
            pages: 3,
            records: 12_034,
            already_sent: 12_000,
            sent: 30,
            set_aside: 4,
            ..ReplayCounts::default()
        };
        assert_eq!(
            sentence(&counts, false),
            "12,034 records in the window: 12,000 already sent, 30 sent now, 4 set aside"
        );
        (counts.to_come, counts.sent_again) = (1, 1_234_567);
        assert_eq!(
            sentence(&counts, true),
            "12,034 records in the window: 12,000 already sent, 30 would be sent, 1,234,567 would be sent again, 4 set aside, \
             1 too new (the running stream reads them)"
        );
    }

    #[test]
    fn the_bar_fits_a_terminal() {
        let progress = ReplayProgress {
            per_mille: 456,
            counts: ReplayCounts {
                pages: 12,
                records: 12_034,
                sent: 30,
                ..ReplayCounts::default()
            },
            ..ReplayProgress::default()
        };
        assert_eq!(
            bar(&progress, Duration::from_secs(60)),
            "[#########...........]  45%  12 pages, 12,034 records, 30 new, 1 min 11 s left"
        );
        let waits = ReplayProgress {
            waits: Some(
                "the API throttles this tenant (429: and so on, and so on, and so on)".into(),
            ),
            ..progress
        };
        assert_eq!(bar(&waits, Duration::ZERO).chars().count(), COLUMNS);
        assert!(line(&waits, Duration::ZERO).ends_with("and so on)"));
    }
}
