//! The rim: sockets and threads on one side, the tenant on the other.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use rustls::ServerConfig;

use super::api::{self, Outcome, Route};
use super::http::{self, Request};
use super::tenant::{Seen, Tenant};
use crate::listener::Stop;
use crate::wire::Wire;

/// Serves one connection until it ends.
pub fn serve(
    tenant: &Tenant,
    tls: Option<&Arc<ServerConfig>>,
    socket: TcpStream,
    connection: u64,
    _stop: &Stop,
) {
    let Ok(client) = socket.peer_addr() else {
        return;
    };
    let Ok(mut wire) = Wire::accept(socket, tls) else {
        return;
    };
    let mut unread = Vec::new();
    while let Ok(Some(request)) = http::read_request(&mut wire, &mut unread) {
        let last = request.wants_close();
        if reply(tenant, &request, client, connection, &mut wire).is_err() || last {
            break;
        }
    }
    wire.close();
}

fn reply(
    tenant: &Tenant,
    request: &Request,
    client: SocketAddr,
    connection: u64,
    wire: &mut Wire,
) -> std::io::Result<()> {
    let at = Instant::now();
    let now_ms = tenant.clock.now_ms();
    let route = Route::of(request.path());
    let outcome = api::answer(tenant, &route, request);
    let (answer, ids) = match outcome {
        Outcome::Page(page) => (page.answer(), page.ids()),
        Outcome::Answer(answer) => (answer, Vec::new()),
    };
    let (gzip, chunked) = {
        let state = tenant.state();
        (state.gzip, state.chunked)
    };
    let answer = if gzip && request.takes_gzip() {
        answer.gzipped()
    } else {
        answer
    };
    let answer = answer.with("Date", &date(now_ms));
    let bytes = if chunked {
        answer.chunked()
    } else {
        answer.whole()
    };
    // before the answer: who has it may look at once
    tenant.saw(Seen {
        at_ms: now_ms,
        at,
        client,
        connection,
        method: request.method.clone(),
        target: request.target.clone(),
        headers: request.headers.clone(),
        body: String::from_utf8_lossy(&request.body).into_owned(),
        status: answer.status,
        ids,
        fault: None,
    });
    wire.write_all(&bytes)?;
    wire.flush()
}

/// `Thu, 20 Nov 2025 09:12:00 GMT`
fn date(now_ms: i64) -> String {
    let now = Timestamp::from_millisecond(now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    rfc2822::DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&now)
        .unwrap_or_default()
}
