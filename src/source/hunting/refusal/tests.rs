#![allow(clippy::unwrap_used)]
use super::*;

fn error(status: u16, body: &str, retry_after: Option<u64>) -> SourceError {
    let response = Response {
        status,
        retry_after: retry_after.map(Duration::from_secs),
        date_ms: Some(1_794_306_665_000),
        location: None,
        warning: None,
        body: body.as_bytes().to_vec().into(),
    };
    refused(response, "CloudAppEvents").unwrap()
}

fn said(message: &str) -> String {
    serde_json::json!({ "error": { "code": "BadRequest", "message": message } }).to_string()
}

#[test]
fn each_refusal_has_its_kind() {
    use SourceErrorKind::{
        Absent, BadQuestion, InTheWay, InvalidToken, Passing, TooLarge, TooSlow,
    };
    let large = said("Query execution has exceeded the allowed result size. Optimize your query");
    let heavy = said("The query exceeded the allowed limits and was preempted.");
    let slow = said("Query exceeded the timeout period.");
    let table = said("Failed to resolve table or column expression named 'CloudAppEvents'");
    let column = said("'project' operator: Failed to resolve scalar expression named 'ReportId'");
    let denied = r#"{"error":{"code":"Authorization_RequestDenied","message":"Insufficient"}}"#;
    for (status, body, kind) in [
        (400, &*large, TooLarge),
        (400, &*heavy, TooSlow),
        (400, &*slow, TooSlow),
        (504, &*slow, TooSlow),
        (504, "", TooSlow),
        (400, &*table, Absent),
        (400, &*column, Absent),
        (403, denied, Absent),
        (403, "<html><title>403</title>", InTheWay),
        (403, "no", InTheWay),
        (401, &*said("Access token has expired"), InvalidToken),
        (401, "", InvalidToken),
        (400, &*said("Syntax error"), BadQuestion),
        (302, "", InTheWay),
        (407, "", InTheWay),
        (
            500,
            r#"{"error":{"code":"UnknownError","message":""}}"#,
            Passing,
        ),
        (502, "<html>", Passing),
        (503, "", Passing),
    ] {
        let error = error(status, body, None);
        assert_eq!(error.trouble, kind, "{status} {body}: {error}");
    }
    let error = error(400, &table, None);
    for cause in [
        "this tenant does not have",
        "ThreatHunting.Read.All",
        "CloudAppEvents",
    ] {
        assert!(error.what.contains(cause), "{error}");
    }
}

#[test]
fn a_quota_is_waited_for_as_the_service_says() {
    let cpu = "You have exceeded processing resources allocated to this tenant.";
    let wait = |status, message: &str, retry_after| {
        let error = error(status, &said(message), retry_after);
        assert!(error.what.contains("analysts share"), "{error}");
        match error.trouble {
            SourceErrorKind::Throttled(wait) => wait.as_secs(),
            other => panic!("{other:?}"),
        }
    };
    let again = |when: &str| format!("{cpu} You can run queries again in {when}.");
    for (message, retry_after, expected) in [
        ("Too many requests", Some(7), 7),
        ("Too many requests", Some(0), 60),
        ("Too many requests", None, 60),
        // 10:31:05 is 65 seconds into its quarter of an hour
        (cpu, None, 900 - 65 + 5),
        (&*again("00:12:30"), None, 750),
        (&*again("3 minutes"), None, 180),
        (&*again("30 seconds"), None, 30),
        (&*again("1 hour"), None, 900),
        (&*again("a while"), None, 900 - 65 + 5),
        (cpu, Some(5000), 900),
    ] {
        assert_eq!(wait(429, message, retry_after), expected, "{message}");
        if message.starts_with(cpu) {
            assert_eq!(wait(400, message, retry_after), expected, "{message}");
        }
    }
}
