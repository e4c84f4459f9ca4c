//! Parses text into [`Settings`], in one pass. Pure.

use std::path::{Path, PathBuf};

use toml_edit::{Document, TableLike};

use super::overrides::Overrides;
use super::report::{Mention, SettingsReport};
use super::section::Section;
use super::{
    AgentSettings, Finding, SecretSource, Settings, SourceSettings, agent, clock, health, hub_use,
    log, network, page,
};

/// Settings, what is doubtful about them, and the files they name.
#[derive(Debug)]
pub(super) struct Parsed {
    pub settings: Settings,
    pub warnings: Vec<Finding>,
    pub mentions: Vec<Mention>,
}

/// Reads the text of a settings file. `file` names it in findings and is where relative paths
/// begin; `None` where flags stand alone and `text` is siembox's own.
///
/// # Errors
/// All that is wrong, in the order of the file; for text that is no TOML, its first slip.
pub(super) fn parse(
    text: &str,
    file: Option<&Path>,
    given: &Overrides,
) -> Result<Parsed, Vec<Finding>> {
    let report = SettingsReport::new(file, text);
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(slip) => {
            let at = slip.span().map_or(0, |span| span.start);
            return Err(vec![report.finding(
                "",
                at,
                format!("not TOML: {}", slip.message()),
            )]);
        }
    };
    let settings = read(&report, document.as_table(), given);
    let clean = report.is_clean();
    let (errors, warnings, mentions) = report.into_parts();
    match settings {
        Some(settings) if clean => Ok(Parsed {
            settings,
            warnings,
            mentions,
        }),
        _ => Err(errors),
    }
}

fn read(report: &SettingsReport, table: &dyn TableLike, given: &Overrides) -> Option<Settings> {
    let top = Section::top(report, table);
    let state_dir = top.path("state_dir");
    let logs_dir = top.path("logs_dir");
    let log = log::read(top.table("log"));
    let health = health::read(top.table("health"));
    let page = page::read(top.table("page"), given.on_firmware);
    let network = network::read(top.table("network"));
    let clock = clock::read(top.table("clock"));
    let agents = agents(&top, report, given, page.enabled);
    top.close();
    let state = match given.on_firmware {
        true => "/data/state",
        false => "/var/lib/siembox",
    };
    Some(Settings {
        state_dir: given
            .state_dir
            .clone()
            .or(state_dir)
            .unwrap_or_else(|| PathBuf::from(state)),
        logs_dir: given
            .logs_dir
            .clone()
            .or(logs_dir)
            .or(given.on_firmware.then(|| PathBuf::from("/data/log"))),
        log,
        health,
        page,
        network,
        clock,
        agents: agents?,
    })
}

/// The agents. There may be none where there is a page: it is how they are added in a browser, and
/// what is left there when the last one was taken out.
fn agents(
    top: &Section,
    report: &SettingsReport,
    given: &Overrides,
    has_page: bool,
) -> Option<Vec<AgentSettings>> {
    let sections = top.tables("agent");
    let none = sections.is_empty() && !top.failed("agent");
    if none && has_page {
        top.warn(
            "agent",
            "there is none, so siembox reads and sends nothing; cure: add one on the page, or an \
                [[agent]] here (siembox example prints a complete file)",
        );
    } else if none {
        top.refuse(
            "agent",
            "missing; allowed: at least one [[agent]] (siembox example prints a complete file), or \
                none with page.enabled = true, to add one in a browser",
        );
    }
    if sections.len() != 1 && !top.failed("agent") {
        refuse_flags_of_one_agent(report, given, sections.len());
    }
    let agents: Vec<Option<AgentSettings>> = sections
        .iter()
        .map(|section| agent::read(section, given))
        .collect();
    for (index, (section, agent)) in sections.iter().zip(&agents).enumerate() {
        let Some(agent) = agent else { continue };
        for (before_index, before) in agents[..index].iter().enumerate() {
            if let Some(before) = before {
                refuse_together(section, agent, before, before_index + 1);
                hub_use::check_together(section, agent, before, before_index + 1);
            }
        }
    }
    sections.into_iter().for_each(Section::close);
    agents.into_iter().collect()
}

/// Flags that speak of one agent, where the file has several.
fn refuse_flags_of_one_agent(report: &SettingsReport, given: &Overrides, agents: usize) {
    let flags = [
        ("--api-url", given.api_url.is_some()),
        ("--syslog", given.syslog.is_some()),
        ("--token or --token-file", given.credentials.is_some()),
    ];
    for (flag, _) in flags.into_iter().filter(|(_, present)| *present) {
        report.error(Finding {
            place: None,
            ..report.finding(
                flag,
                0,
                format!(
                    "given with {agents} agents in the file; allowed: only with exactly one (set it \
                     in the file, for the agent it is meant for)"
                ),
            )
        });
    }
}

/// What can't be in two agents at once.
fn refuse_together(
    section: &Section,
    agent: &AgentSettings,
    before: &AgentSettings,
    before_number: usize,
) {
    if agent.name.eq_ignore_ascii_case(&before.name) {
        section.refuse(
            "name",
            &format!(
                "found {:?}, which is the name of agent[{before_number}] \
            (case is ignored); allowed: an unused name",
                agent.name
            ),
        );
    }
    let (source, source_before) = (&agent.source, &before.source);
    let same_host = host(&source.tenant()) == host(&source_before.tenant());
    let (own, other) = (
        source.requests_per_minute,
        source_before.requests_per_minute,
    );
    if same_host && own != other {
        section.table("source").refuse(
            "requests_per_minute",
            &format!(
                "{own} here and {other} in agent[{before_number}], which shares the tenant \
                and its rate limit; allowed: the same value in both"
            ),
        );
    }
    let given = |source: &SourceSettings| match source.token() {
        Some(SecretSource::Given(token)) => Some(token.clone()),
        Some(SecretSource::File(_)) | None => None,
    };
    if !same_host
        && given(source)
            .is_some_and(|token| !token.reveal().is_empty() && given(source_before) == Some(token))
    {
        section.table("source").refuse(
            "token_file",
            &format!("missing, and SIEMBOX_TOKEN is one tenant's: agent[{before_number}] uses it for another; allowed: a token_file for each"),
        );
    }
}

/// Host and port of an address.
fn host(url: &str) -> &str {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    authority.split('/').next().unwrap_or(authority)
}
