//! What a fault makes of a page and of an answer.

use serde_json::json;

use super::api::{Route, throttled};
use super::fault::{Dirt, Fault, Unreadable};
use super::graph::refusal::{self, Refusal};
use super::http::Answer;
use super::page::{Item, Page};
use super::{bomb, entra};
use crate::dice::Dice;

impl Fault {
    /// The answer that comes instead of the right one, where the fault is of that kind.
    #[must_use]
    pub fn instead(&self, route: &Route, now_ms: i64) -> Option<Answer> {
        let is_of_graph = matches!(route, Route::Graph(_) | Route::Hunting);
        let graph = |refusal: Refusal| refusal.answer(now_ms);
        Some(match self {
            Self::Status(status) if is_of_graph => refusal::of_status(*status, now_ms),
            Self::Status(status) => Answer::of_status(*status),
            Self::Aadsts(code) => entra::refused(*code, now_ms),
            Self::BearerEnds => graph(Refusal::NotLetIn),
            Self::HtmlForbidden => refusal::html_forbidden(),
            Self::UnknownError => graph(Refusal::Unknown),
            Self::LinkRefused => graph(Refusal::Query(
                "Query option 'SkipToken' is not allowed. To allow it, set the \
                    'AllowedQueryOptions' property on EnableQueryAttribute or \
                    QueryValidationSettings."
                    .to_owned(),
            )),
            Self::TooLarge => graph(Refusal::TooLarge),
            Self::TooSlow => graph(Refusal::TooSlow),
            Self::Quota(seconds) => graph(Refusal::Quota(i64::from(*seconds))),
            Self::TableMissing => graph(Refusal::missing_table("CloudAppEvents")),
            Self::Throttled {
                retry_after,
                in_text,
            } if is_of_graph => {
                let mut answer = match in_text {
                    Some(seconds) => graph(Refusal::Quota(i64::from(*seconds))),
                    None => graph(Refusal::TooMany(0)),
                };
                answer.headers.retain(|(name, _)| name != "Retry-After");
                match retry_after {
                    Some(seconds) => answer.with("Retry-After", &seconds.to_string()),
                    None => answer,
                }
            }
            Self::Throttled {
                retry_after,
                in_text,
            } => {
                let answer = match in_text {
                    Some(seconds) => throttled(i64::from(*seconds), false),
                    None => Answer::new(429, "text/plain", b"Too many requests".to_vec()),
                };
                match retry_after {
                    Some(seconds) => answer.with("Retry-After", &seconds.to_string()),
                    None => answer,
                }
            }
            Self::Body { status, packed } => {
                Answer::new(*status, "application/json", packed.to_vec())
                    .with("Content-Encoding", "gzip")
            }
            Self::HtmlPage => {
                let page = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><form action=\"/login\">Sign in to your account</form></body></html>";
                Answer::new(200, "text/html; charset=utf-8", page.into())
            }
            Self::Redirect(to) => Answer::new(302, "text/html", Vec::new()).with("Location", to),
            Self::Stall | Self::ResetBeforeHead => Answer::default(),
            _ => return None,
        })
    }

    /// Spoils a page. `before` is the page of the same list that went out before this one.
    pub fn spoil_page(&self, page: &mut Page, before: Option<&Page>) {
        let middle = page.items.len() / 2;
        match self {
            Self::EmptyWithTotal => {
                page.items.clear();
                page.total = page.total.max(1);
                if page.next_filters.is_some() {
                    page.next_filters.clone_from(&page.asked_filters);
                }
            }
            Self::HasNextLies => {
                page.has_next = !page.has_next;
                page.next_filters = if page.has_next {
                    page.beyond_filters.clone()
                } else {
                    None
                };
            }
            Self::NoNextFilters => {
                page.has_next = true;
                page.next_filters = None;
            }
            Self::Repeat => {
                if let Some(before) = before {
                    page.clone_from(before);
                }
            }
            Self::Unordered => {
                let mut dice = Dice::new(page.items.len() as u64);
                dice.shuffle(&mut page.items);
            }
            Self::Unreadable(how) => page.items.insert(middle, Item::Raw(how.record().into())),
            Self::BigRecord(bytes) => {
                let like = page.items.get(middle).map(Item::json);
                page.items
                    .insert(middle, Item::Raw(big_record(like.as_deref(), *bytes)));
            }
            Self::Dirt(dirt) => {
                if let Some(item) = page.items.get_mut(middle) {
                    *item = Item::Raw(dirt.soil(&item.json()));
                }
            }
            _ => {}
        }
    }

    /// Spoils the bytes of an answer.
    #[must_use]
    pub fn spoil_answer(&self, mut answer: Answer) -> Answer {
        match self {
            Self::InvalidJson => {
                answer.body.truncate(answer.body.len() * 2 / 3);
                answer
            }
            Self::GzipBomb(bytes) => {
                answer.body = bomb::blanks(*bytes);
                answer.with("Content-Encoding", "gzip")
            }
            Self::HugeHeaders(bytes) => {
                let line = "h".repeat(1000);
                for n in 0..bytes.div_ceil(1000) {
                    answer = answer.with(&format!("X-Long-{n}"), &line);
                }
                answer
            }
            Self::Gzip => answer.gzipped(),
            _ => answer,
        }
    }
}

impl Answer {
    /// An answer with this status and the body it usually comes with.
    #[must_use]
    pub fn of_status(status: u16) -> Self {
        match status {
            401 => Self::json(401, &json!({"detail": "Invalid token."})),
            403 => Self::json(
                403,
                &json!({"detail": "You do not have permission to perform this action."}),
            ),
            404 => Self::json(404, &json!({"detail": "Not found."})),
            429 => throttled(60, false),
            _ => Self::new(
                status,
                "text/html",
                format!("<html><body><h1>{status}</h1><hr>gateway</body></html>").into_bytes(),
            ),
        }
    }
}

impl Unreadable {
    fn record(self) -> &'static str {
        match self {
            Self::NotAnObject => "42",
            Self::NoTime => r#"{"_id":"unreadable-no-time","description":"when?","title":"when?"}"#,
            Self::TimeIsText => {
                r#"{"_id":"unreadable-time-is-text","timestamp":"soon","created":"later","description":"soon"}"#
            }
            Self::NoId => {
                r#"{"timestamp":1700000000000,"created":1700000000000,"description":"who?"}"#
            }
            Self::WrongTypes => {
                r#"{"_id":{"$oid":7},"timestamp":[],"created":{},"description":3,"mainInfo":"none","entities":{},"user":[1],"device":false}"#
            }
        }
    }
}

impl Dirt {
    /// The record `json` with the dirt at the start of its description.
    #[must_use]
    pub fn soil(self, json: &str) -> Vec<u8> {
        self.soil_at("description", json)
    }

    /// The record `json` with the dirt at the start of this text.
    #[must_use]
    pub fn soil_at(self, key: &str, json: &str) -> Vec<u8> {
        let dirt: &[u8] = match self {
            Self::InvalidUtf8 => b"dirt \xff\xfe\xc3( ",
            Self::LoneSurrogate => br"dirt \ud83d and \udc00 ",
            Self::DuplicateKeys => {
                br#"first", "Description": "other case", "description": "second "#
            }
            Self::Controls => br"dirt \u0000\u0007\u001b[31m\r\n\u2028\u0085 ",
        };
        let key = format!("\"{key}\":\"");
        let at = json.find(&key).map_or(1, |at| at + key.len());
        let mut soiled = json.as_bytes()[..at].to_vec();
        soiled.extend_from_slice(dirt);
        soiled.extend_from_slice(&json.as_bytes()[at..]);
        soiled
    }
}

/// A record like `like` with an id of its own and a long description.
fn big_record(like: Option<&str>, bytes: usize) -> Vec<u8> {
    let mut record: serde_json::Value = like
        .and_then(|json| serde_json::from_str(json).ok())
        .unwrap_or_else(|| json!({"timestamp": 1_700_000_000_000_i64}));
    record["_id"] = json!(format!("big-{bytes}"));
    record["description"] = json!("big ".repeat(bytes / 4));
    record.to_string().into_bytes()
}
