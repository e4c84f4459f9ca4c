#![allow(clippy::unwrap_used)]
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;
use crate::source::http::Response;

fn jwt(claims: &str) -> String {
    format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims))
}

#[test]
fn a_token_is_renewed_before_it_expires() {
    let s = Duration::from_secs;
    assert_eq!(good_for(Some(3600)), s(3300));
    assert_eq!(good_for(Some(100)), s(50));
    assert_eq!(good_for(None), s(3299));
    assert_eq!(good_for(Some(u64::MAX)), s(86_100));
}

/// Answers every log-on with this body, and counts them.
struct Played(&'static str, Cell<u32>);

impl Post for Played {
    fn post(&self, _: &str, _: &[(&str, &str)], _: &str) -> Result<Response, SourceError> {
        self.1.set(self.1.get() + 1);
        Ok(Response {
            status: 200,
            retry_after: None,
            date_ms: None,
            location: None,
            body: self.0.as_bytes().to_vec().into(),
        })
    }
}

const PERMISSION: Permission = Permission {
    scope: "api/.default",
    api: "The API",
    role: "Investigation.read",
    roles_begin: "investigation.",
};

fn entra(clock: &Arc<AtomicU64>) -> Entra {
    let clock = Arc::clone(clock);
    let steady = Box::new(move || Duration::from_secs(clock.load(Ordering::SeqCst)));
    let secret = Box::new(|| Ok("s".to_owned()));
    Entra::new(&PERMISSION, "https://login", "t", "c", secret, steady)
}

#[test]
fn a_token_is_kept_until_shortly_before_its_end_whatever_the_type_of_its_life() {
    for answer in [
        r#"{"access_token":"x","expires_in":3600}"#,
        r#"{"access_token":"x","expires_in":"3600"}"#,
        r#"{"access_token":"x","expires_in":3600.0,"token_type":null}"#,
        "\u{feff}{\"access_token\":\"x\",\"expires_in\":\"3600\"}\n",
    ] {
        let clock = Arc::new(AtomicU64::new(1_000_000));
        let (mut auth, played) = (entra(&clock), Played(answer, Cell::new(0)));
        for (after, log_ons) in [(0, 1), (3_299, 1), (3_300, 2), (6_599, 2), (6_600, 3)] {
            clock.store(1_000_000 + after, Ordering::SeqCst);
            assert_eq!(auth.bearer(&played).unwrap(), "x");
            assert_eq!(played.1.get(), log_ons, "after {after} s, {answer}");
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
        let (mut auth, played) = (entra(&Arc::default()), Played(answer, Cell::new(0)));
        let error = auth.bearer(&played).unwrap_err();
        assert!(error.what.contains(words), "{answer}: {error}");
    }
}

#[test]
fn names_the_missing_role() {
    assert!(
        PERMISSION
            .check(&jwt(r#"{"roles":["Investigation.read"]}"#))
            .is_ok()
    );
    assert!(
        PERMISSION
            .check(&jwt(r#"{"roles":"Investigation.read"}"#))
            .is_ok()
    );
    assert!(
        PERMISSION.check("opaque").is_ok(),
        "the API itself must tell"
    );
    for claims in ["{}", r#"{"roles":["Discovery.read"]}"#] {
        let error = PERMISSION.check(&jwt(claims)).unwrap_err();
        assert_eq!(error.trouble, SourceErrorKind::Refused);
        assert!(error.what.contains("Investigation.read"), "{error}");
    }
}
