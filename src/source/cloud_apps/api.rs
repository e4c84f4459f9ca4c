//! The API as a [`Source`]: a query becomes a POST, an answer a page or a named trouble.

use std::ops::ControlFlow;

use serde_json::{Map, Value, json};

use super::auth::CloudAuth;
use super::envelope::LAYOUT;
use super::question::question;
use super::record::activity;
use super::refusal::{refused, torn};
use crate::source::http::{Http, Post};
use crate::source::json::list::{Parser, TakeRecord};
use crate::source::{Answer, Query, Recipient, Source, SourceError};
use crate::stream::{StreamKind, StreamSpec};

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
        let mut taker = Texts(to);
        let mut page = Parser::new(&LAYOUT, &mut taker);
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

/// Hands the records of a page over.
struct Texts<'r>(&'r mut dyn Recipient);

impl TakeRecord for Texts<'_> {
    fn record(&mut self, text: &str) -> ControlFlow<()> {
        self.0.record(text)
    }

    fn too_long(&mut self, begin: &str, bytes: u64) -> ControlFlow<()> {
        self.0.too_long(begin, bytes)
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Place;
    use crate::source::http::Response;
    use crate::stream::ALERTS;

    struct Played(u16, &'static str);

    impl Post for Played {
        fn post(&self, _: &str, _: &[(&str, &str)], _: &str) -> Result<Response, SourceError> {
            Ok(Response {
                status: self.0,
                retry_after: None,
                date_ms: None,
                location: None,
                body: self.1.as_bytes().to_vec().into(),
            })
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
        assert!(empty.what.starts_with("the response is empty"), "{empty}");
    }

    #[test]
    fn the_activities_behind_an_alert_are_named_whatever_their_ids_are() {
        let body = r#"{"data":[{"_id":"a","created":1},{"_id":7,"created":1},{"_id":"c"},3]}"#;
        let auth = CloudAuth::Token(Box::new(|| Ok("t".into())));
        let mut source = CloudApps::new(Played(200, body), auth, ALERTS, "", Map::new());
        assert_eq!(source.activities_behind("x").unwrap(), ["a", "7", "c"]);
    }
}
