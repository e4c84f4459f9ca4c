use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::clock;
use crate::foreign::ForeignText;
use crate::source::{Credential, EntraApp, Permission, Place, Record, Unreadable};
use crate::stream::CLOUD_APP_EVENTS;

const GRAPH: &str = "https://graph.microsoft.com";

/// A token endpoint that gives one token after the other, and answers of Graph in their order, the
/// last one again and again.
#[derive(Clone)]
struct Played {
    answers: Arc<Vec<(u16, String)>>,
    /// Body and token of each request.
    asked: Arc<Mutex<Vec<(serde_json::Value, String)>>>,
    log_ons: Arc<Mutex<u32>>,
}

impl Played {
    fn new(answers: &[(u16, &str)]) -> Self {
        let answers = answers
            .iter()
            .map(|(status, body)| (*status, (*body).to_owned()));
        Self {
            answers: Arc::new(answers.collect()),
            asked: Arc::default(),
            log_ons: Arc::default(),
        }
    }

    fn asked(&self) -> Vec<(serde_json::Value, String)> {
        self.asked.lock().unwrap().clone()
    }
}

impl Post for Played {
    fn post(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Response, SourceError> {
        let response = |status, body: &str| Response {
            status,
            retry_after: (status == 429).then(|| Duration::from_secs(7)),
            date_ms: Some(1_794_306_665_000),
            location: None,
            warning: (status == 206).then(|| ForeignText::new("199 - \"V/P/504/1000\"")),
            body: body.as_bytes().to_vec().into(),
        };
        if !url.starts_with(GRAPH) {
            let mut log_ons = self.log_ons.lock().unwrap();
            *log_ons += 1;
            let body = format!(r#"{{"access_token":"t{log_ons}","expires_in":3599}}"#);
            return Ok(response(200, &body));
        }
        assert_eq!(
            url,
            "https://graph.microsoft.com/v1.0/security/runHuntingQuery"
        );
        let value = |name| headers.iter().find(|(key, _)| *key == name).unwrap().1;
        assert_eq!(value("content-type"), "application/json; charset=utf-8");
        let mut asked = self.asked.lock().unwrap();
        let (status, answer) = &self.answers[asked.len().min(self.answers.len() - 1)];
        let token = value("authorization").to_owned();
        asked.push((serde_json::from_str(body).unwrap(), token));
        Ok(response(*status, answer))
    }
}

fn table(played: &Played, query: Option<&str>) -> Hunting<Played> {
    let credential = Credential::ClientSecret(Box::new(|| Ok("s".to_owned())));
    let app = EntraApp::new("https://login", "t", "c", credential, Box::new(clock::now));
    let scope = Permission::of_scope("https://graph.microsoft.com/.default");
    let settings = HuntingSettings {
        query: query.map(str::to_owned),
        ..HuntingSettings::default()
    };
    let entra = Entra::new(Arc::new(app), scope);
    Hunting::new(played.clone(), entra, CLOUD_APP_EVENTS, GRAPH, settings).unwrap()
}

type Page = Vec<Result<Record<'static>, Unreadable>>;

fn page(table: &mut Hunting<Played>, limit: u32) -> Result<(Page, Answer), SourceError> {
    let query = Query {
        from_ms: 1_794_306_665_239,
        to_ms: None,
        place: Place::Skip(0),
        limit,
        late: None,
    };
    let mut records = Page::new();
    let answer = table.page(&query, &mut records)?;
    Ok((records, answer))
}

/// An answer of so many rows.
fn rows(count: u32) -> String {
    let rows = (0..count).map(|n| {
        serde_json::json!({
            "Timestamp": "2026-11-10T10:31:05.239Z", "ReportId": format!("r{n}"),
            "ActionType": "FileDownloaded",
        })
    });
    let rows: Vec<_> = rows.collect();
    serde_json::json!({ "schema": [{"name": "Timestamp"}], "results": rows }).to_string()
}

#[test]
fn a_page_is_full_where_it_has_as_many_rows_as_were_asked_for() {
    for (count, limit, has_next) in [(3, 5, false), (5, 5, true), (0, 5, false)] {
        let played = Played::new(&[(200, &rows(count))]);
        let (records, answer) = page(&mut table(&played, None), limit).unwrap();
        let ids = records
            .into_iter()
            .map(|record| record.unwrap().event.id.into_owned());
        let expected: Vec<String> = (0..count).map(|n| format!("r{n}")).collect();
        assert_eq!(Vec::from_iter(ids), expected);
        assert_eq!(
            (answer.has_next, answer.incomplete),
            (has_next, false),
            "{count}"
        );
        assert_eq!(answer.server_ms, Some(1_794_306_665_000));
        let (body, token) = played.asked().remove(0);
        assert_eq!(token, "Bearer t1");
        let kql = body["Query"].as_str().unwrap();
        assert!(
            kql.contains("\nCloudAppEvents\n| project ") && kql.ends_with("| take 5"),
            "{kql}"
        );
    }
}

#[test]
fn an_answer_in_which_something_is_missing_says_what() {
    let played = Played::new(&[(206, &rows(2))]);
    let (records, answer) = page(&mut table(&played, None), 5).unwrap();
    assert_eq!((records.len(), answer.incomplete), (2, true));
    assert_eq!(answer.warning, "P of V has failed (status 504 after 1.0 s)");
}

#[test]
fn a_token_that_is_refused_or_lacks_a_right_is_not_shown_again() {
    let refused = r#"{"error":{"code":"Forbidden","message":"no"}}"#;
    for (status, kind, shown) in [
        (
            401,
            SourceErrorKind::InvalidToken,
            ["Bearer t1", "Bearer t2"],
        ),
        (403, SourceErrorKind::Absent, ["Bearer t1", "Bearer t2"]),
        (
            429,
            SourceErrorKind::Throttled(Duration::from_secs(7)),
            ["Bearer t1"; 2],
        ),
        (500, SourceErrorKind::Passing, ["Bearer t1"; 2]),
    ] {
        let played = Played::new(&[(status, refused), (200, &rows(0))]);
        let mut table = table(&played, None);
        let error = page(&mut table, 5).unwrap_err();
        assert_eq!(error.trouble, kind);
        page(&mut table, 5).unwrap();
        let tokens = played.asked().into_iter().map(|(_, token)| token);
        assert_eq!(Vec::from_iter(tokens), shown, "{status}");
    }
}

#[test]
fn a_query_of_the_settings_that_leaves_out_what_is_needed_is_named() {
    let answer = r#"{"schema":[],"results":[{"Timestamp":"2026-11-10T10:31:05Z","Id":"1"}]}"#;
    let played = Played::new(&[(200, answer)]);
    let error = page(&mut table(&played, Some("CloudAppEvents")), 5).unwrap_err();
    assert_eq!(error.trouble, SourceErrorKind::InTheWay);
    let said = "activities.queries.CloudAppEvents names gives rows without ReportId";
    assert!(error.what.contains(said), "{error}");
    // of the table's own query it is a record that can't be read
    let (records, _) = page(&mut table(&played, None), 5).unwrap();
    assert!(records[0].is_err());
}

#[test]
fn the_newest_row_tells_when_it_came_where_the_service_does() {
    let answer = |row: &str| format!(r#"{{"schema":[],"results":[{row}]}}"#);
    let at = |arrived_ms| {
        Some(Newest {
            at_ms: 1_794_306_665_239,
            arrived_ms,
        })
    };
    for (row, expected) in [
        (
            r#"{"Timestamp":"2026-11-10T10:31:05.239Z","Arrived":"2026-11-10T10:33:23.2390001Z"}"#,
            at(Some(1_794_306_803_239)),
        ),
        (
            r#"{"timestamp":"2026-11-10T10:31:05.239Z","arrived":"2026-11-10T10:33:23.239Z"}"#,
            at(Some(1_794_306_803_239)),
        ),
        (
            r#"{"Timestamp":"2026-11-10T10:31:05.239Z","Arrived":null}"#,
            at(None),
        ),
        (
            r#"{"Timestamp":"2026-11-10T10:31:05.239Z","Arrived":{}}"#,
            at(None),
        ),
        (r#"{"Timestamp":"2026-11-10T10:31:05.239Z"}"#, at(None)),
        ("", None),
        (r#"{"Arrived":"2026-11-10T10:33:23Z"}"#, None),
    ] {
        let played = Played::new(&[(200, &answer(row))]);
        let mut table = table(&played, None);
        assert_eq!(table.newest(true).unwrap(), expected, "{row}");
        let (body, _) = played.asked().remove(0);
        assert_eq!(body["Timespan"], "P1D");
        assert_eq!(
            body["Query"],
            "// siembox table=CloudAppEvents probe=ingestion_time\nCloudAppEvents\n\
             | where Timestamp > ago(1d)\n| project Timestamp, Arrived = ingestion_time()\n\
             | order by Timestamp desc\n| take 1"
        );
        table.newest(false).unwrap();
        let (body, _) = played.asked().remove(1);
        assert!(
            !body["Query"].as_str().unwrap().contains("ingestion_time()"),
            "{body}"
        );
    }
    let refused = r#"{"error":{"code":"BadRequest","message":"'project' operator: Failed to resolve scalar expression named 'ingestion_time'"}}"#;
    let played = Played::new(&[(400, refused)]);
    let error = table(&played, None).newest(true).unwrap_err();
    assert_eq!(error.trouble, SourceErrorKind::Absent);
}

#[test]
fn only_the_tables_own_query_is_asked_for_late_rows() {
    let played = Played::new(&[(200, "")]);
    assert!(table(&played, None).knows_late());
    assert!(!table(&played, Some("CloudAppEvents")).knows_late());
}
