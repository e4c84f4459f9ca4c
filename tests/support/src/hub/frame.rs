//! Frames of the Kafka protocol: a length of four bytes, then a message.

use std::io::{self, Read, Write};

use bytes::Bytes;

/// The service closes a connection that asks for more (successors.md: 1,046,528 bytes of a
/// request); answers may hold several messages of 1 MB.
const MOST: usize = 128 << 20;

/// The next message; `None` where the peer has ended between two.
///
/// # Errors
/// What the system says; also where a message is cut or its length is absurd.
pub(super) fn read(from: &mut impl Read) -> io::Result<Option<Bytes>> {
    let mut length = [0; 4];
    if let Err(error) = from.read_exact(&mut length) {
        return match error.kind() {
            io::ErrorKind::UnexpectedEof => Ok(None),
            _ => Err(error),
        };
    }
    let length = u32::from_be_bytes(length) as usize;
    if length > MOST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut message = vec![0; length];
    from.read_exact(&mut message)?;
    Ok(Some(message.into()))
}

/// Writes a message with its length.
///
/// # Errors
/// What the system says.
pub(super) fn write(to: &mut impl Write, message: &[u8]) -> io::Result<()> {
    let length = u32::try_from(message.len()).map_err(|_| io::ErrorKind::InvalidData)?;
    let framed = [&length.to_be_bytes(), message].concat();
    to.write_all(&framed)?;
    to.flush()
}
