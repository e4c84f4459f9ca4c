//! A cloud that costs next to nothing: the pages are cut out of the file of records, no filter is
//! looked at.
//!
//! The simulator draws each record anew, which takes longer than siembox takes to forward it; here
//! siembox is measured.

use std::io::{self, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use siembox_support::cloud::http;
use siembox_support::listener::Listener;

use super::load::Load;

/// A cloud that listens. Dropping it ends it.
pub struct Cloud {
    listener: Listener,
    gate: Arc<Gate>,
}

/// Holds all answers back until the measurement begins.
#[derive(Default)]
struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
}

impl Cloud {
    /// Listens on a free port of loopback; answers once it is [opened](Self::open).
    pub fn start(load: Arc<Load>) -> io::Result<Self> {
        let gate = Arc::new(Gate::default());
        let listener = {
            let gate = Arc::clone(&gate);
            Listener::start(0, "bench-cloud", move |stream, _, _| {
                // the client hangs up when it is done
                let _ = serve(stream, &load, &gate);
            })?
        };
        Ok(Self { listener, gate })
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.listener.addr())
    }

    pub fn open(&self) {
        *self
            .gate
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = true;
        self.gate.opened.notify_all();
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        self.open();
    }
}

impl Gate {
    fn pass(&self) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let most = Duration::from_secs(60);
        drop(self.opened.wait_timeout_while(open, most, |open| !*open));
    }
}

fn serve(mut stream: TcpStream, load: &Load, gate: &Gate) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut unread, mut body) = (Vec::new(), Vec::new());
    while let Some(request) = http::read_request(&mut stream, &mut unread)? {
        gate.pass();
        let asked = String::from_utf8_lossy(&request.body);
        if asked.contains("\"limit\":1,") {
            // only the time of day was asked for
            body.clear();
            body.extend_from_slice(b"{\"data\":[],\"hasNext\":false,\"total\":0}");
        } else {
            let page = asked
                .split_once("{\"page\":")
                .and_then(|(_, rest)| rest.split_once('}')?.0.parse().ok())
                .unwrap_or(0);
            load.page(page, &mut body)?;
        }
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )?;
        stream.write_all(&body)?;
    }
    Ok(())
}
