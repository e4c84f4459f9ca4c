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

/// Where a stream begins that another source of the agent has read before: as far back as that one
/// may still have read. What it has sent is known by its ids.
pub(super) fn begins_ms(
    spool: &impl Spool,
    settings: &AgentSettings,
    of_stream: &StreamSettings,
) -> Result<Option<i64>, AgentError> {
    let kind = of_stream.spec.kind;
    let Some(class) = kind.class().filter(|_| settings.other.is_some()) else {
        return Ok(None);
    };
    let mut earliest: Option<i64> = None;
    for other in &settings.streams {
        let of_class = other.spec.kind.class() == Some(class) && other.spec.kind.is_by_time();
        if !of_class || other.spec.kind.is_of_cloud_apps() == kind.is_of_cloud_apps() {
            continue;
        }
        let memory = spool.recall(other.spec.number())?;
        if let Some(cursor) = cursor(&memory, other.spec)? {
            let back = other.look_back.max(of_stream.look_back);
            let from_ms = cursor.looks_back_to_ms(ms(back));
            earliest = Some(earliest.map_or(from_ms, |earliest| earliest.min(from_ms)));
        }
    }
    Ok(earliest)
}

fn ms(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// How a stream is read, by the settings and by what holds of its API.
pub(super) fn rules(settings: &AgentSettings, of_stream: &StreamSettings, api: ApiRules) -> Rules {
    let source = settings.source_of(of_stream.spec);
    Rules {
        overlap_ms: ms(of_stream.overlap),
        look_back_ms: ms(of_stream.look_back),
        first_look_back_ms: ms(source.first_look_back),
        first_from_ms: None,
        max_catch_up_ms: ms(source.max_catch_up),
        limit: of_stream.page_size,
        filters: crate::source::fingerprint(
            &serde_json::Value::Object(of_stream.filters.clone()).to_string(),
        ),
        api,
    }
}
