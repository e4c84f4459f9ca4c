//! Heads of requests whose lines end as they must: in CR LF. hyper takes a bare LF as well, which a
//! proxy before us may read otherwise, and then both see other requests in the same bytes (RFC
//! 9112, 2.2 and 11.2).

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The longest head, bytes.
pub(super) const MOST_HEAD: usize = 8 * 1024;

/// A stream in whose heads a bare LF becomes NUL: hyper answers that with 400 and ends the
/// connection.
pub(super) struct Heads<S> {
    stream: S,
    place: Place,
}

/// Where in the requests we are.
#[derive(Debug)]
enum Place {
    /// In a head.
    Head(SentHead),
    /// In a body, of which so many bytes are still to come.
    Body(u64),
    /// Behind what ends the connection: a head that is refused, or a body of unknown length, whose
    /// answer says `close`.
    End,
}

/// What is known of a head.
#[derive(Debug, Default)]
struct SentHead {
    /// The line that is being read, as far as a head may be long.
    line: Vec<u8>,
    begun: bool,
    /// `Content-Length`
    body: u64,
    /// `Transfer-Encoding`
    encoded: bool,
}

// === impl Heads ===

impl<S> Heads<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            place: Place::Head(SentHead::default()),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Heads<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.place.pass(&mut buffer.filled_mut()[before..]);
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Heads<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

// === impl Place ===

impl Place {
    /// Takes in the next bytes of the stream, and spoils the first bare LF in a head.
    fn pass(&mut self, mut bytes: &mut [u8]) {
        while !bytes.is_empty() {
            let taken = match self {
                Self::End => return,
                Self::Body(left) => {
                    let now = usize::try_from(*left)
                        .unwrap_or(usize::MAX)
                        .min(bytes.len());
                    *left -= now as u64;
                    if *left == 0 {
                        *self = Self::Head(SentHead::default());
                    }
                    now
                }
                Self::Head(head) => {
                    let (taken, next) = head.pass(bytes);
                    if let Some(next) = next {
                        *self = next;
                    }
                    taken
                }
            };
            bytes = &mut bytes[taken..];
        }
    }
}

// === impl Head ===

impl SentHead {
    /// Takes in bytes up to the end of the line; says how many these were, and what follows where
    /// the head ends there.
    fn pass(&mut self, bytes: &mut [u8]) -> (usize, Option<Place>) {
        let Some(end) = memchr::memchr(b'\n', bytes) else {
            self.keep(bytes);
            return (bytes.len(), None);
        };
        self.keep(&bytes[..end]);
        let Some(line) = self.line.strip_suffix(b"\r") else {
            bytes[end] = 0;
            return (end + 1, Some(Place::End));
        };
        let next = match (line, self.begun) {
            // before a request, an empty line is passed over
            ([], false) => None,
            ([], true) if self.encoded => Some(Place::End),
            ([], true) if self.body > 0 => Some(Place::Body(self.body)),
            ([], true) => Some(Place::Head(Self::default())),
            (line, _) => {
                let (name, value) = field(line);
                if name.eq_ignore_ascii_case(b"content-length") {
                    // what is no number is hyper's to refuse
                    let number = std::str::from_utf8(value).ok();
                    self.body = number.and_then(|it| it.parse().ok()).unwrap_or(0);
                }
                self.encoded |= name.eq_ignore_ascii_case(b"transfer-encoding");
                self.begun = true;
                None
            }
        };
        self.line.clear();
        (end + 1, next)
    }

    /// What is longer than a head may be, hyper refuses.
    fn keep(&mut self, bytes: &[u8]) {
        let room = MOST_HEAD.saturating_sub(self.line.len());
        let kept = bytes.len().min(room);
        self.line.extend_from_slice(&bytes[..kept]);
        // the end of a line counts, however long it is
        if kept < bytes.len()
            && let (Some(last), Some(byte)) = (self.line.last_mut(), bytes.last())
        {
            *last = *byte;
        }
    }
}

fn field(line: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b':', line) {
        Some(colon) => (&line[..colon], line[colon + 1..].trim_ascii()),
        None => (&[], &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What hyper gets to see of these bytes, which come in pieces of this size.
    fn passed(text: &str, piece: usize) -> String {
        let mut place = Place::Head(SentHead::default());
        let mut bytes = text.as_bytes().to_vec();
        for piece in bytes.chunks_mut(piece) {
            place.pass(piece);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    #[test]
    fn a_bare_line_feed_in_a_head_is_spoilt_and_one_in_a_body_is_not() {
        for (text, expected) in [
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", None),
            (
                "GET / HTTP/1.1\nHost: a\n\n",
                Some("GET / HTTP/1.1\0Host: a\n\n"),
            ),
            (
                "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
                Some("GET / HTTP/1.1\r\nHost: a\0X: b\r\n\r\n"),
            ),
            (
                "GET / HTTP/1.1\r\nHost: a\r\n\n",
                Some("GET / HTTP/1.1\r\nHost: a\r\n\0"),
            ),
            ("POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\na\nb", None),
            (
                "\r\nPOST / HTTP/1.1\r\nContent-Length: 3\r\n\r\na\nbGET / HTTP/1.1\nHost: a\r\n\r\n",
                Some(
                    "\r\nPOST / HTTP/1.1\r\nContent-Length: 3\r\n\r\na\nbGET / HTTP/1.1\0Host: a\r\n\r\n",
                ),
            ),
            (
                "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n\nGET /3",
                Some("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n\0GET /3"),
            ),
            // of an encoded body the length is not known here: it is the connection's last
            (
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\na\n\r\n0\r\n\r\n",
                None,
            ),
        ] {
            for piece in 1..=text.len() {
                assert_eq!(passed(text, piece), expected.unwrap_or(text), "{piece}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd(
            bytes in prop::collection::vec(
                prop_oneof![Just(b'\r'), Just(b'\n'), any::<u8>()],
                0..300,
            ),
            piece in 1_usize..50,
        ) {
            let mut place = Place::Head(SentHead::default());
            let mut seen = bytes.clone();
            for piece in seen.chunks_mut(piece) {
                place.pass(piece);
            }
            let spoilt = seen
                .iter()
                .zip(&bytes)
                .filter(|(seen, byte)| seen != byte)
                .count();
            prop_assert!(spoilt <= 1);
        }
    }
}
