//! `siembox migrate`: the two sources of an agent are compared.
//!
//! An agent has its source in `[agent.source]` and may have another one of the same records in
//! `[agent.other_source]`. Both are read over a stretch of time, class by class, within the limits
//! of their tenants. What they hold is compared: which records both hold, which only one, and how
//! their lines differ, field by field.

#[cfg(test)]
mod tests;
mod window;

pub use window::MigrateError;

use crate::comparison::{
    ClassComparison, ComparedSource, ComparedWindow, ComparisonEnd, ComparisonNews, SourceLines,
    compare,
};
use crate::settings::{AgentSettings, SourceWord, StreamSettings};
use crate::source::OpenSource;
use crate::stream::RecordClass;
use window::WindowReader;

/// What is compared, in this order.
const CLASSES: [(RecordClass, &str); 2] = [
    (RecordClass::Activity, "activities"),
    (RecordClass::Alert, "alerts"),
];

/// Compares what the two sources of this agent hold of a window, at most `most` records of a class
/// and source; `tell` hears how far it is, and what was found. Nothing where the agent has no other
/// source.
///
/// # Errors
/// See [`MigrateError`].
pub fn run(
    agent: &AgentSettings,
    sources: &dyn OpenSource,
    window: ComparedWindow,
    most: usize,
    end: &ComparisonEnd,
    tell: &mut dyn FnMut(ComparisonNews),
) -> Result<(), MigrateError> {
    let Some(other) = &agent.other else {
        return Ok(());
    };
    let reader = WindowReader {
        agent,
        sources,
        window,
        most,
        end,
    };
    let mut left_out = Ok(());
    for (class, name) in CLASSES {
        let meant = |of: &&StreamSettings| of.enabled && of.spec.kind.class() == Some(class);
        let all = agent.streams.iter().chain(&other.streams).filter(meant);
        let by_offset = all.map(|of| of.spec).find(|it| !it.kind.is_by_time());
        if let Some(stream) = by_offset {
            left_out = Err(MigrateError::ByOffset { stream });
            continue;
        }
        let own = agent.streams.iter().filter(|of| !other.has(of.spec));
        let in_source = read_all(&reader, own.filter(meant), tell)?;
        let in_other = read_all(&reader, other.streams.iter().filter(meant), tell)?;
        tell(ComparisonNews::Found(ClassComparison {
            class: name,
            comparison: compare(&in_source, &in_other),
            source: compared(agent.source.word(), &in_source, most),
            other: compared(other.source.word(), &in_other, most),
        }));
    }
    left_out
}

fn read_all<'s>(
    reader: &WindowReader<'_>,
    streams: impl Iterator<Item = &'s StreamSettings>,
    tell: &mut dyn FnMut(ComparisonNews),
) -> Result<SourceLines, MigrateError> {
    let mut lines = SourceLines::default();
    for stream in streams {
        if !lines.cut {
            let mut tell = |progress| tell(ComparisonNews::Progress(progress));
            reader.read(stream, &mut lines, &mut tell)?;
        }
    }
    Ok(lines)
}

fn compared(source: SourceWord, lines: &SourceLines, most: usize) -> ComparedSource {
    ComparedSource {
        name: source.as_str(),
        unreadable: lines.unreadable,
        cut_at: lines.cut.then_some(most),
    }
}
