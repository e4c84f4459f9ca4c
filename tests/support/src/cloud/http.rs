//! HTTP/1.1, as much as the API needs: heads read with httparse, answers written by hand so that
//! they can be broken.

use std::io::{self, Read};

/// Longest head that is read, bytes.
const MAX_HEAD: usize = 64 * 1024;
/// Longest body that is read, bytes.
const MAX_BODY: usize = 16 * 1024 * 1024;

/// A request, read whole.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// Path and query as sent.
    pub target: String,
    /// Headers in order; names as sent.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// The first header of this name, without regard to case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The target's path.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target
            .split_once('?')
            .map_or(self.target.as_str(), |(path, _)| path)
    }

    /// The target's query, without the question mark.
    #[must_use]
    pub fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    /// Does the client take gzip?
    #[must_use]
    pub fn takes_gzip(&self) -> bool {
        self.header("accept-encoding")
            .is_some_and(|value| value.contains("gzip"))
    }

    /// Does the client want the connection closed after the answer?
    #[must_use]
    pub fn wants_close(&self) -> bool {
        self.header("connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }
}

/// Reads the next request of a connection. `unread` holds what was read beyond the last one. `None`
/// is a clean end.
///
/// # Errors
/// What the socket says, or `InvalidData` for something that is no HTTP/1.1 request.
pub fn read_request(stream: &mut impl Read, unread: &mut Vec<u8>) -> io::Result<Option<Request>> {
    let (mut request, head_length) = loop {
        if let Some(found) = parse_head(unread)? {
            break found;
        }
        if unread.len() > MAX_HEAD {
            return Err(invalid("the head is too long"));
        }
        if read_some(stream, unread)? == 0 {
            return if unread.is_empty() {
                Ok(None)
            } else {
                Err(io::ErrorKind::UnexpectedEof.into())
            };
        }
    };
    unread.drain(..head_length);
    let length = match request.header("content-length") {
        Some(text) => text
            .trim()
            .parse::<usize>()
            .map_err(|_| invalid("content-length"))?,
        None if request.header("transfer-encoding").is_some() => {
            return Err(invalid("send the body with a content-length"));
        }
        None => 0,
    };
    if length > MAX_BODY {
        return Err(invalid("the body is too long"));
    }
    while unread.len() < length {
        if read_some(stream, unread)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    request.body = unread.drain(..length).collect();
    Ok(Some(request))
}

fn parse_head(bytes: &[u8]) -> io::Result<Option<(Request, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Request::new(&mut headers);
    match parsed
        .parse(bytes)
        .map_err(|error| invalid(&error.to_string()))?
    {
        httparse::Status::Partial => Ok(None),
        httparse::Status::Complete(length) => Ok(Some((
            Request {
                method: parsed.method.unwrap_or_default().to_owned(),
                target: parsed.path.unwrap_or_default().to_owned(),
                headers: parsed
                    .headers
                    .iter()
                    .map(|header| {
                        (
                            header.name.to_owned(),
                            String::from_utf8_lossy(header.value).into_owned(),
                        )
                    })
                    .collect(),
                body: Vec::new(),
            },
            length,
        ))),
    }
}

fn read_some(stream: &mut impl Read, into: &mut Vec<u8>) -> io::Result<usize> {
    let mut piece = [0; 16 * 1024];
    loop {
        match stream.read(&mut piece) {
            Ok(count) => {
                into.extend_from_slice(&piece[..count]);
                return Ok(count);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// An answer before it is put on the wire.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Headers besides the length and the date.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// An answer with a body of this type.
    #[must_use]
    pub fn new(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type".to_owned(), content_type.to_owned())],
            body,
        }
    }

    /// An answer in JSON.
    #[must_use]
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::new(status, "application/json", body.to_string().into_bytes())
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The head, with its empty line; `length` is the header that says where the body ends.
    #[must_use]
    pub fn head(&self, length: &str) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(length);
        head.push_str("\r\n\r\n");
        head.into_bytes()
    }

    /// Head and body with a content length.
    #[must_use]
    pub fn whole(&self) -> Vec<u8> {
        let mut bytes = self.head(&format!("Content-Length: {}", self.body.len()));
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// Head and body in chunks of uneven sizes, one of them splitting most characters that can be
    /// split.
    #[must_use]
    pub fn chunked(&self) -> Vec<u8> {
        let mut bytes = self.head("Transfer-Encoding: chunked");
        let mut rest = self.body.as_slice();
        for size in [1, 7, 1000, 4093].into_iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (chunk, after) = rest.split_at(size.min(rest.len()));
            bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
            rest = after;
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
        bytes
    }

    /// The body as a client unpacks it, cut behind `most` bytes.
    ///
    /// # Errors
    /// Where it can't be unpacked.
    pub fn unpacked(self, most: u64) -> io::Result<Vec<u8>> {
        let packed = self
            .headers
            .iter()
            .any(|(name, value)| name == "Content-Encoding" && value == "gzip");
        if !packed {
            return Ok(self.body);
        }
        let mut body = Vec::new();
        flate2::read::GzDecoder::new(self.body.as_slice())
            .take(most)
            .read_to_end(&mut body)?;
        Ok(body)
    }

    /// The same answer, its body packed.
    ///
    /// # Panics
    /// Never: memory takes everything.
    #[must_use]
    pub fn gzipped(self) -> Self {
        use std::io::Write as _;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder
            .write_all(&self.body)
            .expect("memory takes everything");
        let body = encoder.finish().expect("memory takes everything");
        Self { body, ..self }.with("Content-Encoding", "gzip")
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        206 => "Partial Content",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        407 => "Proxy Authentication Required",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Status",
    }
}
