//! The API as a [`Source`]: a query becomes a POST, an answer a page or a named trouble.

use std::ops::ControlFlow;
use std::time::Duration;

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::auth::CloudAuth;
use super::record::activity;
use crate::foreign::ForeignText;
use crate::source::error_body::{self, ErrorBody};
use crate::source::http::{Http, Post, Response};
use crate::source::json::list::{Parser, Torn};
use crate::source::rate_limit::LONGEST_SILENCE;
use crate::source::{Answer, Place, Query, Recipient, Source, SourceError, SourceErrorKind};
use crate::stream::{StreamKind, StreamSpec};

/// Below this, and for alerts always, pages are asked for without scan mode.
const SMALLEST_SCAN: u32 = 500;
/// Patience after a plain 429, and after one that says "throttled" without a number (reference: §1.9).
const AFTER_429: Duration = Duration::from_secs(5);
const AFTER_THROTTLED: Duration = Duration::from_secs(60);

/// One stream of one tenant.
pub struct CloudApps<P: Post = Http> {
    http: P,
    auth: CloudAuth,
    stream: StreamSpec,
    url: String,
    filters: Map<String, Value>,
}

impl<P: Post> CloudApps<P> {
    /// `api_url` without a trailing slash, as `https://contoso.us3.portal.cloudappsecurity.com`.
    #[must_use]
    pub fn new(
        http: P,
        auth: CloudAuth,
        stream: StreamSpec,
        api_url: &str,
        filters: Map<String, Value>,
    ) -> Self {
        let list = match stream.kind {
            StreamKind::Activities => "activities",
            StreamKind::Alerts => "alerts",
        };
        let url = format!("{api_url}/api/v1/{list}/");
        Self {
            http,
            auth,
            stream,
            url,
            filters,
        }
    }

    fn ask(
        &mut self,
        url: &str,
        body: &str,
        to: &mut dyn Recipient,
    ) -> Result<Answer, SourceError> {
        let authorization = self.auth.header(&self.http)?;
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
            ("accept", "application/json"),
        ];
        let response = self.http.post(url, &headers, body)?;
        // 203 is what a proxy answers that has changed the page; other kinds of success are read as a page all the same
        if !matches!(response.status, 200..=299) {
            if response.status == 401 {
                self.auth.forget();
            }
            return Err(refused(response)?);
        }
        let server_ms = response.date_ms;
        to.open(server_ms);
        let mut page = Parser::new(to);
        response.body.each_block(|block| page.feed(block))?;
        let answer = page.end().map_err(torn)?;
        Ok(Answer {
            server_ms,
            ..answer
        })
    }
}

impl<P: Post> Source for CloudApps<P> {
    fn page(&mut self, query: &Query, to: &mut dyn Recipient) -> Result<Answer, SourceError> {
        let body = question(self.stream, &self.filters, query)?;
        let url = self.url.clone();
        self.ask(&url, &body, to)
    }

    /// By the filter `activity.alertId`.
    fn activities_behind(&mut self, alert_id: &str) -> Result<Vec<String>, SourceError> {
        let url = self.url.replace("/alerts/", "/activities/");
        let body = json!({
            "filters": { "activity.alertId": { "eq": [alert_id] } },
            "sortField": "date", "sortDirection": "asc", "skip": 0, "limit": 100,
        });
        let mut ids = Ids::default();
        self.ask(&url, &body.to_string(), &mut ids)?;
        Ok(ids.0)
    }
}

/// The request's body. `nextQueryFilters` goes back to the letter in place of our filters.
///
/// # Errors
/// Where the place that the API had named is no JSON, so that it can't be asked for.
fn question(
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
    let is_scan = stream.kind == StreamKind::Activities && query.limit >= SMALLEST_SCAN;
    let no_json = |cause: serde_json::Error| {
        SourceError::new(
            SourceErrorKind::BadQuestion,
            format!("the place that the API had named (nextQueryFilters) is no JSON: {cause}"),
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

/// The ids of some activities, [`Ids::MOST`] at most.
#[derive(Default)]
struct Ids(Vec<String>);

impl Ids {
    /// Those that are asked for.
    const MOST: usize = 100;
}

impl Recipient for Ids {
    fn open(&mut self, _: Option<i64>) {
        self.0.clear();
    }

    fn record(&mut self, text: &str) -> ControlFlow<()> {
        let id = match activity(text) {
            Ok(mapped) => Some(mapped.event.id.into_owned()),
            Err(unreadable) => unreadable.id,
        };
        self.0.extend(id);
        if self.0.len() < Self::MOST {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }

    fn too_long(&mut self, _: &str, _: u64) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

fn torn(torn: Torn) -> SourceError {
    match torn {
        Torn::NotJson(what) => SourceError::new(
            SourceErrorKind::InTheWay,
            format!(
                "the answer is not the API's ({what}): check api_url, and whether a proxy or portal asks for a log-on"
            ),
        ),
        Torn::Empty => SourceError::new(
            SourceErrorKind::Passing,
            "the answer is empty, which none of the API's is: something between here and the API answers in its place; check api_url and proxy",
        ),
        Torn::Refusal(said) => SourceError::new(
            SourceErrorKind::BadQuestion,
            format!("the API refused the question: {said}"),
        ),
        Torn::Damaged(what) => SourceError::new(
            SourceErrorKind::Passing,
            format!("the answer is damaged: {what}"),
        ),
    }
}

fn refused(response: Response) -> Result<SourceError, SourceError> {
    let (status, retry_after, location) =
        (response.status, response.retry_after, response.location);
    let voice = ErrorBody::of(&response.body.begin(error_body::MOST)?);
    let (trouble, what) = match (status, &voice) {
        (429, _) => (
            SourceErrorKind::Throttled(patience(retry_after, &voice)),
            format!("the API throttles this tenant (429: {voice})"),
        ),
        (401 | 403 | 404, ErrorBody::Page(_)) | (403, ErrorBody::Text(_)) => (
            SourceErrorKind::InTheWay,
            format!(
                "this is not the API's answer ({status}: {voice}): a proxy, firewall or gateway stands in the way; let this machine through to the host in api_url, and check api_url and proxy"
            ),
        ),
        (401 | 403, _) => (
            SourceErrorKind::InvalidToken,
            format!(
                "Invalid token: the API refused it ({status}: {voice}). The token is wrong, or the admin who made it was removed: make a new one and put it in the token file"
            ),
        ),
        (404, _) => (
            SourceErrorKind::InTheWay,
            format!("there is no such API at this address (404: {voice}): check api_url"),
        ),
        (407 | 511, _) => (
            SourceErrorKind::InTheWay,
            format!("a proxy in the way asks for a log-on ({status}: {voice}): check proxy"),
        ),
        (300..=399, _) => {
            let to = location.unwrap_or(ForeignText::new("nowhere"));
            (
                SourceErrorKind::InTheWay,
                format!("the address redirects to {to} ({status}): check api_url"),
            )
        }
        (503, _) if retry_after.is_some_and(|wait| !wait.is_zero()) => (
            SourceErrorKind::Throttled(patience(retry_after, &voice)),
            format!("the API asks for a pause (503: {voice})"),
        ),
        (408 | 500..=599, _) => (
            SourceErrorKind::Passing,
            format!("the API failed ({status}: {voice})"),
        ),
        _ => (
            SourceErrorKind::BadQuestion,
            format!("the API refused the question ({status}: {voice})"),
        ),
    };
    Ok(SourceError::new(trouble, what))
}

/// How long to be silent: as the header says, or the words; "at once" says nothing.
fn patience(retry_after: Option<Duration>, voice: &ErrorBody) -> Duration {
    let said = voice.to_string();
    retry_after
        .filter(|wait| !wait.is_zero())
        .or_else(|| seconds_in(&said).filter(|wait| !wait.is_zero()))
        .unwrap_or(if said.to_ascii_lowercase().contains("throttled") {
            AFTER_THROTTLED
        } else {
            AFTER_429
        })
        .min(LONGEST_SILENCE)
}

/// "Expected available in 17 seconds."
fn seconds_in(said: &str) -> Option<Duration> {
    let (before, _) = said.split_once(" second")?;
    before
        .rsplit(' ')
        .next()?
        .parse()
        .ok()
        .map(Duration::from_secs)
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
        };
        assert_eq!(
            question(ACTIVITIES, &Map::new(), &query).unwrap(),
            r#"{"filters":{"created":{"gte":17,"lte":19}},"sortField":"created","sortDirection":"asc","limit":1,"skip":0}"#
        );
    }

    fn response(status: u16, retry_after: Option<Duration>, body: &str) -> Response {
        Response {
            status,
            retry_after,
            date_ms: None,
            location: None,
            body: body.as_bytes().to_vec().into(),
        }
    }

    #[test]
    fn a_page_of_others_is_no_word_of_the_api() {
        let invalid = r#"{"detail":"Invalid token."}"#;
        let page = "<!DOCTYPE html>\n<html><title>Blocked</title>";
        for (status, body, trouble, words) in [
            (
                401,
                invalid,
                SourceErrorKind::InvalidToken,
                "Invalid token: the API",
            ),
            (
                403,
                invalid,
                SourceErrorKind::InvalidToken,
                "Invalid token: the API",
            ),
            (
                403,
                "",
                SourceErrorKind::InvalidToken,
                "Invalid token: the API",
            ),
            (
                403,
                page,
                SourceErrorKind::InTheWay,
                "(403: a web page, \"Blocked\")",
            ),
            (
                401,
                page,
                SourceErrorKind::InTheWay,
                "not the API's answer (401",
            ),
            (
                403,
                "Forbidden by policy",
                SourceErrorKind::InTheWay,
                "(403: Forbidden by policy)",
            ),
            (
                404,
                page,
                SourceErrorKind::InTheWay,
                "not the API's answer (404",
            ),
            (404, "{}", SourceErrorKind::InTheWay, "no such API"),
            (407, "", SourceErrorKind::InTheWay, "asks for a log-on (407"),
            (
                502,
                page,
                SourceErrorKind::Passing,
                "the API failed (502: a web page, \"Blocked\")",
            ),
            (
                400,
                "{}",
                SourceErrorKind::BadQuestion,
                "refused the question (400",
            ),
        ] {
            let error = refused(response(status, None, body)).unwrap();
            assert_eq!(error.trouble, trouble, "{status} {body}");
            assert!(error.what.contains(words), "{error}");
            assert!(
                trouble == SourceErrorKind::InvalidToken || !error.what.contains("token"),
                "{error}"
            );
        }
    }

    struct Played(u16, &'static str);

    impl Post for Played {
        fn post(&self, _: &str, _: &[(&str, &str)], _: &str) -> Result<Response, SourceError> {
            Ok(response(self.0, None, self.1))
        }
    }

    #[test]
    fn other_kinds_of_success_are_read_as_a_page_and_never_repeated() {
        let ask = |status, body| {
            let auth = CloudAuth::Token(Box::new(|| Ok("t".into())));
            let mut source = CloudApps::new(Played(status, body), auth, ALERTS, "", Map::new());
            let query = Query {
                from_ms: 1,
                to_ms: None,
                place: Place::Skip(0),
                limit: 1,
            };
            let mut records = Vec::new();
            source.page(&query, &mut records).map(|_| records)
        };
        let page = r#"{"data":[{"_id":"1","user":"ann"}]}"#;
        for status in [200, 201, 203] {
            assert_eq!(ask(status, page).unwrap(), [r#"{"_id":"1","user":"ann"}"#]);
        }
        for (status, body) in [
            (201, r#"{"value":[{"_id":"1","user":"ann"}]}"#),
            (200, r#"[{"_id":"1","user":"ann"}]"#),
            (201, r#"{"data":[{"_id":"1","user":"ann"#),
            (400, r#"{"value":[{"_id":"1","user":"ann"}]}"#),
        ] {
            let error = ask(status, body).unwrap_err();
            assert!(!error.what.contains("ann"), "{error}");
        }
        let empty = ask(204, "").unwrap_err();
        assert!(empty.what.starts_with("the answer is empty"), "{empty}");
    }

    #[test]
    fn the_activities_behind_an_alert_are_named_whatever_their_ids_are() {
        let body = r#"{"data":[{"_id":"a","created":1},{"_id":7,"created":1},{"_id":"c"},3]}"#;
        let auth = CloudAuth::Token(Box::new(|| Ok("t".into())));
        let mut source = CloudApps::new(Played(200, body), auth, ALERTS, "", Map::new());
        assert_eq!(source.activities_behind("x").unwrap(), ["a", "7", "c"]);
    }

    #[test]
    fn every_429_says_how_long() {
        let wait =
            |retry_after, body: &str| refused(response(429, retry_after, body)).unwrap().trouble;
        let s = Duration::from_secs;
        assert_eq!(wait(None, ""), SourceErrorKind::Throttled(s(5)));
        assert_eq!(
            wait(Some(s(0)), ""),
            SourceErrorKind::Throttled(s(5)),
            "no floor"
        );
        assert_eq!(wait(Some(s(1)), ""), SourceErrorKind::Throttled(s(1)));
        assert_eq!(
            wait(Some(s(9)), r#"{"detail":"Request was throttled."}"#),
            SourceErrorKind::Throttled(s(9))
        );
        assert_eq!(
            wait(None, r#"{"detail":"Request was throttled."}"#),
            SourceErrorKind::Throttled(s(60))
        );
        let named = r#"{"detail":"Request was throttled. Expected available in 17 seconds."}"#;
        assert_eq!(wait(None, named), SourceErrorKind::Throttled(s(17)));
        assert_eq!(
            wait(Some(s(99_999)), ""),
            SourceErrorKind::Throttled(LONGEST_SILENCE)
        );
        let pause = refused(response(503, Some(s(40)), "")).unwrap();
        assert_eq!(pause.trouble, SourceErrorKind::Throttled(s(40)));
        let failure = refused(response(503, None, "")).unwrap();
        assert_eq!(failure.trouble, SourceErrorKind::Passing);
    }
}
