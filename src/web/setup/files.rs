//! The files that the page puts beside the settings file: secrets, and certificates.
//!
//! What is read once, when a connection or the page begins, takes another name each time it is
//! replaced: so the settings change with it and the running box takes it up, and a trial can go
//! back to what was. What is read with each request, as a token is, keeps its name.

use std::path::{Path, PathBuf};

use crate::settings::edit::SettingsDraft;

/// The keys of `[page]` that name a file.
pub(super) const OF_PAGE: [&str; 2] = ["certificate_file", "key_file"];

/// The keys of an agent that name a file, and what that file is called behind the agent's name. A
/// key of `[agent.source]` is one of `[agent.other_source]` too: the two may change places.
const FILES: [(&str, &str); 11] = [
    ("source.token_file", "token"),
    ("source.client_secret_file", "client-secret"),
    ("source.certificate_file", "app.pem"),
    ("source.key_file", "app.key"),
    ("source.assertion_file", "assertion"),
    ("source.event_hubs.connection_string_file", "hub"),
    ("source.proxy_password_file", "proxy-password"),
    ("source.ca_file", "cloud-ca.pem"),
    ("siem.ca_file", "siem-ca.pem"),
    ("siem.client_cert_file", "client.pem"),
    ("siem.client_key_file", "client.key"),
];

/// What the file of this key is called behind the agent's name; `None` where it names no file.
pub(super) fn file_name(key: &str) -> Option<&'static str> {
    let key = match key.strip_prefix(OTHER) {
        Some(of_source) if of_source.starts_with(SOURCE) => of_source,
        _ => key,
    };
    let known = FILES.iter().find(|(known, _)| *known == key);
    known.map(|(_, name)| *name)
}

const SOURCE: &str = "source.";
const OTHER: &str = "other_";

/// All keys of an agent that name a file, those of its other source too, with that file's name.
fn keys() -> impl Iterator<Item = (String, &'static str)> {
    let of_source = FILES.into_iter().filter(|(key, _)| key.starts_with(SOURCE));
    let of_other = of_source.map(|(key, name)| (format!("{OTHER}{key}"), name));
    let own = FILES.into_iter().map(|(key, name)| (key.to_owned(), name));
    own.chain(of_other)
}

/// The name for a new one, in place of the one that the settings name at present (`there`). `of` is
/// an agent, or `page`. What settings name elsewhere (`taken`) it is not: a secret would go where
/// that goes.
pub(super) fn fresh(
    of: &str,
    file: &str,
    there: Option<&str>,
    taken: &[PathBuf],
    folder: &Path,
) -> String {
    let first = format!("{of}.{file}");
    let mut names = (1..).map(|number| match number {
        1 => first.clone(),
        number => format!("{first}-{number}"),
    });
    let fits = |name: &String| {
        let same = there == Some(name.as_str()) && !is_read_anew(file);
        !same && !taken.contains(&folder.join(name))
    };
    names.find(fits).unwrap_or_default()
}

/// The files that settings name, but for this key of this agent (`page` for `[page]`).
pub(super) fn named(draft: &SettingsDraft, folder: &Path, but: (&str, &str)) -> Vec<PathBuf> {
    let text = |value: Option<toml_edit::Value>| value?.as_str().map(|name| folder.join(name));
    let agents = draft.agents();
    let of_agents = agents.iter().flat_map(|agent| {
        let keys = keys().filter(move |(key, _)| (agent.as_str(), key.as_str()) != but);
        keys.filter_map(move |(key, _)| text(draft.value(agent, &key)))
    });
    let of_page = OF_PAGE.into_iter().filter(|key| ("page", *key) != but);
    let of_page = of_page.filter_map(|key| text(draft.page_value(key)));
    of_agents.chain(of_page).collect()
}

fn is_read_anew(file: &str) -> bool {
    matches!(file, "token" | "client-secret" | "hub")
}

/// The files that the page made for this agent, and no other agent's settings name.
pub(super) fn own(draft: &SettingsDraft, agent: &str) -> Vec<String> {
    let named = |agent: &str, key: &str| {
        let value = draft.value(agent, key);
        value.and_then(|value| value.as_str().map(str::to_owned))
    };
    let agents = draft.agents();
    let others: Vec<String> = (agents.iter().filter(|other| *other != agent))
        .flat_map(|other| keys().filter_map(|(key, _)| named(other, &key)))
        .collect();
    let mut own = Vec::new();
    for (key, name) in keys() {
        let first = format!("{agent}.{name}");
        let ours = named(agent, &key).filter(|file| is_a(&first, file));
        own.extend(ours.filter(|file| !others.contains(file)));
    }
    own
}

/// Is it the first of these names, or a later one: `-2` and so on?
fn is_a(first: &str, name: &str) -> bool {
    let Some(rest) = name.strip_prefix(first) else {
        return false;
    };
    let number = rest.strip_prefix('-');
    rest.is_empty() || number.is_some_and(|number| number.parse::<u32>().is_ok())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::settings::SECRET_KEYS;
    use crate::settings::edit::CERTIFICATE_KEYS;

    #[test]
    fn each_key_that_names_a_file_is_known_and_has_a_name_of_its_own() {
        for key in SECRET_KEYS.into_iter().chain(CERTIFICATE_KEYS) {
            assert!(file_name(key).is_some(), "{key}");
        }
        let names = HashSet::from(FILES.map(|(_, name)| name));
        assert_eq!(names.len(), FILES.len());
        assert_eq!(file_name("other_source.token_file"), Some("token"));
        assert_eq!(file_name("other_siem.ca_file"), None);
    }

    #[test]
    fn what_is_read_once_changes_its_name_with_its_content() {
        let next = |file, there| fresh("a", file, there, &[], Path::new(""));
        assert_eq!(next("siem-ca.pem", None), "a.siem-ca.pem");
        assert_eq!(
            next("siem-ca.pem", Some("a.siem-ca.pem")),
            "a.siem-ca.pem-2"
        );
        assert_eq!(
            next("siem-ca.pem", Some("a.siem-ca.pem-2")),
            "a.siem-ca.pem"
        );
        assert_eq!(next("token", Some("a.token")), "a.token");
    }

    #[test]
    fn no_secret_is_put_where_another_setting_reads_it() {
        let folder = Path::new("/settings");
        let taken = ["token", "./a.token", "a.token-2"].map(|name| folder.join(name));
        assert_eq!(fresh("a", "token", None, &taken, folder), "a.token-3");
        assert!(is_a("a.token", "a.token-3") && is_a("a.token", "a.token"));
        assert!(!is_a("a.token", "a.tokens") && !is_a("a.token", "a.token-x"));
    }
}
