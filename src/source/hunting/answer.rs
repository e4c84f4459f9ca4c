//! Reads the members of an answer: `{"schema":[…],"results":[…]}`, the rows in `results`.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::source::json::list::{ListLayout, Members};
use crate::source::json::{Raw, Text, lenient_object};
use crate::source::{Answer, Newest};

/// How the API lays out its answers. They name no next page and count nothing: as many rows as were
/// asked for say that more follow.
pub const LAYOUT: ListLayout = ListLayout {
    list: "results",
    read: members,
};

lenient_object! {
    struct HuntingAnswer<'a> any_case {
        "schema" => schema: Raw<'a>,
        "results" => results: Raw<'a>,
    }
}

fn members(text: &str) -> Result<Members<'_>, serde_json::Error> {
    let answer = HuntingAnswer::deserialize(&mut serde_json::Deserializer::from_str(text))?;
    let list = match (answer.results.0, answer.schema.0) {
        // an answer without rows may lack the list (reference: successors.md §3.1)
        (None, Some(_)) => Some(RawValue::NULL),
        (list, _) => list,
    };
    Ok(Members {
        answer: Answer::default(),
        list,
    })
}

lenient_object! {
    struct NewestRow<'a> any_case {
        "Timestamp" => timestamp: Text<'a>,
        "Arrived" => arrived: Text<'a>,
    }
}

/// The row that was asked for as the newest one; `None` where it tells no time.
pub(super) fn newest(row: &str) -> Option<Newest> {
    let row = NewestRow::deserialize(&mut serde_json::Deserializer::from_str(row)).ok()?;
    let ms = |text: &str| {
        let at = text.parse::<jiff::Timestamp>().ok()?;
        Some(at.as_millisecond())
    };
    Some(Newest {
        at_ms: ms(&row.timestamp.0)?,
        arrived_ms: ms(&row.arrived.0),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::source::json::list::{Parser, Torn};

    fn rows(body: &str) -> Result<(Vec<String>, Answer), Torn> {
        let mut rows = Vec::new();
        let mut parser = Parser::new(&LAYOUT, &mut rows);
        let _ = parser.feed(body.as_bytes());
        let answer = parser.end()?;
        Ok((rows, answer))
    }

    #[test]
    fn no_rows_in_all_forms_are_an_answer() {
        for body in [
            r#"{"schema":[{"name":"Timestamp","type":"DateTime"}],"results":[]}"#,
            r#"{"@odata.context":"x","schema":[{"Name":"Timestamp"}],"results":null}"#,
            r#"{"schema":[{"name":"Timestamp"}]}"#,
            r#"{"Schema":[]}"#,
        ] {
            let (found, answer) = rows(body).unwrap();
            assert_eq!((found.len(), &answer), (0, &Answer::default()), "{body}");
        }
    }

    #[test]
    fn rows_come_whatever_stands_before_them() {
        let body = r#"{"schema":[{"name":"results"}],"results":[{"a":1},{"b":[{}]}]}"#;
        let (found, answer) = rows(body).unwrap();
        assert_eq!(found, [r#"{"a":1}"#, r#"{"b":[{}]}"#]);
        assert_eq!(
            (answer.records, answer.has_next, answer.bare),
            (2, false, false)
        );
    }

    #[test]
    fn what_says_no_is_no_answer() {
        for body in [
            r#"{"error":{"code":"BadRequest","message":"no"}}"#,
            r#"{"value":[]}"#,
        ] {
            assert!(matches!(rows(body), Err(Torn::Refusal(_))), "{body}");
        }
        assert_eq!(rows(""), Err(Torn::Empty));
    }
}
