//! An answer's JSON taken apart, up to the records: `{"data":[…],"hasNext":bool,"total":n,"nextQueryFilters":…}`.
//!
//! The records themselves stay text here, so that one that can't be read is set aside byte for byte. They are handed over one by
//! one while the answer comes: of a page of 9 MB no more than a piece is in memory.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::split::Splitter;
use crate::foreign::ForeignText;
use crate::source::{Answer, Recipient};

/// Why an answer could not be taken apart.
#[derive(Debug, PartialEq, Eq)]
pub enum Torn {
    /// It is not JSON at all but, say, a log-on page.
    NotJson,
    /// It is JSON, but the cloud's word for "no": what it says.
    Refusal(ForeignText),
    /// It breaks off or is damaged where the records can't be told apart any more.
    Damaged(ForeignText),
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    data: Option<Vec<&'a RawValue>>,
    #[serde(rename = "hasNext", borrow, default)]
    has_next: Option<&'a RawValue>,
    #[serde(rename = "nextQueryFilters", borrow, default)]
    next: Option<&'a RawValue>,
    #[serde(borrow, default)]
    total: Option<&'a RawValue>,
}

impl Envelope<'_> {
    /// What it says beside its records.
    fn read(&self) -> Answer {
        let text = |raw: Option<&RawValue>| {
            raw.map(RawValue::get)
                .filter(|text| *text != "null")
                .map(ToOwned::to_owned)
        };
        Answer {
            has_next: self
                .has_next
                .is_some_and(|raw| matches!(raw.get(), "true" | "1" | "\"true\"")),
            next: text(self.next),
            total: self
                .total
                .and_then(|raw| raw.get().trim_matches('"').parse().ok()),
            ..Answer::default()
        }
    }
}

/// Takes an answer apart while it comes.
pub struct Parser<'r> {
    to: &'r mut dyn Recipient,
    records: u64,
    state: State,
}

enum State {
    /// What came before a list of records; `odd` where that will take a closer look, at the whole of it.
    Head { text: Vec<u8>, odd: bool },
    /// In the list, and what came before it, up to its opening bracket.
    List { head: Vec<u8>, splitter: Splitter },
    /// Behind the list: what stands around it.
    Tail(Vec<u8>),
}

// === impl Parser ===

impl<'r> Parser<'r> {
    /// Hands the records over to `to`, as soon as each has come.
    pub fn new(to: &'r mut dyn Recipient) -> Self {
        Self {
            to,
            records: 0,
            state: State::Head {
                text: Vec::new(),
                odd: false,
            },
        }
    }

    /// Takes the next piece of the decoded body.
    pub fn feed(&mut self, piece: &[u8]) {
        match &mut self.state {
            State::Head { text, odd } => {
                text.extend_from_slice(piece);
                if *odd {
                    return;
                }
                match list_start(text) {
                    Begin::Later => {}
                    Begin::Odd => *odd = true,
                    Begin::At(start) => {
                        let list = text.split_off(start);
                        self.state = State::List {
                            head: std::mem::take(text),
                            splitter: Splitter::default(),
                        };
                        self.feed(&list);
                    }
                }
            }
            State::List { head, splitter } => {
                let (to, records) = (&mut *self.to, &mut self.records);
                if let Some(tail) = splitter.feed(piece, |record| hand_over(record, to, records)) {
                    head.extend(tail);
                    self.state = State::Tail(std::mem::take(head));
                }
            }
            State::Tail(around) => around.extend_from_slice(piece),
        }
    }

    /// The body has come to its end.
    ///
    /// # Errors
    /// See [`Torn`].
    pub fn end(mut self) -> Result<Answer, Torn> {
        let (to, records) = (&mut *self.to, &mut self.records);
        let answer = match self.state {
            State::Head { text, .. } => closer_look(&String::from_utf8_lossy(&text), to, records)?,
            State::List { mut head, splitter } => {
                let tail = splitter.end(|record| hand_over(record, to, records));
                head.extend(
                    tail.ok_or_else(|| Torn::Damaged(ForeignText::new("its list has no end")))?,
                );
                around(&head)
            }
            State::Tail(text) => around(&text),
        };
        Ok(Answer {
            records: self.records,
            ..answer
        })
    }
}

/// Dirt in a text must not cost the record: what is not UTF-8 becomes U+FFFD.
fn hand_over(record: &[u8], to: &mut dyn Recipient, records: &mut u64) {
    *records += 1;
    match std::str::from_utf8(record) {
        Ok(text) => to.record(text),
        Err(_) => to.record(&String::from_utf8_lossy(record)),
    }
}

/// Where a list of records begins.
enum Begin {
    /// Not yet.
    Later,
    /// Behind its opening bracket, which is here.
    At(usize),
    /// Not the usual way.
    Odd,
}

/// The usual answer has nothing but plain members before its list.
fn list_start(head: &[u8]) -> Begin {
    /// More does not stand before a list.
    const LONGEST: usize = 64 << 10;
    let Some(key) = memchr::memmem::find(head, b"\"data\"") else {
        return match head.trim_ascii_start().first() {
            None | Some(b'{') if head.len() <= LONGEST => Begin::Later,
            _ => Begin::Odd,
        };
    };
    let Some(before) = head[..key].trim_ascii_start().strip_prefix(b"{") else {
        return Begin::Odd;
    };
    let quotes = before.iter().filter(|byte| **byte == b'"').count();
    let plain = |byte: &u8| !matches!(byte, b'{' | b'[' | b']' | b'}' | b'\\');
    if quotes % 2 != 0 || !before.iter().all(plain) {
        return Begin::Odd;
    }
    let mut rest = head[key + 6..].trim_ascii_start();
    for mark in [b':', b'['] {
        rest = match rest.split_first() {
            None => return Begin::Later,
            Some((byte, rest)) if *byte == mark => rest.trim_ascii_start(),
            Some(_) => return Begin::Odd,
        };
    }
    Begin::At(head.len() - rest.len())
}

/// What stands around a list is usually whole; where it is not, the list alone must tell.
fn around(text: &[u8]) -> Answer {
    let text = String::from_utf8_lossy(text);
    serde_json::from_str::<Envelope<'_>>(&text)
        .map(|envelope| envelope.read())
        .unwrap_or_default()
}

/// Whatever else an answer may be.
fn closer_look(body: &str, to: &mut dyn Recipient, records: &mut u64) -> Result<Answer, Torn> {
    if !body.trim_start().starts_with('{') {
        return Err(Torn::NotJson);
    }
    match serde_json::from_str::<Envelope<'_>>(body) {
        Ok(envelope) => {
            let Some(data) = &envelope.data else {
                return Err(Torn::Refusal(refusal(body)));
            };
            for record in data {
                hand_over(record.get().as_bytes(), to, records);
            }
            Ok(envelope.read())
        }
        Err(error) => salvage(body, to, records)
            .ok_or_else(|| Torn::Damaged(ForeignText::new(error.to_string()))),
    }
}

/// Tells the records of damaged JSON apart by their brackets alone, so that one damaged record costs only itself.
/// `None` where the list does not even close: then the answer broke off.
fn salvage(body: &str, to: &mut dyn Recipient, records: &mut u64) -> Option<Answer> {
    let list = body.find("\"data\"")?;
    let start = list + body[list..].find('[')? + 1;
    let mut splitter = Splitter::default();
    let mut each = |record: &[u8]| hand_over(record, to, records);
    let tail = match splitter.feed(&body.as_bytes()[start..], &mut each) {
        Some(tail) => tail,
        None => splitter.end(&mut each)?,
    };
    Some(around(&[&body.as_bytes()[..start], &tail].concat()))
}

/// The cloud's own words in an answer that is a refusal; short.
#[must_use]
pub fn refusal(body: &str) -> ForeignText {
    let Ok(json) = serde_json::from_str::<serde_json::Value>(body) else {
        return ForeignText::first_line(body);
    };
    let words = [
        "/detail",
        "/filters/0/error",
        "/errors/0/error",
        "/error_description",
        "/message",
        "/error",
    ]
    .iter()
    .find_map(|path| json.pointer(path).and_then(serde_json::Value::as_str));
    ForeignText::first_line(words.unwrap_or(body))
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
