//! A page before it is sent: media type, bytes, and how long they may be cached.

use std::borrow::Cow;
use std::fmt;

use embedded_svc::http::Headers;
use embedded_svc::http::server::Connection;
use embedded_svc::io::Write;
use maud::Markup;
use ring::digest;

use super::exchange::{Exchange, Misuse};

/// A finished page. `Debug` leaves its headers and content out: a cookie may be among them.
#[derive(Clone)]
pub struct Page {
    status: u16,
    media: &'static str,
    keep: Keep,
    /// Headers beside those that every page has.
    headers: Vec<(&'static str, String)>,
    body: Cow<'static, [u8]>,
    tag: String,
}

/// How long a browser may keep it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// Never: the page shows this moment, to this visitor.
    Never,
    /// The browser asks each time whether the page is the same.
    IfSame,
    /// For ever: the address changes with the content.
    ForEver,
}

impl Page {
    /// A page with status 200 that is not cached.
    pub(super) fn new(media: &'static str, body: impl Into<Cow<'static, [u8]>>) -> Self {
        let body = body.into();
        Self {
            status: 200,
            media,
            keep: Keep::Never,
            headers: Vec::new(),
            tag: tag(&body),
            body,
        }
    }

    /// HTML with this status code that is not cached.
    #[must_use]
    pub fn html(status: u16, markup: &Markup) -> Self {
        let body = markup.0.as_bytes().to_vec();
        Self {
            status,
            ..Self::new("text/html; charset=utf-8", body)
        }
    }

    /// Sends the browser to another address by GET, as after a form (303).
    #[must_use]
    pub fn see_other(address: &str) -> Self {
        Self::words(303, &format!("303: see {address}")).with("Location", address)
    }

    /// Sends the browser to another address with the same method (307).
    #[must_use]
    pub fn moved(address: &str) -> Self {
        Self::words(307, &format!("307: see {address}")).with("Location", address)
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Plain text, ended by a line feed.
    #[must_use]
    pub fn words(status: u16, words: &str) -> Self {
        Self {
            status,
            ..Self::new(
                "text/plain; charset=utf-8",
                format!("{words}\n").into_bytes(),
            )
        }
    }

    pub(super) fn kept(self, keep: Keep) -> Self {
        Self { keep, ..self }
    }

    /// Sends the page, or 304 if the visitor has it.
    pub(super) fn answer(&self, exchange: &mut Exchange) -> Result<(), Misuse> {
        let etag = format!("\"{}\"", self.tag);
        let keep = match self.keep {
            Keep::Never => "no-store",
            Keep::IfSame => "no-cache",
            Keep::ForEver => "public, max-age=31536000, immutable",
        };
        let mut headers = vec![
            ("Content-Type", self.media),
            ("Cache-Control", keep),
            ("ETag", &*etag),
        ];
        let further = self.headers.iter();
        headers.extend(further.map(|(name, value)| (*name, value.as_str())));
        let known = exchange.header("If-None-Match");
        let same = known.is_some_and(|known| known.split(',').any(|one| one.trim() == etag));
        if self.status == 200 && same {
            return exchange.initiate_response(304, None, &headers[1..]);
        }
        exchange.initiate_response(self.status, None, &headers)?;
        exchange.write_all(&self.body)
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.media)
    }
}

/// ETag of the content: 16 hexadecimal digits of its SHA-256.
pub(super) fn tag(content: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, content);
    let digits = digest.as_ref().iter().take(8);
    digits.map(|byte| format!("{byte:02x}")).collect()
}
