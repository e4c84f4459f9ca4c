//! An answer's JSON taken apart, up to the records: `{"data":[…],"hasNext":bool,"total":n,"nextQueryFilters":…}`.
//!
//! The records themselves stay text here, so that one that can't be read is set aside byte for byte. They are handed over one by
//! one while the answer comes: of a page of 9 MB no more than a piece is in memory. Whatever comes, what is kept of it is
//! bounded: [`MOST_RECORDS`] records, one record of 11 MB, 1 MB around the list.

use std::borrow::Cow;
use std::ops::ControlFlow;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::element::Element;
use super::head::{Head, MOST_AROUND, Reach};
use super::lenient::{Items, LenientFlag, Number};
use super::lenient_object::lenient_object;
use super::splitter::{Progress, Splitter};
use crate::foreign::ForeignText;
use crate::source::error_body::{self, ErrorBody};
use crate::source::{Answer, Recipient};

/// The most records that are taken from one answer: twice the most that are asked for.
pub const MOST_RECORDS: u64 = 10_000;
/// The longest `nextQueryFilters` that is kept, bytes: it goes to flash with each page.
const MOST_PLACE: usize = 16 << 10;
/// What is kept of an answer that is no JSON, bytes: its title stands there.
const MOST_OF_OTHERS: usize = 16 << 10;

/// Why an answer could not be taken apart.
#[derive(Debug, PartialEq, Eq)]
pub enum Torn {
    /// It is not JSON at all but, say, a log-on page: what it says of itself.
    NotJson(ForeignText),
    /// It has no body.
    Empty,
    /// It is JSON, but the cloud's word for "no": what it says.
    Refusal(ForeignText),
    /// It breaks off or is damaged where the records can't be told apart any more.
    Damaged(ForeignText),
}

lenient_object! {
    struct Envelope<'a> {
        "data" => data: Raw<'a>,
        "hasNext" => has_next: Raw<'a>,
        "nextQueryFilters" => next: Raw<'a>,
        "total" => total: Number,
    }
}

/// A value as it stands there; `None` where there is none.
#[derive(Debug, Default)]
struct Raw<'a>(Option<&'a RawValue>);

impl<'de> Deserialize<'de> for Raw<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        <&RawValue>::deserialize(from).map(|raw| Self(Some(raw)))
    }
}

impl Envelope<'_> {
    /// What it says beside its records.
    fn read(&self) -> Answer {
        let place = place(self.next.0);
        let too_long = place.as_ref().is_some_and(|place| place.len() > MOST_PLACE);
        let flag =
            |raw: &RawValue| serde_json::from_str::<LenientFlag>(raw.get()).unwrap_or_default();
        let has_next = self.has_next.0.map(flag);
        let total = self.total.0.and_then(|total| total.try_into().ok());
        Answer {
            has_next: too_long || has_next.is_some_and(|has_next| has_next.0),
            next: place.filter(|_| !too_long),
            bare: has_next.is_none() && total.is_none(),
            total,
            ..Answer::default()
        }
    }
}

/// `nextQueryFilters` to the letter: an object, or the text of one. Whatever else stands there names no place.
fn place(raw: Option<&RawValue>) -> Option<String> {
    let raw = raw?.get();
    let place = if raw.starts_with('"') {
        let inner = serde_json::from_str::<String>(raw).ok()?;
        serde_json::from_str::<&RawValue>(inner.trim())
            .ok()
            .map(|inner| inner.get().to_owned())?
    } else {
        raw.to_owned()
    };
    let empty = || place[1..].trim_start().starts_with('}');
    (place.starts_with('{') && !empty()).then_some(place)
}

/// Takes an answer apart while it comes.
pub struct Parser<'r> {
    to: &'r mut dyn Recipient,
    records: u64,
    state: State,
}

enum State {
    /// What came before a list of records.
    Head(Head),
    /// In the list, and what came before it, up to its opening bracket.
    List { head: Vec<u8>, splitter: Splitter },
    /// Behind the list: what stands around it.
    Tail(Vec<u8>),
    /// The records so far are taken, what follows is not.
    Cut,
}

// === impl Parser ===

impl<'r> Parser<'r> {
    /// Hands the records over to `to`, as soon as each has come.
    pub fn new(to: &'r mut dyn Recipient) -> Self {
        Self {
            to,
            records: 0,
            state: State::Head(Head::default()),
        }
    }

    /// Takes the next piece of the decoded body. Says whether it wants more.
    pub fn feed(&mut self, piece: &[u8]) -> ControlFlow<()> {
        match &mut self.state {
            State::Head(head) => match head.feed(piece) {
                Reach::Open if head.is_object() || head.len() < MOST_OF_OTHERS => {
                    ControlFlow::Continue(())
                }
                Reach::Open | Reach::Over => ControlFlow::Break(()),
                Reach::List(begin) => {
                    self.state = State::List {
                        head: std::mem::take(head).into_text(),
                        splitter: Splitter::default(),
                    };
                    self.feed(&piece[begin..])
                }
            },
            State::List { head, splitter } => {
                let (to, records) = (&mut *self.to, &mut self.records);
                match splitter.feed(piece, |element| hand_over(element, to, records)) {
                    Progress::Open => ControlFlow::Continue(()),
                    Progress::Ended(tail) => {
                        let mut around = std::mem::take(head);
                        around.extend(tail);
                        self.state = State::Tail(around);
                        ControlFlow::Continue(())
                    }
                    Progress::Stopped => {
                        self.state = State::Cut;
                        ControlFlow::Break(())
                    }
                }
            }
            State::Tail(around) if around.len() + piece.len() > 2 * MOST_AROUND => {
                self.state = State::Cut;
                ControlFlow::Break(())
            }
            State::Tail(around) => {
                around.extend_from_slice(piece);
                ControlFlow::Continue(())
            }
            State::Cut => ControlFlow::Break(()),
        }
    }

    /// The body has come to its end, or as far as it was wanted.
    ///
    /// # Errors
    /// See [`Torn`].
    pub fn end(mut self) -> Result<Answer, Torn> {
        let (to, records) = (&mut *self.to, &mut self.records);
        let answer = match self.state {
            State::Head(head) => closer_look(head, to, records)?,
            State::List { mut head, splitter } => {
                match splitter.end(|element| hand_over(element, to, records)) {
                    Progress::Open => {
                        return Err(Torn::Damaged(ForeignText::new("its list has no end")));
                    }
                    Progress::Ended(tail) => {
                        head.extend(tail);
                        around(&head)
                    }
                    Progress::Stopped => cut(),
                }
            }
            State::Tail(text) => around(&text),
            State::Cut => cut(),
        };
        Ok(Answer {
            records: self.records,
            ..answer
        })
    }
}

/// More follows than was taken.
fn cut() -> Answer {
    Answer {
        has_next: true,
        cut: true,
        ..Answer::default()
    }
}

/// Hands over an element of the list.
fn hand_over(element: Element<'_>, to: &mut dyn Recipient, records: &mut u64) -> ControlFlow<()> {
    *records += 1;
    let flow = match element {
        Element::Whole(record) => to.record(&text(record)),
        Element::TooLong { begin, bytes } => to.too_long(&text(begin), bytes),
    };
    if *records >= MOST_RECORDS {
        return ControlFlow::Break(());
    }
    flow
}

/// Dirt in a text must not cost the record: what is not UTF-8 becomes U+FFFD. `from_utf8` alone looks at clean text some bytes
/// at a time.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// What stands around a list is usually whole; where it is not, the list alone must tell.
fn around(text: &[u8]) -> Answer {
    let text = String::from_utf8_lossy(text);
    let bare = || Answer {
        bare: true,
        ..Answer::default()
    };
    envelope(&text).map_or_else(|_| bare(), |envelope| envelope.read())
}

/// The answer's members; what stands behind the answer does not matter.
fn envelope(text: &str) -> Result<Envelope<'_>, serde_json::Error> {
    Envelope::deserialize(&mut serde_json::Deserializer::from_str(text))
}

/// An answer in which no list of records begins.
fn closer_look(head: Head, to: &mut dyn Recipient, records: &mut u64) -> Result<Answer, Torn> {
    let is_object = head.is_object();
    let text = head.into_text();
    if text.is_empty() {
        return Err(Torn::Empty);
    }
    if !is_object {
        return Err(Torn::NotJson(refusal_of(&text)));
    }
    if text.len() >= MOST_AROUND {
        let what = format!("more than {} MB stand before its list", MOST_AROUND >> 20);
        return Err(Torn::Damaged(ForeignText::new(what)));
    }
    let text = String::from_utf8_lossy(&text);
    let envelope = match envelope(&text) {
        Ok(envelope) => envelope,
        Err(error) => {
            return salvage(&text, to, records)
                .ok_or_else(|| Torn::Damaged(ForeignText::new(error.to_string())));
        }
    };
    let no = || Torn::Refusal(refusal(&text));
    let data = envelope.data.0.ok_or_else(no)?.get();
    let flow = match data.as_bytes().first() {
        Some(b'[') => list_of(data, to, records),
        Some(b'{') => map(data, to, records),
        _ if says_no(&text) => return Err(no()),
        _ if matches!(data, "null" | "\"\"") => ControlFlow::Continue(()),
        _ => return Err(Torn::Damaged(ForeignText::new("its data is no list"))),
    };
    Ok(match flow {
        ControlFlow::Continue(()) => envelope.read(),
        ControlFlow::Break(()) => cut(),
    })
}

/// A map in the place of a list: its values are the records; one that holds something else is a record itself.
fn map(data: &str, to: &mut dyn Recipient, records: &mut u64) -> ControlFlow<()> {
    let values: Items<&RawValue> = serde_json::from_str(data).unwrap_or_default();
    let all = values.more == 0 && values.kept.iter().all(|value| value.get().starts_with('{'));
    if !all {
        return hand_over(Element::Whole(data.as_bytes()), to, records);
    }
    (values.kept.iter())
        .try_for_each(|value| hand_over(Element::Whole(value.get().as_bytes()), to, records))
}

/// A whole list.
fn list_of(data: &str, to: &mut dyn Recipient, records: &mut u64) -> ControlFlow<()> {
    match list(data, "", to, records) {
        Some(Answer { cut: true, .. }) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    }
}

/// Tells the records of damaged JSON apart by their brackets alone, so that one damaged record costs only itself.
/// `None` where the list does not even close: then the answer broke off.
fn salvage(body: &str, to: &mut dyn Recipient, records: &mut u64) -> Option<Answer> {
    let key = body.find("\"data\"")?;
    let start = key + body[key..].find('[')?;
    list(&body[start..], &body[..start], to, records)
}

/// The records of the list that `text` begins with, and what it and `before` say beside them.
fn list(text: &str, before: &str, to: &mut dyn Recipient, records: &mut u64) -> Option<Answer> {
    let (mut splitter, rest) = (Splitter::default(), &text.as_bytes()[1..]);
    let mut each = |element: Element<'_>| hand_over(element, to, records);
    let progress = match splitter.feed(rest, &mut each) {
        Progress::Open => splitter.end(&mut each),
        other => other,
    };
    match progress {
        Progress::Open => None,
        Progress::Ended(tail) => Some(around(&[before.as_bytes(), b"[", &tail].concat())),
        Progress::Stopped => Some(cut()),
    }
}

fn says_no(body: &str) -> bool {
    serde_json::from_str(body).is_ok_and(|json| error_body::words(&json).is_some())
}

/// The cloud's own words in an answer that is a refusal; short.
#[must_use]
pub fn refusal(body: &str) -> ForeignText {
    refusal_of(body.as_bytes())
}

fn refusal_of(body: &[u8]) -> ForeignText {
    ForeignText::new(ErrorBody::of(body).to_string())
}

#[cfg(test)]
mod tests;
