//! Finds the list of records in a response, byte by byte.

/// The most that may stand around a list, bytes; `nextQueryFilters` is a copy of the question's
/// filters.
pub(super) const MOST_AROUND: usize = 1 << 20;
/// The bytes that Windows' own tools put before a text.
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// How far the head has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// No list has begun.
    Open,
    /// A list of records begins behind so many bytes of the piece.
    List(usize),
    /// More stands before the list than [`MOST_AROUND`], or what comes is no JSON object and enough
    /// of it is known.
    Over,
}

/// What has come before the list.
#[derive(Debug)]
pub(super) struct Head {
    /// The member whose list is looked for.
    list: &'static str,
    /// Without a byte order mark and blanks before it.
    text: Vec<u8>,
    /// Bytes of a byte order mark that have come.
    marks: usize,
    /// Brackets that are open.
    depth: usize,
    in_text: bool,
    escaped: bool,
    /// Where the last text of the answer's own members begins and ends.
    last: (usize, usize),
    /// Does the value of that member come next?
    is_next: bool,
}

impl Head {
    /// Nothing has come yet of an answer whose member `list` holds the records.
    pub(super) fn new(list: &'static str) -> Self {
        Self {
            list,
            text: Vec::new(),
            marks: 0,
            depth: 0,
            in_text: false,
            escaped: false,
            last: (0, 0),
            is_next: false,
        }
    }

    /// Takes the next piece of the body.
    pub(super) fn feed(&mut self, piece: &[u8]) -> Reach {
        for (at, &byte) in piece.iter().enumerate() {
            if self.text.is_empty() && self.stands_before(byte) {
                continue;
            }
            self.text.push(byte);
            if self.begins_list(byte) {
                return Reach::List(at + 1);
            }
            if self.text.len() >= MOST_AROUND {
                return Reach::Over;
            }
        }
        Reach::Open
    }

    /// Is it nothing, or a JSON object as far as its first byte tells?
    pub(super) fn is_object(&self) -> bool {
        self.text.first() == Some(&b'{')
    }

    /// Bytes of it that are kept.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// All that has come, up to the bracket where a list begins.
    pub(super) fn take_text(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.text)
    }

    fn stands_before(&mut self, byte: u8) -> bool {
        let mark = BYTE_ORDER_MARK.get(self.marks) == Some(&byte);
        self.marks += usize::from(mark);
        mark || byte.is_ascii_whitespace()
    }

    fn begins_list(&mut self, byte: u8) -> bool {
        if self.in_text {
            self.in_text = self.escaped || byte != b'"';
            self.escaped = byte == b'\\' && !self.escaped;
            self.last.1 = self.text.len() - 1;
            return false;
        }
        let is_next = std::mem::take(&mut self.is_next);
        match byte {
            b'"' => {
                self.in_text = true;
                self.last = (self.text.len(), self.text.len());
            }
            b'[' if is_next => return true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            b':' => {
                let name = &self.text[self.last.0..self.last.1];
                self.is_next = self.depth == 1 && name == self.list.as_bytes();
            }
            byte if byte.is_ascii_whitespace() => self.is_next = is_next,
            _ => {}
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the list begins, whatever the pieces.
    fn list(body: &str) -> Option<usize> {
        let found = |size: usize| {
            let mut head = Head::new("data");
            body.as_bytes()
                .chunks(size)
                .enumerate()
                .find_map(|(nth, piece)| match head.feed(piece) {
                    Reach::List(at) => Some(nth * size + at),
                    _ => None,
                })
        };
        for size in 1..body.len() {
            assert_eq!(found(size), found(body.len()), "{body} in pieces of {size}");
        }
        found(body.len())
    }

    #[test]
    fn only_the_answers_own_data_counts() {
        for (body, start) in [
            (r#"{"data":[1]}"#, Some(9)),
            (" \n{ \"a\" : {\"data\":[2]}, \"data\" : \t[1]}", Some(35)),
            ("\u{feff}{\"data\":[1]}", Some(12)),
            (r#"{"x":"\"data\":[","y":"data","data":[1]}"#, Some(37)),
            (r#"{"x\\":[],"data":[1]}"#, Some(18)),
            (r#"{"data":{},"x":[1]}"#, None),
            (r#"{"data":null,"x":[1]}"#, None),
            (r#"[{"data":[1]}]"#, None),
        ] {
            assert_eq!(list(body), start, "{body}");
        }
    }

    #[test]
    fn is_bounded() {
        let mut head = Head::new("data");
        let piece = [b'x'; 4096];
        assert_eq!(head.feed(b"{\"a\":\""), Reach::Open);
        let pieces = (1..).find(|_| head.feed(&piece) == Reach::Over);
        assert_eq!(pieces, Some(MOST_AROUND / 4096));
        let mut blank = Head::new("data");
        assert!((0..1000).all(|_| blank.feed(&[b' '; 4096]) == Reach::Open));
        assert_eq!(blank.take_text(), b"");
    }
}
