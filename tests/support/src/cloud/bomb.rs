//! A gzip bomb, made in a moment: one packed megabyte of blanks, repeated.

use flate2::{Compress, Compression, Crc, FlushCompress};

const PIECE: usize = 1 << 20;
/// Magic, deflate, no flags, no time, no hints.
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// An empty last block.
const LAST: [u8; 2] = [3, 0];

/// So many blanks, packed into about a thousandth.
#[must_use]
pub fn blanks(bytes: u64) -> Vec<u8> {
    let mut packed = HEAD.to_vec();
    let mut sum = Crc::new();
    let mut add = |length: usize, times: u64| {
        let (block, crc) = block(length);
        for _ in 0..times {
            packed.extend_from_slice(&block);
            sum.combine(&crc);
        }
    };
    add(PIECE, bytes / PIECE as u64);
    add(usize::try_from(bytes % PIECE as u64).unwrap_or(0), 1);
    packed.extend_from_slice(&LAST);
    packed.extend_from_slice(&sum.sum().to_le_bytes());
    packed.extend_from_slice(&sum.amount().to_le_bytes());
    packed
}

/// A stretch of blanks as deflate blocks that refer to nothing before them, and their checksum.
fn block(length: usize) -> (Vec<u8>, Crc) {
    let blanks = vec![b' '; length];
    let mut block = Vec::with_capacity(length / 100 + 1000);
    // with memory left over, packing into it can't fail
    let _ = Compress::new(Compression::default(), false).compress_vec(
        &blanks,
        &mut block,
        FlushCompress::Full,
    );
    let mut crc = Crc::new();
    crc.update(&blanks);
    (block, crc)
}
