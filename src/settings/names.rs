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
}

/// The most names of a table.
const MOST: usize = 1000;

pub(super) fn read(section: Section) -> NameSettings {
    let settings = NameSettings {
        actions: table(&section, "actions", "EVENT_CATEGORY_"),
        alerts: table(&section, "alerts", "ALERT_"),
        apps: table(&section, "apps", "APPID_"),
    };
    section.close();
    settings
}

/// The names of one table, each beginning with `prefix`.
fn table(section: &Section, key: &'static str, prefix: &str) -> BTreeMap<String, String> {
    let below = section.table(key);
    let (rows, at) = below.raw();
    let mut names = BTreeMap::new();
    let Some(rows) = rows else { return names };
    for (said, item) in rows.iter() {
        let name = item.as_str().filter(|name| fits(name, prefix));
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
                let allowed = Refusal::new(format!(
                    "found {}; allowed: {prefix} and letters, digits or _, for example \
                        \"{prefix}OTHER\"",
                    shown(item)
                ));
                report.error(report.finding(&path, at, allowed.to_string()));
            }
        }
    }
    names
}

fn fits(name: &str, prefix: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let rest = name.strip_prefix(prefix).unwrap_or_default();
    (1..=64).contains(&rest.len()) && rest.bytes().all(fits)
}
