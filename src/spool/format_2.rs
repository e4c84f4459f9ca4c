//! Translates spool format 2, which numbers streams in another way. Pure.
//!
//! | | format 2 | since format 3 |
//! |---|---|---|
//! | number of a stream | 0, 1 | 0 to 127 |
//! | number of its replays | 2 + the stream's | the stream's with the top bit set |
//! | a line's tag | 2 bits stream, 30 bits hour | 8 bits stream, 24 bits hour |

/// The stream's part of a tag in format 2, and since.
const SHIFTS: (u32, u32) = (30, 24);
/// Set in the number under which a stream's replays write.
const REPLAY: u8 = 0x80;

/// The number of a stream, or of its replays.
#[must_use]
pub fn stream(number: u8) -> u8 {
    match number {
        2 | 3 => (number - 2) | REPLAY,
        other => other,
    }
}

/// The tag of a line. An hour beyond the year 3883 becomes the last that there is.
#[must_use]
pub fn tag(tag: u32) -> u32 {
    let (before, since) = SHIFTS;
    let hour = (tag & ((1 << before) - 1)).min((1 << since) - 1);
    ((tag >> before) << since) | hour
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_tags_keep_their_meaning() {
        assert_eq!([0, 1, 2, 3].map(stream), [0, 1, 0x80, 0x81]);
        assert_eq!(tag(0), 0, "no stream");
        assert_eq!(tag((1 << 30) | 497_003), (1 << 24) | 497_003);
        assert_eq!(tag((2 << 30) | 1), (2 << 24) | 1);
        assert_eq!(
            tag((3 << 30) | ((1 << 30) - 1)),
            (3 << 24) | ((1 << 24) - 1)
        );
    }
}
