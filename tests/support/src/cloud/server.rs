//! The rim: sockets and threads on one side, the tenant on the other.

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use rustls::ServerConfig;

use super::api::{self, Outcome, Route};
use super::deliver::deliver;
use super::fault::Fault;
use super::http::{self, Answer, Request};
use super::strike::Question;
use super::tenant::{Seen, Tenant};
use super::{graph, list};
use crate::listener::Stop;
use crate::wire::Wire;

/// Serves one connection until it ends.
pub fn serve(
    tenant: &Tenant,
    tls: Option<&Arc<ServerConfig>>,
    socket: TcpStream,
    connection: u64,
    stop: &Stop,
) {
    let Ok(client) = socket.peer_addr() else {
        return;
    };
    let Ok(mut wire) = Wire::accept(socket, tls) else {
        return;
    };
    let mut unread = Vec::new();
    while let Ok(Some(request)) = http::read_request(&mut wire, &mut unread) {
        let Reply {
            answer,
            fault,
            chunked,
        } = reply(tenant, &request, client, connection);
        match deliver(wire, &answer, fault.as_ref(), chunked, stop) {
            Ok(Some(open)) if !request.wants_close() => wire = open,
            Ok(Some(open)) => return open.close(),
            Ok(None) | Err(_) => return,
        }
    }
    wire.close();
}

/// What goes out, and how.
#[derive(Debug)]
pub struct Reply {
    /// The answer.
    pub answer: Answer,
    /// The fault that strikes it; those of the wire are still to be done to it.
    pub fault: Option<Fault>,
    /// In chunks.
    pub chunked: bool,
}

/// Works out the reply and writes the request down: before the answer goes out, so that who has it
/// can look at once.
pub fn reply(tenant: &Tenant, request: &Request, client: SocketAddr, connection: u64) -> Reply {
    let (at, now_ms) = (Instant::now(), tenant.clock.now_ms());
    let route = Route::of(request.path());
    let (question, mut fault) = {
        let mut state = tenant.state();
        state.calls.count(&route, now_ms);
        let bound = state.faults.are_bound();
        let question = match &route {
            Route::List(stream) if bound => list::question(&mut state, *stream, request, now_ms),
            Route::Graph(_) | Route::Hunting => {
                graph::question(&mut state, &route, request, now_ms, bound)
            }
            _ => Question::default(),
        };
        let fault = state.faults.strike(&route, &question);
        if fault == Some(Fault::BearerEnds) {
            state.keys.end_bearer(request);
        }
        (question, fault)
    };
    let instead = fault
        .as_ref()
        .and_then(|fault| fault.instead(&route, now_ms));
    let (answer, ids) = match instead {
        Some(answer) => (answer, Vec::new()),
        None => {
            let outcome = api::answer(tenant, &route, request, fault.as_ref());
            let fits = |fault: &Fault| match &outcome {
                Outcome::Page(_) => true,
                Outcome::Sheet(sheet) => fault.fits_sheet(sheet),
                Outcome::Answer(_) => !fault.wants_page(),
            };
            if let Some(unspent) = fault.take_if(|fault| !fits(fault)) {
                let faults = &mut tenant.state().faults;
                faults.give_back(unspent, &route, question.list);
            }
            match outcome {
                Outcome::Page(page) => (page.answer(), page.ids()),
                Outcome::Sheet(sheet) => (sheet.answer(), sheet.ids()),
                Outcome::Answer(answer) => (answer, Vec::new()),
            }
        }
    };
    let (gzip, chunked) = {
        let state = tenant.state();
        (state.gzip && request.takes_gzip(), state.chunked)
    };
    let answer = match &fault {
        Some(fault) => fault.spoil_answer(answer),
        None if gzip => answer.gzipped(),
        None => answer,
    };
    let silent = matches!(
        fault,
        Some(Fault::Stall | Fault::ResetBeforeHead | Fault::ResetInHead)
    );
    tenant.saw(Seen {
        at_ms: now_ms,
        at,
        client,
        connection,
        method: request.method.clone(),
        target: request.target.clone(),
        headers: request.headers.clone(),
        body: String::from_utf8_lossy(&request.body).into_owned(),
        status: if silent { 0 } else { answer.status },
        ids,
        fault: fault.clone(),
    });
    Reply {
        answer: answer.with("Date", &date(now_ms)),
        fault,
        chunked,
    }
}

/// `Thu, 20 Nov 2025 09:12:00 GMT`
fn date(now_ms: i64) -> String {
    let now = Timestamp::from_millisecond(now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    rfc2822::DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&now)
        .unwrap_or_default()
}
