//! `TXNR SP COMMAND SP DATALEN [SP DATA] LF`: one frame, either way. Data is counted, so nothing
//! inside it can end it.

/// A receiver's frame with more data than this is refused, bytes. The longest that librelp sends
/// (its answer to `open`) has about a hundred.
pub const MAX_DATA: usize = 4096;
/// The longest frame that [`parse`] takes: nine digits, a command, nine digits, the data, three
/// blanks and the line feed.
pub const MAX_FRAME: usize = DIGITS + MAX_COMMAND + DIGITS + MAX_DATA + 4;
/// Most digits of a number.
const DIGITS: usize = 9;
/// Most letters of a command.
const MAX_COMMAND: usize = 32;

/// A frame that was taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Number of the transaction; 0 for a hint, which belongs to none.
    pub txnr: u32,
    /// 1 to 32 ASCII letters.
    pub command: &'a str,
    /// Up to [`MAX_DATA`] bytes.
    pub data: &'a [u8],
}

/// Why bytes are no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameFault {
    /// It does not begin with a number of 1 to 9 digits and a blank.
    #[error("it does not start with a transaction number")]
    Txnr,
    /// After the number there are not 1 to 32 letters and a blank.
    #[error("the command after its number is missing")]
    Command,
    /// After the command there is no number of 1 to 9 digits.
    #[error("the length after its command is missing")]
    Length,
    /// More than [`MAX_DATA`] bytes of data.
    #[error("it announces {0} bytes, more than a response can have")]
    TooLong(usize),
    /// No line feed where the frame ends.
    #[error("its length does not match its data")]
    Trailer,
}

/// Why parsing stopped.
enum Stop {
    /// The bytes so far may become a frame.
    More,
    Bad(FrameFault),
}

/// Takes the first frame off `bytes`; says how many bytes it took, or `None` where its end has not
/// come yet. Bytes that can't become a frame any more are refused at once, so no more than
/// [`MAX_FRAME`] ever have to be kept.
///
/// # Errors
/// Where the bytes are no frame, whatever follows.
pub fn parse(bytes: &[u8]) -> Result<Option<(Frame<'_>, usize)>, FrameFault> {
    match take(bytes) {
        Ok((frame, rest)) => Ok(Some((frame, bytes.len() - rest.len()))),
        Err(Stop::More) => Ok(None),
        Err(Stop::Bad(fault)) => Err(fault),
    }
}

fn take(bytes: &[u8]) -> Result<(Frame<'_>, &[u8]), Stop> {
    let (txnr, rest) = number(bytes, FrameFault::Txnr)?;
    let rest = expect(rest, b' ', FrameFault::Txnr)?;
    let (command, rest) = run(
        rest,
        u8::is_ascii_alphabetic,
        MAX_COMMAND,
        FrameFault::Command,
    )?;
    let rest = expect(rest, b' ', FrameFault::Command)?;
    let (length, rest) = number(rest, FrameFault::Length)?;
    let length = length as usize;
    if length > MAX_DATA {
        return Err(Stop::Bad(FrameFault::TooLong(length)));
    }
    // Without data there is no blank either.
    let (data, rest) = if length == 0 {
        rest.split_at(0)
    } else {
        let rest = expect(rest, b' ', FrameFault::Length)?;
        rest.split_at_checked(length).ok_or(Stop::More)?
    };
    let rest = expect(rest, b'\n', FrameFault::Trailer)?;
    let command = std::str::from_utf8(command).map_err(|_| Stop::Bad(FrameFault::Command))?;
    let frame = Frame {
        txnr,
        command,
        data,
    };
    Ok((frame, rest))
}

/// A number of up to nine digits, so that it always fits.
fn number(bytes: &[u8], fault: FrameFault) -> Result<(u32, &[u8]), Stop> {
    let (digits, rest) = run(bytes, u8::is_ascii_digit, DIGITS, fault)?;
    let value = digits
        .iter()
        .fold(0, |value, digit| value * 10 + u32::from(digit - b'0'));
    Ok((value, rest))
}

/// One to `most` bytes of a kind, and at least one byte of another kind behind them.
fn run(
    bytes: &[u8],
    kind: impl Fn(&u8) -> bool,
    most: usize,
    fault: FrameFault,
) -> Result<(&[u8], &[u8]), Stop> {
    let length = bytes.iter().take(most + 1).take_while(|b| kind(b)).count();
    if length > most || (length == 0 && !bytes.is_empty()) {
        return Err(Stop::Bad(fault));
    }
    if length == bytes.len() {
        return Err(Stop::More);
    }
    Ok(bytes.split_at(length))
}

fn expect(bytes: &[u8], byte: u8, fault: FrameFault) -> Result<&[u8], Stop> {
    match bytes.split_first() {
        None => Err(Stop::More),
        Some((first, rest)) if *first == byte => Ok(rest),
        Some(_) => Err(Stop::Bad(fault)),
    }
}

/// Appends a frame. The data may have up to 999,999,999 bytes.
pub fn write(txnr: u32, command: &str, data: &[u8], out: &mut Vec<u8>) {
    use std::io::Write;
    // Writing to memory can't fail.
    let _ = write!(out, "{txnr} {command} {}", data.len());
    if !data.is_empty() {
        out.push(b' ');
        out.extend_from_slice(data);
    }
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn takes_frames_apart() {
        for (bytes, txnr, command, data, took) in [
            (&b"2 rsp 6 200 OK\n3 rsp"[..], 2, "rsp", &b"200 OK"[..], 15),
            (b"3 rsp 0\n", 3, "rsp", b"", 8),
            (b"0 serverclose 0\n", 0, "serverclose", b"", 16),
            (b"999999999 a 1 \n\n", 999_999_999, "a", b"\n", 16),
            (b"007 rsp 03 a\nb\n", 7, "rsp", b"a\nb", 15),
        ] {
            let frame = Frame {
                txnr,
                command,
                data,
            };
            assert_eq!(parse(bytes), Ok(Some((frame, took))));
        }
    }

    #[test]
    fn names_what_is_wrong() {
        let long = format!("1 {} 0\n", "a".repeat(33));
        for (bytes, fault) in [
            (&b"HTTP/1.1 400"[..], FrameFault::Txnr),
            (b"\x15\x03\x01", FrameFault::Txnr),
            (b" rsp", FrameFault::Txnr),
            (b"1234567890", FrameFault::Txnr),
            (b"1\n", FrameFault::Txnr),
            (b"1 2", FrameFault::Command),
            (b"1 rsp\n", FrameFault::Command),
            (long.as_bytes(), FrameFault::Command),
            (b"1 rsp x", FrameFault::Length),
            (b"1 rsp -1", FrameFault::Length),
            (b"1 rsp 6\n", FrameFault::Length),
            (b"1 rsp 0000000006", FrameFault::Length),
            (b"1 rsp 4097 ", FrameFault::TooLong(4097)),
            (b"1 rsp 999999999 ", FrameFault::TooLong(999_999_999)),
            (b"1 rsp 0 \n", FrameFault::Trailer),
            (b"1 rsp 2 200", FrameFault::Trailer),
        ] {
            assert_eq!(
                parse(bytes),
                Err(fault),
                "{:?}",
                bytes.escape_ascii().to_string()
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            txnr in 0_u32..=999_999_999,
            command in "[A-Za-z]{1,32}",
            data in proptest::collection::vec(any::<u8>(), 0..=MAX_DATA),
            more in proptest::collection::vec(any::<u8>(), 0..9),
        ) {
            let mut wire = Vec::new();
            write(txnr, &command, &data, &mut wire);
            let took = wire.len();
            prop_assert!(took <= MAX_FRAME);
            for end in [0, 1, took / 2, took - 1] {
                prop_assert_eq!(parse(&wire[..end]), Ok(None));
            }
            wire.extend(more);
            let frame = Frame {
                txnr,
                command: &command,
                data: &data,
            };
            prop_assert_eq!(parse(&wire), Ok(Some((frame, took))));
        }

        #[test]
        fn any_bytes_end_in_a_frame_or_a_fault(
            bytes in proptest::collection::vec(any::<u8>(), MAX_FRAME..MAX_FRAME + 9),
        ) {
            prop_assert!(parse(&bytes) != Ok(None));
        }

        #[test]
        fn nearly_frames_end_in_a_frame_or_a_fault(
            text in "[0-9]{0,10}[ x]?[a-z]{0,33}[ \n]?[0-9]{0,10}[ \n]?",
        ) {
            let mut bytes = text.into_bytes();
            bytes.resize(MAX_FRAME, b'x');
            prop_assert!(parse(&bytes) != Ok(None));
        }
    }
}
