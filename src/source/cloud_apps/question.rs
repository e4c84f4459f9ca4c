//! The body of a request for a page.

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::RULES;
use crate::source::{Place, Query, SourceError, SourceErrorKind};
use crate::stream::{StreamKind, StreamSpec};

/// The body. `nextQueryFilters` goes back to the letter in place of our filters.
///
/// # Errors
/// Where the place that the API had named is no JSON, so that it can't be asked for.
pub(super) fn question(
    stream: StreamSpec,
    filters: &Map<String, Value>,
    query: &Query,
) -> Result<String, SourceError> {
    #[derive(serde::Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Body<'a> {
        filters: &'a RawValue,
        sort_field: &'static str,
        sort_direction: &'static str,
        limit: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        skip: Option<u32>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_scan: bool,
    }
    let (text, skip) = match &query.place {
        Place::Next(next) => (next.clone(), None),
        Place::Skip(skip) => {
            let mut filters = filters.clone();
            let span = match query.to_ms {
                Some(to_ms) => json!({ "gte": query.from_ms, "lte": to_ms }),
                None => json!({ "gte": query.from_ms }),
            };
            filters.insert(stream.order.into(), span);
            (Value::Object(filters).to_string(), Some(*skip))
        }
    };
    let is_scan = stream.kind == StreamKind::Activities && query.limit >= RULES.smallest_scan;
    let no_json = |cause: serde_json::Error| {
        SourceError::new(
            SourceErrorKind::BadQuestion,
            format!("the next page that the API named (nextQueryFilters) is not JSON: {cause}"),
        )
    };
    let raw = RawValue::from_string(text).map_err(no_json)?;
    let body = Body {
        filters: &raw,
        sort_field: stream.order,
        sort_direction: "asc",
        limit: query.limit,
        skip: skip.filter(|&skip| skip > 0 || !is_scan),
        is_scan,
    };
    serde_json::to_string(&body).map_err(no_json)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::{ACTIVITIES, ALERTS};

    fn filters() -> Map<String, Value> {
        let Value::Object(map) = json!({ "service": { "eq": [20595] } }) else {
            unreachable!()
        };
        map
    }

    #[test]
    fn activities_are_scanned_by_created() {
        let query = Query {
            from_ms: 17,
            to_ms: None,
            place: Place::Skip(0),
            limit: 5000,
            late: None,
        };
        assert_eq!(
            question(ACTIVITIES, &filters(), &query).unwrap(),
            r#"{"filters":{"created":{"gte":17},"service":{"eq":[20595]}},"sortField":"created","sortDirection":"asc","limit":5000,"isScan":true}"#
        );
    }

    #[test]
    fn a_named_place_goes_back_to_the_letter() {
        let query = Query {
            from_ms: 17,
            to_ms: None,
            place: Place::Next(r#"{"b": 1,"a":[ 2]}"#.into()),
            limit: 5000,
            late: None,
        };
        assert!(
            question(ACTIVITIES, &filters(), &query)
                .unwrap()
                .starts_with(r#"{"filters":{"b": 1,"a":[ 2]},"sort"#)
        );
    }

    #[test]
    fn a_named_place_that_is_no_json_is_a_question_that_cannot_be_asked() {
        for text in ["", "{\"b\":", "{} {}", "\u{feff}{}"] {
            let query = Query {
                from_ms: 17,
                to_ms: None,
                place: Place::Next(text.to_owned()),
                limit: 5000,
                late: None,
            };
            let error = question(ACTIVITIES, &filters(), &query).unwrap_err();
            assert_eq!(error.trouble, SourceErrorKind::BadQuestion, "{text:?}");
            assert!(error.what.contains("nextQueryFilters"), "{error}");
        }
    }

    #[test]
    fn alerts_are_paged_by_date() {
        let query = Query {
            from_ms: 17,
            to_ms: None,
            place: Place::Skip(100),
            limit: 100,
            late: None,
        };
        assert_eq!(
            question(ALERTS, &Map::new(), &query).unwrap(),
            r#"{"filters":{"date":{"gte":17}},"sortField":"date","sortDirection":"asc","limit":100,"skip":100}"#
        );
    }

    #[test]
    fn a_stretch_of_time_has_both_its_ends() {
        let query = Query {
            from_ms: 17,
            to_ms: Some(19),
            place: Place::Skip(0),
            limit: 1,
            late: None,
        };
        assert_eq!(
            question(ACTIVITIES, &Map::new(), &query).unwrap(),
            r#"{"filters":{"created":{"gte":17,"lte":19}},"sortField":"created","sortDirection":"asc","limit":1,"skip":0}"#
        );
    }
}
