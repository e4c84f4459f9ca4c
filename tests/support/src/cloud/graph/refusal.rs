//! The answers by which Graph says no (successors §2.2, §3.1).

use serde_json::json;

use crate::cloud::http::Answer;
use crate::records::xdr::Ticks;

/// A request that Graph won't serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// 400: something about the query.
    Query(String),
    /// 400 of hunting: a table or column that there is not.
    Unresolved(String),
    /// 400 of hunting: the answer would be too long.
    TooLarge,
    /// 400 of hunting: it would take too long.
    TooSlow,
    /// 401: no token, or none that opens Graph.
    NotLetIn,
    /// 403: the app has not got this role.
    NotAllowed(&'static str),
    /// 404
    NotFound,
    /// 405
    Method,
    /// 429: come again in so many seconds.
    TooMany(i64),
    /// 429 of hunting, without a `Retry-After`.
    Quota(i64),
    /// 500 with an empty message.
    Unknown,
}

impl Refusal {
    /// What hunting says to a table that the tenant has not, and to an app without the right.
    #[must_use]
    pub fn missing_table(table: &str) -> Self {
        Self::Unresolved(format!(
            "Failed to resolve table or column expression named '{table}'. Fix semantic errors \
                in your query."
        ))
    }

    /// What hunting says to a column that the table has not.
    #[must_use]
    pub fn missing_column(operator: &str, column: &str) -> Self {
        Self::Unresolved(format!(
            "'{operator}' operator: Failed to resolve scalar expression named '{column}'. Fix \
                semantic errors in your query."
        ))
    }

    /// The answer as it goes out.
    #[must_use]
    pub fn answer(&self, now_ms: i64) -> Answer {
        let body = |status: u16, code: &str, message: &str| {
            // two spellings are on the way
            let inner = if message.len().is_multiple_of(2) {
                "innerError"
            } else {
                "innererror"
            };
            let date = Ticks::of_ms(now_ms / 1000 * 1000).to_string();
            let request = format!("5f0c2f4e-0000-4000-8000-{:012x}", now_ms & 0xffff_ffff);
            Answer::json(
                status,
                &json!({"error": {"code": code, "message": message, inner: {
                    "date": date.trim_end_matches('Z'),
                    "request-id": request,
                    "client-request-id": request,
                }}}),
            )
        };
        match self {
            Self::Query(text) => body(400, "BadRequest", text),
            Self::Unresolved(text) => body(400, "BadRequest", text),
            Self::TooLarge => body(
                400,
                "BadRequest",
                "Query execution has exceeded the allowed result size. Optimize your query by \
                    limiting the number of results and try again.",
            ),
            Self::TooSlow => body(400, "BadRequest", "Query exceeded the timeout period."),
            Self::NotLetIn => body(
                401,
                "InvalidAuthenticationToken",
                "Access token has expired or is not yet valid.",
            ),
            Self::NotAllowed(role) => body(
                403,
                "Authorization_RequestDenied",
                &format!("Missing application roles. API required roles: {role}."),
            ),
            Self::NotFound => body(
                404,
                "ResourceNotFound",
                "Resource not found for the segment.",
            ),
            Self::Method => body(405, "UnsupportedHttpMethod", "The method is not supported."),
            Self::TooMany(seconds) => body(429, "TooManyRequests", "Too many requests.")
                .with("Retry-After", &seconds.to_string()),
            Self::Quota(seconds) => body(429, "TooManyRequests", &quota(*seconds)),
            Self::Unknown => body(500, "UnknownError", ""),
        }
    }
}

/// The words of a used up quota of hunting.
fn quota(seconds: i64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!(
        "You have exceeded processing resources allocated to this tenant. You can run queries \
            again in {hours:02}:{minutes:02}:{seconds:02}."
    )
}

/// The page of Application Gateway in front of Graph: 403 without a word of JSON.
#[must_use]
pub fn html_forbidden() -> Answer {
    let page = "<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n\
        <center><h1>403 Forbidden</h1></center>\r\n\
        <hr><center>Microsoft-Azure-Application-Gateway/v2</center>\r\n</body>\r\n</html>\r\n";
    Answer::new(403, "text/html", page.into())
}

/// The answer with this status as Graph usually gives it.
#[must_use]
pub fn of_status(status: u16, now_ms: i64) -> Answer {
    match status {
        400 => Refusal::Query("Invalid filter clause".to_owned()).answer(now_ms),
        401 => Refusal::NotLetIn.answer(now_ms),
        403 => Refusal::NotAllowed("SecurityAlert.Read.All").answer(now_ms),
        404 => Refusal::NotFound.answer(now_ms),
        429 => Refusal::TooMany(60).answer(now_ms),
        500 => Refusal::Unknown.answer(now_ms),
        _ => Answer::of_status(status),
    }
}
