//! The files that the page puts beside the settings file: secrets, and certificates.
//!
//! What is read once, when a connection or the page begins, takes another name each time it is replaced: so the settings
//! change with it and the running box takes it up, and a trial can go back to what was. What is read with each request, as a
//! token is, keeps its name.

use super::fields::{Field, Kind};
use crate::settings::edit::Draft;

/// The name for a new one, where the settings name `there` at present. `of` is an agent, or `page`.
pub(super) fn fresh(of: &str, file: &str, there: Option<&str>) -> String {
    let first = format!("{of}.{file}");
    match there == Some(&first) && !is_read_anew(file) {
        true => second(&first),
        false => first,
    }
}

fn second(first: &str) -> String {
    format!("{first}-2")
}

fn is_read_anew(file: &str) -> bool {
    matches!(file, "token" | "client-secret")
}

/// The files that the page made for this agent, and no other agent's settings name.
pub(super) fn own(draft: &Draft, agent: &str) -> Vec<String> {
    let named = |agent: &str, field: &Field| {
        let value = draft.value(agent, field.key);
        value.and_then(|value| value.as_str().map(str::to_owned))
    };
    let files = || Field::all().filter(|field| matches!(field.kind, Kind::Secret | Kind::Pem));
    let agents = draft.agents();
    let others: Vec<String> = (agents.iter().filter(|other| *other != agent))
        .flat_map(|other| files().filter_map(|field| named(other, field)))
        .collect();
    let mut own = Vec::new();
    for field in files() {
        let first = format!("{agent}.{}", field.file_name());
        let ours = named(agent, field).filter(|file| *file == first || *file == second(&first));
        own.extend(ours.filter(|file| !others.contains(file)));
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_once_changes_its_name_with_its_content() {
        let next = |file, there| fresh("a", file, there);
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
}
