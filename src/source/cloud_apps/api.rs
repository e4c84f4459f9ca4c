//! The API as a [`Source`]: sends a query as a POST, and reads the response as a page or an error.

use std::borrow::Cow;
use std::ops::ControlFlow;

use serde_json::{Map, Value, json};

use super::RULES;
use super::auth::CloudAuth;
use super::envelope::LAYOUT;
use super::question::question;
use super::record::{activity, alert, too_long};
use super::refusal::{refused, torn};
use crate::event::{Event, EventKind};
use crate::source::http::{Http, Post};
use crate::source::json::list::{Parser, TakeRecord};
use crate::source::{
    Answer, ApiRules, Query, ReadRecord, Recipient, Record, Source, SourceError, Unreadable,
};
use crate::stream::{StreamKind, StreamSpec};

/// One stream of one tenant.
pub struct CloudApps<P: Post = Http> {
    http: P,
    auth: CloudAuth,
    stream: StreamSpec,
    url: String,
    filters: Map<String, Value>,
    /// Are the activities behind an alert asked for where it names none?
    fetches_related: bool,
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
            fetches_related: false,
        }
    }

    /// Says whether the activities behind an alert are asked for where it names none; they are not
    /// otherwise.
    #[must_use]
    pub fn fetch_related(mut self, fetch: bool) -> Self {
        self.fetches_related = fetch;
        self
    }

    fn ask(
        &mut self,
        url: &str,
        body: &str,
        read: ReadRecord,
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
        let mut taker = Reading { read, to };
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
        let read = match self.stream.kind {
            StreamKind::Activities => activity,
            StreamKind::Alerts => alert,
        };
        self.ask(&url, &body, read, to)
    }

    fn api_rules(&self) -> ApiRules {
        RULES
    }

    fn completes(&self) -> bool {
        self.fetches_related && self.stream.kind == StreamKind::Alerts
    }

    fn lacks(&self, event: &Event<'_>) -> bool {
        let names_none = |kind: &EventKind<'_>| match kind {
            EventKind::Alert { related, .. } => related.is_empty(),
            EventKind::Activity { .. } => false,
        };
        self.completes() && names_none(&event.kind)
    }

    /// The ids of the activities behind an alert, by the filter `activity.alertId`.
    fn complete(&mut self, event: &mut Event<'_>) -> Result<(), SourceError> {
        let EventKind::Alert { related, .. } = &mut event.kind else {
            return Ok(());
        };
        let url = self.url.replace("/alerts/", "/activities/");
        let body = json!({
            "filters": { "activity.alertId": { "eq": [&event.id] } },
            "sortField": "date", "sortDirection": "asc", "skip": 0, "limit": Ids::MOST,
        });
        let mut ids = Ids::default();
        self.ask(&url, &body.to_string(), activity, &mut ids)?;
        related.extend(ids.0.into_iter().map(Cow::Owned));
        Ok(())
    }
}

/// Reads the records of a page, and hands them over.
struct Reading<'r> {
    read: ReadRecord,
    to: &'r mut dyn Recipient,
}

impl TakeRecord for Reading<'_> {
    fn record(&mut self, text: &str) -> ControlFlow<()> {
        self.to.record(text, (self.read)(text))
    }

    fn too_long(&mut self, begin: &str, bytes: u64) -> ControlFlow<()> {
        self.to.record(begin, Err(too_long(begin, bytes)))
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

    fn record(&mut self, _: &str, record: Result<Record<'_>, Unreadable>) -> ControlFlow<()> {
        let id = match record {
            Ok(record) => Some(record.event.id.into_owned()),
            Err(unreadable) => unreadable.id,
        };
        self.0.extend(id);
        if self.0.len() < Self::MOST {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
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
            source.page(&query, &mut records).map(|_| {
                let records = records
                    .into_iter()
                    .map(|record: Result<Record<'_>, _>| record.unwrap().event.id.into_owned());
                records.collect::<Vec<_>>()
            })
        };
        let page = r#"{"data":[{"_id":"1","timestamp":1,"user":"ann"}]}"#;
        for status in [200, 201, 203] {
            assert_eq!(ask(status, page).unwrap(), ["1"]);
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
        let source = CloudApps::new(Played(200, body), auth, ALERTS, "", Map::new());
        let mut alert = alert(r#"{"_id":"x","timestamp":1,"title":"t"}"#)
            .unwrap()
            .event;
        assert!(!source.completes() && !source.lacks(&alert));
        let mut source = source.fetch_related(true);
        assert!(source.completes() && source.lacks(&alert));
        source.complete(&mut alert).unwrap();
        assert!(!source.lacks(&alert));
        let EventKind::Alert { related, .. } = alert.kind else {
            panic!()
        };
        assert_eq!(related, ["a", "7", "c"]);
    }
}
