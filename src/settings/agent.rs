//! `[[agent]]`: one stream from one tenant to one SIEM.

use super::overrides::Overrides;
use super::section::Section;
use super::source::{ONLY_WITH_DEFENDER_XDR, SourceKind};
use super::{
    AlertSettings, ApiSettings, LedgerSettings, NameSettings, OtherSourceSettings, Refusal,
    SentIdSettings, SiemSettings, SourceSettings, SpoolSettings, StreamSettings,
};
use super::{hub_use, ledger, names, other_source, sent_ids, siem, source, source_streams, spool};
use crate::stream::StreamSpec;

/// What is said where an agent is needed and there is none.
pub const NO_AGENT: &str = "the settings have no agent yet: add one on siembox's page \
    (http://127.0.0.1:8514/ while siembox runs), or add an [[agent]] to the settings file (siembox \
    example prints one)";

/// `[[agent]]`: one stream from one tenant to one SIEM.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentSettings {
    /// `name`: 1 to 63 of `a-z A-Z 0-9 . _ -`, not starting with `.`: it names a folder. Unique
    /// without regard to case.
    pub name: String,
    /// `paused`: nothing is read from the cloud; what was read before goes on to the SIEM. false
    pub paused: bool,
    /// `[agent.source]`
    pub source: SourceSettings,
    /// `[agent.other_source]`: a second source of the same records: the one
    /// that the agent had before, or will have.
    pub other: Option<OtherSourceSettings>,
    /// `[agent.siem]`
    pub siem: SiemSettings,
    /// `[agent.activities]`, `[agent.alerts]`, `[agent.incidents]`: the streams of its source, in
    /// the source's order.
    pub streams: Vec<StreamSettings>,
    /// What only `[agent.alerts]` has.
    pub alerts: AlertSettings,
    /// `[agent.names]`
    pub names: NameSettings,
    /// `[agent.spool]`
    pub spool: SpoolSettings,
    /// `[agent.ledger]`
    pub ledger: LedgerSettings,
    /// `[agent.replay]`
    pub memory: SentIdSettings,
}

pub(super) fn read(section: &Section, given: &Overrides) -> Option<AgentSettings> {
    if !section.has("name") {
        section.refuse(
            "name",
            "missing; allowed: a name of your choice, for example \"contoso\"; \
            the agent's folder on disk has this name",
        );
    }
    let name = section.text("name", name);
    let paused = section.flag("paused").unwrap_or(false);
    let of_source = section.table("source");
    let kind = source::kind(&of_source);
    let source = source::read(of_source, kind, given);
    let other = (section.has("other_source")).then(|| other_source::read(section, kind, given));
    let siem = siem::read(section.table("siem"), given);
    let (mut streams, alerts) = source_streams::read(section, kind);
    hub_use::check(section, &section.table("source"), source.as_ref(), &streams);
    let is_xdr = |source: &SourceSettings| matches!(source.api, ApiSettings::DefenderXdr(_));
    let other_is_xdr = (other.iter().flatten()).any(|other| is_xdr(&other.source));
    let names = names(section, kind == SourceKind::DefenderXdr || other_is_xdr);
    let spool = spool::read(section.table("spool"));
    let ledger = ledger::read(section.table("ledger"));
    let memory = sent_ids::read(section.table("replay"));
    if !streams.iter().any(|stream| stream.enabled) {
        let sections = sections(&streams);
        if let Some(first) = sections.first() {
            section.table(first).refuse("enabled", &all_off(&sections));
        }
    }
    let other = match other {
        None => None,
        Some(other) => {
            let other = other?;
            streams.extend(other.streams_read());
            Some(other)
        }
    };
    Some(AgentSettings {
        name: name?,
        paused,
        source: source?,
        other,
        siem: siem?,
        streams,
        alerts,
        names,
        spool,
        ledger,
        memory,
    })
}

/// `[agent.names]`, where one of its sources is of use for it.
fn names(section: &Section, has_xdr: bool) -> NameSettings {
    if has_xdr {
        return names::read(section.table("names"));
    }
    section.refuse_elsewhere("names", ONLY_WITH_DEFENDER_XDR);
    NameSettings::default()
}

/// The sections of the file that these streams are set in, each once.
fn sections(streams: &[StreamSettings]) -> Vec<&'static str> {
    let mut sections: Vec<&'static str> = streams.iter().map(|stream| stream.section).collect();
    sections.dedup();
    sections
}

fn all_off(sections: &[&str]) -> String {
    let keys: Vec<String> = (sections.iter().rev())
        .map(|section| format!("{section}.enabled"))
        .collect();
    let all = if keys.len() == 2 { "both" } else { "all" };
    format!(
        "{} are {all} false; allowed: at least one true (to stop using the agent, remove it from \
            the file)",
        keys.join(" and ")
    )
}

// === impl AgentSettings ===

impl AgentSettings {
    /// The source of this stream: the present one, or the other one where the stream is its own.
    #[must_use]
    pub fn source_of(&self, spec: StreamSpec) -> &SourceSettings {
        let of_other = |other: &&OtherSourceSettings| other.has(spec);
        let other = self.other.as_ref().filter(of_other);
        other.map_or(&self.source, |other| &other.source)
    }

    /// What only alerts have, of the source of this stream.
    #[must_use]
    pub fn alerts_of(&self, spec: StreamSpec) -> &AlertSettings {
        let of_other = |other: &&OtherSourceSettings| other.has(spec);
        let other = self.other.as_ref().filter(of_other);
        other.map_or(&self.alerts, |other| &other.alerts)
    }

    /// All its sources.
    pub fn sources(&self) -> impl Iterator<Item = &SourceSettings> {
        let other = self.other.iter().map(|other| &other.source);
        std::iter::once(&self.source).chain(other)
    }

    /// The settings of this stream, where its source has it.
    #[must_use]
    pub fn stream(&self, spec: StreamSpec) -> Option<&StreamSettings> {
        self.streams.iter().find(|stream| stream.spec == spec)
    }

    /// Those of the streams that are read.
    pub fn streams_on(&self) -> impl Iterator<Item = &StreamSettings> {
        self.streams.iter().filter(|stream| stream.enabled)
    }

    /// Can an agent have this name? It names a folder.
    #[must_use]
    pub fn can_be_called(name: &str) -> bool {
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        (1..=63).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(fits)
    }
}

fn name(text: &str) -> Result<String, Refusal> {
    if AgentSettings::can_be_called(text) {
        return Ok(text.to_owned());
    }
    Err(Refusal::found(
        text,
        "1 to 63 of a-z A-Z 0-9 . _ - (not starting with a dot); a folder has this name",
    ))
}
