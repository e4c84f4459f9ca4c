//! Numbers and times as the page says them.

use std::time::Duration;

use maud::{Markup, html};

use crate::clock;
pub(super) use crate::status::{count, counted};

/// `2026-11-25 19:50:02 UTC`, readable by machines too.
pub(in crate::web) fn moment(wall_ms: i64) -> Markup {
    let machine = clock::in_words(wall_ms);
    html! { time datetime=(machine) { (plain(&machine)) } }
}

/// `12 min ago`, with the moment itself on hover.
pub(super) fn ago(wall_ms: i64, at_ms: i64) -> Markup {
    let machine = clock::in_words(wall_ms);
    let span = coarse(at_ms - wall_ms);
    html! {
        time datetime=(machine) title=(plain(&machine)) {
            @match span { Some(span) => { (span) " ago" } None => "just now" }
        }
    }
}

/// `for 12 min`, with the moment when it began on hover.
pub(super) fn lasting(since_ms: i64, at_ms: i64) -> Markup {
    let machine = clock::in_words(since_ms);
    let span = coarse(at_ms - since_ms);
    html! {
        time datetime=(machine) title={ "since " (plain(&machine)) } {
            @match span { Some(span) => { "for " (span) } None => "for less than 10 s" }
        }
    }
}

/// An address that may be broken where its parts meet.
pub(super) fn breakable(address: &str) -> Markup {
    let parts = address.split_inclusive(['.', '-']);
    html! { @for part in parts { (part) @if part.ends_with(['.', '-']) { wbr; } } }
}

/// A stream's name as a person reads it: `cloud_app_events` as "cloud app events".
pub(super) fn stream(name: &str) -> String {
    name.replace('_', " ")
}

/// `activities, alerts and devices`; empty where there are none.
pub(super) fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [names @ .., last] => format!("{} and {last}", names.join(", ")),
    }
}

/// A text of others without the characters that turn the direction of writing: they would make it
/// read as what it is not.
pub(in crate::web) fn tamed(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.replace(turns, "\u{fffd}")
}

/// `12 min`: one unit, and under a minute in steps of ten seconds; none below the first.
pub(super) fn coarse(ms: i64) -> Option<String> {
    let seconds = u64::try_from(ms / 1000).unwrap_or(0);
    let steps = [(86_400, 2 * 86_400), (3_600, 3_600), (60, 60), (10, 10)];
    let (step, _) = steps.into_iter().find(|(_, from)| seconds >= *from)?;
    Some(clock::span_in_words(Duration::from_secs(
        seconds / step * step,
    )))
}

/// `0.4 MB`, `1.2 GB`: units of ten, as disks have them.
#[expect(
    clippy::cast_precision_loss,
    reason = "one digit after the point is shown"
)]
pub(super) fn bytes(bytes: u64) -> String {
    let mb = bytes as f64 / 1e6;
    if mb >= 1000.0 {
        format!("{:.1} GB", mb / 1000.0)
    } else if bytes > 0 && mb < 0.1 {
        "less than 0.1 MB".to_owned()
    } else {
        format!("{mb:.1} MB")
    }
}

fn plain(rfc3339: &str) -> String {
    rfc3339.replace('T', " ").replace('Z', " UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_change_seldom() {
        for (seconds, words) in [
            (-5, None),
            (9, None),
            (19, Some("10 s")),
            (59, Some("50 s")),
            (61, Some("1 min")),
            (3_599, Some("59 min")),
            (3_700, Some("1 h")),
            (90_000, Some("1 d 1 h")),
            (172_900, Some("2 d")),
        ] {
            assert_eq!(coarse(seconds * 1000).as_deref(), words, "{seconds}");
        }
    }

    #[test]
    fn sizes_have_units_of_ten() {
        let sizes = [0, 4_000, 400_000, 1_250_000_000].map(bytes);
        assert_eq!(sizes, ["0.0 MB", "less than 0.1 MB", "0.4 MB", "1.2 GB"]);
    }
}
