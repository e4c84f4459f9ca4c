//! Restores an agent from flash: the cursor of each stream, and the IDs of an incomplete page.

use std::sync::Arc;
use std::time::Duration;

use super::AgentError;
use crate::sent::{SentIds, SentRecorder};
use crate::settings::{AgentSettings, StreamSettings};
use crate::source::{ApiRules, Cursor, Rules, Seen, TimeReader};
use crate::spool::{Memory, Spool};
use crate::stream::StreamSpec;

/// Who writes down the ids of the pages under this number, after finishing what an earlier life
/// left behind.
pub(super) fn recorder(
    spool: &impl Spool,
    sent: &Arc<SentIds>,
    stream: StreamSpec,
    number: u8,
) -> Result<SentRecorder, AgentError> {
    let mut recorder = SentRecorder::new(sent, stream, number);
    if recorder.cut_short() {
        let seen = spool.recall(number)?.seen;
        let newest = seen.last().map(|(_, chunk)| chunk.as_slice());
        // trouble shows again with the next page
        recorder.take_up(newest);
    }
    Ok(recorder)
}

/// A stream's cursor, where it has begun.
///
/// # Errors
/// When it is not one of ours.
pub(super) fn cursor(memory: &Memory, stream: StreamSpec) -> Result<Option<Cursor>, AgentError> {
    memory
        .cursor
        .as_deref()
        .map(Cursor::from_bytes)
        .transpose()
        .map_err(|cause| AgentError::Cursor { stream, cause })
}

/// A stream's reader, as the spool remembers it.
///
/// # Errors
/// When the spool can't be read, or the cursor in it is not one of ours.
pub fn restore(
    spool: &impl Spool,
    stream: StreamSpec,
    rules: Rules,
) -> Result<TimeReader, AgentError> {
    let memory = spool.recall(stream.number())?;
    let cursor = cursor(&memory, stream)?;
    let seen = Seen::restore(
        &memory.seen,
        memory.seen_next,
        cursor.as_ref().and_then(|cursor| cursor.forgotten_ms),
    );
    Ok(TimeReader::new(rules, cursor, seen))
}

/// How a stream is read, by the settings and by what holds of its API.
pub(super) fn rules(settings: &AgentSettings, of_stream: &StreamSettings, api: ApiRules) -> Rules {
    let source = &settings.source;
    let ms = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    Rules {
        overlap_ms: ms(of_stream.overlap),
        look_back_ms: ms(of_stream.look_back),
        first_look_back_ms: ms(source.first_look_back),
        max_catch_up_ms: ms(source.max_catch_up),
        limit: of_stream.page_size,
        filters: crate::source::fingerprint(
            &serde_json::Value::Object(of_stream.filters.clone()).to_string(),
        ),
        api,
    }
}
