//! A log file that never grows beyond its bound: `siembox.log`, and older ones as `siembox.log.1`,
//! `.2` and so on.
//!
//! Our own and not the crate file-rotate: that brings chrono and flate2 with their trees for one
//! rename. Here a failure is the caller's to hear, the next line tries again, and the bound holds
//! even where renaming is forbidden.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::own_file;

/// As many files as the settings allow at most.
const MOST_FILES: u32 = 100;

/// The names that the log's files may have: its own, and those of the older ones.
pub(crate) fn names(name: &str) -> impl Iterator<Item = String> {
    let older = (1..MOST_FILES).map(move |number| format!("{name}.{number}"));
    std::iter::once(name.to_owned()).chain(older)
}

/// The file being written, and the rule for older ones.
#[derive(Debug)]
pub(crate) struct BoundedFile {
    path: PathBuf,
    max_bytes: u64,
    /// Files kept, the one being written included.
    files: u32,
    /// Closed after a failure; the next line opens it again.
    open: Option<Open>,
    /// A line was cut off by a failure: the next one begins with a line feed.
    torn: bool,
}

#[derive(Debug)]
struct Open {
    file: File,
    bytes: u64,
}

impl BoundedFile {
    /// Opens the file for appending, making the folder (mode 0750) and the file (0640) where they
    /// are missing.
    pub(crate) fn open(folder: &Path, name: &str, max_bytes: u64, files: u32) -> io::Result<Self> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o750)
            .create(folder)?;
        let path = folder.join(name);
        let open = Some(Open::append(&path)?);
        let bounded = Self {
            path,
            max_bytes,
            files,
            open,
            torn: false,
        };
        bounded.remove_surplus();
        Ok(bounded)
    }

    /// One that is open already, for tests of a disk that refuses.
    #[cfg(test)]
    pub(super) fn onto(path: &Path, file: File) -> Self {
        Self {
            path: path.to_owned(),
            max_bytes: 10_000,
            files: 2,
            open: Some(Open { file, bytes: 0 }),
            torn: false,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends one line, after making room where it would not fit.
    pub(crate) fn write_line(&mut self, line: &str) -> io::Result<()> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => Open::append(&self.path)?,
        };
        let text = format!("{}{line}\n", if self.torn { "\n" } else { "" });
        if open.bytes > 0 && open.bytes + text.len() as u64 > self.max_bytes {
            drop(open);
            open = self.begin_anew()?;
        }
        if let Err(error) = open.file.write_all(text.as_bytes()) {
            self.torn = true;
            return Err(error);
        }
        self.torn = false;
        open.bytes += text.len() as u64;
        self.open = Some(open);
        Ok(())
    }

    /// Moves each file one number on, the last one out, and begins an empty one. Where that fails
    /// the bound still holds: the file is emptied.
    fn begin_anew(&self) -> io::Result<Open> {
        for number in (1..self.files.saturating_sub(1)).rev() {
            // Not all numbers need to exist; a hole does no harm.
            let _ = fs::rename(self.numbered(number), self.numbered(number + 1));
        }
        let moved = self.files > 1 && fs::rename(&self.path, self.numbered(1)).is_ok();
        let fresh = Open::append(&self.path)?;
        if moved {
            return Ok(fresh);
        }
        fresh.file.set_len(0)?;
        Ok(Open { bytes: 0, ..fresh })
    }

    /// Older files than the settings allow now.
    fn remove_surplus(&self) {
        for number in self.files.max(1)..MOST_FILES {
            let _ = fs::remove_file(self.numbered(number));
        }
    }

    fn numbered(&self, number: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    }
}

impl Open {
    fn append(path: &Path) -> io::Result<Self> {
        let file = own_file::append(path, 0o640)?;
        let bytes = file.metadata()?.len();
        Ok(Self { file, bytes })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs::OpenOptions;

    use super::*;
    use proptest::prelude::*;

    fn contents(folder: &Path) -> Vec<(String, String)> {
        let entry = |entry: io::Result<fs::DirEntry>| {
            let path = entry.unwrap().path();
            (
                path.file_name().unwrap().to_str().unwrap().to_owned(),
                fs::read_to_string(path).unwrap(),
            )
        };
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(entry).collect();
        files.sort();
        files
    }

    #[test]
    fn older_lines_move_on_and_out() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = BoundedFile::open(&folder.path().join("new/logs"), "log", 8, 3).unwrap();
        for line in ["aaa", "bbb", "ccc", "ddd", "eee", "fff", "ggg"] {
            file.write_line(line).unwrap();
        }
        let expected = [
            ("log", "ggg\n"),
            ("log.1", "eee\nfff\n"),
            ("log.2", "ccc\nddd\n"),
        ];
        let expected = expected.map(|(name, text)| (name.to_owned(), text.to_owned()));
        assert_eq!(contents(&folder.path().join("new/logs")), expected);
    }

    #[test]
    fn a_new_start_goes_on_and_takes_away_what_is_too_much() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["log", "log.1", "log.2", "log.7"] {
            fs::write(folder.path().join(name), "old\n").unwrap();
        }
        let mut file = BoundedFile::open(folder.path(), "log", 8, 2).unwrap();
        file.write_line("new").unwrap();
        let expected = [("log", "old\nnew\n"), ("log.1", "old\n")];
        assert_eq!(
            contents(folder.path()),
            expected.map(|(name, text)| (name.to_owned(), text.to_owned()))
        );
    }

    #[test]
    fn one_file_begins_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = BoundedFile::open(folder.path(), "log", 8, 1).unwrap();
        for line in ["aaa", "bbb", "ccc"] {
            file.write_line(line).unwrap();
        }
        assert_eq!(
            contents(folder.path()),
            [("log".to_owned(), "ccc\n".to_owned())]
        );
    }

    #[test]
    fn a_full_disk_is_heard_and_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let full = OpenOptions::new().append(true).open("/dev/full").unwrap();
        let mut file = BoundedFile::onto(&path, full);
        assert_eq!(
            file.write_line("lost").unwrap_err().kind(),
            io::ErrorKind::StorageFull
        );
        file.write_line("kept").unwrap();
        assert_eq!(
            fs::read_to_string(path).unwrap(),
            "\nkept\n",
            "after a torn line a new one begins"
        );
    }

    #[test]
    fn a_vanished_folder_is_heard() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("logs");
        let mut file = BoundedFile::open(&inner, "log", 4, 2).unwrap();
        file.write_line("aaa").unwrap();
        fs::remove_dir_all(&inner).unwrap();
        assert!(file.write_line("bbb").is_err());
        fs::create_dir(&inner).unwrap();
        file.write_line("ccc").unwrap();
        assert_eq!(contents(&inner), [("log".to_owned(), "ccc\n".to_owned())]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn the_bound_holds(
            lengths in prop::collection::vec(0_usize..60, 1..80),
            files in 1_u32..5,
            max in 20_u64..100,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let mut file = BoundedFile::open(folder.path(), "log", max, files).unwrap();
            for length in &lengths {
                file.write_line(&"x".repeat(*length)).unwrap();
            }
            let kept = contents(folder.path());
            prop_assert!(kept.len() as u32 <= files);
            for (_, text) in kept {
                prop_assert!(text.len() as u64 <= max.max(61));
            }
        }
    }
}
