//! An answer: what of its head matters, and its body as it comes.

use std::io::Read;
use std::time::Duration;

use super::Body;
use super::address_order::AddressOrder;
use crate::clock;
use crate::foreign::ForeignText;

/// An answer whose body is still to be read.
#[derive(Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// `Retry-After`; zero where it is a moment that has passed.
    pub retry_after: Option<Duration>,
    /// `Date`, milliseconds since 1970.
    pub date_ms: Option<i64>,
    /// `Location`, of a redirect.
    pub location: Option<ForeignText>,
    /// `Warning`: what an answer that is incomplete says of it.
    pub warning: Option<ForeignText>,
    /// The body, decoded as it is read.
    pub body: Body,
}

/// A body whose address has its turn last once it breaks off.
struct Witnessed<R> {
    reader: R,
    turns: AddressOrder,
}

impl<R: Read> Read for Witnessed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        (self.reader.read(buffer)).inspect_err(|_| self.turns.last_failed())
    }
}

// === impl Response ===

impl Response {
    pub(super) fn new(
        response: ureq::http::Response<ureq::Body>,
        turns: &AddressOrder,
        max_body: u64,
    ) -> Self {
        let header = |name: &str| {
            let value = response.headers().get(name);
            value.and_then(|value| value.to_str().ok())
        };
        let date_ms = header("date").and_then(http_date);
        let now_ms = || date_ms.unwrap_or_else(clock::now_ms);
        Self {
            status: response.status().as_u16(),
            retry_after: header("retry-after").and_then(|text| wait_until(text, now_ms)),
            date_ms,
            location: header("location").map(ForeignText::new),
            warning: header("warning").map(ForeignText::new),
            body: Body::new(
                Witnessed {
                    reader: response.into_body().into_reader(),
                    turns: turns.clone(),
                },
                max_body,
            ),
        }
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
fn http_date(text: &str) -> Option<i64> {
    jiff::fmt::rfc2822::parse(text)
        .ok()
        .map(|zoned| zoned.timestamp().as_millisecond())
}

/// `Retry-After`, as seconds or as a moment, which counts from the other side's own clock where it
/// tells it.
fn wait_until(text: &str, now_ms: impl FnOnce() -> i64) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let wait_ms = http_date(text)?.saturating_sub(now_ms());
    Some(Duration::from_millis(wait_ms.try_into().unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_date_header() {
        assert_eq!(
            http_date("Sun, 06 Nov 1994 08:49:37 GMT"),
            Some(784_111_777_000)
        );
        assert_eq!(http_date("yesterday"), None);
    }

    #[test]
    fn a_wait_is_a_number_or_a_moment() {
        let wait = |text| wait_until(text, || 784_111_777_000);
        assert_eq!(wait(" 12 "), Some(Duration::from_secs(12)));
        assert_eq!(
            wait("Sun, 06 Nov 1994 08:49:49 GMT"),
            Some(Duration::from_secs(12))
        );
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:00 GMT"), Some(Duration::ZERO));
        for text in ["", "-1", "soon", "1.5"] {
            assert_eq!(wait(text), None, "{text}");
        }
    }
}
