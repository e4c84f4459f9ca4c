//! Splits a response's JSON while it arrives: the records of its list one by one, then the members
//! around the list.
//!
//! The records stay text here, so that one that can't be read is set aside byte for byte. Of a page
//! of 9 MB no more than a piece is in memory. Whatever comes, what is kept of it is bounded:
//! [`MOST_RECORDS`] records, one record of 11 MB, 1 MB around the list.

mod whole;

use std::borrow::Cow;
use std::ops::ControlFlow;

use serde_json::value::RawValue;

use super::element::Element;
use super::head::{Head, MOST_AROUND, Reach};
use super::splitter::{Progress, Splitter};
use crate::foreign::ForeignText;
use crate::source::Answer;

/// The most records that are taken from one answer: twice the most that are asked for.
pub const MOST_RECORDS: u64 = 10_000;
/// What is kept of an answer that is no JSON, bytes: its title stands there.
const MOST_OF_OTHERS: usize = 16 << 10;

/// How the answers of an API are laid out.
#[derive(Debug)]
pub struct ListLayout {
    /// The member that holds the list of records.
    pub list: &'static str,
    /// Reads the members of an answer. An error where they are not JSON.
    pub read: for<'a> fn(&'a str) -> Result<Members<'a>, serde_json::Error>,
}

/// The members of an answer.
#[derive(Debug)]
pub struct Members<'a> {
    /// What they say beside the records, which are not counted here.
    pub answer: Answer,
    /// The value of [`ListLayout::list`] as it stands there, where there is one.
    pub list: Option<&'a RawValue>,
}

/// Who takes the records of a list, one by one as they come. Who has no room for another one
/// breaks.
pub trait TakeRecord {
    /// A record as it stands in the list.
    fn record(&mut self, text: &str) -> ControlFlow<()>;

    /// A record of so many `bytes`, too many to be taken in at once, and how it begins.
    fn too_long(&mut self, begin: &str, bytes: u64) -> ControlFlow<()>;
}

/// For lists whose records do not matter.
impl TakeRecord for () {
    fn record(&mut self, _: &str) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn too_long(&mut self, _: &str, _: u64) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// For a few records, to be looked at afterwards.
impl TakeRecord for Vec<String> {
    fn record(&mut self, text: &str) -> ControlFlow<()> {
        self.push(text.to_owned());
        ControlFlow::Continue(())
    }

    fn too_long(&mut self, begin: &str, _: u64) -> ControlFlow<()> {
        self.record(begin)
    }
}

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

/// Takes an answer apart while it comes.
pub struct Parser<'r> {
    layout: &'static ListLayout,
    /// Who takes the records, and how many it has got.
    to: Counted<'r>,
    state: State,
}

/// Who takes the records, and how many were handed over.
struct Counted<'r> {
    to: &'r mut dyn TakeRecord,
    records: u64,
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
    pub fn new(layout: &'static ListLayout, to: &'r mut dyn TakeRecord) -> Self {
        Self {
            layout,
            to: Counted { to, records: 0 },
            state: State::Head(Head::new(layout.list)),
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
                        head: head.take_text(),
                        splitter: Splitter::default(),
                    };
                    self.feed(&piece[begin..])
                }
            },
            State::List { head, splitter } => {
                match splitter.feed(piece, |element| self.to.hand_over(element)) {
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
        let (layout, to) = (self.layout, &mut self.to);
        let answer = match self.state {
            State::Head(head) => whole::answer(head, layout, to)?,
            State::List { mut head, splitter } => {
                match splitter.end(|element| to.hand_over(element)) {
                    Progress::Open => {
                        return Err(Torn::Damaged(ForeignText::new("its list has no end")));
                    }
                    Progress::Ended(tail) => {
                        head.extend(tail);
                        whole::around(&head, layout)
                    }
                    Progress::Stopped => cut(),
                }
            }
            State::Tail(text) => whole::around(&text, layout),
            State::Cut => cut(),
        };
        Ok(Answer {
            records: self.to.records,
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

impl Counted<'_> {
    /// Hands over an element of the list.
    fn hand_over(&mut self, element: Element<'_>) -> ControlFlow<()> {
        self.records += 1;
        let flow = match element {
            Element::Whole(record) => self.to.record(&text(record)),
            Element::TooLong { begin, bytes } => self.to.too_long(&text(begin), bytes),
        };
        if self.records >= MOST_RECORDS {
            return ControlFlow::Break(());
        }
        flow
    }
}

/// Dirt in a text must not cost the record: what is not UTF-8 becomes U+FFFD. `from_utf8` alone
/// looks at clean text some bytes at a time.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

#[cfg(test)]
mod tests;
