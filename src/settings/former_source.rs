//! `[agent.former_source]`: the source that an agent had before, with its streams.
//!
//! It tells which records the SIEM has already, so that a change of the source sends none twice;
//! while `read` is true, both sources are read.

use super::overrides::{Needs, Overrides};
use super::section::Section;
use super::source::{self, SourceKind};
use super::{AlertSettings, SourceSettings, StreamSettings, source_streams};
use crate::stream::StreamSpec;

/// `[agent.former_source]`
#[derive(Debug, Clone, PartialEq)]
pub struct FormerSourceSettings {
    /// As in `[agent.source]`.
    pub source: SourceSettings,
    /// Its streams, in sections below; all off unless `read`.
    pub streams: Vec<StreamSettings>,
    /// What only its alerts have.
    pub alerts: AlertSettings,
}

/// Reads it; `present` is the kind of the agent's source.
pub(super) fn read(
    section: Section,
    present: SourceKind,
    given: &Overrides,
) -> Option<FormerSourceSettings> {
    let kind = source::kind(&section);
    if kind == present {
        section.refuse(
            "kind",
            "is the kind of [agent.source] too; allowed: the kind that the source was changed from",
        );
    }
    let is_read = section.flag("read").unwrap_or(false);
    let (mut streams, alerts) = source_streams::read(&section, kind);
    for stream in &mut streams {
        stream.enabled &= is_read;
    }
    // flags are about the present source; a former one that is not read needs no way in
    let given = Overrides {
        proxy: given.proxy.clone(),
        needs: if is_read { given.needs } else { Needs::Lines },
        ..Overrides::default()
    };
    let source = source::read(section, kind, &given);
    Some(FormerSourceSettings {
        source: source?,
        streams,
        alerts,
    })
}

// === impl FormerSourceSettings ===

impl FormerSourceSettings {
    /// Is this stream one of its own?
    #[must_use]
    pub fn has(&self, spec: StreamSpec) -> bool {
        self.streams.iter().any(|stream| stream.spec == spec)
    }
}
