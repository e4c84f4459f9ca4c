//! `[agent.other_source]`: a second source of the same records, with its streams: the one that the
//! agent had before, or will have.
//!
//! What one source has sent, the other does not send again; while `read` is true, both are read.

use super::overrides::Overrides;
use super::section::Section;
use super::source::{self, SourceKind};
use super::{AlertSettings, SourceSettings, StreamSettings, source_streams};
use crate::stream::StreamSpec;

/// `[agent.other_source]`
#[derive(Debug, Clone, PartialEq)]
pub struct OtherSourceSettings {
    /// As in `[agent.source]`.
    pub source: SourceSettings,
    /// `read`: is it read beside the agent's source? false
    pub read: bool,
    /// Its streams, in sections below, as they are set whether or not it is read.
    pub streams: Vec<StreamSettings>,
    /// What only its alerts have.
    pub alerts: AlertSettings,
}

/// Reads it; `present` is the kind of the agent's source.
pub(super) fn read(
    section: Section,
    present: SourceKind,
    given: &Overrides,
) -> Option<OtherSourceSettings> {
    let kind = source::kind(&section);
    if kind == present {
        section.refuse(
            "kind",
            "is the kind of [agent.source] too; allowed: the kind that the source was changed from",
        );
    }
    let is_read = section.flag("read").unwrap_or(false);
    let (streams, alerts) = source_streams::read(&section, kind);
    // flags are about [agent.source]
    let given = Overrides {
        proxy: given.proxy.clone(),
        needs: given.needs,
        ..Overrides::default()
    };
    let source = source::read(section, kind, &given);
    Some(OtherSourceSettings {
        source: source?,
        read: is_read,
        streams,
        alerts,
    })
}

// === impl OtherSourceSettings ===

impl OtherSourceSettings {
    /// Its streams, off where it is not read.
    pub(super) fn streams_read(&self) -> impl Iterator<Item = StreamSettings> {
        self.streams.iter().cloned().map(|mut stream| {
            stream.enabled &= self.read;
            stream
        })
    }

    /// Is this stream one of its own?
    #[must_use]
    pub fn has(&self, spec: StreamSpec) -> bool {
        self.streams.iter().any(|stream| stream.spec == spec)
    }
}
