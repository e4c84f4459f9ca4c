//! Fragments: large records cut to the size that sled stores well.
//!
//! sled moves what is larger than a quarter of a segment out to a file of its own, which it neither
//! syncs nor removes. And it keeps up to nine pieces on one page (see `sled::store`), which may be
//! rewritten as a whole. So nine pieces must stay below a quarter of a segment, and a record is cut
//! accordingly: mostly into one piece, a line of 10 MB that does not compress into 410.

use super::byte_reader::ByteReader;

/// Bytes of a record in one piece.
pub(super) const MOST: usize = 24 * 1024;
/// Bytes before them: the piece's number and how many there are.
pub(super) const HEAD: usize = 8;

/// One piece, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fragment<'a> {
    /// From 0.
    pub(super) number: u32,
    /// How many the record was cut into; more than `number`.
    pub(super) of: u32,
    pub(super) bytes: &'a [u8],
}

/// How many pieces a record of this length makes.
pub(super) fn count(length: usize) -> usize {
    length.div_ceil(MOST).max(1)
}

/// Cuts a record.
pub(super) fn cut(record: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let of = count(record.len());
    (0..of).map(move |number| {
        let bytes = &record[number * MOST..record.len().min((number + 1) * MOST)];
        let mut piece = Vec::with_capacity(HEAD + bytes.len());
        for field in [number, of] {
            piece.extend(u32::try_from(field).unwrap_or(u32::MAX).to_le_bytes());
        }
        piece.extend(bytes);
        piece
    })
}

/// Reads a piece. `None` where it can't be one.
pub(super) fn read(bytes: &[u8]) -> Option<Fragment<'_>> {
    let mut take = ByteReader(bytes);
    let (number, of) = (take.u32()?, take.u32()?);
    let whole = take.0.len() == MOST || (of.checked_sub(1) == Some(number) && take.0.len() < MOST);
    (number < of && whole).then_some(Fragment {
        number,
        of,
        bytes: take.0,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_can_be_put_together() {
        for length in [0, 1, MOST - 1, MOST, MOST + 1, 5 * MOST, 5 * MOST + 9] {
            let record: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            let cut: Vec<Vec<u8>> = cut(&record).collect();
            assert_eq!(cut.len(), count(length));
            let mut back: Vec<u8> = Vec::new();
            for (i, bytes) in cut.iter().enumerate() {
                let piece = read(bytes).unwrap();
                assert_eq!((piece.number as usize, piece.of as usize), (i, cut.len()));
                back.extend(piece.bytes);
            }
            assert_eq!(back, record);
        }
    }

    #[test]
    fn what_cannot_be_a_piece_is_none() {
        let piece = |number: u32, of: u32, length: usize| {
            [
                &number.to_le_bytes()[..],
                &of.to_le_bytes(),
                &vec![0; length],
            ]
            .concat()
        };
        assert!(read(&piece(0, 1, 5)).is_some());
        assert!(read(&piece(1, 1, 5)).is_none());
        assert!(read(&piece(0, 2, 5)).is_none(), "only the last is short");
        assert!(read(&piece(0, 1, MOST + 1)).is_none());
        assert!(read(&piece(u32::MAX, u32::MAX, 5)).is_none());
        assert!(read(&[0; 7]).is_none());
    }
}
