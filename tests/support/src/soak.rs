//! Fault stories that are short in CI and long in `make soak N=…`, and the one table that they make
//! together.
//!
//! A story asks [`size`] how much it is to do, and tells a [`Row`] when it is done, **before** it
//! asserts anything: a loss must stand in the table too.
//!
//! ```
//! use siembox_support::soak;
//!
//! let kills = soak::size(15, 200);                        // 15 in CI, 200 × N in `make soak`
//! let story = soak::story("SIGKILL of siembox");          // the clock runs from here
//! // … the story …
//! soak::Row { rounds: kills, records: 100_000, lost: 0, duplicated: 12, ..story.done() }.told();
//! ```
//!
//! `SIEMBOX_SOAK_SCALE` is N; without it a story is as short as in CI. `SIEMBOX_SOAK` names the
//! file to which each row is appended as a line of JSON; `soak-table` makes the table of it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::clock;

/// Names the file of rows.
pub const FILE: &str = "SIEMBOX_SOAK";
/// How many times the long form.
pub const SCALE: &str = "SIEMBOX_SOAK_SCALE";
/// The seed of the dice.
pub const SEED: &str = "SIEMBOX_SEED";

/// What a story counted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What was done to the stream.
    pub story: String,
    /// How often.
    pub rounds: u64,
    /// Over how many records.
    pub records: u64,
    /// Records that never arrived.
    pub lost: u64,
    /// Lines that arrived once more than they should.
    pub duplicated: u64,
    /// How long it took.
    pub seconds: f64,
    /// Other figures, in words.
    #[serde(default)]
    pub also: String,
}

/// A story under way.
#[derive(Debug)]
pub struct Story {
    name: String,
    begin: Instant,
}

/// `short` in CI; `long` times N in `make soak`, but at least 1.
#[must_use]
pub fn size(short: u64, long: u64) -> u64 {
    scaled(std::env::var(SCALE).ok().as_deref(), short, long)
}

/// The seed of a story's dice: `SIEMBOX_SEED`, or another one each time; printed, so that a bad run
/// can be had again.
#[must_use]
pub fn seed() -> u64 {
    let given = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| clock::real_ms().unsigned_abs());
    println!("{SEED}={seed}");
    seed
}

/// Begins a story of this name.
#[must_use]
pub fn story(name: &str) -> Story {
    Story {
        name: name.to_owned(),
        begin: Instant::now(),
    }
}

/// The rows as a Markdown table, which is fit for a terminal too.
#[must_use]
pub fn table(rows: &[Row]) -> String {
    const HEAD: [&str; 7] = [
        "story",
        "rounds",
        "records",
        "lost",
        "duplicated",
        "seconds",
        "also",
    ];
    let mut cells = vec![HEAD.map(str::to_owned)];
    cells.extend(rows.iter().map(Row::cells));
    let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max();
    let widths: [usize; 7] = std::array::from_fn(|column| width(column).unwrap_or(0));
    let mut text = String::new();
    for (number, row) in cells.iter().enumerate() {
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            let _ = match column {
                1..=5 => write!(text, "| {cell:>width$} "),
                _ => write!(text, "| {cell:<width$} "),
            };
        }
        text.push_str("|\n");
        if number == 0 {
            for (column, width) in widths.into_iter().enumerate() {
                let _ = match column {
                    1..=5 => write!(text, "|{}:", "-".repeat(width + 1)),
                    _ => write!(text, "|{}", "-".repeat(width + 2)),
                };
            }
            text.push_str("|\n");
        }
    }
    text
}

/// Is this the long form, of whatever length?
#[must_use]
pub fn is_long() -> bool {
    std::env::var_os(SCALE).is_some()
}

fn scaled(scale: Option<&str>, short: u64, long: u64) -> u64 {
    let Some(scale) = scale.and_then(|scale| scale.parse::<f64>().ok()) else {
        return short;
    };
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss
    )]
    let scaled = (long as f64 * scale).round() as u64;
    scaled.max(1)
}

/// 1234567 → "1,234,567"
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

// === impl Story ===

impl Story {
    /// A row with name and time, for the counts to be filled in.
    #[must_use]
    pub fn done(&self) -> Row {
        Row {
            story: self.name.clone(),
            seconds: self.begin.elapsed().as_secs_f64(),
            ..Row::default()
        }
    }
}

// === impl Row ===

impl Row {
    /// Prints it, and adds it to the table where one is being made.
    ///
    /// # Panics
    /// Where the file of rows can't be written.
    pub fn told(&self) {
        let Self {
            story,
            rounds,
            records,
            lost,
            duplicated,
            seconds,
            also,
        } = self;
        println!(
            "{story}: {rounds} rounds, {records} records, {lost} lost, {duplicated} duplicated, {seconds:.1} s; {also}"
        );
        let Some(file) = std::env::var_os(FILE) else {
            return;
        };
        let mut row = serde_json::to_string(self).expect("a row");
        row.push('\n');
        std::fs::File::options()
            .create(true)
            .append(true)
            .open(file)
            .and_then(|mut file| file.write_all(row.as_bytes()))
            .expect("a writable file of rows");
    }

    fn cells(&self) -> [String; 7] {
        [
            self.story.clone(),
            grouped(self.rounds),
            grouped(self.records),
            grouped(self.lost),
            grouped(self.duplicated),
            format!("{:.0}", self.seconds),
            self.also.clone(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_in_ci_and_long_where_asked() {
        assert_eq!(scaled(None, 15, 200), 15);
        assert_eq!(scaled(Some("1"), 15, 200), 200);
        assert_eq!(scaled(Some("10"), 15, 200), 2000);
        assert_eq!(scaled(Some("0.1"), 15, 200), 20);
        assert_eq!(scaled(Some("0"), 15, 200), 1);
        assert_eq!(scaled(Some("much"), 15, 200), 15);
    }

    #[test]
    fn the_table_lines_up() {
        let row = Row {
            story: "kill".into(),
            rounds: 200,
            records: 1_234_567,
            seconds: 12.4,
            also: "x".into(),
            ..Row::default()
        };
        let text = table(&[row]);
        assert_eq!(
            text,
            "| story | rounds |   records | lost | duplicated | seconds | also |\n\
             |-------|-------:|----------:|-----:|-----------:|--------:|------|\n\
             | kill  |    200 | 1,234,567 |    0 |          0 |      12 | x    |\n"
        );
    }
}
