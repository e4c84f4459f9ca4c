//! Swaps an agent's two sources in the settings file, with the sections of their streams.

use std::collections::BTreeMap;

use toml_edit::{InlineTable, Value};

use super::SettingsDraft;
use crate::settings::in_other_source;

/// The sections of an agent that belong to its source.
const SECTIONS: [&str; 4] = ["source", "alerts", "activities", "incidents"];
/// The section of the other source.
const OTHER: &str = "other_source";

/// Values by their dotted keys.
type Values = BTreeMap<String, Value>;

/// See [`SettingsDraft::swap_sources`].
pub(super) fn swap(draft: &mut SettingsDraft, agent: &str, read_both: bool) {
    let (mine, theirs) = (of_agent(draft, agent), of_other(draft, agent));
    let mut wanted = Values::new();
    for (key, value) in &theirs {
        wanted.insert(key.clone(), value.clone());
    }
    for (key, value) in &mine {
        wanted.insert(in_other_source(key), value.clone());
    }
    wanted.insert(format!("{OTHER}.read"), read_both.into());
    let there = mine
        .keys()
        .cloned()
        .chain(theirs.keys().map(|key| in_other_source(key)));
    for key in there.filter(|key| !wanted.contains_key(key)) {
        draft.set(agent, &key, None);
    }
    for (key, value) in wanted {
        draft.set(agent, &key, Some(value));
    }
}

/// What is set of the agent's source and its streams.
fn of_agent(draft: &SettingsDraft, agent: &str) -> Values {
    let mut values = Values::new();
    for section in SECTIONS {
        if let Some(Value::InlineTable(table)) = draft.value(agent, section) {
            take(&table, section, &mut values);
        }
    }
    values
}

/// The same of the other source, by the keys that they have once it is the source.
fn of_other(draft: &SettingsDraft, agent: &str) -> Values {
    let mut values = Values::new();
    let Some(Value::InlineTable(other)) = draft.value(agent, OTHER) else {
        return values;
    };
    for (key, value) in other.iter().filter(|(key, _)| *key != "read") {
        match value {
            Value::InlineTable(section) if SECTIONS.contains(&key) => {
                take(section, key, &mut values);
            }
            value => {
                values.insert(format!("source.{key}"), plain(value));
            }
        }
    }
    values
}

/// The values of a section, by their dotted keys.
fn take(table: &InlineTable, section: &str, values: &mut Values) {
    for (key, value) in table {
        values.insert(format!("{section}.{key}"), plain(value));
    }
}

/// Without the blanks and comments around it.
fn plain(value: &Value) -> Value {
    let mut value = value.clone();
    value.decor_mut().clear();
    value
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::settings::{ApiSettings, Overrides, Settings};

    const TEXT: &str = r#"# of the team
[[agent]]
name = "fabrikam"
source = { api_url = "https://fabrikam.us3.portal.cloudappsecurity.com", token_file = "t" }
siem = { host = "siem.example" }

[[agent]]
name = "contoso"

[agent.source]
# from the portal
api_url = "https://contoso.us3.portal.cloudappsecurity.com"
token_file = "token" # of the admin
requests_per_minute = 20

[agent.siem]
host = "siem.example"

[agent.alerts]
enabled = false

[agent.activities.filters]
"user.username" = { neq = ["scanner@contoso.example"] }

[agent.other_source]
kind = "defender-xdr"
tenant_id = "contoso.example"
client_id = "00000000-0000-0000-0000-000000000000"
client_secret_file = "secret"

[agent.other_source.alerts]
updates = true

[agent.other_source.activities]
from = "event-hubs"

[agent.other_source.event_hubs]
# of the team's subscription
namespace = "contoso-siem.servicebus.windows.net"
hubs = ["defender"]
connection_string_file = "hub"
"#;

    fn draft(text: &str) -> SettingsDraft {
        let folder = tempfile::tempdir().unwrap();
        let draft = SettingsDraft::open(&folder.path().join("siembox.toml")).unwrap();
        draft.with_text(text.to_owned()).unwrap()
    }

    fn read(draft: &SettingsDraft) -> Settings {
        draft.read(&Overrides::default()).unwrap().settings
    }

    #[test]
    fn the_sources_change_places_with_their_streams_and_back() {
        let mut draft = draft(TEXT);
        let before = read(&draft);
        swap(&mut draft, "contoso", true);
        let text = draft.text();
        let after = read(&draft);
        assert_eq!(after.agents[0], before.agents[0]);
        let (was, is) = (&before.agents[1], &after.agents[1]);
        let other = is.other.as_ref().unwrap();
        assert_eq!(
            (&other.source, &is.source),
            (&was.source, &was.other.as_ref().unwrap().source)
        );
        assert!(
            matches!(is.source.api, ApiSettings::DefenderXdr(_)),
            "{text}"
        );
        assert!(is.alerts.updates && !other.alerts.updates);
        assert!(is.source.event_hubs().is_some(), "{text}");
        let filtered = (other.streams.iter()).any(|stream| !stream.filters.is_empty());
        assert!(
            filtered && other.streams.iter().any(|stream| stream.enabled),
            "{text}"
        );
        assert!(
            text.contains("# of the team\n") && text.contains("# from the portal\n"),
            "{text}"
        );
        swap(&mut draft, "contoso", false);
        let again = read(&draft);
        assert_eq!(again, before, "{}", draft.text());
    }

    #[test]
    fn an_agent_without_another_source_loses_nothing() {
        let mut draft = draft(TEXT);
        swap(&mut draft, "nobody", true);
        assert_eq!(draft.text(), TEXT);
    }
}
