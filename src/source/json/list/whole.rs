//! Reads a response as a whole where no list begins in it, or the members around a list.

use std::ops::ControlFlow;

use serde_json::value::RawValue;

use super::{Counted, ListLayout, Torn, cut};
use crate::foreign::ForeignText;
use crate::source::Answer;
use crate::source::error_body::{self, refusal};
use crate::source::json::element::Element;
use crate::source::json::head::{Head, MOST_AROUND};
use crate::source::json::lenient::Items;
use crate::source::json::splitter::{Progress, Splitter};

/// What stands around a list is usually whole; where it is not, the list alone must tell.
pub(super) fn around(text: &[u8], layout: &ListLayout) -> Answer {
    let text = String::from_utf8_lossy(text);
    let bare = || Answer {
        bare: true,
        ..Answer::default()
    };
    (layout.read)(&text).map_or_else(|_| bare(), |members| members.answer)
}

/// An answer in which no list of records begins.
pub(super) fn answer(
    mut head: Head,
    layout: &ListLayout,
    to: &mut Counted<'_>,
) -> Result<Answer, Torn> {
    let is_object = head.is_object();
    let text = head.take_text();
    if text.is_empty() {
        return Err(Torn::Empty);
    }
    if !is_object {
        return Err(Torn::NotJson(refusal(&text)));
    }
    if text.len() >= MOST_AROUND {
        let what = format!("more than {} MB precede its list", MOST_AROUND >> 20);
        return Err(Torn::Damaged(ForeignText::new(what)));
    }
    let text = String::from_utf8_lossy(&text);
    let members = match (layout.read)(&text) {
        Ok(members) => members,
        Err(error) => {
            return salvage(&text, layout, to)
                .ok_or_else(|| Torn::Damaged(ForeignText::new(error.to_string())));
        }
    };
    let no = || Torn::Refusal(refusal(text.as_bytes()));
    let list = members.list.ok_or_else(no)?.get();
    let flow = match list.as_bytes().first() {
        Some(b'[') => list_of(list, layout, to),
        Some(b'{') => map(list, to),
        _ if says_no(&text) => return Err(no()),
        _ if matches!(list, "null" | "\"\"") => ControlFlow::Continue(()),
        _ => {
            return Err(Torn::Damaged(ForeignText::new(format!(
                "its {} is not a list",
                layout.list
            ))));
        }
    };
    Ok(match flow {
        ControlFlow::Continue(()) => members.answer,
        ControlFlow::Break(()) => cut(),
    })
}

/// A map in the place of a list: its values are the records; one that holds something else is a
/// record itself.
fn map(list: &str, to: &mut Counted<'_>) -> ControlFlow<()> {
    let values: Items<&RawValue> = serde_json::from_str(list).unwrap_or_default();
    let all = values.more == 0 && values.kept.iter().all(|value| value.get().starts_with('{'));
    if !all {
        return to.hand_over(Element::Whole(list.as_bytes()));
    }
    (values.kept.iter()).try_for_each(|value| to.hand_over(Element::Whole(value.get().as_bytes())))
}

/// A whole list.
fn list_of(text: &str, layout: &ListLayout, to: &mut Counted<'_>) -> ControlFlow<()> {
    match list(text, "", layout, to) {
        Some(Answer { cut: true, .. }) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    }
}

/// Tells the records of damaged JSON apart by their brackets alone, so that one damaged record
/// costs only itself. `None` where the list does not even close: then the answer broke off.
fn salvage(body: &str, layout: &ListLayout, to: &mut Counted<'_>) -> Option<Answer> {
    let key = body.find(&format!("\"{}\"", layout.list))?;
    let start = key + body[key..].find('[')?;
    list(&body[start..], &body[..start], layout, to)
}

/// The records of the list that `text` begins with, and what it and `before` say beside them.
fn list(text: &str, before: &str, layout: &ListLayout, to: &mut Counted<'_>) -> Option<Answer> {
    let (mut splitter, rest) = (Splitter::default(), &text.as_bytes()[1..]);
    let mut each = |element: Element<'_>| to.hand_over(element);
    let progress = match splitter.feed(rest, &mut each) {
        Progress::Open => splitter.end(&mut each),
        other => other,
    };
    match progress {
        Progress::Open => None,
        Progress::Ended(tail) => Some(around(&[before.as_bytes(), b"[", &tail].concat(), layout)),
        Progress::Stopped => Some(cut()),
    }
}

/// Does the answer say why it is none?
fn says_no(body: &str) -> bool {
    serde_json::from_str(body).is_ok_and(|json| error_body::words(&json).is_some())
}
