//! One connection: hyper's requests become [`Exchange`]s, answers become hyper's responses.

use std::convert::Infallible;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use embedded_svc::http::Method;
use embedded_svc::http::server::{Handler, Middleware};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::{Request, Response, StatusCode, header, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Semaphore, watch};

use super::connections::Seat;
use super::heads::{Heads, MOST_HEAD};
use super::pace::ReadRate;
use super::snapshot_cache::SnapshotCache;
use crate::clock;
use crate::web::exchange::{Exchange, Misuse, WebResponse};
use crate::web::guard::Guard;
use crate::web::router::{Entrance, Site};

const MOST_FIELDS: usize = 64;
const MOST_BODY: usize = 64 * 1024;
/// A body is whole within this time.
const BODY_WITHIN: Duration = Duration::from_secs(10);
/// Without a whole request for so long, we hang up: slow heads, idle connections and answers that
/// nobody takes end so.
const QUIET: Duration = Duration::from_secs(15);

/// Answers that take their time, at work at once.
pub(super) const ROOMS: usize = 3;
/// Others wait so long for one of them to end.
const ROOM_WITHIN: Duration = Duration::from_secs(20);
/// Meanwhile the visitor, who waits too, counts as active: looked at this often.
const AT_WORK: Duration = Duration::from_secs(5);

/// What all connections share.
pub(super) struct Visit {
    guard: Guard,
    window: SnapshotCache,
    entrance: Entrance,
    pace: ReadRate,
    rooms: Semaphore,
}

/// Answers what is asked on this connection until it ends. `came`: from where, and whether over
/// TLS.
pub(super) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    came: (IpAddr, bool),
    visit: &Rc<Visit>,
    seat: &Rc<Seat>,
    mut stopped: watch::Receiver<bool>,
) {
    let service = service_fn(|request| {
        let (visit, seat) = (Rc::clone(visit), Rc::clone(seat));
        async move {
            seat.ask(clock::steady());
            visit.pace.turn().await;
            // of a body in chunks only hyper knows the end (see `heads`)
            let is_last = request.headers().contains_key(header::TRANSFER_ENCODING);
            let mut answer = visit.answer(request, came, &seat).await;
            if is_last {
                close(&mut answer);
            }
            Ok::<_, Infallible>(answer)
        }
    });
    let connection = http1::Builder::new()
        .max_headers(MOST_FIELDS)
        .max_header_size(MOST_HEAD)
        .max_buf_size(2 * MOST_HEAD)
        // QUIET holds for heads as well
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(Heads::new(stream)), service);
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
            () = tokio::time::sleep((seat.active() + QUIET).saturating_sub(clock::steady())) => {
                if seat.active() + QUIET <= clock::steady() {
                    return;
                }
            }
        }
    }
}

// === impl Visit ===

impl Visit {
    pub(super) fn new(guard: Guard, window: SnapshotCache, entrance: Entrance) -> Self {
        Self {
            guard,
            window,
            entrance,
            pace: ReadRate::default(),
            rooms: Semaphore::new(ROOMS),
        }
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        (from, secure): (IpAddr, bool),
        seat: &Seat,
    ) -> Response<Full<Bytes>> {
        let exchange = match read(request).await {
            Ok(exchange) => exchange.came(from, secure),
            Err(status) => return refusal(status),
        };
        let site = Site::new(self.window.view().await, self.window.silent())
            .behind(self.entrance.clone(), clock::now());
        let answered = if self.entrance.is_slow(&exchange) {
            match self.at_leisure(site, exchange, seat).await {
                Ok(answered) => answered,
                Err(status) => return refusal(status),
            }
        } else {
            through(&self.guard, site, exchange)
        };
        match answered {
            Err(error) => {
                tracing::error!("Internal error: response of the page: {error}");
                refusal(StatusCode::INTERNAL_SERVER_ERROR)
            }
            Ok(answer) => answer
                .and_then(response)
                .unwrap_or_else(|| refusal(StatusCode::INTERNAL_SERVER_ERROR)),
        }
    }

    /// Answers on a thread where that keeps nobody else waiting.
    async fn at_leisure(
        &self,
        site: Site,
        exchange: Exchange,
        seat: &Seat,
    ) -> Result<Result<Option<WebResponse>, Misuse>, StatusCode> {
        let room = tokio::time::timeout(ROOM_WITHIN, async {
            let mut turn = std::pin::pin!(self.rooms.acquire());
            loop {
                seat.ask(clock::steady());
                if let Ok(room) = tokio::time::timeout(AT_WORK, &mut turn).await {
                    return room;
                }
            }
        });
        let _room = match room.await {
            Ok(Ok(room)) => room,
            _ => return Err(StatusCode::SERVICE_UNAVAILABLE),
        };
        let guard = self.guard.clone();
        let mut work = tokio::task::spawn_blocking(move || through(&guard, site, exchange));
        loop {
            seat.ask(clock::steady());
            match tokio::time::timeout(AT_WORK, &mut work).await {
                Err(_) => {}
                Ok(Ok(answered)) => return Ok(answered),
                // a panic, which the log has
                Ok(Err(_)) => return Err(StatusCode::INTERNAL_SERVER_ERROR),
            }
        }
    }
}

fn through(
    guard: &Guard,
    site: Site,
    mut exchange: Exchange,
) -> Result<Option<WebResponse>, Misuse> {
    guard.clone().compose(site).handle(&mut exchange)?;
    Ok(exchange.into_answer())
}

/// Takes the request from hyper, body and all.
async fn read(request: Request<Incoming>) -> Result<Exchange, StatusCode> {
    let (head, body) = request.into_parts();
    let method = method(&head.method).ok_or(StatusCode::NOT_IMPLEMENTED)?;
    let uri = head.uri.path_and_query().map_or("*", |uri| uri.as_str());
    let mut exchange = Exchange::new(method, uri);
    // a proxy's form of the request line names the host itself, and then that holds (RFC 9112,
    // 3.2.2)
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

fn response(answer: WebResponse) -> Option<Response<Full<Bytes>>> {
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
    close(&mut response);
    response
}

fn close(response: &mut Response<Full<Bytes>>) {
    let close = header::HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
}
