//! The port of a source: one call fetches one page.
//!
//! The port is [`Source`]. What to ask next, and which of the records are new, is decided by the
//! pure [`TimeReader`]; how often to ask by the pure [`RequestLimit`]. Only `http` and what stands
//! on it touch the network.

mod by_offset;
mod by_time;
mod clocks;
pub mod cloud_apps;
mod entra;
mod error;
mod error_body;
pub mod event_hubs;
pub mod graph;
pub mod http;
pub mod hunting;
pub mod json;
mod partition_source;
mod poll_interval;
mod rate_limit;
mod recognise;
mod record;
mod stream_source;
mod warning;

pub use by_offset::{
    CommitSchedule, CommittedOffset, Committer, FoundOffsets, HubPartition, Offsets, StartOffset,
};
pub use by_time::{
    ApiRules, Change, Cursor, Failure, PageResult, ProbeAnswer, Rules, Seen, Start, Step,
    TimeReader, Unserved, Verdict, fingerprint,
};
pub use clocks::Clocks;
pub use entra::{
    AssertionAlgorithm, CertificateFiles, Credential, Entra, EntraApp, Permission, ReadSecret,
};
pub use error::{SourceError, SourceErrorKind};
pub use error_body::refusal;
pub use partition_source::{
    Fetched, HubMessage, HubRecord, HubSource, JoinedGroup, MembershipState, PartitionSource,
};
pub use poll_interval::PollInterval;
pub use rate_limit::{PastRequests, RequestLimit, RequestMemory, Silence};
pub use recognise::KnownRecords;
pub use record::{ReadRecord, Record, Unreadable};
pub use stream_source::{Cancel, OpenSource, StreamSource};

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use crate::event::Event;

/// Which page to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Records whose cursor time is this or later, milliseconds since 1970.
    pub from_ms: i64,
    /// And whose cursor time is this or earlier; `None` for all since then.
    pub to_ms: Option<i64>,
    /// Where in that answer.
    pub place: Place,
    /// Records asked for; the cloud may send fewer or more.
    pub limit: u32,
    /// What may be left out.
    pub late: Option<Late>,
}

/// Of what lies before a time only the records that came late are asked for: the others were there
/// when it was read last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Late {
    /// From this cursor time on all records are asked for, milliseconds since 1970.
    pub whole_from_ms: i64,
    /// Before it, those that the API has had since then.
    pub arrived_from_ms: i64,
}

/// The newest record of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Newest {
    /// Its cursor time, milliseconds since 1970.
    pub at_ms: i64,
    /// Since when the API has it, where it tells.
    pub arrived_ms: Option<i64>,
}

/// Where in the answer a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// After this many records.
    Skip(u32),
    /// Where the cloud said: its `nextQueryFilters`, to be sent back to the letter.
    Next(String),
}

/// What an answer says beside its records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// How many records it holds.
    pub records: u64,
    /// The cloud says that more follows. It has been seen to err in both directions.
    pub has_next: bool,
    /// `nextQueryFilters`, to the letter.
    pub next: Option<String>,
    /// How many records the cloud counts in all.
    pub total: Option<u64>,
    /// The cloud's clock, from the `Date` header.
    pub server_ms: Option<i64>,
    /// Does it hold more than was taken from it? Then `has_next` is true and no place is named: it
    /// goes on by time.
    pub cut: bool,
    /// Does it say neither whether more follows nor how many records there are, as each answer of
    /// the API does?
    pub bare: bool,
    /// Does the cloud say that something is missing in it? Then it moves nothing.
    pub incomplete: bool,
    /// What it says of that, in words; empty for nothing.
    pub warning: String,
}

// === impl Answer ===

impl Answer {
    /// Does it hold no record and say that there are some, or nothing at all beside them? It tells
    /// nothing about the records from this place on.
    #[must_use]
    pub fn is_hollow(&self, place: &Place) -> bool {
        let before = match place {
            Place::Skip(skip) => u64::from(*skip),
            Place::Next(_) => 0,
        };
        let more = || self.has_next || self.bare;
        self.records == 0 && self.total.map_or_else(more, |total| total > before)
    }

    /// Why it is doubted, with what the cloud itself says of it.
    #[must_use]
    pub fn doubted(&self, reason: &str) -> String {
        match &*self.warning {
            "" => reason.to_owned(),
            warning => format!("{reason}: {warning}"),
        }
    }

    /// What it tells where it was asked for to learn more: one that can't be believed is as good as
    /// none.
    #[must_use]
    pub fn told(&self, place: &Place) -> ProbeAnswer {
        match self.is_hollow(place) || self.incomplete {
            true => ProbeAnswer::Failed,
            false => ProbeAnswer::Records(self.records),
        }
    }
}

/// Who takes the records of a page, one by one as they come. Nothing of it counts before the page
/// has ended well.
pub trait Recipient {
    /// The page begins. `server_ms` is the cloud's clock, from the `Date` header.
    fn open(&mut self, server_ms: Option<i64>);

    /// A record, and `raw` as it stands in the page; of one that is too long to be taken in at once
    /// only how it begins. Whoever has no room for another one breaks: the page ends there, and the
    /// rest is asked for again.
    fn record(&mut self, raw: &str, record: Result<Record<'_>, Unreadable>) -> ControlFlow<()>;
}

/// For questions whose records do not matter.
impl Recipient for () {
    fn open(&mut self, _: Option<i64>) {}

    fn record(&mut self, _: &str, _: Result<Record<'_>, Unreadable>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// For a few records, to be looked at afterwards.
impl Recipient for Vec<Result<Record<'static>, Unreadable>> {
    fn open(&mut self, _: Option<i64>) {}

    fn record(&mut self, _: &str, record: Result<Record<'_>, Unreadable>) -> ControlFlow<()> {
        self.push(record.map(Record::into_owned));
        ControlFlow::Continue(())
    }
}

/// The port: somewhere pages can be had.
pub trait Source {
    /// Fetches one page and hands its records over. Blocks, within the bounds of its settings.
    ///
    /// # Errors
    /// Says what kind of trouble it is, so that the caller knows how long to wait and what to tell
    /// the operator. Records may have been handed over before: they do not count.
    fn page(&mut self, query: &Query, to: &mut dyn Recipient) -> Result<Answer, SourceError>;

    /// Gets beforehand what a question needs beside its turn: a token, where the last one has
    /// expired. The question then goes out when its turn comes, however long the log-on takes.
    /// Blocks for one log-on at most.
    ///
    /// # Errors
    /// As for a page, which would fail of the same.
    fn log_on(&mut self) -> Result<(), SourceError> {
        Ok(())
    }

    /// Is a token that the API refused replaced by a new one, which may be good?
    fn renews_token(&self) -> bool {
        false
    }

    /// What holds of its API, for whoever reads it by time.
    fn api_rules(&self) -> ApiRules;

    /// Can the API be asked for the records alone that came late? Whether it tells when they came
    /// is then to be asked of [`Source::newest`].
    fn knows_late(&self) -> bool {
        false
    }

    /// Can the API be asked for [`Source::newest`]?
    fn knows_newest(&self) -> bool {
        false
    }

    /// Asks with one question for the newest record of the last day, and where `with_arrival` is
    /// set since when the API has it. `None` where there is none.
    ///
    /// # Errors
    /// As for a page.
    fn newest(&mut self, with_arrival: bool) -> Result<Option<Newest>, SourceError> {
        let _ = with_arrival;
        Ok(None)
    }

    /// May an event of this stream lack something that the page does not tell, so that it is asked
    /// for before the event is forwarded?
    fn completes(&self) -> bool {
        false
    }

    /// Does this event lack it?
    fn lacks(&self, event: &Event<'_>) -> bool {
        let _ = event;
        false
    }

    /// Asks for what the event lacks, with one question.
    ///
    /// # Errors
    /// As for a page; the event is then as it was.
    fn complete(&mut self, event: &mut Event<'_>) -> Result<(), SourceError> {
        let _ = event;
        Ok(())
    }
}
