//! A table of advanced hunting as a [`Source`]: sends a query as a POST, and reads the response as
//! a page or an error.

use std::ops::ControlFlow;

use serde_json::{Map, Value};

use super::answer::{LAYOUT, newest};
use super::question::{TableQuery, take};
use super::record::lacks;
use super::refusal::{refused, torn};
use super::table::Table;
use super::{RULES, kql, table};
use crate::event::Names;
use crate::source::entra::Entra;
use crate::source::http::{Http, Post, Response};
use crate::source::json::list::{Parser, TakeRecord};
use crate::source::record::ReadOne;
use crate::source::warning;
use crate::source::{
    Answer, ApiRules, Newest, Query, Recipient, Source, SourceError, SourceErrorKind,
};
use crate::stream::StreamSpec;

/// What the settings say of a table.
#[derive(Debug, Clone, Default)]
pub struct HuntingSettings {
    /// The filters of its stream.
    pub filters: Map<String, Value>,
    /// The query that stands in place of the table's own.
    pub query: Option<String>,
    /// Names that the settings add to the tables.
    pub names: Names,
}

/// One table of one tenant.
pub struct Hunting<P: Post = Http> {
    http: P,
    entra: Entra,
    table: &'static Table,
    url: String,
    question: TableQuery,
    names: Names,
}

impl<P: Post> Hunting<P> {
    /// `graph_url` without a trailing slash, as `https://graph.microsoft.com`.
    ///
    /// # Errors
    /// Where the stream is no table of advanced hunting, or a filter can't be asked.
    pub fn new(
        http: P,
        entra: Entra,
        stream: StreamSpec,
        graph_url: &str,
        settings: HuntingSettings,
    ) -> Result<Self, String> {
        let table =
            table::of(stream).ok_or_else(|| format!("{stream} is no table of advanced hunting"))?;
        let conditions = kql::conditions(&settings.filters)
            .map_err(|name| format!("the filter {name} cannot be written in KQL"))?;
        Ok(Self {
            http,
            entra,
            table,
            url: format!("{graph_url}/v1.0/security/runHuntingQuery"),
            question: TableQuery {
                table,
                is_replaced: settings.query.is_some(),
                query: settings.query.unwrap_or_else(|| table.query.to_owned()),
                conditions,
            },
            names: settings.names,
        })
    }
}

impl<P: Post> Hunting<P> {
    /// Asks; what comes back is an answer that may hold rows.
    fn ask(&self, body: &str) -> Result<Response, SourceError> {
        let token = self.entra.bearer(&self.http)?;
        let headers = [
            ("authorization", &*format!("Bearer {token}")),
            ("content-type", "application/json; charset=utf-8"),
            ("accept", "application/json"),
        ];
        let response = self.http.post(&self.url, &headers, body)?;
        if !matches!(response.status, 200..=299) {
            let error = refused(response, self.table.name)?;
            // a right that is granted later is only in a new token
            if matches!(
                error.trouble,
                SourceErrorKind::InvalidToken | SourceErrorKind::Absent
            ) {
                self.entra.forget(&token);
            }
            return Err(error);
        }
        Ok(response)
    }
}

impl<P: Post> Source for Hunting<P> {
    fn page(&mut self, query: &Query, to: &mut dyn Recipient) -> Result<Answer, SourceError> {
        let response = self.ask(&self.question.body(query))?;
        let server_ms = response.date_ms;
        let missing = warning::missing(&response);
        to.open(server_ms);
        let mut rows = Rows {
            columns: ["Timestamp", self.table.id],
            rows: ReadOne {
                read: self.table.read,
                keys: self.table.keys,
                names: &self.names,
                to,
            },
            is_unproved: self.question.is_replaced,
            lacking: Vec::new(),
        };
        let mut page = Parser::new(&LAYOUT, &mut rows);
        response.body.each_block(|block| page.feed(block))?;
        let answer = page.end();
        if !rows.lacking.is_empty() {
            return Err(lacking(self.table, &rows.lacking));
        }
        let answer = answer.map_err(torn)?;
        Ok(Answer {
            server_ms,
            incomplete: missing.is_some(),
            warning: missing.unwrap_or_default(),
            // as many as were asked for: the answer itself does not tell whether there are more
            has_next: answer.has_next || answer.records >= take(query.limit),
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
        RULES
    }

    fn knows_late(&self) -> bool {
        !self.question.is_replaced
    }

    fn knows_newest(&self) -> bool {
        true
    }

    fn newest(&mut self, with_arrival: bool) -> Result<Option<Newest>, SourceError> {
        let response = self.ask(&self.question.newest(with_arrival))?;
        let mut rows = Vec::new();
        let mut page = Parser::new(&LAYOUT, &mut rows);
        response.body.each_block(|block| page.feed(block))?;
        page.end().map_err(torn)?;
        Ok(rows.first().and_then(|row| newest(row)))
    }
}

/// The query of the settings leaves out what can't be done without.
fn lacking(table: &Table, columns: &[&str]) -> SourceError {
    let (name, columns) = (table.name, columns.join(" and "));
    SourceError::new(
        SourceErrorKind::InTheWay,
        format!(
            "the query that activities.queries.{name} names gives rows without {columns}: let it \
                project {columns} under that name, or remove the setting to use siembox's own query"
        ),
    )
}

/// Takes the rows of a page.
struct Rows<'r> {
    rows: ReadOne<'r>,
    /// Which columns each of them must have.
    columns: [&'static str; 2],
    /// Is it still to be seen whether the query of the settings gives what is needed?
    is_unproved: bool,
    /// Columns that the query of the settings should have, and has not.
    lacking: Vec<&'static str>,
}

impl TakeRecord for Rows<'_> {
    fn record(&mut self, text: &str) -> ControlFlow<()> {
        // all rows of an answer have the same columns
        if std::mem::take(&mut self.is_unproved) {
            self.lacking = lacks(text, &self.columns);
            if !self.lacking.is_empty() {
                return ControlFlow::Break(());
            }
        }
        self.rows.record(text)
    }

    fn too_long(&mut self, begin: &str, bytes: u64) -> ControlFlow<()> {
        self.rows.too_long(begin, bytes)
    }
}

#[cfg(test)]
mod tests;
