//! Builds the line writer from the settings.

use super::WiringError;
use crate::cef::{self, Looks, Style, Version};
use crate::event::{NameTables, Names};
use crate::format::LineWriter;
use crate::settings::{
    AgentSettings, AlertNaming, ApiSettings, FieldProfile, HeaderTime, NameSettings, SiemSettings,
};
use crate::syslog::{self, Header, Priority};

/// What turns this agent's records into lines.
///
/// # Errors
/// When the version to take after is not known.
pub fn line_writer(agent: &AgentSettings) -> Result<LineWriter, WiringError> {
    Ok(LineWriter {
        header: header(&agent.siem),
        style: style(agent)?,
        defender_for_identity: agent.alerts.defender_for_identity,
    })
}

fn header(siem: &SiemSettings) -> Header {
    let settings = &siem.header;
    let time = match settings.time_format {
        HeaderTime::Rfc5424 => syslog::TimeFormat::Rfc5424,
        HeaderTime::Rfc3164 => syslog::TimeFormat::Rfc3164,
        HeaderTime::Rfc3164WithYear => syslog::TimeFormat::Rfc3164WithYear,
        HeaderTime::FullRfc5424 => syslog::TimeFormat::FullRfc5424,
    };
    let priority = Priority {
        facility: settings.facility,
        severity: settings.severity,
    };
    let name = system_name(siem);
    Header::new(time, priority, settings.include_pri, name.as_deref())
}

/// The system name in the header, where it has one.
#[must_use]
pub fn system_name(siem: &SiemSettings) -> Option<String> {
    let settings = &siem.header;
    settings
        .system_name
        .clone()
        .or_else(machine_name)
        .filter(|_| settings.include_system_name)
}

/// The machine's name; what is no name for a syslog header is none.
pub fn machine_name() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()?
        .trim()
        .to_owned();
    (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic())).then_some(name)
}

/// The names that the settings add to the tables.
#[must_use]
pub fn names(agent: &AgentSettings) -> Names {
    let NameSettings {
        actions,
        alerts,
        apps,
        services,
    } = agent.names.clone();
    Names::new(NameTables {
        actions,
        alerts,
        apps,
        services,
    })
}

/// What only one of the APIs has, by the first of the agent's sources that has it: records of a
/// former source are written in the same style.
fn by_api<'s>(
    agent: &'s AgentSettings,
    of: impl Fn(&'s ApiSettings) -> Option<&'s str>,
) -> Option<&'s str> {
    agent.sources().find_map(|source| of(&source.api))
}

fn style(agent: &AgentSettings) -> Result<Style, WiringError> {
    let settings = &agent.siem.cef;
    let version = Version::parse(&settings.agent_version)?;
    Ok(Style::new(&Looks {
        profile: match settings.profile {
            FieldProfile::Original => cef::Profile::Original,
            FieldProfile::Portable => cef::Profile::Portable,
        },
        agent_version: &version,
        severity: agent.alerts.severity_map,
        alert_name: match agent.alerts.name {
            AlertNaming::Title => cef::AlertName::Title,
            AlertNaming::Policy => cef::AlertName::Policy,
        },
        api_url: by_api(agent, |api| match api {
            ApiSettings::CloudApps(api) => Some(&*api.api_url),
            ApiSettings::DefenderXdr(_) => None,
        })
        .unwrap_or_default(),
        portal: settings.portal_url.as_deref(),
        defender_portal: by_api(agent, |api| match api {
            ApiSettings::CloudApps(_) => None,
            ApiSettings::DefenderXdr(api) => Some(api.portal),
        }),
        names: &names(agent),
    }))
}
