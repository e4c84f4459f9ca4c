//! Bytes from flash
//!
//! They are read or refused within the bounds of memory, and what was read comes back the same when
//! it is written anew.
//!
//! The first byte chooses what the others are: bytes as they lie there, the body of an envelope
//! that is whole, what a batch or a record set aside unfolds to, or lines to be written and read
//! back.

use siembox::for_tests::lines::Lines;
use siembox::for_tests::spool::DeadLetter;
use siembox::for_tests::spool::fuzzing::{self, Codec};

/// The most memory that reading may take: the largest batch, and where its lines end.
const MOST: usize = 65 << 20;
/// How every zstd frame begins (RFC 8878, 3.1.1).
const FRAME: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// See the module.
pub fn run(data: &[u8]) {
    let Some((&mode, rest)) = data.split_first() else {
        return;
    };
    let codec = Codec::ALL[usize::from(mode >> 2) % Codec::ALL.len()];
    match mode & 3 {
        0 => any(rest),
        1 => reread(codec, &codec.seal(rest.len() as u64, rest)),
        2 => unfolds_to(codec, rest),
        _ => comes_back(rest),
    }
}

/// Bytes that nobody sealed.
fn any(bytes: &[u8]) {
    for codec in Codec::ALL {
        reread(codec, bytes);
    }
    if let Some((number, of, record)) = fuzzing::piece(bytes) {
        assert!(number < of && record.len() <= bytes.len());
    }
}

/// Written anew it reads the same, and the third writing is the second.
fn reread(codec: Codec, bytes: &[u8]) {
    let Some(once) = codec.reread(bytes) else {
        return;
    };
    assert!(once.size <= MOST, "{codec:?} took {} bytes", once.size);
    let twice = codec
        .reread(&once.bytes)
        .expect("what was read can be written");
    assert_eq!(once.bytes, twice.bytes, "{codec:?}");
}

/// An envelope in which all is well but what the compressed part holds.
fn unfolds_to(codec: Codec, content: &[u8]) {
    let whole = match codec {
        Codec::DeadLetter => fuzzing::set_aside(1, None, &aside(content)),
        _ => fuzzing::batch(1, 2, 3, &lines(content)),
    };
    let whole = whole.expect("zstd");
    let (line, body) = fuzzing::body(&whole).expect("whole");
    let frame = body
        .windows(4)
        .position(|four| four == FRAME)
        .expect("a frame");
    let folded = zstd::bulk::compress(content, 1).expect("zstd");
    let mut lie = body[..frame].to_vec();
    // a batch says how long it is right before the frame
    if codec != Codec::DeadLetter {
        let length = u32::try_from(content.len()).expect("short");
        lie.truncate(frame - 4);
        lie.extend(length.to_le_bytes());
    }
    // and how many lines it has, first: as many as the content says
    if let (Some(count), true) = (content.first(), codec != Codec::DeadLetter) {
        lie[..4].copy_from_slice(&u32::from(*count).to_le_bytes());
    }
    lie.extend(folded);
    let codec = if codec == Codec::DeadLetter {
        codec
    } else {
        Codec::Lines
    };
    reread(codec, &codec.seal(line, &lie));
}

/// Lines, a record set aside and pieces of them come back as they went; one flipped bit is found.
fn comes_back(content: &[u8]) {
    let lines = lines(content);
    let whole = fuzzing::batch(7, 8, 9, &lines).expect("zstd");
    let read = Codec::Lines
        .reread(&whole)
        .expect("what was written can be read");
    assert_eq!(read.bytes, whole);
    let aside = fuzzing::set_aside(3, Some(4), &aside(content)).expect("zstd");
    let read = Codec::DeadLetter
        .reread(&aside)
        .expect("what was written can be read");
    assert_eq!(read.bytes, aside);

    let at = content.iter().map(|byte| usize::from(*byte)).sum::<usize>();
    let mut flipped = whole.clone();
    let length = flipped.len();
    flipped[at % length] ^= 1 << (at % 8);
    assert_eq!(Codec::Lines.reread(&flipped), None, "a bit of {at}");

    let record = content.repeat(1 + at % 8);
    let pieces = fuzzing::pieces(&record);
    let mut back: Vec<u8> = Vec::new();
    for (nth, bytes) in pieces.iter().enumerate() {
        let (number, of, bytes) = fuzzing::piece(bytes).expect("a piece");
        assert_eq!((number as usize, of as usize), (nth, pieces.len()));
        back.extend(bytes);
    }
    assert_eq!(back, record);
}

fn lines(content: &[u8]) -> Lines {
    let text = String::from_utf8_lossy(content);
    let mut lines = Lines::default();
    for line in text.split('\n').take(128) {
        lines.push(line);
    }
    lines
}

fn aside(content: &[u8]) -> DeadLetter {
    let text = String::from_utf8_lossy(content);
    let (id, reason) = text.split_once('\n').unwrap_or(("", &text));
    DeadLetter {
        id: id.to_owned(),
        reason: reason.to_owned(),
        at_ms: content.len() as i64,
        bytes: content.to_vec(),
    }
}
