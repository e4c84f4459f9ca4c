//! `[[agent]]`: one stream from one tenant to one SIEM.

use super::overrides::Overrides;
use super::section::Section;
use super::{
    AlertSettings, LedgerSettings, NameSettings, Refusal, SentIdSettings, SiemSettings,
    SourceSettings, SpoolSettings, StreamSettings,
};
use super::{defender_xdr_streams, ledger, names, sent_ids, siem, source, spool, stream};
use crate::stream::{DEFENDER_XDR, StreamSpec};

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
    let (source, specs) = source::read(section.table("source"), given);
    let siem = siem::read(section.table("siem"), given);
    let (streams, alerts) = if specs == DEFENDER_XDR {
        defender_xdr_streams::read(section)
    } else {
        for key in ["incidents", "names"] {
            section.refuse_elsewhere(key, "is known only with kind = \"defender-xdr\"");
        }
        stream::read_all(section, specs)
    };
    let names = match specs == DEFENDER_XDR {
        true => names::read(section.table("names")),
        false => NameSettings::default(),
    };
    let spool = spool::read(section.table("spool"));
    let ledger = ledger::read(section.table("ledger"));
    let memory = sent_ids::read(section.table("replay"));
    if !streams.iter().any(|stream| stream.enabled) {
        let sections = sections(&streams);
        if let Some(first) = sections.first() {
            section.table(first).refuse("enabled", &all_off(&sections));
        }
    }
    Some(AgentSettings {
        name: name?,
        paused,
        source: source?,
        siem: siem?,
        streams,
        alerts,
        names,
        spool,
        ledger,
        memory,
    })
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
