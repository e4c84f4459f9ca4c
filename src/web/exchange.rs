//! One request and its answer in memory, as embedded-svc's [`Connection`]: what the server fills
//! and sends, and what a test builds by hand.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use embedded_svc::http::server::Connection;
use embedded_svc::http::{Headers, Method, Query};
use embedded_svc::io::{Error, ErrorKind, ErrorType, Read, Write};

/// A request with its answer, once there is one.
#[derive(Debug)]
pub struct Exchange {
    head: SentHead,
    body: SentBody,
    /// Address of the client.
    from: IpAddr,
    /// True if the connection is TLS.
    secure: bool,
    /// Headers of the response, whichever page makes it.
    always: Vec<(&'static str, &'static str)>,
    answer: Option<WebResponse>,
}

/// The request's head. `Debug` leaves the headers' values out: cookies are among them.
pub struct SentHead {
    method: Method,
    uri: String,
    headers: Vec<(String, String)>,
}

/// The request's body. `Debug` shows its size only: it may hold a password.
pub struct SentBody {
    bytes: Vec<u8>,
    read: usize,
}

/// The response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebResponse {
    /// HTTP status code.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// Body as sent.
    pub body: Vec<u8>,
}

/// A handler calls the steps of a response in a wrong order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Misuse {
    /// It writes before the response is begun, or begins it twice.
    #[error("the response was started twice, or not at all")]
    OutOfTurn,
    /// It asks for the raw socket, which does not exist here.
    #[error("no raw connection is available")]
    NoSocket,
}

// === impl Exchange ===

impl Exchange {
    /// A request of this method and target (path and query), without headers and body.
    #[must_use]
    pub fn new(method: Method, uri: &str) -> Self {
        Self {
            head: SentHead {
                method,
                uri: uri.to_owned(),
                headers: Vec::new(),
            },
            body: SentBody {
                bytes: Vec::new(),
                read: 0,
            },
            from: IpAddr::V4(Ipv4Addr::LOCALHOST),
            secure: false,
            always: Vec::new(),
            answer: None,
        }
    }

    /// Adds a header to the request.
    #[must_use]
    pub fn header_set(mut self, name: &str, value: &str) -> Self {
        self.head.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body_set(mut self, bytes: Vec<u8>) -> Self {
        self.body.bytes = bytes;
        self
    }

    /// From this address, over TLS or not. Where nothing is said: from this machine, without.
    #[must_use]
    pub fn came(self, from: IpAddr, secure: bool) -> Self {
        Self {
            from,
            secure,
            ..self
        }
    }

    /// Address of the client.
    #[must_use]
    pub fn from(&self) -> IpAddr {
        self.from
    }

    /// True if the request came over TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Body of the request.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.body.bytes
    }

    /// Path, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        let uri = &self.head.uri;
        uri.split_once('?').map_or(uri, |(path, _)| path)
    }

    /// Query after the `?`; empty if there is none.
    #[must_use]
    pub fn query(&self) -> &str {
        self.head.uri.split_once('?').map_or("", |(_, query)| query)
    }

    /// Adds a header to the response, whichever page makes it.
    pub fn always(&mut self, name: &'static str, value: &'static str) {
        self.always.push((name, value));
    }

    /// The response, once it is there.
    #[must_use]
    pub fn into_answer(self) -> Option<WebResponse> {
        self.answer
    }
}

impl Connection for Exchange {
    type Headers = SentHead;
    type Read = SentBody;
    type RawConnectionError = Misuse;
    type RawConnection = Self;

    fn split(&mut self) -> (&SentHead, &mut SentBody) {
        (&self.head, &mut self.body)
    }

    fn initiate_response<'a>(
        &'a mut self,
        status: u16,
        _message: Option<&'a str>,
        headers: &'a [(&'a str, &'a str)],
    ) -> Result<(), Misuse> {
        if self.answer.is_some() {
            return Err(Misuse::OutOfTurn);
        }
        let headers = headers.iter().chain(&self.always);
        let headers = headers.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.answer = Some(WebResponse {
            status,
            headers: headers.collect(),
            body: Vec::new(),
        });
        Ok(())
    }

    fn is_response_initiated(&self) -> bool {
        self.answer.is_some()
    }

    fn raw_connection(&mut self) -> Result<&mut Self, Misuse> {
        Err(Misuse::NoSocket)
    }
}

impl Headers for Exchange {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }
}

impl Query for Exchange {
    fn uri(&self) -> &str {
        &self.head.uri
    }

    fn method(&self) -> Method {
        self.head.method
    }
}

impl ErrorType for Exchange {
    type Error = Misuse;
}

impl Read for Exchange {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Misuse> {
        self.body.read(buffer)
    }
}

impl Write for Exchange {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Misuse> {
        let answer = self.answer.as_mut().ok_or(Misuse::OutOfTurn)?;
        answer.body.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Misuse> {
        Ok(())
    }
}

// === impl Head ===

impl Headers for SentHead {
    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(value)
    }
}

impl Query for SentHead {
    fn uri(&self) -> &str {
        &self.uri
    }

    fn method(&self) -> Method {
        self.method
    }
}

impl fmt::Debug for SentHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?}", self.method, self.uri)
    }
}

// === impl Body ===

impl ErrorType for SentBody {
    type Error = Misuse;
}

impl Read for SentBody {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Misuse> {
        let rest = self.bytes.get(self.read..).unwrap_or_default();
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        self.read += length;
        Ok(length)
    }
}

impl fmt::Debug for SentBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.bytes.len())
    }
}

// === impl Answer ===

impl WebResponse {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(value)
    }
}

// === impl Misuse ===

impl Error for Misuse {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}
