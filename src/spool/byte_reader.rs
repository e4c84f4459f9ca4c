//! Reads numbers and byte strings from the front of a slice that may hold anything.

/// What is left to read. Every call answers `None` rather than reading past the end.
#[derive(Debug, Clone, Copy)]
pub(super) struct ByteReader<'a>(pub(super) &'a [u8]);

impl<'a> ByteReader<'a> {
    pub(super) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(front)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (front, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*front)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }

    /// A byte string behind its length.
    pub(super) fn string(&mut self) -> Option<&'a [u8]> {
        let length = self.u32()?;
        self.bytes(usize::try_from(length).ok()?)
    }

    /// A place among the pieces of a store, which may be none.
    pub(super) fn place(&mut self) -> Option<Option<u32>> {
        let place = self.u32()?;
        Some((place != u32::MAX).then_some(place))
    }
}

/// Writes a byte string behind its length, cut at 4 GiB.
pub(super) fn put_string(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.extend(length.to_le_bytes());
    out.extend(&bytes[..length as usize]);
}

/// Writes a place among the pieces of a store, which may be none.
pub(super) fn put_place(out: &mut Vec<u8>, place: Option<u32>) {
    out.extend(place.unwrap_or(u32::MAX).to_le_bytes());
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_read_past_the_end() {
        let mut take = ByteReader(&[1, 0, 0, 0, 9, 7]);
        assert_eq!(take.string(), Some(&[9][..]));
        assert_eq!(take.u32(), None);
        assert_eq!(take.u8(), Some(7));
        assert_eq!(take.u8(), None);
        assert_eq!(ByteReader(&[255, 255, 255, 255, 1]).string(), None);
    }
}
