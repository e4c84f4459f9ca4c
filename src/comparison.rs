//! What two sources of an agent hold of the same stretch of time, and how their lines differ. Pure.
//!
//! `migrate` reads the sources and compares; the command and the page show what was found, in the
//! same words.

mod compare;
mod end;
mod fields;
mod show;

pub use compare::{Comparison, OnlyThere, SourceLines, compare};
pub use end::ComparisonEnd;
pub use show::{example_section, in_words, shown, shown_ids};

/// The stretch that is compared, by the time at which things happened, milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ComparedWindow {
    /// Its first.
    pub from_ms: i64,
    /// The first behind it.
    pub to_ms: i64,
}

/// What is told while two sources are compared.
#[derive(Debug)]
pub enum ComparisonNews {
    /// A source is read.
    Progress(ComparisonProgress),
    /// A class of records is compared.
    Found(ClassComparison),
}

/// How far a stream has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparisonProgress {
    /// Of which source, by its word in the settings.
    pub source: &'static str,
    /// Which stream.
    pub stream: &'static str,
    /// Records of it that lie in the window, so far.
    pub records: u64,
    /// Of the way from the begin of the window to now, thousandths.
    pub per_mille: u16,
}

/// What was found of a class of records.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ClassComparison {
    /// `activities` or `alerts`.
    pub class: &'static str,
    /// The agent's source.
    pub source: ComparedSource,
    /// The other one.
    pub other: ComparedSource,
    /// What both hold, and where they differ.
    pub comparison: Comparison,
}

/// How well a source could be read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ComparedSource {
    /// Its word in the settings.
    pub name: &'static str,
    /// Records that can't be read, and are not compared.
    pub unreadable: u64,
    /// It holds more records than are compared, which are so many.
    pub cut_at: Option<usize>,
}

/// What happened later than this before now may not have reached both sources yet.
const SETTLED_MS: i64 = 3_600_000;

// === impl ComparedWindow ===

impl ComparedWindow {
    /// From `from_ms` until what both sources know by now; `None` where nothing lies between.
    #[must_use]
    pub fn settled(from_ms: i64, now_ms: i64) -> Option<Self> {
        let to_ms = now_ms - SETTLED_MS;
        (from_ms < to_ms).then_some(Self { from_ms, to_ms })
    }
}

// === impl ComparisonProgress ===

impl ComparisonProgress {
    /// Of the way between these two the stream has been read up to there.
    pub fn go_to(&mut self, from_ms: i64, read_up_to_ms: i64, to_ms: i64) {
        let way = (to_ms - from_ms).max(1);
        let gone = (read_up_to_ms - from_ms).clamp(0, way);
        let per_mille = u16::try_from(gone.saturating_mul(1000) / way).unwrap_or(1000);
        self.per_mille = self.per_mille.max(per_mille);
    }
}
