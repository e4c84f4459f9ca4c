#![allow(clippy::unwrap_used)]

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;

use super::*;

/// All the ways in which a peer writes what it was sent.
pub(crate) fn written(secret: &str) -> Vec<String> {
    let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let unicode: String = secret
        .encode_utf16()
        .map(|unit| format!("\\u{unit:04x}"))
        .collect();
    let html: String = secret
        .chars()
        .map(|c| format!("&#{};", u32::from(c)))
        .collect();
    let (first, second) = secret.split_at(secret.len() / 2);
    vec![
        secret.to_owned(),
        format!("Authorization: Token {secret}\r\n"),
        format!("{{\"authorization\":\"Bearer {secret}\"}}"),
        secret.to_ascii_uppercase(),
        percent.clone(),
        percent.to_lowercase(),
        utf8_percent_encode(&percent, NON_ALPHANUMERIC).to_string(),
        format!("https://gateway.example/log-on?back={percent}&x=1"),
        serde_json::to_string(secret).unwrap(),
        serde_json::to_string(&serde_json::to_string(secret).unwrap()).unwrap(),
        unicode,
        html,
        STANDARD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
        format!("Basic {}", STANDARD.encode(format!("u:{secret}"))),
        format!("Basic {}", STANDARD.encode(format!("me:{secret}"))),
        format!("Basic {}", STANDARD.encode(format!("him:{secret}"))),
        secret.bytes().map(|byte| format!("{byte:02x}")).collect(),
        format!("{first}\r\n {second}"),
        secret.chars().flat_map(|c| [c, '\0']).collect(),
    ]
}

/// Is it there, in any form that is read without thinking?
pub(crate) fn tells(text: &str, secret: &str) -> bool {
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let bare = bare.replace("\\x00", "").to_lowercase();
    written(secret)
        .iter()
        .map(|form| {
            form.split_whitespace()
                .last()
                .unwrap_or_default()
                .to_lowercase()
        })
        .any(|form| bare.contains(&form))
        || bare.contains(&secret.to_lowercase())
}

#[test]
fn no_form_of_a_secret_comes_in() {
    for secret in [
        "QWxhZGRpbjpvcGVuIHNlc2FtZQZz09Zz09==ForTheTestOfForeignText0042",
        "s3cr3t~x.Y/+Q_-8\"\\&",
        "pröxy-Wörd",
        "hunTer-42",
    ] {
        for form in written(secret) {
            know(secret);
            let text = format!("the gateway said: {form}, no more");
            for seen in [
                ForeignText::new(&text).to_string(),
                ForeignText::bounded(&text, 1000).to_string(),
                ForeignText::first_line(&text).to_string(),
                without_secrets(&text).into_owned(),
            ] {
                assert!(!tells(&seen, secret), "{form}: {seen}");
                assert!(seen.starts_with("the gateway said: "), "{form}: {seen}");
            }
            let seen = ForeignText::new(&text).to_string();
            assert!(
                seen.contains(REMOVED) && seen.ends_with("no more"),
                "{form}: {seen}"
            );
        }
    }
}

#[test]
fn a_secret_that_begins_before_the_bound_is_gone_before_the_cut() {
    let secret = "aFirstTokenThatIsCutOffInTheMiddle0123456789";
    know(secret);
    for before in 0..30 {
        let text = format!("{}{secret}", "x ".repeat(before));
        let seen = ForeignText::bounded(&text, 40);
        assert!(!seen.as_str().contains("aFirst"), "{seen}");
    }
}

#[test]
fn foreign_text_is_one_printable_line() {
    for (said, expected) in [
        (&b"HTTP/1.1 400\r\n"[..], "HTTP/1.1 400"),
        (b"  two \t\r\n lines ", "two lines"),
        (b"bell\x07 \xff\x9b", "bell\\x07 \\xff\\x9b"),
        (
            "r\u{202e}ight \u{feff}é".as_bytes(),
            "r\\u{202e}ight \\u{feff}é",
        ),
        (b"", ""),
    ] {
        assert_eq!(ForeignText::new(said).as_str(), expected);
    }
    let html = ForeignText::first_line("\n \n<html>\n<body>");
    assert_eq!(html.as_str(), "<html>");
    assert_eq!(
        ForeignText::new("é".repeat(900)).as_str().chars().count(),
        200
    );
}

proptest! {
    #[test]
    fn any_bytes_become_a_bounded_printable_line(
        bytes in prop::collection::vec(any::<u8>(), 0..600),
        most in 0_usize..100,
    ) {
        know("a secret of the property of any bytes");
        let text = ForeignText::bounded(&bytes, most).to_string();
        prop_assert!(text.chars().all(|c| !is_invisible(c)));
        prop_assert!(text.chars().count() <= most);
    }
}

#[test]
fn a_text_in_quotes_is_the_text_alone() {
    let text = ForeignText::new("a \"b\"");
    assert_eq!(format!("record {text:?}"), r#"record "a \"b\"""#);
}
