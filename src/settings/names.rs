//! `[agent.names]`: names of the old agent that siembox's own tables lack, for sources that do not
//! tell them.

use std::collections::BTreeMap;

use super::finding::Refusal;
use super::section::Section;
use super::words::{key_shown, shown};

/// `[agent.names]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameSettings {
    /// `actions`: an `ActionType` of advanced hunting, and its `EVENT_CATEGORY_…`.
    pub actions: BTreeMap<String, String>,
    /// `alerts`: the title, or the detector, of an alert, and its `ALERT_…`.
    pub alerts: BTreeMap<String, String>,
    /// `apps`: the number, or the title, of an app, and its `APPID_…`.
    pub apps: BTreeMap<String, String>,
    /// `services`: the title of an app, and what stands in `destinationServiceName` in its place.
    pub services: BTreeMap<String, String>,
}

/// The most names of a table.
const MOST: usize = 1000;

pub(super) fn read(section: Section) -> NameSettings {
    let settings = NameSettings {
        actions: table(&section, "actions", Kind::Word("EVENT_CATEGORY_")),
        alerts: table(&section, "alerts", Kind::Word("ALERT_")),
        apps: table(&section, "apps", Kind::Word("APPID_")),
        services: table(&section, "services", Kind::Title),
    };
    section.close();
    settings
}

/// What the names of a table are.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// Words that begin so.
    Word(&'static str),
    /// What an app is called.
    Title,
}

/// The names of one table.
fn table(section: &Section, key: &'static str, kind: Kind) -> BTreeMap<String, String> {
    let below = section.table(key);
    let (rows, at) = below.raw();
    let mut names = BTreeMap::new();
    let Some(rows) = rows else { return names };
    for (said, item) in rows.iter() {
        let name = item.as_str().filter(|name| kind.fits(name));
        let report = section.report();
        let at = item.span().map_or(at, |span| span.start);
        let path = below.path_of(&key_shown(said));
        match name {
            Some(_) if names.len() >= MOST => {
                let text = format!("is one name too many; allowed: {MOST} of each kind");
                report.error(report.finding(&path, at, &text));
                break;
            }
            Some(name) => {
                names.insert(said.to_owned(), name.to_owned());
            }
            None => {
                let (found, allowed) = (shown(item), kind.allowed());
                let allowed = Refusal::new(format!("found {found}; allowed: {allowed}"));
                report.error(report.finding(&path, at, allowed.to_string()));
            }
        }
    }
    names
}

// === impl Kind ===

impl Kind {
    fn fits(self, name: &str) -> bool {
        match self {
            Self::Word(prefix) => {
                let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
                let rest = name.strip_prefix(prefix).unwrap_or_default();
                (1..=64).contains(&rest.len()) && rest.bytes().all(fits)
            }
            Self::Title => {
                let is_said = !name.trim().is_empty() && name.chars().count() <= 64;
                is_said && !name.chars().any(char::is_control)
            }
        }
    }

    fn allowed(self) -> String {
        match self {
            Self::Word(prefix) => {
                format!("{prefix} and letters, digits or _, for example \"{prefix}OTHER\"")
            }
            Self::Title => {
                "1 to 64 characters without control characters, for example \"Office 365\""
                    .to_owned()
            }
        }
    }
}
