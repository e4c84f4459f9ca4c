//! Repairs that the spool has made, for notices.

use std::fmt;
use std::path::PathBuf;

/// One repair. Its words are for a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Repair {
    /// A file that can be made again was damaged, and was made again. Nothing is lost.
    MadeAgain {
        /// The file, or the store that it belongs to.
        path: PathBuf,
    },
    /// The newest page had not reached the disk as a whole. The cursor stands before it: it is read
    /// again.
    PageTakenBack {
        /// Lines of the page.
        lines: u64,
    },
    /// Lines could not be read and are passed over.
    LinesLost {
        /// Number of the first.
        first: u64,
        /// How many.
        lines: u64,
    },
    /// A store could not be opened. It was moved away.
    StoreSetAside {
        /// Where it is now.
        path: PathBuf,
        /// Why.
        reason: String,
        /// Lines in it that had not arrived. None are lost where the cursor goes back before them.
        lines: u64,
    },
    /// The cursors were taken from an earlier place: what was read since then is read again, some
    /// of it may be sent twice.
    CursorWentBack {
        /// Pages since the spool was made, at that place.
        page: u64,
    },
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MadeAgain { path } => write!(
                f,
                "{} was damaged and was rebuilt; nothing is lost",
                path.display()
            ),
            Self::PageTakenBack { lines } => write!(
                f,
                "the newest page ({lines} lines) was incomplete on disk and is read again; nothing \
                    is lost"
            ),
            Self::LinesLost { first, lines } => write!(
                f,
                "{lines} lines from number {first} on cannot be read from disk and are lost"
            ),
            Self::StoreSetAside {
                path,
                reason,
                lines,
            } => write!(
                f,
                "a part of the spool could not be opened ({reason}) and was moved to {}; {lines} lines are lost",
                path.display()
            ),
            Self::CursorWentBack { page } => write!(
                f,
                "reading continues from an earlier cursor (page {page}); lines since then may be \
                    sent twice"
            ),
        }
    }
}
