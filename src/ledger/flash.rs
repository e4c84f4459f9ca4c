//! The ledger on flash: tails as JSON with packed rows, and the checkpoint as a file. Pure but for
//! the file.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};

use super::audit::Audited;
use super::books::{LedgerCheckpoint, LedgerMarks, LedgerTail};
use super::codec;
use super::key::LedgerKey;
use super::row::Rows;
use crate::spool::format_2;
use crate::{durable, own_file};

/// Name of the checkpoint in the agent's state folder.
pub const NAME: &str = "ledger";
/// A damaged one is kept under this name, for an engineer to look at.
pub const DAMAGED: &str = "ledger.damaged";
/// Of tails and of the file. 1: numbers of streams and tags as in format 2 of the spool.
const VERSION: u32 = 2;
/// Rows that take more than this are left out of a tail, bytes: a page must always fit. They stay
/// in memory, and in the next checkpoint. Only where checkpoints fail for weeks, or a page's
/// records are spread over more hours than it can have.
const MOST_ROWS: usize = 40 * 1024;

#[derive(Serialize, Deserialize)]
struct FlashTail {
    #[serde(default = "first_version")]
    version: u32,
    base: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    marks: Option<(u64, u64)>,
    rows: String,
}

#[derive(Serialize, Deserialize)]
struct FlashFile {
    version: u32,
    streams: BTreeMap<u8, u64>,
    delivery: u64,
    sent_to: u64,
    proved_to: u64,
    own_from: u64,
    kept_from: u32,
    audited: BTreeMap<u8, Audited>,
    rows: String,
}

/// A tail that names no version was written before there were two.
fn first_version() -> u32 {
    1
}

/// A cursor, which is a JSON object or empty, with the stream's tail in it. Whoever reads the
/// cursor need not know.
#[must_use]
pub fn cursor_with(cursor: &[u8], tail: &LedgerTail) -> Vec<u8> {
    let mut bytes = match cursor {
        [] => br#"{"ledger":"#.to_vec(),
        [object @ .., b'}'] if object.len() > 1 => [object, br#","ledger":"#].concat(),
        other => return other.to_vec(),
    };
    bytes.extend(tail_bytes(tail, None, MOST_ROWS));
    bytes.push(b'}');
    bytes
}

/// The tail in a cursor, where there is one.
#[must_use]
pub fn tail_of(cursor: &[u8]) -> Option<LedgerTail> {
    #[derive(Deserialize)]
    struct Beside {
        ledger: FlashTail,
    }
    let beside: Beside = serde_json::from_slice(cursor).ok()?;
    Some(unpacked(&beside.ledger)?.0)
}

/// The delivery's tail and marks as a note. Never without its rows: one that is too long is not
/// taken by the spool, which goes on with the one before.
#[must_use]
pub fn note(tail: &LedgerTail, marks: LedgerMarks) -> Vec<u8> {
    tail_bytes(tail, Some(marks), usize::MAX)
}

/// The delivery's tail and marks from a note, where it is one.
#[must_use]
pub fn from_note(note: &[u8]) -> Option<(LedgerTail, LedgerMarks)> {
    unpacked(&serde_json::from_slice(note).ok()?)
}

/// The checkpoint in this folder; `None` where there never was one.
///
/// # Errors
/// When it is damaged, of another version, or the disk refuses.
pub fn load(folder: &Path) -> io::Result<Option<LedgerCheckpoint>> {
    let mut bytes = Vec::new();
    match own_file::read(&folder.join(NAME)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?.read_to_end(&mut bytes)?,
    };
    let damaged = || {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "it is damaged or has another version",
        )
    };
    decode(&bytes).map(Some).ok_or_else(damaged)
}

/// Puts a checkpoint into the folder, durably, in the place of the one before: one of both is
/// always whole.
///
/// # Errors
/// When the disk refuses; the one before is still there then.
pub fn save(folder: &Path, checkpoint: &LedgerCheckpoint) -> io::Result<()> {
    durable::replace(&folder.join(NAME), &encode(checkpoint))
}

/// Puts a damaged checkpoint out of the way.
///
/// # Errors
/// When the disk refuses.
pub fn put_aside(folder: &Path) -> io::Result<()> {
    fs::rename(folder.join(NAME), folder.join(DAMAGED))
}

fn tail_bytes(tail: &LedgerTail, marks: Option<LedgerMarks>, most: usize) -> Vec<u8> {
    let mut rows = packed(&tail.rows);
    if rows.len() > most {
        rows.clear();
    }
    let tail = FlashTail {
        version: VERSION,
        base: tail.base,
        marks: marks.map(|marks| (marks.sent_to, marks.proved_to)),
        rows,
    };
    serde_json::to_vec(&tail).unwrap_or_default()
}

fn unpacked(tail: &FlashTail) -> Option<(LedgerTail, LedgerMarks)> {
    let (sent_to, proved_to) = tail.marks.unwrap_or_default();
    let rows = rows_of(tail.version, &tail.rows)?;
    Some((
        LedgerTail {
            base: tail.base,
            rows,
        },
        LedgerMarks { sent_to, proved_to },
    ))
}

fn packed(rows: &Rows) -> String {
    STANDARD_NO_PAD.encode(codec::encode(rows))
}

fn rows_of(version: u32, packed: &str) -> Option<Rows> {
    let read = match version {
        1 => |tag| LedgerKey::from_tag(format_2::tag(tag)),
        VERSION => LedgerKey::from_tag,
        _ => return None,
    };
    codec::decode(&STANDARD_NO_PAD.decode(packed).ok()?, read)
}

/// By the numbers that streams have since version 2.
fn streams_of<T>(version: u32, streams: BTreeMap<u8, T>) -> BTreeMap<u8, T> {
    let renumber = |(stream, of_stream)| match version {
        1 => (format_2::stream(stream), of_stream),
        _ => (stream, of_stream),
    };
    streams.into_iter().map(renumber).collect()
}

/// A line of JSON, and a line with its CRC-32.
fn encode(checkpoint: &LedgerCheckpoint) -> Vec<u8> {
    let file = FlashFile {
        version: VERSION,
        streams: checkpoint.streams.clone(),
        delivery: checkpoint.delivery,
        sent_to: checkpoint.marks.sent_to,
        proved_to: checkpoint.marks.proved_to,
        own_from: checkpoint.own_from,
        kept_from: checkpoint.kept_from,
        audited: checkpoint.audited.clone(),
        rows: packed(&checkpoint.rows),
    };
    let mut bytes = serde_json::to_vec(&file).unwrap_or_default();
    let sum = crc32fast::hash(&bytes);
    bytes.extend(format!("\n{sum:08x}\n").bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Option<LedgerCheckpoint> {
    let (json, sum) = bytes.split_at_checked(bytes.len().checked_sub(10)?)?;
    if sum != format!("\n{:08x}\n", crc32fast::hash(json)).as_bytes() {
        return None;
    }
    let file: FlashFile = serde_json::from_slice(json).ok()?;
    let rows = rows_of(file.version, &file.rows)?;
    Some(LedgerCheckpoint {
        streams: streams_of(file.version, file.streams),
        delivery: file.delivery,
        marks: LedgerMarks {
            sent_to: file.sent_to,
            proved_to: file.proved_to,
        },
        own_from: file.own_from,
        kept_from: file.kept_from,
        rows,
        audited: streams_of(file.version, file.audited),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::ledger::row::Row;
    use crate::source::Cursor;

    fn tail() -> LedgerTail {
        let row = Row {
            read: 9,
            seen: 2,
            spooled: 7,
            ..Row::default()
        };
        LedgerTail {
            base: 3,
            rows: Rows::from([(LedgerKey::at(0, 497_000), row)]),
        }
    }

    #[test]
    fn a_cursor_stays_a_cursor() {
        let cursor = Cursor {
            high_ms: 5,
            origin_ms: 1,
            ..Cursor::default()
        };
        let bytes = cursor_with(&cursor.to_bytes(), &tail());
        assert_eq!(Cursor::from_bytes(&bytes).unwrap(), cursor);
        assert_eq!(tail_of(&bytes), Some(tail()));
        assert_eq!(tail_of(&cursor.to_bytes()), None);
        assert_eq!(tail_of(&cursor_with(b"", &tail())), Some(tail()));
        assert_eq!(cursor_with(b"something", &tail()), b"something");
    }

    /// A page of two hours, and the file of a replay, as the release before wrote them.
    #[test]
    fn the_version_before_is_read() {
        let old = (2 << 30) | (LedgerKey::at(1, 497_000).tag() & ((1 << 24) - 1));
        let packed = |tag: u32| {
            // the distance from 0 as LEB128, a mask of the first count, and the count
            let mut bytes: Vec<u8> = (0..4).map(|at| (tag >> (7 * at)) as u8 | 0x80).collect();
            bytes.extend([(tag >> 28) as u8, 1, 9]);
            STANDARD_NO_PAD.encode(bytes)
        };
        let rows = Rows::from([(
            LedgerKey::at(1, 497_000),
            Row {
                read: 9,
                ..Row::default()
            },
        )]);
        let cursor = format!(r#"{{"ledger":{{"base":3,"rows":"{}"}}}}"#, packed(old));
        let tail = tail_of(cursor.as_bytes()).unwrap();
        assert_eq!((tail.base, &tail.rows), (3, &rows));
        let mut json = format!(
            r#"{{"version":1,"streams":{{"1":4,"2":5,"3":6}},"delivery":7,"sent_to":0,
            "proved_to":0,"own_from":0,"kept_from":0,"audited":{{}},"rows":"{}"}}"#,
            packed(old)
        )
        .into_bytes();
        let sum = crc32fast::hash(&json);
        json.extend(format!("\n{sum:08x}\n").bytes());
        let checkpoint = decode(&json).unwrap();
        assert_eq!(checkpoint.rows, rows);
        assert_eq!(checkpoint.streams, [(1, 4), (0x80, 5), (0x81, 6)].into());
    }

    #[test]
    fn a_note_fits_into_what_the_spool_takes() {
        let marks = LedgerMarks {
            sent_to: 9,
            proved_to: 7,
        };
        assert_eq!(from_note(&note(&tail(), marks)), Some((tail(), marks)));
        assert_eq!(from_note(b""), None);
        let most = Row {
            sent: 9_999,
            again: 99,
            proved: 999_999,
            ..Row::default()
        };
        let rows = (0..64 + 512)
            .map(|hour| (LedgerKey::at(1, hour * 99), most))
            .collect();
        assert!(note(&LedgerTail { base: 1, rows }, marks).len() < 16 * 1024);
    }

    #[test]
    fn the_file_comes_back_or_is_known_to_be_damaged() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load(folder.path()).unwrap(), None);
        let mut checkpoint = LedgerCheckpoint {
            delivery: 4,
            own_from: 2,
            rows: tail().rows,
            ..LedgerCheckpoint::default()
        };
        checkpoint.streams.insert(1, 9);
        checkpoint
            .audited
            .entry(1)
            .or_default()
            .asked
            .insert(497_000, 2);
        save(folder.path(), &checkpoint).unwrap();
        assert_eq!(load(folder.path()).unwrap(), Some(checkpoint));
        let path = folder.path().join(NAME);
        let whole = std::fs::read(&path).unwrap();
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert!(load(folder.path()).is_err(), "cut at {length}");
        }
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            std::fs::write(&path, flipped).unwrap();
            assert!(load(folder.path()).is_err(), "flipped at {at}");
        }
        put_aside(folder.path()).unwrap();
        assert_eq!(load(folder.path()).unwrap(), None);
    }
}
