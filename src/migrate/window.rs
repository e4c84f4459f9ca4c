//! Reads what a source holds of a stretch of time, as the lines that it would be sent as. Sends
//! nothing, moves no cursor.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

use crate::clock;
use crate::format::LineWriter;
use crate::settings::{AgentSettings, StreamSettings};
use crate::source::{
    Query, Recipient, Record, Rules, Seen, Source, SourceError, SourceErrorKind, TimeReader,
    Unreadable, Verdict,
};
use crate::stream::StreamSpec;
use crate::wiring::{WiringError, line_writer, open_source};

/// So many lines of a source are compared at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MostLines(pub usize);

/// A page is asked for again so often where the cloud is busy.
const TRIES: u32 = 5;
/// The longest wait before that.
const LONGEST_WAIT: Duration = Duration::from_secs(120);
/// The wait where an answer contradicts itself.
const DOUBT: Duration = Duration::from_secs(2);

/// The stretch that is compared, by the time at which things happened, milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MigrateWindow {
    /// Its first.
    pub from_ms: i64,
    /// The first behind it.
    pub to_ms: i64,
}

/// What a source holds.
#[derive(Debug, Default)]
pub struct SourceLines {
    /// The lines of the records, by the id that both sources know.
    pub lines: BTreeMap<String, String>,
    /// Records that can't be read.
    pub unreadable: u64,
    /// Did it hold more than are compared?
    pub cut: bool,
}

/// Two sources could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The settings' files can't be used.
    #[error(transparent)]
    Unfit(#[from] WiringError),
    /// The API did not answer as it should.
    #[error("{stream}: {error}")]
    Source {
        /// Which stream.
        stream: StreamSpec,
        /// Cause and cure.
        error: SourceError,
    },
    /// Nobody reads on.
    #[error("the comparison cannot be written: {0}")]
    Write(#[from] std::io::Error),
    /// It answers, and contradicts itself each time.
    #[error("{stream}: {reason}")]
    Contradicts {
        /// Which stream.
        stream: StreamSpec,
        /// In which way.
        reason: &'static str,
    },
}

/// Reads a stream of this agent over a window; what it holds is added to `into`.
///
/// # Errors
/// See [`MigrateError`].
pub fn read(
    agent: &AgentSettings,
    of_stream: &StreamSettings,
    window: MigrateWindow,
    most: MostLines,
    into: &mut SourceLines,
) -> Result<(), MigrateError> {
    let stream = of_stream.spec;
    let mut source = open_source(agent, stream)?.source;
    let mut writer = line_writer(agent)?;
    let rules = Rules {
        overlap_ms: 0,
        look_back_ms: 0,
        first_look_back_ms: 0,
        first_from_ms: Some(window.from_ms),
        max_catch_up_ms: i64::MAX,
        limit: of_stream.page_size,
        filters: 0,
        api: source.api_rules(),
    };
    let mut reader = TimeReader::new(rules, None, Seen::default());
    // what happened before the end may have been told after it
    reader.begin(clock::now_ms(), i64::MIN, false);
    let mut doubts = 0;
    while let Some(query) = reader.query() {
        let mut page = WindowPage {
            reader: &mut reader,
            writer: &mut writer,
            window,
            most,
            into,
        };
        let answer = fetch(&mut *source, query, &mut page)
            .map_err(|error| MigrateError::Source { stream, error })?;
        match reader.close(&answer).verdict {
            _ if into.cut => return Ok(()),
            Verdict::More => doubts = 0,
            Verdict::CaughtUp => break,
            Verdict::Doubtful(_) if doubts < TRIES => {
                doubts += 1;
                std::thread::sleep(DOUBT);
            }
            Verdict::Doubtful(reason) | Verdict::Unanswered(reason) => {
                return Err(MigrateError::Contradicts { stream, reason });
            }
        }
    }
    Ok(())
}

/// Asks for a page until it comes: later where the cloud is busy, for less where it is too much.
fn fetch(
    source: &mut dyn Source,
    mut query: Query,
    page: &mut WindowPage<'_>,
) -> Result<crate::source::Answer, SourceError> {
    let mut tries = 0;
    loop {
        let error = match source.page(&query, page) {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        tries += 1;
        match error.trouble {
            _ if tries > TRIES => return Err(error),
            SourceErrorKind::Throttled(wait) => std::thread::sleep(wait.min(LONGEST_WAIT)),
            SourceErrorKind::Passing => std::thread::sleep(DOUBT),
            SourceErrorKind::TooLarge | SourceErrorKind::TooSlow if query.limit > 1 => {
                query.limit /= 2;
                tries -= 1;
            }
            _ => return Err(error),
        }
    }
}

/// Takes a page's records.
struct WindowPage<'a> {
    reader: &'a mut TimeReader,
    writer: &'a mut LineWriter,
    window: MigrateWindow,
    most: MostLines,
    into: &'a mut SourceLines,
}

impl Recipient for WindowPage<'_> {
    fn open(&mut self, _: Option<i64>) {
        self.reader.open(clock::now_ms(), None);
    }

    fn record(&mut self, raw: &str, record: Result<Record<'_>, Unreadable>) -> ControlFlow<()> {
        match record {
            Ok(record) => {
                let event = &record.event;
                let new = self.reader.admit(event.identity(), Some(record.cursor_ms));
                let within = (self.window.from_ms..self.window.to_ms).contains(&event.at_ms);
                if new && within && !self.writer.leaves_out(event) {
                    let mut line = String::new();
                    self.writer.write(event, &mut line);
                    self.into.lines.insert(event.identity().to_owned(), line);
                }
            }
            Err(unreadable) => {
                let id = unreadable.id.as_deref().unwrap_or(raw);
                if self.reader.admit(id, unreadable.cursor_ms) {
                    self.into.unreadable += 1;
                }
            }
        }
        self.into.cut = self.into.lines.len() >= self.most.0;
        match self.into.cut {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }
}
