//! `siembox preview`: what the filters let through now, as the lines that would be sent. Sends
//! nothing, moves no cursor (the old wizard's "Edit and preview results").

use std::io::Write;

use crate::clock;
use crate::foreign::without_secrets;
use crate::settings::AgentSettings;
use crate::source::{Place, Query, SourceError};
use crate::stream::StreamSpec;
use crate::wiring::{WiringError, line_writer, open_source};

/// A preview could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
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
    #[error("the lines cannot be written: {0}")]
    Write(#[from] std::io::Error),
}

/// What a preview found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// Lines written.
    pub lines: u64,
    /// Records that can't be read.
    pub unreadable: u64,
}

/// Writes at most `most` lines of each stream of this agent, from the last `first_look_back`,
/// oldest first; remarks go to `remarks`.
///
/// # Errors
/// See [`PreviewError`].
pub fn run(
    agent: &AgentSettings,
    most: u32,
    lines: &mut impl Write,
    remarks: &mut impl Write,
) -> Result<Preview, PreviewError> {
    let mut found = Preview::default();
    let mut writer = line_writer(agent)?;
    for stream in agent.streams_on().map(|stream| stream.spec) {
        if !stream.kind.is_by_time() {
            writeln!(
                remarks,
                "{stream}: not shown, because event hubs are read by offset and not by time; \
                    siembox check tells what each partition holds"
            )?;
            continue;
        }
        let source = agent.source_of(stream);
        let mut parts = open_source(agent, stream)?;
        let look_back = i64::try_from(source.first_look_back.as_millis()).unwrap_or(0);
        let query = Query {
            from_ms: clock::now_ms() - look_back,
            to_ms: None,
            place: Place::Skip(0),
            limit: most,
            late: None,
        };
        let mut records = Vec::new();
        let answer = parts
            .source
            .page(&query, &mut records)
            .map_err(|error| PreviewError::Source { stream, error })?;
        let mut line = String::new();
        for (place, record) in records.iter().take(most as usize).enumerate() {
            match record {
                Ok(record) if writer.leaves_out(&record.event) => {}
                Ok(record) => {
                    line.clear();
                    writer.write(&record.event, &mut line);
                    writeln!(lines, "{}", without_secrets(&line))?;
                    found.lines += 1;
                }
                Err(unreadable) => {
                    let reason = without_secrets(&unreadable.reason);
                    writeln!(remarks, "{stream}: record {place}: {reason}")?;
                    found.unreadable += 1;
                }
            }
        }
        let total = answer.total.map_or_else(
            || "an unknown number of".to_owned(),
            |total| total.to_string(),
        );
        let since = clock::span_in_words(source.first_look_back);
        writeln!(
            remarks,
            "{stream}: {} of {total} records shown that pass the filters in the last {since}",
            answer.records.min(u64::from(most))
        )?;
    }
    Ok(found)
}
