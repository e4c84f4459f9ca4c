//! One connection: hyper's requests become [`Exchange`]s, answers become hyper's responses.

use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;

use embedded_svc::http::Method;
use embedded_svc::http::server::{Handler, Middleware};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::{Request, Response, StatusCode, header, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;

use super::pace::Pace;
use super::seats::Seat;
use super::window::Window;
use crate::web::exchange::{Answer, Exchange};
use crate::web::guard::Guard;
use crate::web::site::Site;

const MOST_FIELDS: usize = 64;
const MOST_HEAD: usize = 8 * 1024;
const MOST_BODY: usize = 64 * 1024;
/// A body is whole within this time.
const BODY_WITHIN: Duration = Duration::from_secs(10);
/// Without a whole request for so long, we hang up: slow heads, idle connections and answers that nobody takes end so.
const QUIET: Duration = Duration::from_secs(15);

/// What all connections share.
pub(super) struct Visit {
    pub guard: Guard,
    pub window: Window,
    pub pace: Pace,
}

/// Answers what is asked on this connection until it ends.
pub(super) async fn serve(
    stream: TcpStream,
    visit: &Rc<Visit>,
    seat: &Rc<Seat>,
    mut stopped: watch::Receiver<bool>,
) {
    let service = service_fn(|request| {
        let (visit, seat) = (Rc::clone(visit), Rc::clone(seat));
        async move {
            seat.ask(Instant::now());
            visit.pace.turn().await;
            Ok::<_, Infallible>(visit.answer(request).await)
        }
    });
    let connection = http1::Builder::new()
        .max_headers(MOST_FIELDS)
        .max_header_size(MOST_HEAD)
        .max_buf_size(2 * MOST_HEAD)
        // QUIET holds for heads as well
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let mut stopping = false;
    loop {
        tokio::select! {
            // an error is a visitor's: a bad request was answered, a broken connection is over
            _ = &mut connection => return,
            () = seat.sent_away() => return,
            _ = stopped.wait_for(|stopped| *stopped), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            () = tokio::time::sleep_until(seat.active() + QUIET) => {
                if seat.active() + QUIET <= Instant::now() {
                    return;
                }
            }
        }
    }
}

// === impl Visit ===

impl Visit {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let mut exchange = match read(request).await {
            Ok(exchange) => exchange,
            Err(status) => return refusal(status),
        };
        let site = Site::new(self.window.view().await, self.window.silent());
        if let Err(error) = self.guard.clone().compose(site).handle(&mut exchange) {
            tracing::error!("Internal error: the page's answer: {error}");
            return refusal(StatusCode::INTERNAL_SERVER_ERROR);
        }
        exchange
            .into_answer()
            .and_then(response)
            .unwrap_or_else(|| refusal(StatusCode::INTERNAL_SERVER_ERROR))
    }
}

/// Takes the request out of hyper's hands, body and all.
async fn read(request: Request<Incoming>) -> Result<Exchange, StatusCode> {
    let (head, body) = request.into_parts();
    let method = method(&head.method).ok_or(StatusCode::NOT_IMPLEMENTED)?;
    let uri = head.uri.path_and_query().map_or("*", |uri| uri.as_str());
    let mut exchange = Exchange::new(method, uri);
    // a proxy's form of the request line names the host itself, and then that holds (RFC 9112, 3.2.2)
    if let Some(authority) = head.uri.authority() {
        exchange = exchange.header_set("Host", authority.as_str());
    }
    if head.headers.get_all(header::HOST).iter().count() > 1 {
        return Err(StatusCode::BAD_REQUEST);
    }
    for (name, value) in &head.headers {
        // what is no text is of no use to a page
        if let Ok(value) = value.to_str() {
            exchange = exchange.header_set(name.as_str(), value);
        }
    }
    if body.size_hint().lower() > MOST_BODY as u64 {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let whole = tokio::time::timeout(BODY_WITHIN, Limited::new(body, MOST_BODY).collect()).await;
    match whole {
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Ok(Err(_)) => Err(StatusCode::BAD_REQUEST),
        Ok(Ok(body)) => Ok(exchange.body_set(body.to_bytes().to_vec())),
    }
}

fn method(method: &hyper::Method) -> Option<Method> {
    Some(match method.as_str() {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "OPTIONS" => Method::Options,
        "PATCH" => Method::Patch,
        "TRACE" => Method::Trace,
        "CONNECT" => Method::Connect,
        _ => return None,
    })
}

fn response(answer: Answer) -> Option<Response<Full<Bytes>>> {
    let mut builder = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        builder = builder.header(name, value);
    }
    // hyper leaves the body out where HEAD asked
    builder.body(Full::new(Bytes::from(answer.body))).ok()
}

/// An answer before there is an exchange: no words, and the connection ends.
fn refusal(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    let close = header::HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}
