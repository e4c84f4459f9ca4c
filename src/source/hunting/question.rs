//! The body of a request for rows: a table's query, and behind it from when to when, in which order
//! and how many.

use serde_json::json;

use super::kql::{iso, moment};
use super::table::Table;
use crate::source::json::list::MOST_RECORDS;
use crate::source::{Place, Query};

/// What is asked of a table, whatever the time.
#[derive(Debug)]
pub(super) struct TableQuery {
    pub table: &'static Table,
    /// The table's own query, or that of the settings in its place.
    pub query: String,
    /// The filters of the settings.
    pub conditions: Vec<String>,
}

/// How many rows are asked for: no more than are taken from one answer.
pub(super) fn take(limit: u32) -> u64 {
    u64::from(limit).min(MOST_RECORDS - 1)
}

// === impl TableQuery ===

impl TableQuery {
    /// The body of a request.
    pub(super) fn body(&self, query: &Query) -> String {
        let from = iso(query.from_ms);
        let span = match query.to_ms {
            Some(to_ms) => format!("{from}/{}", iso(to_ms.saturating_add(1))),
            None => from,
        };
        json!({ "Query": self.kql(query), "Timespan": span }).to_string()
    }

    /// The query. What the settings give stands on lines of its own, so that a comment at its end
    /// hides nothing.
    fn kql(&self, query: &Query) -> String {
        let Table { name, id, .. } = *self.table;
        let skip = match query.place {
            Place::Skip(skip) => skip,
            // this API names no place
            Place::Next(_) => 0,
        };
        let take = take(query.limit);
        // times have more digits than milliseconds: all of the last one belong to what is asked for
        let end_ms = query.to_ms.map(|to_ms| to_ms.saturating_add(1));
        let mut lines = vec![
            format!(
                "// siembox table={name} by=Timestamp from={} to={} skip={skip} take={take}",
                iso(query.from_ms),
                end_ms.map_or("-".to_owned(), iso),
            ),
            self.query.trim().trim_end_matches(';').to_owned(),
            format!("| where Timestamp >= {}", moment(query.from_ms)),
        ];
        lines.extend(end_ms.map(|end_ms| format!("| where Timestamp < {}", moment(end_ms))));
        lines.extend((self.conditions.iter()).map(|condition| format!("| where {condition}")));
        lines.push(format!("| order by Timestamp asc, {id} asc"));
        if skip > 0 {
            lines.push("| serialize SiemboxRow = row_number()".to_owned());
            lines.push(format!("| where SiemboxRow > {skip}"));
        }
        lines.push(format!("| take {take}"));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::Value;

    use super::*;
    use crate::source::hunting::{kql, table};
    use crate::stream::CLOUD_APP_EVENTS;

    const FROM: i64 = 1_794_306_665_239;

    fn asked(query: &str, place: Place, to_ms: Option<i64>, limit: u32) -> Value {
        let filters = json!({ "ActionType": { "neq": ["say \"x\""] } });
        let question = TableQuery {
            table: table::of(CLOUD_APP_EVENTS).unwrap(),
            query: query.to_owned(),
            conditions: kql::conditions(filters.as_object().unwrap()).unwrap(),
        };
        let query = Query {
            from_ms: FROM,
            to_ms,
            place,
            limit,
        };
        serde_json::from_str(&question.body(&query)).unwrap()
    }

    #[test]
    fn the_whole_of_a_query() {
        let body = asked("CloudAppEvents\n", Place::Skip(0), None, 5000);
        assert_eq!(body["Timespan"], "2026-11-10T10:31:05.239Z");
        let expected = r#"// siembox table=CloudAppEvents by=Timestamp from=2026-11-10T10:31:05.239Z to=- skip=0 take=5000
CloudAppEvents
| where Timestamp >= datetime(2026-11-10T10:31:05.239Z)
| where ActionType !in ("say \"x\"")
| order by Timestamp asc, ReportId asc
| take 5000"#;
        assert_eq!(body["Query"], expected);
    }

    #[test]
    fn a_stretch_and_a_count() {
        let body = asked(
            "T | where A == 1; // x",
            Place::Skip(7),
            Some(FROM + 1000),
            100_000,
        );
        let span = "2026-11-10T10:31:05.239Z/2026-11-10T10:31:06.240Z";
        assert_eq!(body["Timespan"], span);
        let expected = r#"// siembox table=CloudAppEvents by=Timestamp from=2026-11-10T10:31:05.239Z to=2026-11-10T10:31:06.240Z skip=7 take=9999
T | where A == 1; // x
| where Timestamp >= datetime(2026-11-10T10:31:05.239Z)
| where Timestamp < datetime(2026-11-10T10:31:06.240Z)
| where ActionType !in ("say \"x\"")
| order by Timestamp asc, ReportId asc
| serialize SiemboxRow = row_number()
| where SiemboxRow > 7
| take 9999"#;
        assert_eq!(body["Query"], expected);
    }

    #[test]
    fn the_end_of_a_statement_in_a_file_of_the_settings_is_left_out() {
        let body = asked("let a = 1;\nT | where A == a ;\n", Place::Skip(0), None, 1);
        let kql = body["Query"].as_str().unwrap();
        assert!(
            kql.contains("\nlet a = 1;\nT | where A == a \n| where"),
            "{kql}"
        );
    }
}
