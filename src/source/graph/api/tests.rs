use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::clock;
use crate::foreign::ForeignText;
use crate::source::graph::{ALERTS, INCIDENTS};
use crate::source::{Credential, EntraApp, Permission, Place, Record, SourceErrorKind, Unreadable};

const GRAPH: &str = "https://graph.microsoft.com";

const WARNING: &str = "199 - \"Microsoft/Defender for Identity/504/10000\"";

/// A token endpoint that gives one token after the other, and answers of Graph in their order.
#[derive(Clone)]
struct Played {
    answers: Arc<Vec<(u16, &'static str, Option<u64>)>>,
    /// Address and token of each request.
    asked: Arc<Mutex<Vec<(String, String)>>>,
    log_ons: Arc<Mutex<u32>>,
}

impl Played {
    fn new(answers: &[(u16, &'static str, Option<u64>)]) -> Self {
        Self {
            answers: Arc::new(answers.to_vec()),
            asked: Arc::default(),
            log_ons: Arc::default(),
        }
    }

    fn asked(&self) -> Vec<(String, String)> {
        self.asked.lock().unwrap().clone()
    }

    fn response(status: u16, body: &str, retry_after: Option<u64>) -> Response {
        Response {
            status,
            retry_after: retry_after.map(Duration::from_secs),
            date_ms: None,
            location: None,
            warning: (status == 206).then(|| ForeignText::new(WARNING)),
            body: body.as_bytes().to_vec().into(),
        }
    }
}

impl Get for Played {
    fn get(&self, url: &str, headers: &[(&str, &str)]) -> Result<Response, SourceError> {
        let value = |name| headers.iter().find(|(key, _)| *key == name).unwrap().1;
        assert_eq!(value("prefer"), "include-unknown-enum-members");
        let mut asked = self.asked.lock().unwrap();
        let (status, body, retry_after) = self.answers[asked.len().min(self.answers.len() - 1)];
        asked.push((url.to_owned(), value("authorization").to_owned()));
        Ok(Self::response(status, body, retry_after))
    }
}

impl Post for Played {
    fn post(&self, _: &str, _: &[(&str, &str)], _: &str) -> Result<Response, SourceError> {
        let mut log_ons = self.log_ons.lock().unwrap();
        *log_ons += 1;
        let body = format!(r#"{{"access_token":"t{log_ons}","expires_in":3599}}"#);
        Ok(Self::response(200, &body, None))
    }
}

fn source(played: &Played, list: &'static GraphList) -> Graph<Played> {
    let credential = Credential::ClientSecret(Box::new(|| Ok("s".to_owned())));
    let app = EntraApp::new("https://login", "t", "c", credential, Box::new(clock::now));
    let scope = Permission::of_scope("https://graph.microsoft.com/.default");
    let entra = Entra::new(Arc::new(app), scope);
    Graph::new(
        played.clone(),
        entra,
        list,
        GRAPH,
        Map::new(),
        Names::default(),
    )
}

fn query(place: Place) -> Query {
    Query {
        from_ms: 1_794_307_442_480,
        to_ms: None,
        place,
        limit: 2,
        late: None,
    }
}

type Page = Vec<Result<Record<'static>, Unreadable>>;

fn ask(played: &Played, list: &'static GraphList) -> Result<(Page, Answer), SourceError> {
    let mut records = Page::new();
    let answer = source(played, list).page(&query(Place::Skip(0)), &mut records)?;
    Ok((records, answer))
}

fn ids(page: Page) -> Vec<String> {
    let ids = page
        .into_iter()
        .map(|record| record.unwrap().event.id.into_owned());
    ids.collect()
}

const PAGE: &str = r#"{"@odata.context":"c","value":[{"id":"ra1","lastUpdateDateTime":"2026-11-10T10:44:02.48Z"},{"id":"ra2","lastUpdateDateTime":"2026-11-10T10:44:02.48Z"}],"@odata.nextLink":"https://graph.microsoft.com/v1.0/security/alerts_v2?$skiptoken=1"}"#;

#[test]
fn a_page_and_where_it_goes_on() {
    let played = Played::new(&[(200, PAGE, None)]);
    let (records, answer) = ask(&played, &ALERTS).unwrap();
    assert_eq!(ids(records), ["ra1", "ra2"]);
    assert!(answer.has_next && !answer.incomplete);
    let link = answer.next.unwrap();
    source(&played, &ALERTS)
        .page(&query(Place::Next(link.clone())), &mut ())
        .unwrap();
    let asked = played.asked();
    assert_eq!(asked[1].0, link, "to the letter");
    assert!(
        asked[0].0.contains("/v1.0/security/alerts_v2?$filter="),
        "{asked:?}"
    );
    ask(&played, &INCIDENTS).unwrap();
    assert!(
        played.asked()[2]
            .0
            .contains("/v1.0/security/incidents?$filter=")
    );
}

#[test]
fn a_link_to_another_host_gets_no_token() {
    let played = Played::new(&[(200, PAGE, None)]);
    let place = Place::Next("https://evil.example/v1.0/security/alerts_v2?$skiptoken=1".into());
    let error = source(&played, &ALERTS).page(&query(place), &mut ());
    assert_eq!(error.unwrap_err().trouble, SourceErrorKind::BadQuestion);
    assert_eq!(played.asked(), []);
}

#[test]
fn an_incomplete_answer_says_so_and_hands_over_what_it_has() {
    let played = Played::new(&[(206, PAGE, None)]);
    let (records, answer) = ask(&played, &ALERTS).unwrap();
    assert_eq!((ids(records).len(), answer.incomplete), (2, true));
    let why = answer.doubted("the answer is incomplete");
    assert_eq!(
        why,
        "the answer is incomplete: Defender for Identity of Microsoft has failed (status 504 after \
            10.0 s)"
    );
    let (_, whole) = ask(&Played::new(&[(200, PAGE, None)]), &ALERTS).unwrap();
    assert_eq!(
        (whole.incomplete, whole.doubted("why")),
        (false, "why".to_owned())
    );
}

#[test]
fn a_refused_token_is_not_shown_again() {
    const NO: &str = r#"{"error":{"code":"InvalidAuthenticationToken","message":"expired"}}"#;
    let played = Played::new(&[(401, NO, None), (200, PAGE, None)]);
    let mut source = source(&played, &ALERTS);
    assert!(source.renews_token());
    let error = source.page(&query(Place::Skip(0)), &mut ()).unwrap_err();
    assert_eq!(error.trouble, SourceErrorKind::InvalidToken);
    source.page(&query(Place::Skip(0)), &mut ()).unwrap();
    let tokens: Vec<String> = played.asked().into_iter().map(|(_, token)| token).collect();
    assert_eq!(tokens, ["Bearer t1", "Bearer t2"]);
}

#[test]
fn a_token_without_the_permission_is_not_kept() {
    const NO: &str = r#"{"error":{"code":"Forbidden","message":"Missing application roles"}}"#;
    let played = Played::new(&[(403, NO, None), (200, PAGE, None)]);
    let mut source = source(&played, &INCIDENTS);
    let error = source.page(&query(Place::Skip(0)), &mut ()).unwrap_err();
    assert_eq!(error.trouble, SourceErrorKind::Refused);
    assert!(error.what.contains("SecurityIncident.Read.All"), "{error}");
    source.page(&query(Place::Skip(0)), &mut ()).unwrap();
    assert_eq!(*played.log_ons.lock().unwrap(), 2);
}

#[test]
fn what_is_no_page_says_what_it_is() {
    let throttled = |seconds| SourceErrorKind::Throttled(Duration::from_secs(seconds));
    const ERROR: &str =
        r#"{"error":{"code":"UnknownError","message":"","innerError":{"request-id":"1"}}}"#;
    const HTML: &str = "<html><head><title>403 Forbidden</title></head></html>";
    for (status, body, retry_after, kind, said) in [
        (429, ERROR, Some(17), throttled(17), "throttles"),
        (429, ERROR, Some(0), throttled(10), "throttles"),
        (429, "", None, throttled(10), "throttles"),
        (500, ERROR, None, SourceErrorKind::Passing, "UnknownError"),
        (502, HTML, None, SourceErrorKind::Passing, "a web page"),
        (503, "", None, SourceErrorKind::Passing, "503"),
        (503, "", Some(5), throttled(5), "503"),
        (504, "", None, SourceErrorKind::Passing, "504"),
        (403, HTML, None, SourceErrorKind::InTheWay, "gateway"),
        (
            403,
            ERROR,
            None,
            SourceErrorKind::Refused,
            "SecurityAlert.Read.All",
        ),
        (404, ERROR, None, SourceErrorKind::InTheWay, "graph_url"),
        (
            400,
            ERROR,
            None,
            SourceErrorKind::BadQuestion,
            "refused the request",
        ),
        (302, "", None, SourceErrorKind::InTheWay, "redirects"),
        (407, "", None, SourceErrorKind::InTheWay, "proxy"),
        (200, HTML, None, SourceErrorKind::InTheWay, "graph_url"),
        (200, "", None, SourceErrorKind::Passing, "empty"),
        (
            200,
            r#"{"value":[{"id":"#,
            None,
            SourceErrorKind::Passing,
            "damaged",
        ),
        (200, ERROR, None, SourceErrorKind::BadQuestion, "refused"),
    ] {
        let played = Played::new(&[(status, body, retry_after)]);
        let error = ask(&played, &ALERTS).unwrap_err();
        assert_eq!(error.trouble, kind, "{status} {body}");
        assert!(error.what.contains(said), "{status} {body}: {error}");
    }
}
