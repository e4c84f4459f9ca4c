//! What can go wrong between a client and the cloud, on request.
//!
//! ```
//! use siembox_support::cloud::{Cloud, Fault, Target};
//!
//! let cloud = Cloud::builder().start();
//! cloud.fault(Fault::Stall);                                          // the next list request is never answered
//! cloud.fault(Fault::Status(502).times(3).on(Target::Alerts));        // then three of alerts end at a gateway
//! cloud.fault(Fault::ResetInBody.for_ever().chance(0.1, 42));         // and one of ten breaks off, for ever
//! ```

use std::sync::Arc;
use std::time::Duration;

use super::api::Route;
use super::graph::sheet::NoRows;
use super::http::Answer;
use super::strike::Question;

/// One way to fail.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    // --- instead of the answer
    /// Only this status, with a body such as it comes with.
    Status(u16),
    /// 429.
    Throttled {
        /// `Retry-After`, seconds.
        retry_after: Option<u32>,
        /// The word "throttled" and these seconds in the body; otherwise a body without either.
        in_text: Option<u32>,
    },
    /// This status, and a body that unpacks to this.
    Body {
        /// The status.
        status: u16,
        /// The body, packed with gzip.
        packed: Arc<[u8]>,
    },
    /// 200 and a log-on page in HTML, as portals and proxies show it.
    HtmlPage,
    /// 302 to this place.
    Redirect(String),
    /// The connection is taken, the request read, and nothing more happens.
    Stall,
    /// A reset instead of an answer.
    ResetBeforeHead,

    // --- of Entra, instead of the answer
    /// The refusal with this AADSTS code, worded as Entra does.
    Aadsts(u32),

    // --- of Graph and hunting, instead of the answer
    /// The bearer token ends with this request (401), long before its time. The next one is good.
    BearerEnds,
    /// 403 with a page of Application Gateway, without a word of JSON.
    HtmlForbidden,
    /// 500 `UnknownError` with an empty message.
    UnknownError,
    /// 400 to an address that an answer named as the next one. Strikes only there.
    LinkRefused,
    /// 400 of hunting: the answer would be too large.
    TooLarge,
    /// 400 of hunting: the query takes too long.
    TooSlow,
    /// 429 of hunting, without `Retry-After`: the tenant's quota is used up for so many seconds.
    Quota(u32),
    /// 400 of hunting: no such table or column.
    TableMissing,
    /// Hunting does not look at `take`: all rows of the window at once.
    TakeIgnored,

    // --- of Graph and hunting, in the answer
    /// 206 with a `Warning`: half of the records is left out.
    PartialContent,
    /// `$orderby` is not looked at: newest first.
    NewestFirst,
    /// An answer of hunting without rows says so in this way. Waits for one without rows.
    NoRows(NoRows),

    // --- in the page; where the answer is none, the fault waits for the next
    /// `data: []` although `total` says otherwise. A scan goes on at the same place.
    EmptyWithTotal,
    /// `hasNext` says the opposite: true at the end, false with more to come (and no
    /// `nextQueryFilters` then).
    HasNextLies,
    /// `hasNext: true` without `nextQueryFilters`.
    NoNextFilters,
    /// No more than so many records, whatever the limit asked for.
    Cap(usize),
    /// The answer before this one of the same list, once again.
    Repeat,
    /// The records in another order.
    Unordered,
    /// One more record in the middle that can't be read.
    Unreadable(Unreadable),
    /// One more record in the middle with a description of so many bytes.
    BigRecord(usize),
    /// Dirt inside the description of a record in the middle.
    Dirt(Dirt),

    // --- in the bytes
    /// The body ends too early, and says so: its length fits.
    InvalidJson,
    /// A small body that unpacks to so many bytes of white space.
    GzipBomb(u64),
    /// So many bytes of headers.
    HugeHeaders(usize),
    /// A packed body, whatever the client takes.
    Gzip,
    /// A body in chunks.
    Chunked,

    // --- on the wire
    /// A reset in the middle of the head.
    ResetInHead,
    /// A reset in the middle of the body.
    ResetInBody,
    /// Half the body that `Content-Length` promised, then the end.
    HalfAnswer,
    /// One byte at a time, with this pause after each.
    Drip(Duration),
    /// The answer comes after so long.
    Delay(Duration),
    /// The answer comes whole; then the connection is closed without having said so.
    HangUp,
    /// The same so long after the answer, whether another request has come or not.
    HangUpAfter(Duration),
}

impl Fault {
    /// This status and body instead of the answer.
    #[must_use]
    pub fn body(status: u16, body: Vec<u8>) -> Self {
        let packed = Answer::new(status, "application/json", body).gzipped().body;
        Self::Body {
            status,
            packed: packed.into(),
        }
    }

    /// Does it change a page, and can therefore strike only where there is one?
    #[must_use]
    pub fn wants_page(&self) -> bool {
        matches!(
            self,
            Self::EmptyWithTotal
                | Self::HasNextLies
                | Self::NoNextFilters
                | Self::Cap(_)
                | Self::Repeat
                | Self::Unordered
                | Self::Unreadable(_)
                | Self::BigRecord(_)
                | Self::Dirt(_)
                | Self::PartialContent
                | Self::NewestFirst
                | Self::NoRows(_)
        )
    }

    /// Can it happen to such a request at all?
    #[must_use]
    pub fn happens_to(&self, route: &Route, question: &Question) -> bool {
        let (is_list, is_hunting) = (matches!(route, Route::Graph(_)), *route == Route::Hunting);
        match self {
            Self::Aadsts(_) => matches!(route, Route::Login(_)),
            Self::LinkRefused => is_list && question.goes_on,
            Self::PartialContent | Self::NewestFirst => is_list,
            Self::TooLarge | Self::TooSlow | Self::Quota(_) | Self::TableMissing => is_hunting,
            Self::NoRows(_) | Self::TakeIgnored => is_hunting,
            Self::BearerEnds | Self::HtmlForbidden | Self::UnknownError => is_list || is_hunting,
            _ => true,
        }
    }
}

/// Ways in which a record can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// A number where an object is expected.
    NotAnObject,
    /// No `timestamp` and no `created`.
    NoTime,
    /// `timestamp` and `created` are words.
    TimeIsText,
    /// No `_id`.
    NoId,
    /// An object full of other types than expected.
    WrongTypes,
}

/// Dirt inside a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dirt {
    /// Bytes that are no UTF-8.
    InvalidUtf8,
    /// Half a surrogate pair, escaped.
    LoneSurrogate,
    /// The key `description` a second time, and once more as `Description`.
    DuplicateKeys,
    /// Control characters, escaped: NUL, bell, escape, newlines of three kinds.
    Controls,
}
