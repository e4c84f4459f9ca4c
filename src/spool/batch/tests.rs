//! The batch codec against any lines, any bytes, and a small corpus of bytes that once mattered.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

fn label() -> Label {
    Label {
        first: 7,
        at_ms: 1_700_000_000_000,
        before: 12,
    }
}

fn all(lines: &[&str]) -> Lines {
    let mut all = Lines::default();
    for (tag, line) in (7..).zip(lines) {
        all.push_with(tag, |text| text.push_str(line));
    }
    all
}

/// An envelope that is whole around a body that lies.
fn lie(count: u32, raw: u32, packed: &[u8]) -> Vec<u8> {
    record::seal(RecordKind::Lines, 7, |out| {
        out.extend(count.to_le_bytes());
        out.extend([0; 16]);
        out.extend(raw.to_le_bytes());
        out.extend(packed);
    })
}

fn refused(bytes: &[u8]) -> Broken {
    Decoder::new().unwrap().decode(bytes).unwrap_err()
}

#[test]
fn comes_back_as_it_went() {
    let lines = all(&["CEF:0|a", "", "b c ü 漢", "CEF:0|a"]);
    let bytes = Encoder::new().unwrap().encode(label(), &lines).unwrap();
    let back = Decoder::new().unwrap().decode(&bytes).unwrap();
    assert_eq!(back, (label(), lines));
}

#[test]
fn ten_megabytes_in_one_line_come_back() {
    let long: String = ('a'..='z').cycle().take(10_000_000).collect();
    let lines = all(&["before", &long, "after"]);
    let bytes = Encoder::new().unwrap().encode(label(), &lines).unwrap();
    assert_eq!(Decoder::new().unwrap().decode(&bytes).unwrap().1, lines);
}

#[test]
fn the_buffer_of_a_long_line_is_given_back() {
    let mut encoder = Encoder::new().unwrap();
    encoder
        .encode(label(), &all(&[&"x".repeat(10_000_000)]))
        .unwrap();
    encoder.encode(label(), &all(&["y"])).unwrap();
    assert!(encoder.raw.capacity() <= 2 * MOST_TEXT);
}

#[test]
fn lies_are_refused() {
    let zstd = |raw: &[u8]| zstd::bulk::compress(raw, 1).unwrap();
    let bomb = zstd(&vec![0; 1 << 20]);
    let cases: &[(&str, Vec<u8>)] = &[
        ("no body", record::seal(RecordKind::Lines, 7, |_| ())),
        ("more raw than allowed", lie(1, u32::MAX, b"")),
        ("more lines than bytes", lie(u32::MAX, 8, b"")),
        ("not zstd", lie(1, 8, b"plain text")),
        ("unfolds to more", lie(1, 100, &bomb)),
        ("unfolds to less", lie(1, 2 << 20, &bomb)),
        (
            "a length past the end",
            lie(1, 9, &zstd(&[2, 0, 0, 0, 0, 0, 0, 0, b'x'])),
        ),
        (
            "text left over",
            lie(1, 10, &zstd(&[1, 0, 0, 0, 0, 0, 0, 0, b'x', b'y'])),
        ),
        ("lengths that run over", lie(2, 16, &zstd(&[255; 16]))),
        (
            "no tags",
            lie(1, 8, &zstd(&[4, 0, 0, 0, b'x', b'x', b'x', b'x'])),
        ),
        (
            "not UTF-8",
            lie(1, 9, &zstd(&[1, 0, 0, 0, 0, 0, 0, 0, 255])),
        ),
        (
            "a character cut in two",
            lie(
                2,
                18,
                &zstd(&[1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xc3, 0xbc]),
            ),
        ),
    ];
    for (name, bytes) in cases {
        let why = refused(bytes);
        assert!(
            matches!(why, Broken::Short | Broken::Content(_)),
            "{name}: {why:?}"
        );
    }
    let last = record::seal(RecordKind::Lines, u64::MAX, |out| {
        out.extend(1_u32.to_le_bytes());
        out.extend([0; 16]);
        out.extend(8_u32.to_le_bytes());
        out.extend(zstd(&[0; 8]));
    });
    assert_eq!(refused(&last), Broken::Content("its line numbers overflow"));
}

#[test]
fn a_batch_of_too_many_empty_lines_is_refused_before_it_unfolds() {
    let count = MOST_LINES + 1;
    let bytes = lie(count as u32, 4 << 20, b"not looked at");
    let refused = refused(&bytes);
    assert_eq!(
        refused,
        Broken::Content("its line count is larger than a batch can have")
    );
}

#[test]
fn the_corpus_is_decoded_or_refused() {
    let mut decoder = Decoder::new().unwrap();
    let corpus: &[&[u8]] = &[
        b"",
        b"\x01",
        b"\x01\x01",
        b"\x02\x01\0\0\0\0\0\0\0\0\0\0\0\0",
        b"\x01\x01\0\0\0\0\0\0\0\0\0\0\0\0",
        &[0; 64],
        &[255; 64],
        b"\x28\xb5\x2f\xfd\x04\x00\x01\x00\x00\x99\xe9\xd8\x51",
    ];
    for bytes in corpus {
        assert!(decoder.decode(bytes).is_err());
    }
}

proptest! {
    #[test]
    fn any_lines_come_back(texts in prop::collection::vec(".{0,200}", 0..=MOST_LINES), first in 0..u64::MAX / 2) {
        let lines = all(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let label = Label { first, ..label() };
        let bytes = Encoder::new().unwrap().encode(label, &lines).unwrap();
        prop_assert_eq!(Decoder::new().unwrap().decode(&bytes).unwrap(), (label, lines));
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Decoder::new().unwrap().decode(&bytes);
        // The same behind a checksum that fits.
        let sealed = record::seal(RecordKind::Lines, 1, |out| out.extend(&bytes));
        let _ = Decoder::new().unwrap().decode(&sealed);
    }

    #[test]
    fn any_flip_is_found(texts in prop::collection::vec("[a-z]{0,40}", 1..20), at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let lines = all(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let mut bytes = Encoder::new().unwrap().encode(label(), &lines).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(Decoder::new().unwrap().decode(&bytes).is_err());
    }
}
