//! A copy of the checkpoint in a file, used if the newest segment cannot be opened.
//!
//! It is made only when nothing that came after it can be lost with the store: when a store is
//! begun, and (every quarter of an hour at the most) when no line waits. So after the loss of the
//! newest store the source, starting from the copy, reads again everything that the store still
//! held. Some lines come twice; none is missing.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::checkpoint::Checkpoint;
use crate::spool::byte_reader::{ByteReader, put_string};
use crate::spool::format_2;
use crate::spool::record::{self, RecordKind};
use crate::spool::state::SpoolState;
use crate::{durable, own_file};

/// How often it is made when nothing waits, milliseconds.
pub(super) const EVERY_MS: u64 = 15 * 60 * 1000;

/// The file.
pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join("copy")
}

/// Writes the copy in the place of the one before.
pub(super) fn write(folder: &Path, inheritance: &Checkpoint) -> io::Result<()> {
    durable::replace(&path(folder), &encode(inheritance))
}

/// Reads the copy. `Ok(None)` where there is none, `InvalidData` where it is damaged.
pub(super) fn read(folder: &Path) -> io::Result<Option<Checkpoint>> {
    let mut bytes = Vec::new();
    match own_file::read(&path(folder)) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?.read_to_end(&mut bytes)?,
    };
    decode(&bytes)
        .map(Some)
        .ok_or(io::ErrorKind::InvalidData.into())
}

fn encode(inheritance: &Checkpoint) -> Vec<u8> {
    record::seal(RecordKind::Copy, inheritance.state.next, |out| {
        put_string(out, &inheritance.state.encode());
        for (stream, chunks) in &inheritance.seen {
            for (number, chunk) in chunks {
                out.push(*stream);
                out.extend(number.to_le_bytes());
                put_string(out, chunk);
            }
        }
    })
}

fn decode(bytes: &[u8]) -> Option<Checkpoint> {
    let opened = record::open_as(RecordKind::Copy, bytes).ok()?;
    let mut take = ByteReader(opened.body);
    let state = SpoolState::decode(take.string()?).ok()?;
    let mut inheritance = Checkpoint {
        seen: state
            .streams
            .iter()
            .map(|stream| (stream.id, Vec::new()))
            .collect(),
        state,
        asides: Vec::new(),
    };
    while !take.0.is_empty() {
        let (mut id, number, chunk) = (take.u8()?, take.u64()?, take.string()?);
        if opened.format == 2 {
            id = format_2::stream(id);
        }
        let (_, chunks) = inheritance
            .seen
            .iter_mut()
            .find(|(stream, _)| *stream == id)?;
        chunks.push((number, chunk.to_vec()));
    }
    Some(inheritance)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;

    use super::*;
    use crate::spool::state::StreamState;

    #[test]
    fn comes_back_as_it_went_and_damage_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), None);
        let mut inheritance = Checkpoint::default();
        inheritance.state.seq = 9;
        for id in [1, 0] {
            inheritance.state.streams.push(StreamState {
                id,
                cursor: b"here".to_vec(),
                ..StreamState::default()
            });
            inheritance
                .seen
                .push((id, vec![(4, vec![1, 2]), (5, vec![])]));
        }
        write(folder.path(), &inheritance).unwrap();
        assert_eq!(read(folder.path()).unwrap(), Some(inheritance));
        let path = path(folder.path());
        let whole = fs::read(&path).unwrap();
        for cut in [0, 5, whole.len() - 1] {
            fs::write(&path, &whole[..cut]).unwrap();
            assert_eq!(
                read(folder.path()).unwrap_err().kind(),
                io::ErrorKind::InvalidData
            );
        }
    }
}
