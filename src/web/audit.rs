//! The audit log: what was changed on this box, when, and from which address. Kept in a file of
//! JSON lines in the state folder, bounded; each entry stands in the operator log too.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::{durable, own_file};

/// Entries at most, and what is left of them once there are more: not every further one rewrites
/// the file.
const MOST: usize = 500;
const LEFT: usize = 450;
/// Bytes of the file at most.
const MOST_BYTES: usize = 256 * 1024;
/// Longer entries are cut to so many bytes.
const MOST_WORDS: usize = 500;

/// The audit log. Calls are cheap, and threads can share it.
#[derive(Debug)]
pub struct SettingsAudit {
    path: PathBuf,
    writing: Mutex<()>,
}

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Time of the change, milliseconds since 1970.
    pub at_ms: i64,
    /// What was done.
    pub what: String,
    /// Address of the client.
    pub from: IpAddr,
}

// === impl Audit ===

impl SettingsAudit {
    /// The audit log of this state folder.
    #[must_use]
    pub fn new(state_dir: &Path) -> Self {
        Self {
            path: state_dir.join("audit"),
            writing: Mutex::new(()),
        }
    }

    /// Notes that this was done from there, on the disk and in the log. `what` has no secret in it;
    /// it is cut after 500 bytes. A disk that refuses is told in the log, and stops nobody.
    pub fn note(&self, what: &str, from: IpAddr, now_ms: i64) {
        let what = what[..what.floor_char_boundary(MOST_WORDS)].to_owned();
        tracing::info!("page: {what} (from {from})");
        let entry = Entry {
            at_ms: now_ms,
            what,
            from,
        };
        if let Err(error) = self.keep(&entry) {
            let path = self.path.display();
            tracing::error!(
                "{path}: cannot write the audit log: {error}: check that the disk is not full and \
                    that siembox's user can write there"
            );
        }
    }

    /// The entries, oldest first. A line that is none, as a power cut leaves one behind, is passed
    /// over.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn entries(&self) -> io::Result<Vec<Entry>> {
        let file = match own_file::read(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            opened => opened?,
        };
        let mut bytes = Vec::new();
        file.take(2 * MOST_BYTES as u64).read_to_end(&mut bytes)?;
        let lines = bytes.split(|&byte| byte == b'\n');
        Ok(lines
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect())
    }

    fn keep(&self, entry: &Entry) -> io::Result<()> {
        let _one = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut entries = self.entries()?;
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        let size = fs::metadata(&self.path).map_or(0, |file| file.len());
        if entries.len() < MOST && size + line.len() as u64 <= MOST_BYTES as u64 {
            return self.append(&line);
        }
        entries.drain(..entries.len().saturating_sub(LEFT - 1));
        entries.push(entry.clone());
        let mut lines = Vec::new();
        for entry in entries.iter().rev() {
            let line = serde_json::to_string(entry)?;
            // the newest three quarters, so that the next ones find room
            if lines.iter().map(String::len).sum::<usize>() + line.len() > MOST_BYTES * 3 / 4 {
                break;
            }
            lines.push(line + "\n");
        }
        lines.reverse();
        durable::replace(&self.path, lines.concat().as_bytes())
    }

    fn append(&self, line: &[u8]) -> io::Result<()> {
        let mut file = own_file::append(&self.path, 0o600)?;
        // behind a torn line: that one ends here
        let mut last = [b'\n'];
        if file.seek(SeekFrom::End(-1)).is_ok() {
            file.read_exact(&mut last)?;
        }
        if last != [b'\n'] {
            file.write_all(b"\n")?;
        }
        file.write_all(line)?;
        file.sync_all()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn words(audit: &SettingsAudit) -> Vec<String> {
        let entries = audit.entries().unwrap().into_iter();
        entries.map(|entry| entry.what).collect()
    }

    #[test]
    fn a_torn_line_costs_itself_only() {
        let folder = tempfile::tempdir().unwrap();
        let audit = SettingsAudit::new(folder.path());
        assert!(audit.entries().unwrap().is_empty());
        audit.note("claimed", HERE, 1);
        let path = folder.path().join("audit");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let mut torn = fs::read(&path).unwrap();
        torn.extend_from_slice(b"{\"at_ms\":2,\"what\":\"si");
        fs::write(&path, torn).unwrap();
        assert_eq!(words(&audit), ["claimed"]);
        audit.note("signed in\nas \"x\"", HERE, 3);
        assert_eq!(words(&audit), ["claimed", "signed in\nas \"x\""]);
    }

    #[test]
    fn it_is_bounded_and_the_oldest_go() {
        let folder = tempfile::tempdir().unwrap();
        let audit = SettingsAudit::new(folder.path());
        let entries = (0..MOST).map(|number| {
            let entry = Entry {
                at_ms: 0,
                what: format!("{number} {}", "é".repeat(120)),
                from: HERE,
            };
            serde_json::to_string(&entry).unwrap() + "\n"
        });
        fs::write(folder.path().join("audit"), entries.collect::<String>()).unwrap();
        audit.note(&"é".repeat(4_000), HERE, 1);
        let words = words(&audit);
        assert_eq!(words.len(), LEFT);
        assert!(words[0].starts_with("51 "), "{}", words[0]);
        assert_eq!(words[LEFT - 1], "é".repeat(250));
        // and by bytes, where the entries are long
        let long = (0..400).map(|_| {
            serde_json::to_string(&Entry {
                at_ms: 0,
                what: "x".repeat(600),
                from: HERE,
            })
            .unwrap()
                + "\n"
        });
        fs::write(folder.path().join("audit"), long.collect::<String>()).unwrap();
        for number in 0..60 {
            audit.note(&"\u{1}".repeat(500), HERE, number);
            let size = fs::metadata(folder.path().join("audit")).unwrap().len();
            assert!(size <= MOST_BYTES as u64, "{size}");
        }
        assert_eq!(audit.entries().unwrap().last().unwrap().at_ms, 59);
    }
}
