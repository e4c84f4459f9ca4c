//! Errors below the spool, and the guard around sled, which answers some damage with a panic.
//!
//! sled answers damage partly with errors and partly with panics (`assert!`, `unwrap` and `expect`
//! on what it read), so each call into it goes through [`contained`]. That needs `panic =
//! "unwind"`.

use std::cell::Cell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::spool::SpoolError;

/// What went wrong.
#[derive(Debug)]
pub(super) enum StoreError {
    /// The system said so.
    Io(io::Error),
    /// What lies on disk is not what was written.
    Damage(String),
    /// The disk neither reads nor writes at present: what lies on it may be sound, and nothing is
    /// to be done but to wait.
    Gone(io::Error),
    /// It is sound, and of a format that only a newer version knows.
    Newer(u8),
}

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Is this thread inside a call whose panic the spool will catch? A panic hook that ends the
/// process asks this first.
#[must_use]
pub fn contained_here() -> bool {
    INSIDE.get()
}

/// Calls into sled; what it answers, or panics with, comes back as [`StoreError`].
///
/// Nothing of ours is left half done by a panic in here: after trouble the store is closed and
/// opened again.
pub(super) fn contained<T>(call: impl FnOnce() -> ::sled::Result<T>) -> Result<T, StoreError> {
    let outer = INSIDE.replace(true);
    let answer = catch_unwind(AssertUnwindSafe(call));
    INSIDE.set(outer);
    match answer {
        Ok(answer) => answer.map_err(StoreError::from),
        Err(panic) => {
            let words = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no message");
            Err(StoreError::Damage(format!("sled failed: {words}")))
        }
    }
}

// === impl StoreError ===

impl StoreError {
    /// Can only going round it help? So it is with what sled finds damaged, and with bytes and
    /// files that are not there. All else is for the system or a person to end.
    pub(super) fn is_damage(&self) -> bool {
        match self {
            Self::Damage(_) => true,
            Self::Gone(_) | Self::Newer(_) => false,
            Self::Io(cause) => matches!(
                cause.kind(),
                io::ErrorKind::UnexpectedEof
                    | io::ErrorKind::InvalidData
                    | io::ErrorKind::NotFound
                    | io::ErrorKind::NotADirectory
                    | io::ErrorKind::IsADirectory
            ),
        }
    }

    /// Did the disk itself fail? One sector may be lost, or all of it be gone for a moment.
    pub(super) fn is_disk(&self) -> bool {
        const EIO: i32 = 5;
        matches!(self, Self::Io(cause) if cause.raw_os_error() == Some(EIO))
    }

    /// Is there no room on the disk?
    pub(super) fn is_full(&self) -> bool {
        matches!(self, Self::Io(cause) if matches!(
            cause.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
        ))
    }

    /// As the spool's callers know it.
    pub(super) fn at(self, path: &Path, action: &'static str) -> SpoolError {
        let path = path.to_owned();
        match self {
            Self::Io(cause) | Self::Gone(cause) => SpoolError::Io {
                path,
                action,
                cause,
            },
            Self::Damage(reason) => SpoolError::Store { path, reason },
            Self::Newer(format) => SpoolError::Newer { path, format },
        }
    }

    /// In words.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Io(cause) | Self::Gone(cause) => cause.to_string(),
            Self::Damage(reason) => reason.clone(),
            Self::Newer(format) => format!("it has format {format}, of a newer siembox"),
        }
    }
}

impl From<::sled::Error> for StoreError {
    fn from(error: ::sled::Error) -> Self {
        match error {
            ::sled::Error::Io(cause) => Self::Io(restored(cause)),
            other => Self::Damage(other.to_string()),
        }
    }
}

/// sled copies an error by its kind and puts its debug form in the text (`Os { code: 5, kind: …`);
/// this takes the system's own number from there again, or else the kind's own words.
fn restored(cause: io::Error) -> io::Error {
    if cause.raw_os_error().is_some() {
        return cause;
    }
    if let Some(code) = copied_code(&cause.to_string()) {
        return io::Error::from_raw_os_error(code);
    }
    match cause.kind() {
        io::ErrorKind::Other | io::ErrorKind::UnexpectedEof => cause,
        kind => kind.into(),
    }
}

fn copied_code(text: &str) -> Option<i32> {
    let is_copy = text.starts_with("Os {") || text.starts_with("Custom {");
    let (_, code) = text.split_once("Os { code: ").filter(|_| is_copy)?;
    code.split_once(',')?.0.parse().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_comes_back_as_damage_and_the_wall_is_down_again() {
        assert!(!contained_here());
        let trouble = contained(|| -> ::sled::Result<()> {
            assert!(contained_here());
            panic!("read {} of {}", 3, 4)
        });
        assert!(
            matches!(trouble, Err(StoreError::Damage(words)) if words.ends_with("read 3 of 4"))
        );
        assert!(!contained_here());
    }

    #[test]
    fn an_error_that_sled_copied_speaks_plainly() {
        let copied = |code| {
            let first = io::Error::from_raw_os_error(code);
            // as often as sled may do it
            let again = io::Error::new(first.kind(), format!("{first:?}"));
            let again = io::Error::new(again.kind(), format!("{again:?}"));
            StoreError::from(::sled::Error::Io(again))
        };
        let full = copied(28);
        assert_eq!(full.words(), "No space left on device (os error 28)");
        assert!(full.is_full() && !full.is_damage() && !full.is_disk());
        let broken = copied(5);
        assert_eq!(broken.words(), "Input/output error (os error 5)");
        assert!(broken.is_disk() && !broken.is_damage());
        let held = io::Error::other("could not acquire lock on \"db\": Os { code: 11, … }");
        assert!(
            StoreError::from(::sled::Error::Io(held))
                .words()
                .starts_with("could not")
        );
    }
}
