//! A batch: about a hundred lines, compressed together.
//!
//! Inside the [`record`], whose line number is that of the first line:
//!
//! ```text
//! 0      4       12       20          24
//! count  at_ms   before   raw length  zstd of: count × length (u32), count × tag (u32), then the text
//! ```
//!
//! `before` is the text of all lines ever appended before this batch, in bytes: so the text that
//! waits is a subtraction.
//!
//! Measured with 800-byte CEF lines (zstd level → ratio, CPU s per million lines): −5 → 4.8, 1.3;
//! −1 → 5.7, 1.5; **1 → 8.1, 1.3**; 3 → 7.9, 1.6; 5 → 7.8, 5.0. 64 KB of text compress 7.9×, 96 KB
//! 8.1×, 256 KB 8.4×.

use super::byte_reader::ByteReader;
use super::format_2;
use super::record::{self, Broken, RecordKind};
use crate::lines::Lines;

/// The most lines of a batch.
pub(super) const MOST_LINES: usize = 128;
/// The most text of a batch, bytes, unless a single line is longer.
pub const MOST_TEXT: usize = 96 * 1024;
/// The most that a batch may claim to unfold to, bytes. A single line may be 10 MB; this leaves
/// room.
pub(super) const MOST_RAW: usize = 64 << 20;
/// See the module's measurements.
const LEVEL: i32 = 1;

/// What a batch says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// Number of the first line.
    pub first: u64,
    /// When the lines were appended, milliseconds since 1970.
    pub at_ms: i64,
    /// Text of all lines appended before, bytes.
    pub before: u64,
}

/// Turns batches into bytes; keeps its buffers.
pub struct Encoder {
    zstd: zstd::bulk::Compressor<'static>,
    raw: Vec<u8>,
    packed: Vec<u8>,
}

/// The lines of a batch, compressed before it is known which numbers they get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedLines {
    /// How many lines.
    count: u32,
    /// Their text, bytes.
    text: u64,
    /// What `zstd` unfolds to, bytes.
    raw: u32,
    zstd: Box<[u8]>,
}

/// Turns bytes into batches; keeps its tables.
pub(super) struct Decoder {
    zstd: zstd::bulk::Decompressor<'static>,
}

/// zstd could not be set up, or refused to compress: there is no memory.
#[derive(Debug, thiserror::Error)]
#[error("zstd: {0}")]
pub struct NoZstd(#[from] std::io::Error);

// === impl Encoder ===

impl Encoder {
    /// Sets zstd up.
    ///
    /// # Errors
    /// Where there is no memory for it.
    pub fn new() -> Result<Self, NoZstd> {
        Ok(Self {
            zstd: zstd::bulk::Compressor::new(LEVEL)?,
            raw: Vec::new(),
            packed: Vec::new(),
        })
    }

    /// The lines as they go to flash. They are to be at most `MOST_RAW` together.
    ///
    /// # Errors
    /// Where there is no memory to compress them.
    pub fn encode(&mut self, label: Label, lines: &Lines) -> Result<Vec<u8>, NoZstd> {
        Ok(self.pack(lines)?.seal(label))
    }

    /// The lines without their numbers. They are to be at most `MOST_RAW` together.
    ///
    /// # Errors
    /// Where there is no memory to compress them.
    pub fn pack(&mut self, lines: &Lines) -> Result<PackedLines, NoZstd> {
        self.raw.clear();
        for line in lines.iter() {
            self.raw.extend(short(line.len()).to_le_bytes());
        }
        for tag in lines.tags() {
            self.raw.extend(tag.to_le_bytes());
        }
        for line in lines.iter() {
            self.raw.extend(line.as_bytes());
        }
        self.packed.clear();
        let most = zstd::zstd_safe::compress_bound(self.raw.len());
        self.packed.reserve(most);
        self.zstd.compress_to_buffer(&self.raw, &mut self.packed)?;
        let packed = PackedLines {
            count: short(lines.len()),
            text: lines.bytes() as u64,
            raw: short(self.raw.len()),
            zstd: self.packed.as_slice().into(),
        };
        // a long line was a rare one
        for buffer in [&mut self.raw, &mut self.packed] {
            buffer.clear();
            buffer.shrink_to(2 * MOST_TEXT);
        }
        Ok(packed)
    }
}

// === impl PackedLines ===

impl PackedLines {
    /// The lines as they go to flash.
    pub(super) fn seal(&self, label: Label) -> Vec<u8> {
        record::seal(RecordKind::Lines, label.first, |out| {
            out.reserve_exact(24 + self.zstd.len());
            out.extend(self.count.to_le_bytes());
            out.extend(label.at_ms.to_le_bytes());
            out.extend(label.before.to_le_bytes());
            out.extend(self.raw.to_le_bytes());
            out.extend_from_slice(&self.zstd);
        })
    }

    /// How many lines.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Bytes of all lines, as text.
    pub(super) fn text_bytes(&self) -> u64 {
        self.text
    }

    /// What it takes in memory, bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.zstd.len() + size_of::<Self>()
    }

    /// The lines themselves, for who keeps them as text.
    #[must_use]
    pub fn unpack(&self) -> Option<Lines> {
        let label = Label {
            first: 0,
            at_ms: 0,
            before: 0,
        };
        let decoded = Decoder::new().ok()?.decode(&self.seal(label)).ok()?;
        Some(decoded.1)
    }
}

/// Lengths inside a batch are below [`MOST_RAW`].
fn short(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

// === impl Decoder ===

impl Decoder {
    pub(super) fn new() -> Result<Self, NoZstd> {
        Ok(Self {
            zstd: zstd::bulk::Decompressor::new()?,
        })
    }

    /// The batch in `bytes`, whatever they are: never panics, never takes more memory than
    /// [`MOST_RAW`].
    pub(super) fn decode(&mut self, bytes: &[u8]) -> Result<(Label, Lines), Broken> {
        let opened = record::open_as(RecordKind::Lines, bytes)?;
        let mut take = ByteReader(opened.body);
        let mut fields = || Some((take.u32()?, take.i64()?, take.u64()?, take.u32()?));
        let (count, at_ms, before, raw) = fields().ok_or(Broken::Short)?;
        let (count, raw) = (count as usize, raw as usize);
        if raw > MOST_RAW || count > raw / 8 {
            return Err(Broken::Content("its size is larger than a batch can be"));
        }
        if opened.line.checked_add(count as u64).is_none() {
            return Err(Broken::Content("its line numbers overflow"));
        }
        // where they end takes more memory than the lines themselves, if they are all empty
        if count > MOST_LINES {
            return Err(Broken::Content(
                "its line count is larger than a batch can have",
            ));
        }
        let unfolded = self
            .zstd
            .decompress(take.0, raw)
            .map_err(|_| Broken::Content("it cannot be decompressed"))?;
        if unfolded.len() != raw {
            return Err(Broken::Content(
                "it decompresses to less than its stated size",
            ));
        }
        let tag = if opened.format == 2 {
            format_2::tag
        } else {
            |tag| tag
        };
        let lines = lines(count, unfolded, tag).ok_or(Broken::Content("its lines are not text"))?;
        let label = Label {
            first: opened.line,
            at_ms,
            before,
        };
        Ok((label, lines))
    }
}

fn lines(count: usize, mut unfolded: Vec<u8>, tag: fn(u32) -> u32) -> Option<Lines> {
    let mut take = ByteReader(&unfolded);
    let mut ends = Vec::with_capacity(count);
    let mut end = 0_usize;
    for _ in 0..count {
        end = end.checked_add(take.u32()? as usize)?;
        ends.push(end);
    }
    let tags = (0..count)
        .map(|_| take.u32().map(tag))
        .collect::<Option<_>>()?;
    unfolded.drain(..8 * count);
    Lines::from_parts(String::from_utf8(unfolded).ok()?, ends, tags)
}

#[cfg(test)]
mod tests;
