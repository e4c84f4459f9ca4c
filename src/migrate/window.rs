//! Reads what a source holds of a stretch of time, as the lines that it would be sent as. Sends
//! nothing, moves no cursor.

use std::ops::ControlFlow;
use std::sync::PoisonError;
use std::time::Duration;

use crate::clock;
use crate::comparison::{ComparedWindow, ComparisonEnd, ComparisonProgress, SourceLines};
use crate::format::LineWriter;
use crate::settings::{AgentSettings, StreamSettings};
use crate::source::{
    Answer, OpenSource, Query, Recipient, Record, Rules, Seen, Source, SourceError,
    SourceErrorKind, StreamSource, TimeReader, Unreadable, Verdict,
};
use crate::stream::StreamSpec;
use crate::wiring::{WiringError, line_writer};

/// A page is asked for again so often where the cloud is busy.
const TRIES: u32 = 5;
/// The longest wait before that.
const LONGEST_WAIT: Duration = Duration::from_secs(120);
/// The wait where an answer contradicts itself.
const DOUBT: Duration = Duration::from_secs(2);

/// Two sources could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The settings' files can't be used.
    #[error(transparent)]
    Unfit(#[from] WiringError),
    /// A source can't be opened.
    #[error("{stream}: {reason}")]
    Closed {
        /// Which stream.
        stream: StreamSpec,
        /// Cause and cure.
        reason: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The stream is none that can be asked for a stretch of time.
    #[error(
        "{stream} cannot be compared, because event hubs are read by offset and not by time; \
            cure: set activities.from = \"hunting\" for the comparison, which reads the same tables"
    )]
    ByOffset {
        /// Which stream.
        stream: StreamSpec,
    },
    /// The API did not answer as it should.
    #[error("{stream}: {error}")]
    Source {
        /// Which stream.
        stream: StreamSpec,
        /// Cause and cure.
        error: SourceError,
    },
    /// It answers, and contradicts itself each time.
    #[error("{stream}: {reason}")]
    Contradicts {
        /// Which stream.
        stream: StreamSpec,
        /// In which way.
        reason: String,
    },
    /// It is wanted no more.
    #[error("ended before it was complete")]
    Ended,
}

/// What the streams of both sources are read with.
pub(super) struct WindowReader<'a> {
    /// Whose streams.
    pub(super) agent: &'a AgentSettings,
    /// Opens them, and has their limits.
    pub(super) sources: &'a dyn OpenSource,
    /// What is compared.
    pub(super) window: ComparedWindow,
    /// So many lines of a source are compared at most.
    pub(super) most: usize,
    /// Ends it.
    pub(super) end: &'a ComparisonEnd,
}

// === impl WindowReader ===

impl WindowReader<'_> {
    /// Reads a stream over the window; what it holds is added to `into`. `tell` hears after each
    /// page how far it is.
    ///
    /// # Errors
    /// See [`MigrateError`].
    pub(super) fn read(
        &self,
        of_stream: &StreamSettings,
        into: &mut SourceLines,
        tell: &mut dyn FnMut(ComparisonProgress),
    ) -> Result<(), MigrateError> {
        let stream = of_stream.spec;
        let opened = self.sources.open(stream);
        let StreamSource {
            mut source, cancel, ..
        } = opened.map_err(|reason| MigrateError::Closed { stream, reason })?;
        self.end.ends_by(cancel);
        let mut writer = line_writer(self.agent)?;
        let rules = Rules {
            overlap_ms: 0,
            look_back_ms: 0,
            first_look_back_ms: 0,
            first_from_ms: Some(self.window.from_ms),
            max_catch_up_ms: i64::MAX,
            limit: of_stream.page_size,
            filters: 0,
            api: source.api_rules(),
        };
        let mut reader = TimeReader::new(rules, None, Seen::default());
        let now_ms = clock::now_ms();
        // what happened before the end may have been told after it
        reader.begin(now_ms, i64::MIN, false);
        let mut doubts = 0;
        let mut progress = ComparisonProgress {
            source: self.agent.source_of(stream).word().as_str(),
            stream: stream.name,
            records: 0,
            per_mille: 0,
        };
        while let Some(query) = reader.query() {
            let mut page = WindowPage {
                reader: &mut reader,
                writer: &mut writer,
                window: self.window,
                most: self.most,
                into,
                records: 0,
                unreadable: 0,
                read_up_to_ms: self.window.from_ms,
            };
            let answer = self.page(stream, &mut *source, query, &mut page)?;
            progress.records += page.records;
            progress.go_to(self.window.from_ms, page.read_up_to_ms, now_ms);
            page.into.unreadable += page.unreadable;
            tell(progress.clone());
            match reader.close(&answer).verdict {
                _ if into.cut => return Ok(()),
                Verdict::More => doubts = 0,
                Verdict::CaughtUp => {
                    progress.per_mille = 1000;
                    tell(progress);
                    break;
                }
                Verdict::Doubtful(_) if doubts < TRIES => {
                    doubts += 1;
                    self.end.wait(DOUBT);
                }
                Verdict::Doubtful(reason) | Verdict::Unanswered(reason) => {
                    let reason = answer.doubted(reason);
                    return Err(MigrateError::Contradicts { stream, reason });
                }
            }
        }
        Ok(())
    }

    /// Asks for a page until it comes: in turn, later where the cloud is busy, for less where it is
    /// too much.
    fn page(
        &self,
        stream: StreamSpec,
        source: &mut dyn Source,
        mut query: Query,
        page: &mut WindowPage<'_>,
    ) -> Result<Answer, MigrateError> {
        let (mut tries, mut renewed) = (0, false);
        loop {
            let mut answer = source.log_on().map(|()| Answer::default());
            if answer.is_ok() {
                self.wait_for_turn(stream)?;
                answer = source.page(&query, page);
            }
            let error = match answer {
                _ if self.end.is_wanted() => return Err(MigrateError::Ended),
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            tries += 1;
            match error.trouble {
                _ if tries > TRIES => return Err(MigrateError::Source { stream, error }),
                SourceErrorKind::Throttled(wait) => self.keep_silent(stream, wait),
                SourceErrorKind::Passing => self.end.wait(DOUBT),
                // a token may end before its time
                SourceErrorKind::InvalidToken if source.renews_token() && !renewed => {
                    renewed = true;
                }
                SourceErrorKind::TooLarge | SourceErrorKind::TooSlow if query.limit > 1 => {
                    query.limit /= 2;
                    tries -= 1;
                }
                _ => return Err(MigrateError::Source { stream, error }),
            }
        }
    }

    /// Waits until the tenant's limit lets a question through.
    fn wait_for_turn(&self, stream: StreamSpec) -> Result<(), MigrateError> {
        let limit = self.sources.limit(stream);
        while !self.end.is_wanted() {
            let mut held = limit.lock().unwrap_or_else(PoisonError::into_inner);
            let turn = held.admit(clock::now());
            drop(held);
            match turn {
                Ok(()) => return Ok(()),
                Err(wait) => self.end.wait(wait),
            }
        }
        Err(MigrateError::Ended)
    }

    /// The cloud asked for silence: nobody who shares the limit asks for this long.
    fn keep_silent(&self, stream: StreamSpec, silence: Duration) {
        let limit = self.sources.limit(stream);
        let mut held = limit.lock().unwrap_or_else(PoisonError::into_inner);
        held.hold(clock::now(), silence.min(LONGEST_WAIT));
    }
}

/// Takes a page's records.
struct WindowPage<'a> {
    reader: &'a mut TimeReader,
    writer: &'a mut LineWriter,
    window: ComparedWindow,
    most: usize,
    into: &'a mut SourceLines,
    /// Records of it that lie in the window.
    records: u64,
    /// Records of it that can't be read.
    unreadable: u64,
    /// The latest time of a record, by which the stream is read.
    read_up_to_ms: i64,
}

impl Recipient for WindowPage<'_> {
    fn open(&mut self, _: Option<i64>) {
        // of one that broke off before, nothing counts
        (self.records, self.unreadable) = (0, 0);
        self.reader.open(clock::now_ms(), None);
    }

    fn record(&mut self, raw: &str, record: Result<Record<'_>, Unreadable>) -> ControlFlow<()> {
        match record {
            Ok(record) => {
                let event = &record.event;
                self.read_up_to_ms = self.read_up_to_ms.max(record.cursor_ms);
                let new = self.reader.admit(event.identity(), Some(record.cursor_ms));
                let within = (self.window.from_ms..self.window.to_ms).contains(&event.at_ms);
                if new && within && !self.writer.leaves_out(event) {
                    if self.into.lines.len() >= self.most {
                        self.into.cut = true;
                        return ControlFlow::Break(());
                    }
                    let mut line = String::new();
                    self.writer.write(event, &mut line);
                    self.into.lines.insert(event.identity().to_owned(), line);
                    self.records += 1;
                }
            }
            Err(unreadable) => {
                let id = unreadable.id.as_deref().unwrap_or(raw);
                if self.reader.admit(id, unreadable.cursor_ms) {
                    self.unreadable += 1;
                }
            }
        }
        ControlFlow::Continue(())
    }
}
