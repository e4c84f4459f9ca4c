//! Why settings can't be edited, in words for whoever edits them.

use std::io;
use std::path::PathBuf;

use crate::text_file::FileError;

/// Why a settings file or a secret's file could not be opened for a change, or the change not be
/// kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// The file is there and can't be read, is far too long, or is no text.
    #[error(transparent)]
    File(#[from] FileError),
    /// The text is far too long.
    #[error("{} is not a settings file: it has more than {limit} bytes: replace it by a settings \
        file", .path.display())]
    NotSettings {
        /// The file.
        path: PathBuf,
        /// The most bytes that one has.
        limit: u64,
    },
    /// The text is no TOML, so there are no keys in it that could be changed.
    #[error("{}:{line}: not TOML: {reason}: fix this line in an editor first", .path.display())]
    NotToml {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What the parser says.
        reason: String,
    },
    /// Somebody else has changed the file since it was read.
    #[error("{} was changed in the meantime: nothing is written; open it again and repeat the \
        change", .path.display())]
    Stale {
        /// The file.
        path: PathBuf,
    },
    /// A step of writing failed; the old file is as it was.
    #[error("{} cannot be {step}: {source}: {cure}", .path.display())]
    Write {
        /// The file or folder of the step.
        path: PathBuf,
        /// What was tried.
        step: &'static str,
        /// The system's reason.
        source: io::Error,
        /// What to do.
        cure: &'static str,
    },
    /// A secret's file may not have this name.
    #[error(
        "{name:?} is not a valid name for a secret's file; allowed: 1 to 100 of a-z A-Z 0-9 . _ - \
            (not starting with a dot)"
    )]
    SecretName {
        /// The name.
        name: String,
    },
}
