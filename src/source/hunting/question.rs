//! The body of a request for rows: a table's query, and behind it from when to when, in which order
//! and how many.

use serde_json::json;

use super::kql::{iso, moment};
use super::table::Table;
use crate::source::json::list::MOST_RECORDS;
use crate::source::{Late, Place, Query};

/// What is asked of a table, whatever the time.
#[derive(Debug)]
pub(super) struct TableQuery {
    pub table: &'static Table,
    /// The table's own query, or that of the settings in its place.
    pub query: String,
    /// Is it that of the settings? Nobody knows whether its rows still tell when they came.
    pub is_replaced: bool,
    /// The filters of the settings.
    pub conditions: Vec<String>,
}

/// When the service got a row; null where its policy is off (reference: successors.md §3.2).
const ARRIVAL: &str = "ingestion_time()";

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

    /// The body of a request for the newest row of the last day, and where it is asked for when it
    /// came.
    pub(super) fn newest(&self, with_arrival: bool) -> String {
        let name = self.table.name;
        let arrived = match with_arrival {
            true => format!(", Arrived = {ARRIVAL}"),
            false => String::new(),
        };
        let kql = format!(
            "// siembox table={name} probe=ingestion_time\n{name}\n\
             | where Timestamp > ago(1d)\n\
             | project Timestamp{arrived}\n\
             | order by Timestamp desc\n\
             | take 1"
        );
        json!({ "Query": kql, "Timespan": "P1D" }).to_string()
    }

    /// The table's query, and where it may leave out what did not come late, the condition right
    /// behind the table: what comes behind other operators no longer tells when it came.
    fn rows(&self, late: Option<Late>) -> String {
        let query = self.query.trim().trim_end_matches(';');
        let Some(late) = late else {
            return query.to_owned();
        };
        let condition = format!(
            "| where Timestamp >= {} or {ARRIVAL} >= {}",
            moment(late.whole_from_ms),
            moment(late.arrived_from_ms),
        );
        let lines = query.lines().flat_map(|line| {
            let condition = (line.trim() == self.table.name).then_some(&*condition);
            std::iter::once(line).chain(condition)
        });
        lines.collect::<Vec<_>>().join("\n")
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
        // behind that time it asks for everything
        let late =
            (query.late).filter(|late| query.from_ms < late.whole_from_ms && !self.is_replaced);
        let marker = late.map(|late| {
            let (whole, arrived) = (iso(late.whole_from_ms), iso(late.arrived_from_ms));
            format!(" whole={whole} arrived={arrived}")
        });
        let mut lines = vec![
            format!(
                "// siembox table={name} by=Timestamp from={} to={} skip={skip} take={take}{}",
                iso(query.from_ms),
                end_ms.map_or("-".to_owned(), iso),
                marker.unwrap_or_default(),
            ),
            self.rows(late),
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
            is_replaced: false,
            conditions: kql::conditions(filters.as_object().unwrap()).unwrap(),
        };
        let query = Query {
            from_ms: FROM,
            to_ms,
            place,
            limit,
            late: None,
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
    fn what_did_not_come_late_is_left_out_right_behind_the_table() {
        let late = Late {
            whole_from_ms: FROM + 1000,
            arrived_from_ms: FROM + 2000,
        };
        let kql = |from_ms, is_replaced| {
            let table = table::of(CLOUD_APP_EVENTS).unwrap();
            let question = TableQuery {
                table,
                query: "// rows\nCloudAppEvents\n| project Timestamp".to_owned(),
                is_replaced,
                conditions: Vec::new(),
            };
            question.kql(&Query {
                from_ms,
                to_ms: None,
                place: Place::Skip(0),
                limit: 7,
                late: Some(late),
            })
        };
        let expected = r"// siembox table=CloudAppEvents by=Timestamp from=2026-11-10T10:31:05.239Z to=- skip=0 take=7 whole=2026-11-10T10:31:06.239Z arrived=2026-11-10T10:31:07.239Z
// rows
CloudAppEvents
| where Timestamp >= datetime(2026-11-10T10:31:06.239Z) or ingestion_time() >= datetime(2026-11-10T10:31:07.239Z)
| project Timestamp
| where Timestamp >= datetime(2026-11-10T10:31:05.239Z)
| order by Timestamp asc, ReportId asc
| take 7";
        assert_eq!(kql(FROM, false), expected);
        for (from_ms, is_replaced) in [(FROM + 1000, false), (FROM, true)] {
            let whole = kql(from_ms, is_replaced);
            assert!(!whole.contains("ingestion_time"), "{whole}");
            assert!(!whole.contains("arrived"), "{whole}");
        }
    }

    /// A table whose query names it otherwise would never be asked for what came late.
    #[test]
    fn each_table_stands_on_a_line_of_its_own() {
        for table in table::all() {
            let lines = table.query.lines().filter(|line| *line == table.name);
            assert_eq!(lines.count(), 1, "{}", table.name);
        }
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
