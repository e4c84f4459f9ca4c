//! The answers by which the API says no (reference §1.9).

use serde_json::{Value, json};

use super::http::Answer;

/// A request the API won't serve.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// 400: a filter value it can't use.
    FilterValue(String),
    /// 400: anything else about the body.
    Request(String),
    /// 401: no credentials, or none that it knows.
    NotLetIn(&'static str),
    /// 403: known, but not allowed.
    NotAllowed,
    /// 404: no such record or path.
    NotFound,
    /// 405: neither GET nor POST.
    Method,
}

impl Refusal {
    /// Refuses a filter value, quoting it.
    #[must_use]
    pub fn value(value: &Value) -> Self {
        Self::FilterValue(match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    }

    /// The answer as it goes out.
    #[must_use]
    pub fn answer(&self) -> Answer {
        match self {
            Self::FilterValue(value) => Answer::json(
                400,
                &json!({
                    "filters": [{
                        "error": format!("{value} is not valid"),
                        "errorMessageCode": "CONSOLE_FORMS_NOT_VALID_VALUE",
                        "errorMessageParams": {"value": value},
                    }],
                    "error": true,
                }),
            ),
            Self::Request(text) => Answer::json(400, &json!({"errors": [{"error": text}]})),
            Self::NotLetIn(text) => Answer::json(401, &json!({"detail": text})),
            Self::NotAllowed => Answer::json(
                403,
                &json!({"detail": "You do not have permission to perform this action."}),
            ),
            Self::NotFound => Answer::json(404, &json!({"detail": "Not found."})),
            Self::Method => Answer::json(405, &json!({"detail": "Method not allowed."})),
        }
    }
}
