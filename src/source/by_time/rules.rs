//! The settings of a reader, and what it returns for each walk and page.

use super::Unserved;

/// The bounds of reading; times in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Read again on each walk.
    pub overlap_ms: i64,
    /// Read again on a deep walk.
    pub look_back_ms: i64,
    /// What the first start fetches.
    pub first_look_back_ms: i64,
    /// Where the first start begins in place of that: where another source of the same records was
    /// left, milliseconds since 1970.
    pub first_from_ms: Option<i64>,
    /// The longest stop that is made up for.
    pub max_catch_up_ms: i64,
    /// Records asked for per page.
    pub limit: u32,
    /// Stands for the filters: other filters, other number.
    pub filters: u64,
    /// What holds of the API that is read.
    pub api: ApiRules,
}

/// What holds of an API that is read by time. Its pages come in two ways: plain ones by count, and
/// larger ones by a scan, which knows no count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiRules {
    /// Most records of a page that is not scanned (reference: api-introduction.md).
    pub plain_page: u32,
    /// Fewest records of a page that is scanned (reference: api-activities-investigate-script.md).
    pub smallest_scan: u32,
    /// How often a doubtful answer is asked for again before it is taken for none.
    pub doubts: u8,
    /// So many pages in a row without anything new or later are no circle yet.
    pub circles: u16,
    /// So long it keeps what it recorded, milliseconds.
    pub kept_ms: i64,
    /// The longest time that one question is asked about, milliseconds, where what it costs depends
    /// on it. Of such an API a shorter time is asked for where an answer takes too long.
    pub longest_stretch_ms: Option<i64>,
    /// Does an answer say how many records there are in all? Only then can the ledger be held
    /// against it.
    pub counts: bool,
    /// No more records than so many can be skipped.
    pub most_skip: u32,
    /// Does a record that changes come again under the same id, with a later time? Then its old
    /// place is empty, an hour's count says nothing, and what is known is no proof that an answer
    /// leaves something out.
    pub records_move: bool,
    /// So long an id is kept at least, milliseconds: for a record that comes again. The look-back
    /// where that is longer.
    pub ids_kept_ms: i64,
}

/// How a walk began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// Where the last one ended, or in the middle of one.
    Goes,
    /// For the first time ever: from this time.
    First {
        /// Milliseconds since 1970.
        from_ms: i64,
    },
    /// The stop was longer than `max_catch_up`: this stretch is not read.
    Skipped {
        /// Where the stretch begins.
        from_ms: i64,
        /// Where it ends.
        to_ms: i64,
    },
}

/// What to do after a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Ask for the next page at once.
    More,
    /// The present is reached.
    CaughtUp,
    /// The answer contradicts itself, for this reason: ask again after a pause.
    Doubtful(&'static str),
    /// It did so too often, which is as good as no answer:
    /// [`TimeReader::doubted`](super::TimeReader::doubted) says what follows from it.
    Unanswered(&'static str),
}

/// A page taken in, ready to be written.
#[derive(Debug)]
pub struct PageResult {
    /// What to do next.
    pub verdict: Verdict,
    /// Is there anything worth a write: a new record, or a cursor that moved?
    pub write: bool,
    /// The cursor behind this page.
    pub cursor: Vec<u8>,
    /// The ids of this page, for flash; may be empty.
    pub seen: Vec<u8>,
    /// Chunks of ids below this number can be forgotten.
    pub forget_seen: u64,
    /// Records of the page that were new.
    pub news: u64,
    /// Records of the page that had been read before.
    pub repeats: u64,
    /// Stretches that had been passed over, and are read now.
    pub served: Vec<Unserved>,
}
