#![allow(clippy::unwrap_used)]
use std::borrow::Cow;
use std::sync::Barrier;
use std::sync::atomic::AtomicU32;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;

use super::*;
use crate::clock::Moment;
use crate::source::http::Response;

fn jwt(claims: &str) -> String {
    format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims))
}

/// Plays the token endpoint: answers each log-on in turn, the last answer for ever, and keeps what
/// was asked.
struct Endpoint {
    answers: Vec<(u16, String)>,
    asked: Mutex<Vec<String>>,
}

impl Endpoint {
    fn saying(answers: &[(u16, &str)]) -> Self {
        let answers = answers
            .iter()
            .map(|&(status, body)| (status, body.to_owned()));
        Self {
            answers: answers.collect(),
            asked: Mutex::default(),
        }
    }

    fn giving(answer: &str) -> Self {
        Self::saying(&[(200, answer)])
    }

    fn log_ons(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl Post for Endpoint {
    fn post(&self, url: &str, _: &[(&str, &str)], body: &str) -> Result<Response, SourceError> {
        assert_eq!(url, "https://login/t/oauth2/v2.0/token");
        let mut asked = self.asked.lock().unwrap();
        let (status, body_given) = self.answers[asked.len().min(self.answers.len() - 1)].clone();
        asked.push(body.to_owned());
        Ok(Response {
            status,
            retry_after: None,
            date_ms: None,
            location: None,
            warning: None,
            body: body_given.into_bytes().into(),
        })
    }
}

const REQUIRED: Permission = Permission {
    scope: Cow::Borrowed("api/.default"),
    required: Some(RequiredRole {
        api: "The API",
        role: "Investigation.read",
        roles_begin: "investigation.",
    }),
};

/// A clock that shows what it is set to, seconds.
type Hand = Arc<AtomicU64>;

fn app(clock: &Hand, credential: Credential) -> Arc<EntraApp> {
    let clock = Arc::clone(clock);
    let now = move || Moment {
        wall_ms: 1_795_910_400_000,
        steady: Duration::from_secs(clock.load(Ordering::SeqCst)),
    };
    Arc::new(EntraApp::new(
        "https://login/",
        "t",
        "c",
        credential,
        Box::new(now),
    ))
}

fn secret() -> Credential {
    Credential::ClientSecret(Box::new(|| Ok("s".to_owned())))
}

fn entra(clock: &Hand) -> Entra {
    Entra::new(
        app(clock, secret()),
        Permission::of_scope("https://graph.example/.default"),
    )
}

#[test]
fn a_token_is_kept_until_shortly_before_its_end_whatever_the_type_of_its_life() {
    for answer in [
        r#"{"access_token":"x","expires_in":3600}"#,
        r#"{"access_token":"x","expires_in":"3600"}"#,
        r#"{"access_token":"x","expires_in":3600.0,"token_type":null}"#,
        "\u{feff}{\"access_token\":\"x\",\"expires_in\":\"3600\"}\n",
    ] {
        let clock = Hand::new(1_000_000.into());
        let (auth, endpoint) = (entra(&clock), Endpoint::giving(answer));
        for (after, log_ons) in [(0, 1), (3_299, 1), (3_300, 2), (6_599, 2), (6_600, 3)] {
            clock.store(1_000_000 + after, Ordering::SeqCst);
            assert_eq!(&*auth.bearer(&endpoint).unwrap(), "x");
            assert_eq!(endpoint.log_ons(), log_ons, "after {after} s, {answer}");
        }
    }
}

#[test]
fn an_answer_without_a_token_is_named_for_what_it_is() {
    for (answer, words) in [
        (r#"{"access_token":null}"#, "contains no token"),
        (r#"{"token":"x"}"#, "contains no token"),
        ("", "no reason given"),
        ("<html><title>Sign in</title>", "a web page, \"Sign in\""),
    ] {
        let error = entra(&Hand::default())
            .bearer(&Endpoint::giving(answer))
            .unwrap_err();
        assert!(error.what.contains(words), "{answer}: {error}");
    }
}

#[test]
fn a_role_is_a_gate_where_it_is_required_and_else_a_hint() {
    let good = [
        r#"{"roles":["Investigation.read"]}"#,
        r#"{"roles":"Investigation.read"}"#,
    ];
    for claims in good {
        assert!(REQUIRED.check(&jwt(claims)).is_ok());
    }
    assert!(REQUIRED.check("opaque").is_ok(), "the API itself must tell");
    for claims in ["{}", r#"{"roles":["Discovery.read"]}"#] {
        let error = REQUIRED.check(&jwt(claims)).unwrap_err();
        assert_eq!(error.trouble, SourceErrorKind::Refused);
        assert!(error.what.contains("Investigation.read"), "{error}");
    }
    let answer = |token: &str| format!(r#"{{"access_token":"{token}","expires_in":3600}}"#);
    for (token, expected) in [
        (jwt("{}"), Some(vec![])),
        (
            jwt(r#"{"roles":["B.Read.All","A.Read.All"]}"#),
            Some(vec!["A.Read.All", "B.Read.All"]),
        ),
        ("opaque".to_owned(), None),
    ] {
        let graph = entra(&Hand::default());
        assert_eq!(graph.roles(), None, "no token yet");
        graph.bearer(&Endpoint::giving(&answer(&token))).unwrap();
        let roles = graph.roles();
        let roles = roles
            .as_ref()
            .map(|all| all.iter().map(ForeignText::as_str).collect());
        assert_eq!(roles, expected);
    }
}

#[test]
fn what_is_asked_for_is_the_scope_of_who_asks_with_the_credential_there_is() {
    let answer = r#"{"access_token":"x"}"#;
    let given = |credential: Credential| {
        let graph = Permission::of_scope("https://graph.example/.default");
        let endpoint = Endpoint::giving(answer);
        Entra::new(app(&Hand::default(), credential), graph)
            .bearer(&endpoint)
            .unwrap();
        endpoint.asked.into_inner().unwrap().remove(0)
    };
    let begin = "grant_type=client_credentials&client_id=c\
        &scope=https%3A%2F%2Fgraph%2Eexample%2F%2Edefault";
    assert_eq!(given(secret()), format!("{begin}&client_secret=s"));
    let foreign = Credential::Assertion(Box::new(|| Ok("a.b.c".to_owned())));
    let kind = "urn%3Aietf%3Aparams%3Aoauth%3Aclient%2Dassertion%2Dtype%3Ajwt%2Dbearer";
    let fields = format!("&client_assertion_type={kind}&client_assertion=a%2Eb%2Ec");
    assert_eq!(given(foreign), format!("{begin}{fields}"));
}

/// As seven streams of one agent.
#[test]
fn all_clones_make_one_log_on_and_renew_a_refused_token_once() {
    let endpoint = Endpoint::saying(&[
        (200, r#"{"access_token":"first"}"#),
        (200, r#"{"access_token":"second"}"#),
        (200, r#"{"access_token":"third"}"#),
    ]);
    let entra = entra(&Hand::default());
    let all_at_once = |refused: Option<&str>, expected: &str| {
        let start = Barrier::new(7);
        std::thread::scope(|threads| {
            for _ in 0..7 {
                let entra = entra.clone();
                let (start, endpoint) = (&start, &endpoint);
                threads.spawn(move || {
                    start.wait();
                    if let Some(refused) = refused {
                        entra.forget(refused);
                    }
                    assert_eq!(&*entra.bearer(endpoint).unwrap(), expected);
                });
            }
        });
    };
    all_at_once(None, "first");
    assert_eq!(endpoint.log_ons(), 1);
    all_at_once(Some("first"), "second");
    assert_eq!(endpoint.log_ons(), 2);
    entra.forget("first");
    assert_eq!(&*entra.bearer(&endpoint).unwrap(), "second", "told late");
}

/// Gives no answer.
struct Silent(SourceErrorKind, AtomicU32);

impl Post for Silent {
    fn post(&self, _: &str, _: &[(&str, &str)], _: &str) -> Result<Response, SourceError> {
        self.1.fetch_add(1, Ordering::SeqCst);
        Err(SourceError::new(self.0, "no answer"))
    }
}

#[test]
fn whoever_waited_for_a_log_on_takes_its_failure_unless_only_its_stream_was_stopped() {
    for (kind, more) in [(SourceErrorKind::Passing, 0), (SourceErrorKind::Stopped, 1)] {
        let (silent, entra) = (Silent(kind, AtomicU32::new(0)), entra(&Hand::default()));
        let log_ons = || silent.1.load(Ordering::SeqCst);
        let came_before = entra.log_ons();
        assert_eq!(entra.bearer(&silent).unwrap_err().trouble, kind);
        assert_eq!(log_ons(), 1);
        assert!(entra.bearer_since(came_before, &silent).is_err());
        assert_eq!(log_ons(), 1 + more, "{kind:?}");
        assert!(entra.bearer(&silent).is_err());
        assert_eq!(log_ons(), 2 + more, "who comes later tries again");
    }
}

#[test]
fn a_slow_or_long_answer_of_the_log_on_is_no_reason_to_ask_for_fewer_records() {
    for kind in [SourceErrorKind::TooSlow, SourceErrorKind::TooLarge] {
        let silent = Silent(kind, AtomicU32::new(0));
        let error = entra(&Hand::default()).bearer(&silent).unwrap_err();
        assert_eq!(error.trouble, SourceErrorKind::Passing);
    }
}

#[test]
fn a_refusal_counts_for_seconds_and_only_for_the_credential_that_was_shown() {
    let answers = [
        (401, r#"{"error":"invalid_client","error_codes":[7000215]}"#),
        (401, r#"{"error":"invalid_client","error_codes":[7000215]}"#),
        (200, r#"{"access_token":"x"}"#),
    ];
    let (clock, endpoint) = (Hand::default(), Endpoint::saying(&answers));
    let secret = Arc::new(Mutex::new("wrong"));
    let read = Arc::clone(&secret);
    let credential =
        Credential::ClientSecret(Box::new(move || Ok((*read.lock().unwrap()).to_owned())));
    let entra = Entra::new(app(&clock, credential), REQUIRED);
    for (second, log_ons) in [(0, 1), (3, 1), (4, 2), (5, 2)] {
        clock.store(second, Ordering::SeqCst);
        let error = entra.bearer(&endpoint).unwrap_err();
        assert_eq!(error.trouble, SourceErrorKind::Refused);
        assert_eq!(endpoint.log_ons(), log_ons, "second {second}");
    }
    *secret.lock().unwrap() = "right";
    assert_eq!(&*entra.bearer(&endpoint).unwrap(), "x");
}

#[test]
fn a_refusal_is_told_by_its_number_with_the_setting_to_look_at() {
    let said = |credential: Credential, status: u16, body: &str| {
        let entra = Entra::new(app(&Hand::default(), credential), REQUIRED);
        let error = entra
            .bearer(&Endpoint::saying(&[(status, body)]))
            .unwrap_err();
        assert_eq!(error.trouble, SourceErrorKind::Refused, "{error}");
        assert!(
            error.what.contains("Entra refused the app's sign-in"),
            "{error}"
        );
        error.what
    };
    for (codes, words, setting) in [
        (
            "7000215",
            "secret's value, not its ID",
            "client_secret_file",
        ),
        (
            "7000222",
            "the client secret has expired",
            "client_secret_file",
        ),
        ("700016", "the app is not known in this tenant", "client_id"),
        ("700027", "signature of the client assertion", "key_file"),
        ("700024", "not valid at this time", "clock"),
        ("700211", "the issuer of the assertion", "assertion_file"),
        (
            "70021",
            "no federated credential of the app matches",
            "assertion_file",
        ),
        ("90002", "no such tenant in this cloud", "tenant_id"),
        ("\"7000215\"", "secret's value", "client_secret_file"),
        (
            "50012,700027",
            "signature of the client assertion",
            "certificate_file",
        ),
    ] {
        // the text says another number: only the list counts
        let body = format!(
            r#"{{"error":"e","error_description":"AADSTS1: d\r\nTrace ID: 7","error_codes":[{codes}]}}"#
        );
        let told = said(secret(), 401, &body);
        assert!(told.contains(words) && told.contains(setting), "{told}");
        assert!(told.contains("(401: AADSTS1: d)"), "{told}");
    }
    let unknown = r#"{"error_description":"AADSTS7000215: as it says","error_codes":[4]}"#;
    let assertion = || Credential::Assertion(Box::new(|| Ok("a.b.c".to_owned())));
    for (credential, setting) in [
        (secret(), "client_secret_file"),
        (assertion(), "assertion_file"),
    ] {
        let told = said(credential, 400, unknown);
        assert!(told.contains("(400: AADSTS7000215: as it says)"), "{told}");
        assert!(told.contains("check tenant_id, client_id and "), "{told}");
        assert!(told.contains(setting), "{told}");
    }
    for odd in [
        "{}",
        r#"{"error_codes":null}"#,
        r#"{"error_codes":{"a":[7000215]}}"#,
    ] {
        assert!(
            said(secret(), 400, odd).contains("check tenant_id"),
            "{odd}"
        );
    }
}

#[test]
fn what_was_shown_is_not_repeated() {
    let body = r#"{"error_description":"I saw header.claims.signature"}"#;
    let shown = Credential::Assertion(Box::new(|| Ok("header.claims.signature".to_owned())));
    let entra = Entra::new(app(&Hand::default(), shown), REQUIRED);
    let error = entra.bearer(&Endpoint::saying(&[(400, body)])).unwrap_err();
    assert!(!error.what.contains("claims"), "{error}");
}

proptest! {
    #[test]
    fn any_answer_is_told_in_one_short_line(status in 200..600_u16, body in ".{0,300}") {
        let endpoint = Endpoint::saying(&[(status, &body)]);
        if let Err(error) = entra(&Hand::default()).bearer(&endpoint) {
            prop_assert!(error.what.chars().count() <= 700, "{}", error);
            prop_assert!(!error.what.contains(char::is_control), "{}", error);
        }
    }
}
