//! The API as a [`Source`]: sends a query as a GET, and reads the response as a page or an error.

use serde_json::{Map, Value};

use super::GraphList;
use super::envelope::LAYOUT;
use super::question::address;
use super::refusal::{refused, torn};
use crate::event::Names;
use crate::source::http::{Get, Http, Post, Response};
use crate::source::json::list::Parser;
use crate::source::record::ReadOne;
use crate::source::warning;
use crate::source::{Answer, ApiRules, Entra, Query, Recipient, Source, SourceError};

/// A list of one tenant.
pub struct Graph<P: Get + Post = Http> {
    http: P,
    entra: Entra,
    list: &'static GraphList,
    graph_url: String,
    /// As the settings have them.
    filters: Map<String, Value>,
    /// Names that the settings add to the tables.
    names: Names,
}

// === impl Graph ===

impl<P: Get + Post> Graph<P> {
    /// `graph_url` without a trailing slash, as `https://graph.microsoft.com`.
    #[must_use]
    pub fn new(
        http: P,
        entra: Entra,
        list: &'static GraphList,
        graph_url: &str,
        filters: Map<String, Value>,
        names: Names,
    ) -> Self {
        Self {
            http,
            entra,
            list,
            graph_url: graph_url.to_owned(),
            filters,
            names,
        }
    }

    /// The answer's head. A token that is refused, or lacks a permission, is not used again: the
    /// next one may be good.
    fn ask(&self, url: &str) -> Result<Response, SourceError> {
        let token = self.entra.bearer(&self.http)?;
        let authorization = format!("Bearer {token}");
        let headers = [
            ("authorization", authorization.as_str()),
            ("accept", "application/json"),
            // newer products come by their names
            ("prefer", "include-unknown-enum-members"),
        ];
        let response = self.http.get(url, &headers)?;
        if matches!(response.status, 401 | 403) {
            self.entra.forget(&token);
        }
        Ok(response)
    }
}

impl<P: Get + Post> Source for Graph<P> {
    fn page(&mut self, query: &Query, to: &mut dyn Recipient) -> Result<Answer, SourceError> {
        let url = address(&self.graph_url, self.list, &self.filters, query)?;
        let response = self.ask(&url)?;
        if !matches!(response.status, 200..=299) {
            return Err(refused(response, self.list.role)?);
        }
        let server_ms = response.date_ms;
        let missing = warning::missing(&response);
        to.open(server_ms);
        let mut taker = ReadOne {
            read: self.list.read,
            keys: self.list.keys,
            names: &self.names,
            to,
        };
        let mut page = Parser::new(&LAYOUT, &mut taker);
        response.body.each_block(|block| page.feed(block))?;
        let answer = page.end().map_err(torn)?;
        Ok(Answer {
            server_ms,
            incomplete: missing.is_some(),
            warning: missing.unwrap_or_default(),
            ..answer
        })
    }

    fn log_on(&mut self) -> Result<(), SourceError> {
        self.entra.bearer(&self.http).map(|_| ())
    }

    fn renews_token(&self) -> bool {
        true
    }

    fn api_rules(&self) -> ApiRules {
        self.list.rules
    }
}

#[cfg(test)]
mod tests;
