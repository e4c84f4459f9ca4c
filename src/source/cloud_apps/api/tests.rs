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
            warning: None,
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
            late: None,
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
