//! The streams of a source, by its kind.

use super::section::Section;
use super::source::{ONLY_WITH_DEFENDER_XDR, SourceKind};
use super::{AlertSettings, StreamSettings, defender_xdr_streams, stream};

/// Reads the sections of its streams; the second value is what only alerts have.
pub(super) fn read(section: &Section, kind: SourceKind) -> (Vec<StreamSettings>, AlertSettings) {
    match kind {
        SourceKind::DefenderXdr => defender_xdr_streams::read(section),
        SourceKind::CloudApps(specs) => {
            section.refuse_elsewhere("incidents", ONLY_WITH_DEFENDER_XDR);
            stream::read_all(section, specs)
        }
    }
}
