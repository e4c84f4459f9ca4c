//! The API as a [`Source`]: sends a query as a POST, and reads the response as a page or an error.

use std::borrow::Cow;
use std::ops::ControlFlow;

use serde_json::{Map, Value, json};

use super::RULES;
use super::auth::CloudAuth;
use super::envelope::LAYOUT;
use super::question::question;
use super::record::{KEYS, activity, alert};
use super::refusal::{refused, torn};
use crate::event::{Event, EventKind, Names};
use crate::source::http::{Http, Post};
use crate::source::json::list::Parser;
use crate::source::record::ReadOne;
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
            StreamKind::Alerts => "alerts",
            _ => "activities",
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
        // 203 is what a proxy answers that has changed the page; other kinds of success are read as
        // a page all the same
        if !matches!(response.status, 200..=299) {
            if response.status == 401 {
                self.auth.forget(&authorization);
            }
            return Err(refused(response)?);
        }
        let server_ms = response.date_ms;
        to.open(server_ms);
        let mut taker = ReadOne {
            read,
            keys: &KEYS,
            names: &Names::default(),
            to,
        };
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
        let read: ReadRecord = match self.stream.kind {
            StreamKind::Alerts => |raw, _| alert(raw),
            _ => |raw, _| activity(raw),
        };
        self.ask(&url, &body, read, to)
    }

    fn log_on(&mut self) -> Result<(), SourceError> {
        self.auth.header(&self.http).map(|_| ())
    }

    fn renews_token(&self) -> bool {
        matches!(self.auth, CloudAuth::Entra(_))
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
        self.ask(&url, &body.to_string(), |raw, _| activity(raw), &mut ids)?;
        related.extend(ids.0.into_iter().map(Cow::Owned));
        Ok(())
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
mod tests;
