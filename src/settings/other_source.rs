//! `[agent.other_source]`: a second source of the same records, with its streams: the one that the
//! agent had before, or will have.
//!
//! What one source has sent, the other does not send again; while `read` is true, both are read.

use super::overrides::Overrides;
use super::section::Section;
use super::source::{self, SourceKind};
use super::{AlertSettings, SourceSettings, StreamSettings, hub_use, source_streams};
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

/// The sections of an agent that its streams are set in.
const OF_STREAMS: [&str; 3] = ["alerts", "activities", "incidents"];
const SECTION: &str = "other_source.";

/// A key of an agent's source, or of one of its streams, as the other source has it.
#[must_use]
pub fn in_other_source(key: &str) -> String {
    format!("{SECTION}{}", key.strip_prefix("source.").unwrap_or(key))
}

/// The key that [`in_other_source`] makes this one of; `None` where it is none of the other source.
#[must_use]
pub fn of_source(key: &str) -> Option<String> {
    let own = key.strip_prefix(SECTION)?;
    let section = own.split('.').next().unwrap_or_default();
    Some(match OF_STREAMS.contains(&section) {
        true => own.to_owned(),
        false => format!("source.{own}"),
    })
}

/// Reads it from its agent's section; `present` is the kind of the agent's source.
pub(super) fn read(
    agent: &Section,
    present: SourceKind,
    given: &Overrides,
) -> Option<OtherSourceSettings> {
    let section = agent.table("other_source");
    let kind = source::kind(&section);
    if kind == present {
        section.refuse(
            "kind",
            "is the kind of [agent.source] too; allowed: the kind that the source was changed from",
        );
    }
    let is_read = section.flag("read").unwrap_or(false);
    let (streams, alerts) = source_streams::read(&section, kind);
    let source = source::read(section, kind, &given.but_of_the_source());
    let section = agent.table("other_source");
    hub_use::check(&section, &section, source.as_ref(), &streams);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_of_a_source_has_its_place_in_the_other_one() {
        for (own, other) in [
            ("source.tenant_id", "other_source.tenant_id"),
            (
                "alerts.filters.status",
                "other_source.alerts.filters.status",
            ),
            ("activities.tables", "other_source.activities.tables"),
            ("incidents.enabled", "other_source.incidents.enabled"),
        ] {
            assert_eq!(in_other_source(own), other);
            assert_eq!(of_source(other).as_deref(), Some(own));
        }
        assert_eq!(of_source("siem.host"), None);
    }
}
