//! Parses the text of a profile into a [`BoardProfile`], or into all findings about it.

mod boot;
mod kinds;
mod panel;

use std::path::{Path, PathBuf};

use toml_edit::{Document, TableLike};

use super::profile::{
    BoardProfile, Budget, Dmi, Kernel, Machine, MachineMarks, Modules, Tried, WatchdogWiring,
};
use crate::settings::{Finding, Refusal, Section, SettingsReport};
use boot::boot;
use kinds::{any_text, module_name, number, relative_path, required, some_text, text_of, word};
use panel::{button, lamps};

const MACHINES: [(&str, Machine); 2] = [("aarch64", Machine::Aarch64), ("x86_64", Machine::X86_64)];
const TRIED: [(&str, Tried); 2] = [("booted", Tried::Booted), ("built", Tried::Built)];

/// A profile can't be used. Each finding says line, column, key, what was found and what is
/// allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", in_lines(.0))]
pub struct ProfileError(pub Vec<Finding>);

/// Reads a profile; `name` is its file's without `.toml`, and must stand in it.
///
/// # Errors
/// All that is wrong, in the order of the file; for text that is no TOML, its first slip.
pub fn parse(text: &str, name: &str) -> Result<BoardProfile, ProfileError> {
    let file = PathBuf::from(format!("board/{name}.toml"));
    let report = SettingsReport::new(Some(&file as &Path), text);
    let document = Document::parse(text).map_err(|slip| {
        let at = slip.span().map_or(0, |span| span.start);
        ProfileError(vec![report.finding(
            "",
            at,
            format!("not TOML: {}", slip.message()),
        )])
    })?;
    let profile = read(&report, document.as_table(), name);
    let (errors, ..) = report.into_parts();
    match profile {
        Some(profile) if errors.is_empty() => Ok(profile),
        _ => Err(ProfileError(errors)),
    }
}

/// `None` only where the report has the reason.
fn read(report: &SettingsReport, table: &dyn TableLike, name: &str) -> Option<BoardProfile> {
    let top = Section::top(report, table);
    let own_name = required(&top, "name", |text| match text {
        text if text == name => Ok(text.to_owned()),
        text => Err(Refusal::found(text, format!("the file's name, \"{name}\""))),
    });
    let title = required(&top, "title", some_text);
    let machine = word(&top, "machine", &MACHINES);
    let tried = word(&top, "tried", &TRIED);
    let recognise = marks(top.table("recognise"));
    let lamps = lamps(&top);
    let button = top.has("button").then(|| button(top.table("button")));
    let watchdog = watchdog(top.table("watchdog"));
    let modules = modules(top.table("modules"));
    let kernel = kernel(top.table("kernel"));
    let console = console(top.table("console"));
    let boot = boot(top.table("boot"));
    let budget = budget(top.table("budget"));
    top.close();
    Some(BoardProfile {
        name: own_name?,
        title: title?,
        machine: machine?,
        tried: tried?,
        recognise,
        lamps,
        // a button that can't be read is no board without a button
        button: match button {
            Some(button) => Some(button?),
            None => None,
        },
        watchdog: watchdog?,
        modules,
        kernel: kernel?,
        console: console?,
        boot: boot?,
        budget: budget?,
    })
}

fn marks(section: Section) -> MachineMarks {
    let compatible = section.list("compatible", "a list of texts in quotes", text_of);
    let each = section.tables("dmi").into_iter().filter_map(|section| {
        let vendor = required(&section, "vendor", some_text);
        let product = required(&section, "product", some_text);
        section.close();
        Some(Dmi {
            vendor: vendor?,
            product: product?,
        })
    });
    let dmi = each.collect();
    section.close();
    MachineMarks {
        compatible: compatible.unwrap_or_default(),
        dmi,
    }
}

fn watchdog(section: Section) -> Option<WatchdogWiring> {
    let module = required(&section, "module", module_name);
    let options = section.text("options", any_text).unwrap_or_default();
    section.close();
    Some(WatchdogWiring {
        module: module?,
        options,
    })
}

fn modules(section: Section) -> Modules {
    let list = |key| {
        let list = section.list(key, "a list of module names in quotes", |value| {
            text_of(value).filter(|name| module_name(name).is_ok())
        });
        list.unwrap_or_default()
    };
    let modules = Modules {
        storage: list("storage"),
        network: list("network"),
        other: list("other"),
    };
    section.close();
    modules
}

fn kernel(section: Section) -> Option<Kernel> {
    let package = required(&section, "package", some_text);
    let device_tree = section.text("device_tree", relative_path);
    section.close();
    Some(Kernel {
        package: package?,
        device_tree,
    })
}

fn console(section: Section) -> Option<String> {
    let arguments = required(&section, "arguments", any_text);
    section.close();
    arguments
}

fn budget(section: Section) -> Option<Budget> {
    let ram_mb = number(&section, "ram_mb", 256..=1_000_000);
    let spool_mb = number(&section, "spool_mb", 16..=1_000_000);
    let log_mb = number(&section, "log_mb", 1..=10_000);
    let firmware_mb = number(&section, "firmware_mb", 1..=500);
    section.close();
    Some(Budget {
        ram_mb: ram_mb?,
        spool_mb: spool_mb?,
        log_mb: log_mb?,
        firmware_mb: firmware_mb?,
    })
}

fn in_lines(findings: &[Finding]) -> String {
    let lines: Vec<String> = findings.iter().map(Finding::to_string).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests;
