//! The one reader of texts that people write: settings, secrets, certificates, records.
//!
//! Windows writes them with a byte order mark, or as UTF-16 (PowerShell's `>`, Notepad's
//! "Unicode"). That is nobody's fault, and no reason to refuse a token that looks right on the
//! screen. What can't be taken is named: file, what is wrong, cure.

use std::borrow::Cow;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::patience::{self, PATIENCE};

/// The byte order mark in UTF-8 (RFC 3629, 6).
pub const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// Why bytes are no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotText {
    /// A byte order mark of UTF-16, and then something else.
    #[error(
        "it starts as UTF-16 but continues as something else; cure: check that it was copied completely, and save it as UTF-8"
    )]
    Utf16,
    /// A zero byte, which no text has.
    #[error(
        "line {line} contains a zero byte, as UTF-16 without a byte order mark does; cure: save it as UTF-8"
    )]
    Zero {
        /// The first is 1.
        line: usize,
    },
    /// Neither UTF-8 nor marked as UTF-16.
    #[error(
        "line {line} holds what is not UTF-8, as Windows' ANSI code pages write it; cure: save it as UTF-8"
    )]
    Utf8 {
        /// The first is 1.
        line: usize,
    },
}

/// A file that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{} {why}", .path.display())]
pub struct FileError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: UnreadableFile,
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableFile {
    /// The system does not give it.
    #[error("cannot be read: {0}; cure: check the path and its permissions")]
    System(io::Error),
    /// Reading it does not come to an end.
    #[error(
        "does not answer within {} s: it is a pipe that nobody writes to, or its disk or network drive hangs; cure: name a file that can be read",
        PATIENCE.as_secs()
    )]
    Silent,
    /// It is something else, by its size.
    #[error("is too large (at most {} KB); cure: check that it is the right file", .most_bytes / 1024)]
    Large {
        /// The bound, bytes.
        most_bytes: u64,
    },
    /// It is no text.
    #[error("is not text: {0}")]
    NotText(NotText),
}

// === impl FileError ===

impl FileError {
    /// Is there just no such file?
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(&self.why, UnreadableFile::System(error) if error.kind() == io::ErrorKind::NotFound)
    }
}

/// The text of a file of at most so many bytes, without its byte order mark.
///
/// # Errors
/// When it can't be read, is larger, or is no text.
pub fn read(path: &Path, most_bytes: u64) -> Result<String, FileError> {
    let bytes = bytes(path, most_bytes)?;
    decode(&bytes)
        .map(Cow::into_owned)
        .map_err(|why| FileError {
            path: path.to_owned(),
            why: UnreadableFile::NotText(why),
        })
}

/// The bytes of a file of at most so many: for what may be no text.
///
/// # Errors
/// When it can't be read, or is larger.
pub fn bytes(path: &Path, most_bytes: u64) -> Result<Vec<u8>, FileError> {
    let failed = |why| FileError {
        path: path.to_owned(),
        why,
    };
    let file = path.to_owned();
    let read = patience::within(path, PATIENCE, move || first_bytes(&file, most_bytes + 1));
    let bytes = read
        .ok_or_else(|| failed(UnreadableFile::Silent))?
        .map_err(|error| failed(UnreadableFile::System(error)))?;
    if bytes.len() as u64 > most_bytes {
        return Err(failed(UnreadableFile::Large { most_bytes }));
    }
    Ok(bytes)
}

/// What the system knows of a file: on a drive that hangs, that does not come either.
///
/// # Errors
/// When the system does not tell, or not in time.
pub fn look(path: &Path) -> Result<Metadata, FileError> {
    let failed = |why| FileError {
        path: path.to_owned(),
        why,
    };
    let file = path.to_owned();
    patience::within(path, PATIENCE, move || fs::metadata(file))
        .ok_or_else(|| failed(UnreadableFile::Silent))?
        .map_err(|error| failed(UnreadableFile::System(error)))
}

fn first_bytes(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The text that bytes stand for: UTF-8, or UTF-16 behind its byte order mark. The mark is no part
/// of it.
///
/// # Errors
/// When they are no text.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, NotText> {
    let text = match wide(bytes) {
        Some(units) => Cow::Owned(String::from_utf16(&units?).map_err(|_| NotText::Utf16)?),
        None => {
            let bytes = bytes.strip_prefix(UTF8_MARK).unwrap_or(bytes);
            let text = std::str::from_utf8(bytes).map_err(|error| NotText::Utf8 {
                line: line_at(bytes, error.valid_up_to()),
            })?;
            Cow::Borrowed(text)
        }
    };
    match text.find('\0') {
        Some(at) => Err(NotText::Zero {
            line: line_at(text.as_bytes(), at),
        }),
        None => Ok(text),
    }
}

/// The same for records, which are shown as far as they can be: what is no text becomes U+FFFD.
#[must_use]
pub fn decode_lossy(bytes: &[u8]) -> Cow<'_, str> {
    match wide(bytes) {
        Some(Ok(units)) => Cow::Owned(String::from_utf16_lossy(&units)),
        _ => String::from_utf8_lossy(bytes.strip_prefix(UTF8_MARK).unwrap_or(bytes)),
    }
}

/// The units behind a byte order mark of UTF-16, which has to be whole.
fn wide(bytes: &[u8]) -> Option<Result<Vec<u16>, NotText>> {
    let (rest, number): (_, fn([u8; 2]) -> u16) = match bytes {
        [0xff, 0xfe, rest @ ..] => (rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => (rest, u16::from_be_bytes),
        _ => return None,
    };
    let (pairs, half) = rest.as_chunks::<2>();
    Some(if half.is_empty() {
        Ok(pairs.iter().map(|&pair| number(pair)).collect())
    } else {
        Err(NotText::Utf16)
    })
}

fn line_at(bytes: &[u8], at: usize) -> usize {
    let before = bytes.get(..at).unwrap_or_default();
    before.iter().filter(|&&byte| byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Instant;

    use super::*;
    use proptest::prelude::*;
    use rustix::fs::{FileType, Mode};

    #[test]
    fn every_way_in_which_windows_writes_a_text() {
        for bytes in [
            &b"a\r\n\xc3\xa4"[..],
            b"\xef\xbb\xbfa\r\n\xc3\xa4",
            b"\xff\xfea\0\r\0\n\0\xe4\0",
            b"\xfe\xff\0a\0\r\0\n\0\xe4",
        ] {
            assert_eq!(decode(bytes).unwrap(), "a\r\nä", "{bytes:?}");
            assert_eq!(decode_lossy(bytes), "a\r\nä", "{bytes:?}");
        }
        assert_eq!(decode(b"").unwrap(), "");
        assert_eq!(decode(UTF8_MARK).unwrap(), "");
    }

    #[test]
    fn what_is_no_text_is_named_with_its_line() {
        for (bytes, wrong) in [
            (&b"a\n\xe4"[..], NotText::Utf8 { line: 2 }),
            (b"a\0b\0", NotText::Zero { line: 1 }),
            (b"\xff\xfea\0\n", NotText::Utf16),
            (b"\xff\xfe\0\xd8", NotText::Utf16),
            // the mark of UTF-32
            (b"\xff\xfe\0\0a\0\0\0", NotText::Zero { line: 1 }),
        ] {
            assert_eq!(decode(bytes), Err(wrong), "{bytes:?}");
        }
        assert_eq!(decode_lossy(b"\"\xe4\""), "\"\u{fffd}\"");
    }

    #[test]
    fn a_file_that_can_not_be_taken_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let said = |most| read(&path, most).unwrap_err();
        assert!(said(9).is_missing());
        for (bytes, words) in [
            (&b"0123456789"[..], "token is too large (at most 0 KB)"),
            (b"\xe4", "token is not text: line 1 holds what is not UTF-8"),
        ] {
            std::fs::write(&path, bytes).unwrap();
            let said = said(9).to_string();
            assert!(said.contains(words) && said.contains("; cure: "), "{said}");
        }
    }

    #[test]
    fn a_pipe_that_nobody_writes_to_is_named_within_a_bound() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let (kind, mode) = (FileType::Fifo, Mode::from_raw_mode(0o600));
        rustix::fs::mknodat(rustix::fs::CWD, &path, kind, mode, 0).unwrap();
        let begun = Instant::now();
        let said = read(&path, 9).unwrap_err().to_string();
        assert!(begun.elapsed() < 3 * PATIENCE);
        assert!(said.contains("token does not answer within 3 s"), "{said}");
        let again = Instant::now();
        assert!(read(&path, 9).is_err());
        assert!(again.elapsed() < PATIENCE, "it is known to hang");
    }

    proptest! {
        #[test]
        fn a_text_comes_back_from_each_way_of_writing_it(text in "[^\0\u{feff}]{0,40}") {
            let mut utf8 = UTF8_MARK.to_vec();
            utf8.extend(text.bytes());
            let mut little = vec![0xff, 0xfe];
            little.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
            let mut big = vec![0xfe, 0xff];
            big.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
            for bytes in [utf8, little, big] {
                prop_assert_eq!(decode(&bytes).unwrap(), text.as_str());
            }
        }
    }
}
