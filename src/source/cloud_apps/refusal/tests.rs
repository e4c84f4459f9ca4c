use super::*;

fn response(status: u16, retry_after: Option<Duration>, body: &str) -> Response {
    Response {
        status,
        retry_after,
        date_ms: None,
        location: None,
        warning: None,
        body: body.as_bytes().to_vec().into(),
    }
}

#[test]
fn a_page_of_others_is_no_word_of_the_api() {
    let invalid = r#"{"detail":"Invalid token."}"#;
    let page = "<!DOCTYPE html>\n<html><title>Blocked</title>";
    for (status, body, trouble, words) in [
        (
            401,
            invalid,
            SourceErrorKind::InvalidToken,
            "Invalid token: the API",
        ),
        (
            403,
            invalid,
            SourceErrorKind::InvalidToken,
            "Invalid token: the API",
        ),
        (
            403,
            "",
            SourceErrorKind::InvalidToken,
            "Invalid token: the API",
        ),
        (
            403,
            page,
            SourceErrorKind::InTheWay,
            "(403: a web page, \"Blocked\")",
        ),
        (
            401,
            page,
            SourceErrorKind::InTheWay,
            "does not come from the API (401",
        ),
        (
            403,
            "Forbidden by policy",
            SourceErrorKind::InTheWay,
            "(403: Forbidden by policy)",
        ),
        (
            404,
            page,
            SourceErrorKind::InTheWay,
            "does not come from the API (404",
        ),
        (
            404,
            "{}",
            SourceErrorKind::InTheWay,
            "the API was not found",
        ),
        (
            407,
            "",
            SourceErrorKind::InTheWay,
            "asks for a sign-in (407",
        ),
        (
            502,
            page,
            SourceErrorKind::Passing,
            "the API failed (502: a web page, \"Blocked\")",
        ),
        (
            400,
            "{}",
            SourceErrorKind::BadQuestion,
            "refused the request (400",
        ),
    ] {
        let error = refused(response(status, None, body)).unwrap();
        assert_eq!(error.trouble, trouble, "{status} {body}");
        assert!(error.what.contains(words), "{error}");
        assert!(
            trouble == SourceErrorKind::InvalidToken || !error.what.contains("token"),
            "{error}"
        );
    }
}

#[test]
fn every_429_says_how_long() {
    let wait = |retry_after, body: &str| refused(response(429, retry_after, body)).unwrap().trouble;
    let s = Duration::from_secs;
    assert_eq!(wait(None, ""), SourceErrorKind::Throttled(s(5)));
    assert_eq!(
        wait(Some(s(0)), ""),
        SourceErrorKind::Throttled(s(5)),
        "no floor"
    );
    assert_eq!(wait(Some(s(1)), ""), SourceErrorKind::Throttled(s(1)));
    assert_eq!(
        wait(Some(s(9)), r#"{"detail":"Request was throttled."}"#),
        SourceErrorKind::Throttled(s(9))
    );
    assert_eq!(
        wait(None, r#"{"detail":"Request was throttled."}"#),
        SourceErrorKind::Throttled(s(60))
    );
    let named = r#"{"detail":"Request was throttled. Expected available in 17 seconds."}"#;
    assert_eq!(wait(None, named), SourceErrorKind::Throttled(s(17)));
    assert_eq!(
        wait(Some(s(99_999)), ""),
        SourceErrorKind::Throttled(LONGEST_SILENCE)
    );
    let pause = refused(response(503, Some(s(40)), "")).unwrap();
    assert_eq!(pause.trouble, SourceErrorKind::Throttled(s(40)));
    let failure = refused(response(503, None, "")).unwrap();
    assert_eq!(failure.trouble, SourceErrorKind::Passing);
}
