//! Connects to a host through a proxy with `CONNECT` (RFC 9110, 9.3.6), and reads why a proxy
//! refuses.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, NextTimeout, Transport};
use ureq::{Error, Proxy};

use crate::clock;
use crate::foreign::ForeignText;

/// The longest head of an answer, bytes, and the most headers in it.
pub const MOST_HEAD: usize = 64 << 10;
const MOST_HEADERS: usize = 256;

/// What a proxy answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyAnswer {
    /// The status code.
    pub status: u16,
    /// The ways to log on that it offers, as "Basic" or "NTLM".
    pub schemes: Vec<String>,
}

/// Why there is no way through the proxy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefusedTunnel {
    /// It said so.
    #[error("{}", in_words(answer, *user))]
    Answered {
        /// What it answered.
        answer: ProxyAnswer,
        /// Was it told a user?
        user: bool,
    },
    /// It ended the connection before its answer was whole.
    #[error(
        "Invalid proxy address: the proxy closed the connection without a response; check the \
            proxy's address and port"
    )]
    Silent,
    /// It answered with something else.
    #[error(
        "Invalid proxy address: the program that answers there is not an HTTP proxy; check the \
            proxy's address and port"
    )]
    NoProxy,
}

/// Opens a way to the target of `details` on a connection to its proxy.
pub(super) fn through(
    mut transport: Box<dyn Transport>,
    proxy: &Proxy,
    details: &ConnectionDetails<'_>,
) -> Result<Box<dyn Transport>, Error> {
    let user = proxy.username().is_some();
    let refused = |why: RefusedTunnel| Error::Other(Box::new(why));
    let host = details.uri.host().unwrap_or_default();
    let secure = details.needs_tls();
    let port = details
        .uri
        .port_u16()
        .unwrap_or(if secure { 443 } else { 80 });
    let mut request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n");
    if let Some(name) = proxy.username() {
        let word = proxy.password().unwrap_or_default();
        let pair = STANDARD.encode(format!("{name}:{word}"));
        request.push_str(&format!("Proxy-Authorization: Basic {pair}\r\n"));
    }
    request.push_str(concat!(
        "User-Agent: siembox/",
        env!("CARGO_PKG_VERSION"),
        "\r\n"
    ));
    request.push_str("Proxy-Connection: Keep-Alive\r\n\r\n");
    let begin = clock::now().steady;
    let timeout = || {
        let spent = clock::now().steady.saturating_sub(begin);
        NextTimeout {
            after: details.timeout.after.saturating_sub(spent).into(),
            ..details.timeout
        }
    };
    let output = transport.buffers().output();
    let room = output
        .get_mut(..request.len())
        .ok_or(Error::InvalidProxyUrl)?;
    room.copy_from_slice(request.as_bytes());
    transport.transmit_output(request.len(), timeout())?;
    loop {
        if timeout().after.is_zero() {
            return Err(Error::Timeout(details.timeout.reason));
        }
        let came = transport.await_input(timeout())?;
        let input = transport.buffers().input();
        match read(input).map_err(refused)? {
            Some((head, answer)) if answer.opens() => {
                transport.buffers().input_consume(head);
                return Ok(Box::new(Tunnel(transport)));
            }
            Some((_, answer)) => return Err(refused(RefusedTunnel::Answered { answer, user })),
            None if !came => return Err(refused(RefusedTunnel::Silent)),
            None => {}
        }
    }
}

/// The answer that `input` begins with, and the length of its head; `None` where more has to come.
///
/// # Errors
/// Where it is no answer of a proxy.
pub fn read(input: &[u8]) -> Result<Option<(usize, ProxyAnswer)>, RefusedTunnel> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let head = match response.parse(input) {
        Ok(httparse::Status::Complete(head)) => head,
        Ok(httparse::Status::Partial) if input.len() < MOST_HEAD => return Ok(None),
        Ok(httparse::Status::Partial) | Err(_) => return Err(RefusedTunnel::NoProxy),
    };
    let offers = (response.headers.iter())
        .filter(|header| header.name.eq_ignore_ascii_case("proxy-authenticate"))
        .filter_map(|header| header.value.split(|byte| *byte == b' ').next());
    let schemes = offers.map(|scheme| ForeignText::bounded(scheme, 20).to_string());
    let answer = ProxyAnswer {
        status: response.code.unwrap_or_default(),
        schemes: schemes.take(8).collect(),
    };
    Ok(Some((head, answer)))
}

impl ProxyAnswer {
    /// Is the way open?
    #[must_use]
    pub fn opens(&self) -> bool {
        matches!(self.status, 200..=299)
    }
}

/// What an operator is told: cause and cure.
#[must_use]
pub fn in_words(answer: &ProxyAnswer, user: bool) -> String {
    let status = answer.status;
    let basic = answer
        .schemes
        .iter()
        .any(|scheme| scheme.eq_ignore_ascii_case("basic"));
    match status {
        407 if !basic && !answer.schemes.is_empty() => format!(
            "the proxy accepts authentication only by {} (407), and siembox supports Basic: let \
                the proxy accept Basic from this machine, or allow this machine without \
                authentication",
            answer.schemes.join(", ")
        ),
        407 if user => "the proxy refused the user and password (407): check the user in proxy, and the password in proxy_password_file".to_owned(),
        407 => "the proxy asks for a user and password (407): set user@ in proxy, and \
            proxy_password_file".to_owned(),
        403 | 451 => format!(
            "the proxy does not allow this machine to reach the host ({status}): allow the host in \
                api_url and, with an Entra app, the host in login_url"
        ),
        502..=504 => format!(
            "the proxy cannot reach the host ({status}): check the proxy's own connection, and \
                api_url"
        ),
        _ => format!(
            "Invalid proxy address: the proxy refused to connect ({status}); check the proxy's \
                address and port"
        ),
    }
}

/// The way through the proxy: a connection to the proxy that no longer is one.
#[derive(Debug)]
struct Tunnel(Box<dyn Transport>);

impl Transport for Tunnel {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.0.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.0.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }

    /// TLS with the proxy is none with the target.
    fn is_tls(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests;
