//! Reads the members of a response of the API:
//! `{"data":[…],"hasNext":bool,"total":n,"nextQueryFilters":…}`.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::source::Answer;
use crate::source::json::list::{ListLayout, Members};
use crate::source::json::{LenientFlag, Number, Raw, lenient_object};

/// How the API lays out its answers.
pub const LAYOUT: ListLayout = ListLayout {
    list: "data",
    read: members,
};

/// The longest `nextQueryFilters` that is kept, bytes: it goes to flash with each page.
const MOST_PLACE: usize = 16 << 10;

lenient_object! {
    struct Envelope<'a> {
        "data" => data: Raw<'a>,
        "hasNext" => has_next: Raw<'a>,
        "nextQueryFilters" => next: Raw<'a>,
        "total" => total: Number,
    }
}

/// The answer's members; what stands behind the answer does not matter.
fn members(text: &str) -> Result<Members<'_>, serde_json::Error> {
    let envelope = Envelope::deserialize(&mut serde_json::Deserializer::from_str(text))?;
    Ok(Members {
        answer: envelope.answer(),
        list: envelope.data.0,
    })
}

impl Envelope<'_> {
    /// What it says beside its records.
    fn answer(&self) -> Answer {
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

/// `nextQueryFilters` to the letter: an object, or the text of one. Whatever else stands there
/// names no place.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_read_as_leniently_as_records() {
        for (members, has_next, next, total) in [
            (r#""hasNext":true,"total":7"#, true, None, Some(7)),
            (r#""hasNext":"True","total":"7""#, true, None, Some(7)),
            (r#""hasNext":1,"total":7.0"#, true, None, Some(7)),
            (r#""hasNext":"false","total":-1"#, false, None, None),
            (r#""hasNext":null,"total":null"#, false, None, None),
            (r#""hasNext":[],"total":{}"#, false, None, None),
            (
                r#""nextQueryFilters":{"x": 1}"#,
                false,
                Some(r#"{"x": 1}"#),
                None,
            ),
            (
                r#""nextQueryFilters":"{\"x\": 1}""#,
                false,
                Some(r#"{"x": 1}"#),
                None,
            ),
            (r#""nextQueryFilters":{ }"#, false, None, None),
            (r#""nextQueryFilters":"""#, false, None, None),
            (r#""nextQueryFilters":"null""#, false, None, None),
            (r#""nextQueryFilters":false"#, false, None, None),
            (r#""nextQueryFilters":[1]"#, false, None, None),
            (
                r#""total":3,"total":4,"hasNext":false"#,
                false,
                None,
                Some(4),
            ),
        ] {
            for body in [
                format!("{{\"data\":[],{members}}}"),
                format!("{{{members},\"data\":[]}}"),
            ] {
                let answer = (LAYOUT.read)(&body).unwrap().answer;
                assert_eq!(
                    (answer.has_next, answer.next.as_deref(), answer.total),
                    (has_next, next, total),
                    "{body}"
                );
            }
        }
    }

    #[test]
    fn a_place_that_is_too_long_is_passed_by_time() {
        let place = "x".repeat(MOST_PLACE);
        let body = format!(r#"{{"data":[],"hasNext":false,"nextQueryFilters":{{"x":"{place}"}}}}"#);
        let answer = (LAYOUT.read)(&body).unwrap().answer;
        assert_eq!(
            (answer.has_next, answer.next, answer.cut),
            (true, None, false)
        );
    }
}
