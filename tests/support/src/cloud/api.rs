//! From a request to the answer the API would give.

use serde_json::json;

use super::fault::Fault;
use super::graph::sheet::Sheet;
use super::http::{Answer, Request};
use super::page::Page;
use super::refusal::Refusal;
use super::tenant::Tenant;
use super::{entra, graph, list};
use crate::records::Stream;
use crate::records::xdr::List;

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// `/api/v1/activities/` or `/api/v1/alerts/`
    List(Stream),
    /// One record by its id.
    One(Stream, String),
    /// Alerts or incidents of Graph.
    Graph(List),
    /// Advanced hunting.
    Hunting,
    /// The Entra endpoint of this tenant.
    Login(String),
    /// Nothing is there.
    Nowhere,
}

/// What comes of a request.
#[derive(Debug)]
pub enum Outcome {
    /// A page of a list.
    Page(Page),
    /// An answer of Graph.
    Sheet(Sheet),
    /// Anything else.
    Answer(Answer),
}

impl Route {
    /// The route of a path, with and without `/cas` in front and a slash behind.
    #[must_use]
    pub fn of(path: &str) -> Self {
        let path = path.strip_prefix("/cas").unwrap_or(path);
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let stream = |name: &str| match name {
            "activities" => Some(Stream::Activities),
            "alerts" => Some(Stream::Alerts),
            _ => None,
        };
        match parts.as_slice() {
            ["api", "v1", name] => stream(name).map_or(Self::Nowhere, Self::List),
            ["api", "v1", name, id] => {
                stream(name).map_or(Self::Nowhere, |stream| Self::One(stream, (*id).to_owned()))
            }
            ["v1.0", "security", "runHuntingQuery"] => Self::Hunting,
            ["v1.0", "security", name] => List::named(name)
                .filter(|list| !list.is_table())
                .map_or(Self::Nowhere, Self::Graph),
            [tenant, "oauth2", "v2.0", "token"] => Self::Login((*tenant).to_owned()),
            _ => Self::Nowhere,
        }
    }
}

/// Answers a request. A fault may spoil the page.
#[must_use]
pub fn answer(tenant: &Tenant, route: &Route, request: &Request, fault: Option<&Fault>) -> Outcome {
    let now_ms = tenant.clock.now_ms();
    let mut state = tenant.state();
    if let Route::Login(directory) = route {
        return Outcome::Answer(entra::answer(&mut state, directory, request, now_ms));
    }
    if matches!(route, Route::Graph(_) | Route::Hunting) {
        return match graph::answer(&mut state, route, request, fault, now_ms) {
            Ok(sheet) => Outcome::Sheet(sheet),
            Err(refusal) => Outcome::Answer(refusal.answer(now_ms)),
        };
    }
    if let Err(seconds) = state.throttle.admit(now_ms) {
        return Outcome::Answer(throttled(seconds, state.retry_after));
    }
    let outcome =
        state
            .keys
            .check(request, now_ms)
            .and_then(|()| match route {
                Route::List(stream) => {
                    list::answer(&mut state, *stream, request, fault, now_ms).map(Outcome::Page)
                }
                Route::One(stream, id) => match state.store.shelf(*stream).by_id(id) {
                    Some(record) if record.visible_ms <= now_ms => Ok(Outcome::Answer(
                        Answer::new(200, "application/json", record.json().into_bytes()),
                    )),
                    _ => Err(Refusal::NotFound),
                },
                _ => Err(Refusal::NotFound),
            });
    outcome.unwrap_or_else(|refusal| Outcome::Answer(refusal.answer()))
}

/// The answer to a request too many.
#[must_use]
pub fn throttled(seconds: i64, retry_after: bool) -> Answer {
    let detail = format!("Request was throttled. Expected available in {seconds} seconds.");
    let answer = Answer::json(429, &json!({"detail": detail}));
    if retry_after {
        answer.with("Retry-After", &seconds.to_string())
    } else {
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::{List, Route, Stream};

    #[test]
    fn paths_lead_somewhere_with_and_without_trimmings() {
        for path in [
            "/api/v1/activities/",
            "/api/v1/activities",
            "/cas/api/v1/activities/",
        ] {
            assert_eq!(Route::of(path), Route::List(Stream::Activities), "{path}");
        }
        assert_eq!(
            Route::of("/api/v1/alerts/5f/"),
            Route::One(Stream::Alerts, "5f".to_owned())
        );
        assert_eq!(
            Route::of("/contoso.com/oauth2/v2.0/token"),
            Route::Login("contoso.com".to_owned())
        );
        assert_eq!(
            Route::of("/v1.0/security/alerts_v2"),
            Route::Graph(List::Alerts)
        );
        assert_eq!(Route::of("/v1.0/security/runHuntingQuery"), Route::Hunting);
        for path in [
            "/",
            "/v1.0/security/CloudAppEvents",
            "/api/v2/alerts/",
            "/api/v1/files/",
            "/api/v1/alerts/5f/read/",
        ] {
            assert_eq!(Route::of(path), Route::Nowhere, "{path}");
        }
    }
}
