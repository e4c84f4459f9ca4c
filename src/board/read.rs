//! Text of a profile → [`Profile`], or everything that is wrong with it.

use std::path::{Path, PathBuf};

use toml_edit::{Document, TableLike, Value};

use super::profile::{
    Boot, Budget, Button, Dmi, Kernel, Lamp, LampColour, Lamps, Line, Machine, Marks, Modules,
    Part, Press, Profile, Tried, UBoot, Watchdog, Wiring,
};
use crate::settings::{Finding, Refusal, Report, Section};

const MACHINES: [(&str, Machine); 2] = [("aarch64", Machine::Aarch64), ("x86_64", Machine::X86_64)];
const TRIED: [(&str, Tried); 2] = [("booted", Tried::Booted), ("built", Tried::Built)];
const COLOURS: [(&str, LampColour); 5] = [
    ("green", LampColour::Green),
    ("blue", LampColour::Blue),
    ("amber", LampColour::Amber),
    ("red", LampColour::Red),
    ("white", LampColour::White),
];
const METHODS: [(&str, Method); 3] = [
    ("uefi", Method::Uefi),
    ("raspberry-pi", Method::RaspberryPi),
    ("u-boot", Method::UBoot),
];
/// Lamps of a board.
const MOST_LAMPS: usize = 3;
/// The first partition begins at 16 MiB; a piece of U-Boot begins before it.
const LAST_SECTOR: i64 = (16 << 20) / 512 - 1;

/// A profile can't be used. Each finding says line, column, key, what was found and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", in_lines(.0))]
pub struct ProfileError(pub Vec<Finding>);

#[derive(Clone, Copy)]
enum Method {
    Uefi,
    RaspberryPi,
    UBoot,
}

/// Reads a profile; `name` is its file's without `.toml`, and must stand in it.
///
/// # Errors
/// All that is wrong, in the order of the file; for text that is no TOML, its first slip.
pub fn parse(text: &str, name: &str) -> Result<Profile, ProfileError> {
    let file = PathBuf::from(format!("board/{name}.toml"));
    let report = Report::new(Some(&file as &Path), text);
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
fn read(report: &Report, table: &dyn TableLike, name: &str) -> Option<Profile> {
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
    Some(Profile {
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

fn marks(section: Section) -> Marks {
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
    Marks {
        compatible: compatible.unwrap_or_default(),
        dmi,
    }
}

fn lamps(top: &Section) -> Lamps {
    let rgb = top.flag("rgb").unwrap_or(false);
    let sections = top.tables("lamp");
    let written = sections.len();
    let each: Vec<Lamp> = sections.into_iter().filter_map(lamp).collect();
    if written > MOST_LAMPS {
        top.refuse(
            "lamp",
            &format!("found {written} lamps; allowed: at most {MOST_LAMPS}"),
        );
    }
    let has = |colour| each.iter().any(|lamp| lamp.colour == colour);
    let three = [LampColour::Red, LampColour::Green, LampColour::Blue];
    if rgb && each.len() == written && !(written == MOST_LAMPS && three.into_iter().all(has)) {
        top.refuse(
            "rgb",
            "found true; allowed: only beside three lamps, one red, one green, one blue",
        );
    }
    Lamps { rgb, each }
}

fn lamp(section: Section) -> Option<Lamp> {
    let colour = word(&section, "colour", &COLOURS);
    let class = section.text("led", some_text).map(Wiring::Class);
    let line = section.has("gpio").then(|| line(section.table("gpio")));
    let wiring = either(
        &section,
        ["gpio", "led"],
        line.flatten().map(Wiring::Line),
        class,
    );
    section.close();
    Some(Lamp {
        colour: colour?,
        wiring: wiring?,
    })
}

fn button(section: Section) -> Option<Button> {
    // KEY_MAX of the kernel
    let key = section.number("key", 1..=0x2ff).map(Press::Key);
    let line = section.has("gpio").then(|| line(section.table("gpio")));
    let press = either(
        &section,
        ["gpio", "key"],
        line.flatten().map(Press::Line),
        key,
    );
    section.close();
    Some(Button { press: press? })
}

/// Exactly one of two keys.
fn either<T>(
    section: &Section,
    keys: [&'static str; 2],
    first: Option<T>,
    second: Option<T>,
) -> Option<T> {
    let [one, other] = keys;
    match (section.has(one), section.has(other)) {
        (true, true) => {
            section.refuse(
                other,
                &format!("found beside {one}; allowed: one of {one} and {other}"),
            );
            None
        }
        (false, false) => {
            section.refuse(one, &format!("missing; allowed: one of {one} and {other}"));
            None
        }
        _ => first.or(second),
    }
}

fn line(section: Section) -> Option<Line> {
    let chip = required(&section, "chip", some_text);
    let line = number(&section, "line", 0..=1023);
    let active_low = section.flag("active_low").unwrap_or(false);
    section.close();
    Some(Line {
        chip: chip?,
        line: line?,
        active_low,
    })
}

fn watchdog(section: Section) -> Option<Watchdog> {
    let module = required(&section, "module", module_name);
    let options = section.text("options", any_text).unwrap_or_default();
    section.close();
    Some(Watchdog {
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

fn boot(section: Section) -> Option<Boot> {
    let method = word(&section, "method", &METHODS);
    let written = section.has("u_boot");
    let u_boot = written.then(|| u_boot(section.table("u_boot"))).flatten();
    let is_u_boot = matches!(method, Some(Method::UBoot));
    if method.is_some() && written != is_u_boot {
        let text = if written { "found a table" } else { "missing" };
        section.refuse(
            "u_boot",
            &format!("{text}; allowed: where method = \"u-boot\", and only there"),
        );
    }
    section.close();
    Some(match method? {
        Method::Uefi => Boot::Uefi,
        Method::RaspberryPi => Boot::RaspberryPi,
        Method::UBoot => Boot::UBoot(u_boot?),
    })
}

fn u_boot(section: Section) -> Option<UBoot> {
    let package = required(&section, "package", some_text);
    let each = section.tables("parts").into_iter().filter_map(|section| {
        let file = required(&section, "file", relative_path);
        // the table of partitions is before it
        let sector = number(&section, "sector", 1..=LAST_SECTOR);
        section.close();
        Some(Part {
            file: file?,
            sector: sector?,
        })
    });
    let parts: Vec<Part> = each.collect();
    if parts.is_empty() && !section.failed("parts") {
        section.refuse(
            "parts",
            "found none; allowed: at least one { file = \"…\", sector = … }",
        );
    }
    section.close();
    Some(UBoot {
        package: package?,
        parts,
    })
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

// --- kinds of values

fn required<T>(
    section: &Section,
    key: &'static str,
    parse: impl FnOnce(&str) -> Result<T, Refusal>,
) -> Option<T> {
    demand(section, key, "a text in quotes");
    section.text(key, parse)
}

fn word<T: Copy>(section: &Section, key: &'static str, words: &[(&'static str, T)]) -> Option<T> {
    let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
    demand(section, key, &format!("\"{}\"", names.join("\", \"")));
    section.word(key, words)
}

fn number(
    section: &Section,
    key: &'static str,
    bounds: std::ops::RangeInclusive<i64>,
) -> Option<u32> {
    demand(
        section,
        key,
        &format!("{} to {}", bounds.start(), bounds.end()),
    );
    section.number(key, bounds)
}

fn demand(section: &Section, key: &'static str, allowed: &str) {
    if !section.has(key) {
        section.refuse(key, &format!("missing; allowed: {allowed}"));
    }
}

fn any_text(text: &str) -> Result<String, Refusal> {
    match text.contains(char::is_control) {
        false => Ok(text.to_owned()),
        true => Err(Refusal::found(text, "a text without control characters")),
    }
}

fn some_text(text: &str) -> Result<String, Refusal> {
    match text.trim() {
        "" => Err(Refusal::found(text, "a text that is not empty")),
        _ => any_text(text),
    }
}

fn relative_path(text: &str) -> Result<String, Refusal> {
    let plain = |part: &str| !matches!(part, "" | "." | "..");
    match text.split('/').all(plain) {
        true => some_text(text),
        false => Err(Refusal::found(
            text,
            "a path within the package, without \"..\"",
        )),
    }
}

fn module_name(text: &str) -> Result<String, Refusal> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    match !text.is_empty() && text.bytes().all(plain) {
        true => Ok(text.to_owned()),
        false => Err(Refusal::found(text, "a module's name, without .ko")),
    }
}

fn text_of(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn in_lines(findings: &[Finding]) -> String {
    let lines: Vec<String> = findings.iter().map(Finding::to_string).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests;
