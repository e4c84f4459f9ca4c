//! `[[agent]]`: one stream from one tenant to one SIEM.

use super::overrides::Overrides;
use super::section::Section;
use super::{
    AlertSettings, LedgerSettings, MemorySettings, Refusal, SiemSettings, SourceSettings,
    SpoolSettings, StreamSettings,
};
use super::{ledger, memory, siem, source, spool, stream};

/// What is said where an agent is needed and there is none.
pub const NO_AGENT: &str = "there is no agent in the settings yet: add one on siembox's page \
     (http://127.0.0.1:8514/ while siembox runs), or an [[agent]] in the settings file \
     (siembox example prints one)";

/// `[[agent]]`: one stream from one tenant to one SIEM.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentSettings {
    /// `name`: 1 to 63 of `a-z A-Z 0-9 . _ -`, not starting with `.`: it names a folder. Unique without regard to case.
    pub name: String,
    /// `paused`: nothing is read from the cloud; what was read before goes on to the SIEM. false
    pub paused: bool,
    /// `[agent.source]`
    pub source: SourceSettings,
    /// `[agent.siem]`
    pub siem: SiemSettings,
    /// `[agent.alerts]`
    pub alerts: AlertSettings,
    /// `[agent.activities]`
    pub activities: StreamSettings,
    /// `[agent.spool]`
    pub spool: SpoolSettings,
    /// `[agent.ledger]`
    pub ledger: LedgerSettings,
    /// `[agent.replay]`
    pub memory: MemorySettings,
}

pub(super) fn read(section: &Section, given: &Overrides) -> Option<AgentSettings> {
    if !section.has("name") {
        section.refuse("name", "missing; allowed: a name of your choice, as \"contoso\"; it names the folder of what waits to be sent");
    }
    let name = section.text("name", name);
    let paused = section.flag("paused").unwrap_or(false);
    let source = source::read(section.table("source"), given);
    let siem = siem::read(section.table("siem"), given);
    let alerts_section = section.table("alerts");
    let alerts = stream::read_alerts(alerts_section);
    let activities = stream::read_activities(section.table("activities"));
    let spool = spool::read(section.table("spool"));
    let ledger = ledger::read(section.table("ledger"));
    let memory = memory::read(section.table("replay"));
    if !alerts.stream.enabled && !activities.enabled {
        section.table("activities").refuse(
            "enabled",
            "alerts.enabled and activities.enabled are both false; allowed: at least one true (an agent that is not wanted is taken out of the file)",
        );
    }
    Some(AgentSettings {
        name: name?,
        paused,
        source: source?,
        siem: siem?,
        alerts,
        activities,
        spool,
        ledger,
        memory,
    })
}

// === impl AgentSettings ===

impl AgentSettings {
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
        "1 to 63 of a-z A-Z 0-9 . _ - (not starting with a point); it names a folder",
    ))
}
