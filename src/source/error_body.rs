//! Who sent a response that is not a page, and its message: the API by JSON, or an intermediary by
//! a web page or text.

use std::fmt;

use serde_json::Value;

use crate::foreign::ForeignText;

/// What is read of an answer that is no page of records, bytes.
pub(super) const MOST: usize = 64 << 10;
/// How many members of JSON without words are named.
const MEMBERS: usize = 5;

/// Where words stand in the answers of the API, of Entra and of Azure's gateways.
const WORDS: [&str; 14] = [
    "/detail",
    "/filters/0/error",
    "/errors/0/error",
    "/errors/0/message",
    "/errors/0",
    "/error_description",
    "/error/message",
    "/message",
    "/Message",
    "/error",
    "/error/code",
    "/title",
    "/reason",
    "/code",
];

/// Who speaks, and the words; short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ErrorBody {
    /// JSON: the API, or Entra. Its own words, or which members it has: what is in them may be a
    /// record.
    Json(ForeignText),
    /// A web page, and its title where it has one.
    Page(ForeignText),
    /// A line of text.
    Text(ForeignText),
    /// Nothing.
    Silence,
}

impl ErrorBody {
    /// Who speaks in this body.
    pub(super) fn of(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            return Self::Silence;
        }
        if text.starts_with('<') {
            return Self::Page(title(text));
        }
        if !text.starts_with(['{', '[']) {
            return Self::Text(ForeignText::first_line(text));
        }
        Self::Json(match serde_json::from_str::<Value>(text) {
            Err(_) => ForeignText::new("incomplete or damaged JSON"),
            Ok(json) => words(&json).unwrap_or_else(|| members(&json)),
        })
    }
}

impl fmt::Display for ErrorBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(words) | Self::Text(words) => f.write_str(words.as_str()),
            Self::Page(title) if title.is_empty() => f.write_str("a web page"),
            Self::Page(title) => write!(f, "a web page, \"{title}\""),
            Self::Silence => f.write_str("no reason given"),
        }
    }
}

/// Who speaks in an answer that is a refusal, and what is said; short.
#[must_use]
pub fn refusal(body: &[u8]) -> ForeignText {
    ForeignText::new(ErrorBody::of(body).to_string())
}

/// What JSON says in words.
pub(super) fn words(json: &Value) -> Option<ForeignText> {
    let said = WORDS.iter().find_map(|path| {
        let said = match json.pointer(path)? {
            Value::String(text) => ForeignText::first_line(text),
            Value::Number(number) => ForeignText::new(number.to_string()),
            _ => return None,
        };
        (!said.is_empty()).then_some(said)
    });
    said.or_else(|| json.as_str().map(ForeignText::first_line))
}

/// What JSON without words is.
fn members(json: &Value) -> ForeignText {
    let Value::Object(object) = json else {
        return ForeignText::new("JSON without a reason");
    };
    let names: Vec<&str> = object.keys().take(MEMBERS).map(String::as_str).collect();
    match object.len() {
        0 => ForeignText::new("an empty JSON object"),
        _ => ForeignText::new(format!(
            "JSON without a reason, members: {}",
            names.join(", ")
        )),
    }
}

/// What stands in a web page's title, without line breaks.
fn title(page: &str) -> ForeignText {
    let lower = page.to_ascii_lowercase();
    let inside = lower.find("<title").and_then(|at| {
        let begin = at + lower[at..].find('>')? + 1;
        let end = begin + lower[begin..].find("</")?;
        Some(&page[begin..end])
    });
    ForeignText::new(inside.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_wherever_they_stand() {
        for (body, said) in [
            (r#"{"detail":"Invalid token."}"#, "Invalid token."),
            (
                r#"{"filters":[{"error":"x is bad"}],"error":true}"#,
                "x is bad",
            ),
            (r#"{"error":{"code":"c","message":"no"}}"#, "no"),
            (r#"{"errors":["no"]}"#, "no"),
            (
                r#"{"error":"e","error_description":"d\r\nTrace ID: 1"}"#,
                "d",
            ),
            (r#"{"detail":null,"error":17}"#, "17"),
            ("\u{feff}{\"detail\":\"no\"}", "no"),
            ("\"no\"", "\"no\""),
            ("[]", "JSON without a reason"),
            ("{}", "an empty JSON object"),
            ("{\"detail\":", "incomplete or damaged JSON"),
            ("Bad Request\nmore", "Bad Request"),
            (" \r\n", "no reason given"),
            ("<html>", "a web page"),
            (
                "<!DOCTYPE html><TITLE lang=en>Access\n denied</TITLE>",
                "a web page, \"Access denied\"",
            ),
        ] {
            assert_eq!(ErrorBody::of(body.as_bytes()).to_string(), said, "{body}");
        }
    }

    #[test]
    fn what_may_be_a_record_is_not_repeated() {
        let body = r#"{"value":[{"_id":"1","user":"ann@contoso.example"}],"count":1}"#;
        assert_eq!(
            ErrorBody::of(body.as_bytes()).to_string(),
            "JSON without a reason, members: count, value"
        );
        for cut in 1..body.len() {
            let said = ErrorBody::of(&body.as_bytes()[..cut]).to_string();
            assert!(!said.contains("ann"), "{said}");
        }
    }
}
