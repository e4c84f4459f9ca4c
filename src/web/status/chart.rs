//! Bars over time as inline SVG: wide and pale what was read, narrow and strong what of it was
//! sent, so that a gap shows; below, how much waited. Each bar tells its numbers on hover; behind
//! the picture stands a table.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::words::count;

/// One stretch of time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Bar {
    /// When it begins, short.
    pub label: String,
    /// New records read.
    pub read: u64,
    /// Lines sent for the first time.
    pub sent: u64,
    /// Records set aside.
    pub aside: u64,
    /// The most lines that waited; none where nobody looked.
    pub depth: Option<u64>,
}

/// Width of a stretch in the picture, and of the whole height above and below the axis.
const STEP: u64 = 20;
const UP: u64 = 100;
const DOWN: u64 = 36;
/// Between both.
const GAP: u64 = 4;

/// The picture with its table. `unit` is what a stretch is called, `id` tells its parts from those
/// of other charts.
pub(super) fn chart(bars: &[Bar], title: &str, unit: &str, id: &str) -> Markup {
    let most = bars.iter().map(|bar| bar.read.max(bar.sent)).max();
    let most = most.unwrap_or(0);
    let deepest = bars.iter().filter_map(|bar| bar.depth).max();
    // a handful that waits for a second is no mountain
    let depth_scale = deepest.unwrap_or(0).max(most);
    let width = STEP * bars.len() as u64;
    let height = UP + GAP + DOWN;
    let ends = (bars.first(), bars.last());
    html! {
        figure.chart {
            figcaption { (title) }
            p.most { "at most " (count(most)) " in one " (unit) }
            svg viewBox={ "0 0 " (width) " " (height) } preserveAspectRatio="none" role="img" aria-label={ (title) ": " (sum(bars)) } {
                path.read d=(columns(bars, 3, |bar| bar.read, most)) {}
                path.sent d=(columns(bars, 6, |bar| bar.sent, most)) {}
                path.aside d=(columns(bars, 8, |bar| bar.aside, most)) {}
                path.axis d={ "M0 " (UP) "H" (width) } {}
                path.depth d=(hanging(bars, depth_scale)) {}
                @for (index, bar) in bars.iter().enumerate() {
                    rect.hit x=(index as u64 * STEP) width=(STEP) height=(height) {
                        title { (numbers(bar)) }
                    }
                }
            }
            p.axis-ends {
                @if let (Some(first), Some(last)) = ends {
                    span { (first.label) }
                    span { (last.label) }
                }
            }
            p.depth-note {
                @match deepest {
                    None => "The number of waiting lines is unknown for this period. It is \
                        recorded while siembox runs.",
                    Some(0) => "No line had to wait.",
                    Some(most) => { "At most " (count(most)) " lines waited." }
                }
            }
            details id=(id) {
                summary { "Numbers" }
                table.numbers {
                    thead { tr {
                        @for name in ["from (UTC)", "read", "sent", "set aside", "waiting"] { th scope="col" { (name) } }
                    } }
                    tbody {
                        @for bar in bars.iter().rev() {
                            tr {
                                th scope="row" { (bar.label) }
                                td { (count(bar.read)) }
                                td { (count(bar.sent)) }
                                td { (count(bar.aside)) }
                                td { @match bar.depth { Some(depth) => (count(depth)), None => "–" } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// All columns of one kind as one path: closed shapes that stand on the axis, `inset` from both
/// sides of their stretch.
fn columns(bars: &[Bar], inset: u64, of: impl Fn(&Bar) -> u64, most: u64) -> String {
    let mut path = String::new();
    for (index, bar) in bars.iter().enumerate() {
        let height = scaled(of(bar), most, UP);
        if height > 0 {
            let (x, wide) = (index as u64 * STEP + inset, STEP - 2 * inset);
            // writing to a String never fails
            let _ = write!(path, "M{x} {UP}v-{height}h{wide}v{height}z");
        }
    }
    path
}

/// What waited, hanging from below the axis.
fn hanging(bars: &[Bar], most: u64) -> String {
    let (mut path, top) = (String::new(), UP + GAP);
    for (index, bar) in bars.iter().enumerate() {
        let height = scaled(bar.depth.unwrap_or(0), most, DOWN);
        if height > 0 {
            let _ = write!(
                path,
                "M{} {top}v{height}h{STEP}v-{height}z",
                index as u64 * STEP
            );
        }
    }
    path
}

/// What is not nothing is seen: at least two units.
fn scaled(value: u64, most: u64, height: u64) -> u64 {
    match value {
        0 => 0,
        _ => (u128::from(value) * u128::from(height) / u128::from(most.max(1)))
            .clamp(2, u128::from(height)) as u64,
    }
}

fn numbers(bar: &Bar) -> String {
    let mut words = format!(
        "{}: {} read, {} sent, {} set aside",
        bar.label,
        count(bar.read),
        count(bar.sent),
        count(bar.aside)
    );
    if let Some(depth) = bar.depth {
        let _ = write!(words, ", at most {} waiting", count(depth));
    }
    words
}

fn sum(bars: &[Bar]) -> String {
    let sum = |of: fn(&Bar) -> u64| count(bars.iter().map(of).sum());
    format!(
        "{} records read, {} lines sent, {} set aside; the numbers are in the table below",
        sum(|bar| bar.read),
        sum(|bar| bar.sent),
        sum(|bar| bar.aside)
    )
}
