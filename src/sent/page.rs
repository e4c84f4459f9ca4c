//! The ids of one page as they lie on flash while the page is being written: a checksum, then 12
//! bytes each. Pure.

use super::{Hour, Id};

/// As it goes to flash.
pub(super) fn encode(ids: &[Id]) -> Vec<u8> {
    let mut bytes = vec![0; 4];
    for id in ids {
        bytes.extend(id.hour.to_bytes());
        bytes.extend(id.print.to_le_bytes());
    }
    let sum = crc32fast::hash(&bytes[4..]);
    bytes[..4].copy_from_slice(&sum.to_le_bytes());
    bytes
}

/// As it comes back. `None` where it is torn.
pub(super) fn decode(bytes: &[u8]) -> Option<Vec<Id>> {
    let (sum, rest) = bytes.split_first_chunk::<4>()?;
    let (records, torn) = rest.as_chunks::<12>();
    if !torn.is_empty() || crc32fast::hash(rest) != u32::from_le_bytes(*sum) {
        return None;
    }
    let id = |record: &[u8; 12]| {
        let (hour, print) = record.split_first_chunk::<4>()?;
        Some(Id {
            hour: Hour::from_bytes(*hour),
            print: u64::from_le_bytes(print.try_into().ok()?),
        })
    };
    records.iter().map(id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_whole_or_not_at_all() {
        let ids: Vec<Id> = (0..5)
            .map(|i| Id {
                hour: Hour::of(i * 7_000_000),
                print: 1 << (i * 9),
            })
            .collect();
        let bytes = encode(&ids);
        assert_eq!(decode(&bytes), Some(ids));
        for cut in 0..bytes.len() {
            assert_eq!(decode(&bytes[..cut]), None, "{cut}");
        }
        assert_eq!(decode(&encode(&[])), Some(Vec::new()));
    }
}
