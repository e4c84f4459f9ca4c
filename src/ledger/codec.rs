//! The compact encoding of ledger rows, because each page writes some. Pure.
//!
//! Each number is a LEB128: seven bits to a byte, lowest first, the top bit where more follow. A
//! row is the distance of its key from the one before, a mask that says which of its counts are not
//! 0, and those.

use super::key::LedgerKey;
use super::row::{FIELDS, Row, Rows};

/// Rows as bytes.
#[must_use]
pub fn encode(rows: &Rows) -> Vec<u8> {
    let mut out = Vec::new();
    let mut before = 0;
    for (key, row) in rows {
        put(&mut out, u64::from(key.tag() - before));
        before = key.tag();
        let numbers = row.numbers();
        let mask = (0..FIELDS).fold(0, |mask, bit| mask | u64::from(numbers[bit] > 0) << bit);
        put(&mut out, mask);
        for number in numbers.into_iter().filter(|&number| number > 0) {
            put(&mut out, number);
        }
    }
    out
}

/// The rows again; `None` where the bytes are none. `read` says what a tag means to their writer.
#[must_use]
pub fn decode(mut bytes: &[u8], read: fn(u32) -> LedgerKey) -> Option<Rows> {
    let mut rows = Rows::new();
    let mut before = 0_u32;
    while !bytes.is_empty() {
        let distance = u32::try_from(take(&mut bytes)?).ok()?;
        let tag = before.checked_add(distance)?;
        if distance == 0 && !rows.is_empty() {
            return None;
        }
        before = tag;
        let mask = take(&mut bytes)?;
        if mask >> FIELDS != 0 {
            return None;
        }
        let mut numbers = [0; FIELDS];
        for (bit, number) in numbers.iter_mut().enumerate() {
            if mask >> bit & 1 == 1 {
                *number = take(&mut bytes)?;
            }
        }
        *rows.entry(read(tag)).or_default() += &Row::from_numbers(numbers);
    }
    Some(rows)
}

fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn comes_back_as_it_went(
            rows in prop::collection::btree_map(
                (0..255_u8, 0..600_000_u32),
                any::<[u32; FIELDS]>(),
                0..50,
            ),
        ) {
            let rows: Rows = rows
                .into_iter()
                .map(|((stream, hour), numbers)| {
                    (
                        LedgerKey::at(stream, hour),
                        Row::from_numbers(numbers.map(u64::from)),
                    )
                })
                .collect();
            prop_assert_eq!(decode(&encode(&rows), LedgerKey::from_tag).unwrap(), rows);
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = decode(&bytes, LedgerKey::from_tag);
        }
    }

    #[test]
    fn a_page_of_an_hour_takes_a_dozen_bytes() {
        let row = Row {
            read: 5_000,
            seen: 30,
            spooled: 4_970,
            ..Row::default()
        };
        let rows = Rows::from([
            (LedgerKey::at(0, 497_000), row),
            (LedgerKey::at(0, 497_001), row),
        ]);
        assert!(encode(&rows).len() <= 20, "{}", encode(&rows).len());
        assert_eq!(decode(&encode(&rows), LedgerKey::from_tag), Some(rows));
    }
}
