//! The quarantine keeps damaged parts for an engineer, within a bound.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::segments::{self, disk_bytes};
use crate::own_file;

/// The most pieces that are kept.
const MOST_PIECES: usize = 16;

/// The folder `damaged`.
#[derive(Debug)]
pub(super) struct Quarantine {
    folder: PathBuf,
    most_bytes: u64,
}

impl Quarantine {
    pub(super) fn new(folder: PathBuf, most_bytes: u64) -> Self {
        Self { folder, most_bytes }
    }

    /// Moves a file or folder in. Where it is now.
    pub(super) fn take(&self, path: &Path, now_ms: i64) -> io::Result<PathBuf> {
        self.make()?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let to = self.folder.join(format!("{name}.damaged-{now_ms}"));
        fs::rename(path, &to)?;
        self.tidy();
        Ok(to)
    }

    /// Keeps some bytes. As good as it goes: a full disk does not stop us here.
    pub(super) fn keep(&self, name: &str, bytes: &[u8], now_ms: i64) {
        let to = self.folder.join(format!("{name}.damaged-{now_ms}"));
        let _ = self
            .make()
            .and_then(|()| own_file::create(&to, 0o600)?.write_all(bytes));
        self.tidy();
    }

    fn make(&self) -> io::Result<()> {
        if self.folder.is_symlink() || !self.folder.is_dir() {
            segments::remove(&self.folder)?;
            own_file::make_folder(&self.folder, 0o700)?;
        }
        Ok(())
    }

    /// Bytes that it takes.
    pub(super) fn bytes(&self) -> u64 {
        if self.folder.is_dir() {
            disk_bytes(&self.folder)
        } else {
            0
        }
    }

    /// Removes the oldest until the rest is within bounds. The oldest by what the names say.
    fn tidy(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return;
        };
        let mut kept: Vec<(i64, PathBuf)> = entries
            .flatten()
            .map(|entry| (put_there_ms(&entry.path()), entry.path()))
            .collect();
        kept.sort_unstable_by(|a, b| b.cmp(a));
        let mut total = 0;
        for (number, (_, path)) in kept.iter().enumerate() {
            total += disk_bytes(path);
            if number >= MOST_PIECES || total > self.most_bytes {
                let _ = segments::remove(path);
            }
        }
    }
}

fn put_there_ms(path: &Path) -> i64 {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.rsplit_once(".damaged-")
        .and_then(|(_, ms)| ms.parse().ok())
        .unwrap_or(i64::MIN)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_when_there_are_too_many_or_they_are_too_large() {
        let folder = tempfile::tempdir().unwrap();
        let attic = Quarantine::new(folder.path().join("damaged"), 1000);
        for ms in 0..20 {
            attic.keep("lines", &[0; 10], ms);
        }
        let names = || {
            let mut names: Vec<i64> = fs::read_dir(&attic.folder)
                .unwrap()
                .map(|entry| put_there_ms(&entry.unwrap().path()))
                .collect();
            names.sort_unstable();
            names
        };
        assert_eq!(names(), (4..20).collect::<Vec<_>>());
        attic.keep("lines", &[0; 980], 20);
        assert_eq!(names(), [18, 19, 20]);
        assert_eq!(attic.bytes(), 1000);
        let store = folder.path().join("store");
        fs::create_dir(&store).unwrap();
        fs::write(store.join("db"), [0; 995]).unwrap();
        let to = attic.take(&store, 21).unwrap();
        assert!(to.join("db").exists());
        assert_eq!(names(), [21]);
    }
}
