//! The shape of a message that others send, looked at before it is decoded: the decoder takes memory
//! for as many elements as a list says that it has, whether they follow or not.

/// More elements than this are in no list that is asked for.
const MOST_ELEMENTS: usize = 10_000;

/// A field of a message in a version without tagged fields.
#[derive(Debug, Clone, Copy)]
pub(super) enum Field {
    /// Of so many bytes.
    Fixed(usize),
    /// Text of the length that precedes it in two bytes; none if that is -1.
    Text,
    /// Bytes of the length that precedes them in four bytes; none if that is -1.
    Bytes,
    /// As many elements of these fields as the four bytes in front say; none if they are -1.
    List(&'static [Field]),
    /// In this version and newer ones.
    Since(i16, &'static Field),
}

use Field::{Bytes, Fixed, List, Since, Text};

const I16: Field = Fixed(2);
const I32: Field = Fixed(4);
const I64: Field = Fixed(8);
/// Numbers of brokers or partitions.
const NUMBERS: Field = List(&[I32]);

pub(super) const API_VERSIONS: &[Field] = &[I16, List(&[I16, I16, I16])];
pub(super) const SASL_HANDSHAKE: &[Field] = &[I16, List(&[Text])];
pub(super) const SASL_AUTHENTICATE: &[Field] = &[I16, Text, Bytes, Since(1, &I64)];
pub(super) const METADATA: &[Field] = &[
    Since(3, &I32),
    List(&[I32, Text, I32, Since(1, &Text)]),
    Since(2, &Text),
    Since(1, &I32),
    List(&[
        I16,
        Text,
        Since(1, &Fixed(1)),
        List(&[
            I16,
            I32,
            I32,
            Since(7, &I32),
            NUMBERS,
            NUMBERS,
            Since(5, &NUMBERS),
        ]),
        Since(8, &I32),
    ]),
    Since(8, &I32),
];
pub(super) const FIND_COORDINATOR: &[Field] =
    &[Since(1, &I32), I16, Since(1, &Text), I32, Text, I32];
pub(super) const JOIN_GROUP: &[Field] = &[
    Since(2, &I32),
    I16,
    I32,
    Text,
    Text,
    Text,
    List(&[Text, Since(5, &Text), Bytes]),
];
pub(super) const SYNC_GROUP: &[Field] = &[Since(1, &I32), I16, Bytes];
pub(super) const HEARTBEAT: &[Field] = &[Since(1, &I32), I16];
pub(super) const LEAVE_GROUP: &[Field] =
    &[Since(1, &I32), I16, Since(3, &List(&[Text, Text, I16]))];
pub(super) const OFFSET_FETCH: &[Field] = &[
    Since(3, &I32),
    List(&[Text, List(&[I32, I64, Since(5, &I32), Text, I16])]),
    Since(2, &I16),
];
pub(super) const OFFSET_COMMIT: &[Field] = &[Since(3, &I32), List(&[Text, List(&[I32, I16])])];
pub(super) const LIST_OFFSETS: &[Field] = &[
    Since(2, &I32),
    List(&[Text, List(&[I32, I16, I64, I64, Since(4, &I32)])]),
];
pub(super) const FETCH: &[Field] = &[
    Since(1, &I32),
    List(&[
        Text,
        List(&[
            I32,
            I16,
            I64,
            Since(4, &I64),
            Since(5, &I64),
            Since(4, &List(&[I64, I64])),
            Bytes,
        ]),
    ]),
];
/// What a member of a group asks for.
pub(super) const SUBSCRIPTION: &[Field] = &[
    List(&[Text]),
    Bytes,
    Since(1, &List(&[Text, NUMBERS])),
    Since(2, &I32),
    Since(3, &Text),
];
/// What a member of a group gets.
pub(super) const ASSIGNMENT: &[Field] = &[List(&[Text, NUMBERS]), Bytes];

/// Does a message of this version hold all that its lengths announce?
pub(super) fn holds(message: &[u8], fields: &[Field], version: i16) -> bool {
    past(message, fields, version).is_some()
}

/// What follows the fields; `None` if they do not end within the message.
fn past<'m>(mut rest: &'m [u8], fields: &[Field], version: i16) -> Option<&'m [u8]> {
    for field in fields {
        rest = match *field {
            Fixed(length) => rest.get(length..)?,
            Text => {
                let (length, rest) = rest.split_first_chunk()?;
                rest.get(length_of(i16::from_be_bytes(*length).into())?..)?
            }
            Bytes => {
                let (length, rest) = rest.split_first_chunk()?;
                rest.get(length_of(i32::from_be_bytes(*length))?..)?
            }
            List(of) => {
                let (count, mut rest) = rest.split_first_chunk()?;
                let count = length_of(i32::from_be_bytes(*count))?;
                if count > MOST_ELEMENTS {
                    return None;
                }
                for _ in 0..count {
                    rest = past(rest, of, version)?;
                }
                rest
            }
            Since(first, field) if version >= first => {
                past(rest, std::slice::from_ref(field), version)?
            }
            Since(..) => rest,
        };
    }
    Some(rest)
}

/// A length as it is sent, where -1 stands for none.
fn length_of(sent: i32) -> Option<usize> {
    match sent {
        -1 => Some(0),
        sent => usize::try_from(sent).ok(),
    }
}

#[cfg(test)]
mod tests;
