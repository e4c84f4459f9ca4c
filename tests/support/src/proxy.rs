//! A company's HTTP proxy: CONNECT with and without a password, and, where wanted, a look inside
//! the TLS it carries.
//!
//! With [`Builder::inspect`] it ends the client's TLS itself, with a certificate of "Contoso
//! Inspection CA" for the name that was asked for, as inspecting proxies do. [`Builder::route`]
//! leads a name from the real world to a server on loopback.

mod tunnel;

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::cloud::http::{self, Request};
use crate::listener::{Listener, Stop};
use crate::pki::{Authority, Issued};
use crate::wire::{self, Wire};

/// A running proxy. Dropping it ends it and its tunnels.
#[derive(Debug)]
pub struct Proxy {
    listener: Listener,
    shared: Arc<Shared>,
    scheme: &'static str,
}

/// Plan of a proxy.
#[derive(Debug, Default)]
pub struct Builder {
    password: Option<(String, String)>,
    routes: HashMap<String, SocketAddr>,
    inspect: Option<String>,
    tls: Option<Issued>,
    refusal: Option<u16>,
}

/// One CONNECT that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connect {
    /// `host:port` as asked.
    pub target: String,
    /// The status it got: 200, 407, 403, 502, …
    pub status: u16,
}

#[derive(Debug)]
struct Shared {
    plan: Builder,
    inspection: Authority,
    seen: Mutex<Vec<Connect>>,
}

impl Proxy {
    /// Plans a proxy.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// A proxy that anybody may use.
    #[must_use]
    pub fn start() -> Self {
        Builder::default().start()
    }

    /// `http://127.0.0.1:port`, or `https://` where clients are to speak TLS to the proxy itself.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.addr())
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.listener.addr()
    }

    /// Every CONNECT so far.
    #[must_use]
    pub fn connects(&self) -> Vec<Connect> {
        self.shared.seen().clone()
    }

    /// How many tunnels were opened.
    #[must_use]
    pub fn tunnels(&self) -> usize {
        self.shared
            .seen()
            .iter()
            .filter(|connect| connect.status == 200)
            .count()
    }

    /// The authority by which it looks inside TLS, PEM: what a customer gives as `ca_file`.
    #[must_use]
    pub fn inspection_ca_pem(&self) -> &str {
        &self.shared.inspection.cert_pem
    }

    /// Ends all tunnels that are open now.
    pub fn cut_tunnels(&self) {
        self.listener.cut_connections();
    }
}

impl Builder {
    /// Wants this name and password (Basic).
    #[must_use]
    pub fn password(mut self, user: &str, password: &str) -> Self {
        self.password = Some((user.to_owned(), password.to_owned()));
        self
    }

    /// Leads `host:port` to this place instead of where its name would.
    #[must_use]
    pub fn route(mut self, target: &str, to: SocketAddr) -> Self {
        self.routes.insert(target.to_owned(), to);
        self
    }

    /// Looks inside TLS; the far side is trusted by this authority (PEM).
    #[must_use]
    pub fn inspect(mut self, upstream_ca_pem: &str) -> Self {
        self.inspect = Some(upstream_ca_pem.to_owned());
        self
    }

    /// Clients speak TLS to the proxy itself, which shows this certificate.
    #[must_use]
    pub fn tls(mut self, issued: Issued) -> Self {
        self.tls = Some(issued);
        self
    }

    /// Answers every CONNECT with this status, 403 for "not by our policy".
    #[must_use]
    pub fn refuse(mut self, status: u16) -> Self {
        self.refusal = Some(status);
        self
    }

    /// Starts it.
    ///
    /// # Panics
    /// Where no port can be had.
    #[must_use]
    pub fn start(self) -> Proxy {
        let tls = self.tls.as_ref().map(wire::tls_server);
        let scheme = if tls.is_some() { "https" } else { "http" };
        let inspection = Authority::new("Contoso Inspection CA");
        let shared = Arc::new(Shared {
            plan: self,
            inspection,
            seen: Mutex::default(),
        });
        let serving = Arc::clone(&shared);
        let listener = Listener::start(0, "proxy", move |socket, _, stop| {
            // an end is an end, whatever the reason
            let _ = Wire::accept(socket, tls.as_ref()).and_then(|wire| serving.serve(wire, stop));
        })
        .expect("a port on loopback");
        Proxy {
            listener,
            shared,
            scheme,
        }
    }
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Vec<Connect>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, mut client: Wire, stop: &Stop) -> io::Result<()> {
        let mut unread = Vec::new();
        while let Some(request) = http::read_request(&mut client, &mut unread)? {
            let upstream = self.admit(&request);
            let status = upstream.as_ref().map_or_else(|status| *status, |_| 200);
            self.seen().push(Connect {
                target: request.target.clone(),
                status,
            });
            match upstream {
                Ok(upstream) => {
                    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
                    client.flush()?;
                    let _watched = stop.watch(&upstream)?;
                    return match &self.plan.inspect {
                        None => tunnel::open(client, upstream, &unread),
                        Some(ca_pem) => {
                            let host = host_of(&request.target);
                            tunnel::inspect(
                                client,
                                upstream,
                                ca_pem,
                                host,
                                &self.inspection.issue(&[host]),
                            )
                        }
                    };
                }
                Err(status) => {
                    let challenge = if status == 407 {
                        "Proxy-Authenticate: Basic realm=\"contoso\"\r\n"
                    } else {
                        ""
                    };
                    write!(
                        client,
                        "HTTP/1.1 {status} Refused\r\n{challenge}Content-Length: 0\r\n\r\n"
                    )?;
                    client.flush()?;
                }
            }
        }
        Ok(())
    }

    /// The far side, or the status to refuse with.
    fn admit(&self, request: &Request) -> Result<TcpStream, u16> {
        if let Some((user, password)) = &self.plan.password {
            let right = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
            if request.header("proxy-authorization") != Some(right.as_str()) {
                return Err(407);
            }
        }
        if let Some(status) = self.plan.refusal {
            return Err(status);
        }
        if request.method != "CONNECT" {
            return Err(405);
        }
        // no name is looked up: what isn't routed must be on loopback already
        let target = request.target.replace("localhost:", "127.0.0.1:");
        let routed = self.plan.routes.get(&request.target).copied();
        let here = || {
            target
                .parse()
                .ok()
                .filter(|addr: &SocketAddr| addr.ip().is_loopback())
        };
        let addr = routed.or_else(here).ok_or(502_u16)?;
        TcpStream::connect(addr).map_err(|_| 502)
    }
}

fn host_of(target: &str) -> &str {
    target.rsplit_once(':').map_or(target, |(host, _)| host)
}
