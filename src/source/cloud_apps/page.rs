//! An answer's JSON taken apart, up to the records: `{"data":[…],"hasNext":bool,"total":n,"nextQueryFilters":…}`.
//!
//! The records themselves stay text here, so that one that can't be read is set aside byte for byte.

use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::split::{Split, split};
use crate::source::Answer;

/// Why an answer could not be taken apart.
#[derive(Debug, PartialEq, Eq)]
pub enum Torn {
    /// It is not JSON at all but, say, a log-on page.
    NotJson,
    /// It is JSON, but the cloud's word for "no": what it says.
    Refusal(String),
    /// It breaks off or is damaged where the records can't be told apart any more.
    Damaged(String),
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
    /// What it says; the places of the records are those in `body`.
    fn read(&self, body: &str) -> Answer {
        let text = |raw: Option<&RawValue>| {
            raw.map(RawValue::get)
                .filter(|text| *text != "null")
                .map(ToOwned::to_owned)
        };
        Answer {
            records: self
                .data
                .iter()
                .flatten()
                .map(|raw| place(body, raw.get()))
                .collect(),
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

/// Takes a decoded body apart.
///
/// # Errors
/// See [`Torn`].
pub fn take_apart(body: Vec<u8>) -> Result<Answer, Torn> {
    // dirt in a text must not cost the page: what is not UTF-8 becomes U+FFFD
    let body = String::from_utf8(body)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    if !body.trim_start().starts_with('{') {
        return Err(Torn::NotJson);
    }
    let mut answer = match plain_list(&body) {
        Some(answer) => answer,
        None => closer_look(&body)?,
    };
    answer.body = body;
    Ok(answer)
}

/// The usual answer: nothing but plain members before its list, nothing but objects in it. `None` where it is anything else.
/// Says the same as [`closer_look`], in a quarter of the time.
fn plain_list(body: &str) -> Option<Answer> {
    let key = body.find("\"data\"")?;
    let before = body[..key].trim_start().strip_prefix('{')?;
    let quotes = before.matches('"').count();
    if quotes % 2 != 0 || before.contains(['{', '[', ']', '}', '\\']) {
        return None;
    }
    let colon = body[key + 6..].trim_start().strip_prefix(':')?;
    let list = colon.trim_start().strip_prefix('[')?;
    let start = body.len() - list.len();
    let Split { elements, end } = split(body, start)?;
    let around = format!("{}{}", &body[..start], &body[end..]);
    let envelope = serde_json::from_str::<Envelope<'_>>(&around).ok()?;
    Some(Answer {
        records: elements,
        ..envelope.read(&around)
    })
}

/// Whatever else an answer may be.
fn closer_look(body: &str) -> Result<Answer, Torn> {
    match serde_json::from_str::<Envelope<'_>>(body) {
        Ok(envelope) if envelope.data.is_none() => Err(Torn::Refusal(refusal(body))),
        Ok(envelope) => Ok(envelope.read(body)),
        Err(error) => salvage(body).ok_or_else(|| Torn::Damaged(in_short(&error.to_string()))),
    }
}

/// The cloud's own words in an answer that is a refusal; short.
#[must_use]
pub fn refusal(body: &str) -> String {
    let Ok(json) = serde_json::from_str::<serde_json::Value>(body) else {
        return in_short(body);
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
    in_short(words.unwrap_or(body))
}

/// What somebody else says, fit for a log: its first line, 200 characters at most, none of them a control character.
pub(super) fn in_short(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default().trim();
    line.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// Where `part`, a slice of `whole`, stands in it.
fn place(whole: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr().addr() - whole.as_ptr().addr();
    start..start + part.len()
}

/// Tells the records of damaged JSON apart by their brackets alone, so that one damaged record costs only itself.
/// `None` where the list does not even close: then the answer broke off.
fn salvage(body: &str) -> Option<Answer> {
    let list = body.find("\"data\"")?;
    let open = list + body[list..].find('[')?;
    let mut records = Vec::new();
    let (mut depth, mut start, mut in_text, mut escaped) = (0_usize, 0, false, false);
    let mut end = None;
    for (i, byte) in body.bytes().enumerate().skip(open + 1) {
        if in_text {
            (in_text, escaped) = (escaped || byte != b'"', !escaped && byte == b'\\');
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'{' | b'[' => {
                if depth == 0 {
                    start = i;
                }
                depth += 1;
            }
            b'}' | b']' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    records.push(start..i + 1);
                }
            }
            b']' => {
                end = Some(i);
                break;
            }
            _ => {}
        }
    }
    // what stands around the list is usually whole; where it is not, the list alone must tell
    let around = format!("{}[]{}", &body[..open], &body[end? + 1..]);
    let rest = serde_json::from_str::<Envelope<'_>>(&around)
        .map(|rest| rest.read(&around))
        .unwrap_or_default();
    Some(Answer { records, ..rest })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Answer {
        take_apart(body.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn both_ways_say_the_same() {
        for body in [
            r#"{"data":[],"hasNext":false}"#,
            r#"{"data":[{"_id":"a"}, {"_id":"b"}],"hasNext":true,"total":7,"nextQueryFilters":{"x": [1]}}"#,
            r#" {"total":3,"hasNext":true,"data" : [{"_id":"a"},{"_id":"b","x":tru},{"_id":"]c\"}"}]}"#,
        ] {
            assert_eq!(plain_list(body), closer_look(body).ok(), "{body}");
            assert!(plain_list(body).is_some(), "{body}");
        }
        for body in [
            r#"{"data":[null,{"_id":"a"}]}"#,
            r#"{"x":{"data":[]},"data":[{}]}"#,
            r#"{"x":"\"data\"","data":[{}]}"#,
            r#"{"x":"data","data":[{}]}"#,
            r#"{"data":[{}],"data":[{"a":1}]}"#,
            r#"{"data":[{}]"#,
        ] {
            assert_eq!(plain_list(body), None, "{body}");
        }
    }

    #[test]
    fn takes_a_page_apart() {
        let page = read(
            r#"{"data":[{"_id":"a"}, {"_id":"b"}],"hasNext":true,"total":7,"nextQueryFilters":{"x": 1}}"#,
        );
        assert_eq!(
            page.texts().collect::<Vec<_>>(),
            [r#"{"_id":"a"}"#, r#"{"_id":"b"}"#]
        );
        assert!(page.has_next);
        assert_eq!(page.total, Some(7));
        assert_eq!(page.next.as_deref(), Some(r#"{"x": 1}"#), "to the letter");
    }

    #[test]
    fn bears_missing_and_odd_members() {
        let page = read(
            r#"{"data":[],"nextQueryFilters":null,"total":"3","max":1,"moreThanTotal":false}"#,
        );
        assert_eq!(
            (page.has_next, page.next, page.total),
            (false, None, Some(3))
        );
    }

    #[test]
    fn one_damaged_record_costs_only_itself() {
        let page = read(
            r#"{"total":3,"data":[{"_id":"a"},{"_id":"b","x":tru},{"_id":"]c\"}"}],"hasNext":true}"#,
        );
        assert_eq!(
            page.texts().collect::<Vec<_>>(),
            [
                r#"{"_id":"a"}"#,
                r#"{"_id":"b","x":tru}"#,
                r#"{"_id":"]c\"}"}"#
            ]
        );
        assert_eq!((page.has_next, page.total), (true, Some(3)));
    }

    #[test]
    fn an_answer_that_breaks_off_is_torn() {
        let whole = r#"{"data":[{"_id":"a"},{"_id":"b"}],"hasNext":false}"#;
        for cut in 1..whole.find(']').unwrap() {
            assert!(
                matches!(
                    take_apart(whole.as_bytes()[..cut].to_vec()),
                    Err(Torn::Damaged(_))
                ),
                "{cut}"
            );
        }
    }

    #[test]
    fn damage_is_told_in_short() {
        let long = format!(r#"{{"data":"{}"}}"#, "x".repeat(9000));
        let Err(Torn::Damaged(what)) = take_apart(long.into_bytes()) else {
            panic!("a text is no list");
        };
        assert!(what.starts_with("invalid type"), "{what}");
        assert_eq!(what.len(), 200);
    }

    #[test]
    fn says_what_the_cloud_said() {
        let answer =
            br#"{"filters":[{"error":"x is not valid","errorMessageCode":"C"}],"error":true}"#;
        assert_eq!(
            take_apart(answer.to_vec()).unwrap_err(),
            Torn::Refusal("x is not valid".into())
        );
        assert_eq!(take_apart(b"<html>".to_vec()).unwrap_err(), Torn::NotJson);
        assert_eq!(
            refusal(r#"{"detail":"Request was throttled."}"#),
            "Request was throttled."
        );
    }

    #[test]
    fn text_that_is_not_utf8_costs_only_its_letters() {
        let page = take_apart(b"{\"data\":[{\"_id\":\"a\xff\"}]}".to_vec()).unwrap();
        assert_eq!(
            page.texts().collect::<Vec<_>>(),
            ["{\"_id\":\"a\u{fffd}\"}"]
        );
    }
}
