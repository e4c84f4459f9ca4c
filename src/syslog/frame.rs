//! Framing: where one message ends and the next begins. A receiver that guesses wrong here mangles
//! everything, so this is pure and small: it appends framed bytes to a buffer and says what it had
//! to mend.
//!
//! - [`Framing::Lf`]: RFC 6587, 3.4.2. What all receivers take on plain TCP.
//! - [`Framing::OctetCounting`]: RFC 6587, 3.4.1, and RFC 5425: `LEN SP MSG`, LEN in bytes. Nothing
//!   inside a message can end it.
//! - [`datagram`]: RFC 5426: one message is one datagram, nothing around it.
//!
//! On LF framing rsyslog's imtcp reads a message that starts with a digit as an octet count and
//! loses it. A line with a PRI starts with `<` and is safe; `include_pri = false` with a time stamp
//! in front is not. That can't be mended here without changing the message, so the settings warn
//! about it.
//!
//! An empty message is framed as nothing at all: octet counting has no such length, and on LF
//! receivers drop it.

/// How messages are told apart on a byte stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// One line feed after each message.
    Lf,
    /// Length in bytes and a blank before each message.
    OctetCounting,
}

/// What lines had to suffer to go out. All zero in a healthy stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FramingRepairs {
    /// Lines in which a line feed or NUL was replaced by a blank: on LF framing either would have
    /// ended the message (NUL does in syslog-ng).
    pub broken: u64,
    /// Lines cut because they did not fit into a datagram.
    pub cut: u64,
}

impl std::ops::AddAssign for FramingRepairs {
    fn add_assign(&mut self, more: Self) {
        self.broken += more.broken;
        self.cut += more.cut;
    }
}

/// What stands at the end of a line that was cut.
pub const CUT_MARK: &str = " …[cut]";

impl Framing {
    /// Appends the framed `line` to `out`.
    #[must_use = "counts what was mended"]
    pub fn write(self, line: &str, out: &mut Vec<u8>) -> FramingRepairs {
        if line.is_empty() {
            return FramingRepairs::default();
        }
        match self {
            Self::Lf => {
                let broken = write_without_ends(line, out);
                out.push(b'\n');
                FramingRepairs { broken, cut: 0 }
            }
            Self::OctetCounting => {
                write_decimal(line.len(), out);
                out.push(b' ');
                out.extend_from_slice(line.as_bytes());
                FramingRepairs::default()
            }
        }
    }
}

/// The `line` as it fits into a datagram of `most` bytes: itself, or cut at the end of a character,
/// [`CUT_MARK`] after it.
///
/// `scratch` holds the cut line; its memory is used again and again. A bound too small for the mark
/// cuts without it.
pub fn datagram<'a>(
    line: &'a str,
    most: usize,
    scratch: &'a mut String,
) -> (&'a str, FramingRepairs) {
    if line.len() <= most {
        return (line, FramingRepairs::default());
    }
    scratch.clear();
    match most.checked_sub(CUT_MARK.len()) {
        Some(room) => {
            scratch.push_str(&line[..line.floor_char_boundary(room)]);
            scratch.push_str(CUT_MARK);
        }
        None => scratch.push_str(&line[..line.floor_char_boundary(most)]),
    }
    (scratch, FramingRepairs { broken: 0, cut: 1 })
}

/// Appends `line` with each line feed and NUL replaced by a blank; 1 where there was one. UTF-8
/// stays UTF-8: both are ASCII.
fn write_without_ends(line: &str, out: &mut Vec<u8>) -> u64 {
    let start = out.len();
    out.extend_from_slice(line.as_bytes());
    let mut broken = 0;
    for at in memchr::memchr2_iter(b'\n', 0, line.as_bytes()) {
        out[start + at] = b' ';
        broken = 1;
    }
    broken
}

/// Appends a number in decimal without an allocation.
fn write_decimal(mut number: usize, out: &mut Vec<u8>) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn framed(framing: Framing, line: &str) -> (String, FramingRepairs) {
        let mut out = Vec::new();
        let mended = framing.write(line, &mut out);
        (String::from_utf8(out).unwrap(), mended)
    }

    #[test]
    fn table() {
        let whole = FramingRepairs::default();
        let broken = FramingRepairs { broken: 1, cut: 0 };
        let rows = [
            (Framing::Lf, "<13>a", "<13>a\n", whole),
            (Framing::Lf, "", "", whole),
            (Framing::Lf, "<13>a\nb\0c\n", "<13>a b c \n", broken),
            (Framing::Lf, "Zoë 日本", "Zoë 日本\n", whole),
            (Framing::OctetCounting, "<13>a", "5 <13>a", whole),
            (Framing::OctetCounting, "", "", whole),
            (Framing::OctetCounting, "<13>a\nb", "7 <13>a\nb", whole),
            (Framing::OctetCounting, "Zoë 日本", "11 Zoë 日本", whole),
            (
                Framing::OctetCounting,
                &"x".repeat(1000),
                &format!("1000 {}", "x".repeat(1000)),
                whole,
            ),
        ];
        for (framing, line, wire, mended) in rows {
            assert_eq!(framed(framing, line), (wire.to_owned(), mended), "{line:?}");
        }
    }

    #[test]
    fn datagrams() {
        let mut scratch = String::new();
        let rows = [
            ("0123456789", 10, "0123456789", 0),
            ("0123456789x", 10, "0 …[cut]", 1),
            ("日本日本", 12, "日本日本", 0),
            ("日本日本", 11, " …[cut]", 1),
            ("日本日本日本", 13, "日 …[cut]", 1),
            ("0123456789", 4, "0123", 1),
            ("日本", 2, "", 1),
            ("日本", 0, "", 1),
        ];
        for (line, most, fits, cut) in rows {
            let (text, mended) = datagram(line, most, &mut scratch);
            assert_eq!((text, mended.cut), (fits, cut), "{line} in {most}");
        }
    }

    proptest! {
        #[test]
        fn no_line_ends_another(lines in proptest::collection::vec("\\PC*|[a\\n\\x00]*", 0..8)) {
            let mut wire = Vec::new();
            for line in &lines {
                let _ = Framing::Lf.write(line, &mut wire);
            }
            let back: Vec<&str> = std::str::from_utf8(&wire)
                .unwrap()
                .split_terminator('\n')
                .collect();
            let sent: Vec<String> = lines
                .iter()
                .filter(|line| !line.is_empty())
                .map(|line| line.replace(['\n', '\0'], " "))
                .collect();
            prop_assert_eq!(back, sent);
        }

        #[test]
        fn counted_lines_come_back_as_they_were(
            lines in proptest::collection::vec("(?s).*", 0..8),
        ) {
            let mut wire = Vec::new();
            for line in &lines {
                prop_assert_eq!(
                    Framing::OctetCounting.write(line, &mut wire),
                    FramingRepairs::default()
                );
            }
            let (mut rest, mut back) = (&wire[..], Vec::new());
            while let Some(blank) = rest.iter().position(|byte| *byte == b' ') {
                let len: usize = std::str::from_utf8(&rest[..blank])
                    .unwrap()
                    .parse()
                    .unwrap();
                back.push(std::str::from_utf8(&rest[blank + 1..=blank + len]).unwrap());
                rest = &rest[blank + 1 + len..];
            }
            let sent: Vec<&String> = lines.iter().filter(|line| !line.is_empty()).collect();
            prop_assert_eq!(back, sent);
        }

        #[test]
        fn a_datagram_fits_and_starts_as_the_line(line in "(?s).{0,80}", most in 0_usize..120) {
            let mut scratch = String::new();
            let (text, mended) = datagram(&line, most, &mut scratch);
            prop_assert!(text.len() <= most);
            prop_assert_eq!(mended.cut == 0, text == line);
            prop_assert!(line.starts_with(text.trim_end_matches(CUT_MARK)));
        }
    }
}
