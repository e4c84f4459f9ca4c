//! Settings files
//!
//! A file is taken or refused; every finding names a place in it, in one line; and a line of
//! comment above the file moves the places by one line and changes nothing else. A file that is
//! TOML can be edited, whatever is in it: what was set is there, and it stays TOML.

use std::path::Path;

use siembox::for_tests::settings::edit::SettingsDraft;
use siembox::for_tests::settings::{
    Finding, LoadedSettings, Overrides, SettingPlace, Settings, SettingsError,
};

const FILE: &str = "/etc/siembox/siembox.toml";

/// See the module.
pub fn run(data: &[u8]) {
    // what is not UTF-8 never gets as far
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let read = outcome(text);
    let findings = match &read {
        Ok(LoadedSettings { settings, warnings }) => {
            assert!(!settings.agents.is_empty() || settings.page.enabled);
            warnings
        }
        Err(errors) => {
            assert!(!errors.is_empty(), "refused without a word");
            errors
        }
    };
    for finding in findings {
        stands_in(text, finding);
    }
    edited(text);
    if !text.starts_with('\u{feff}') {
        let lower = outcome(&format!("# a comment\n{text}"));
        assert_eq!(moved(lower, 0), moved(read, 1));
    }
}

fn edited(text: &str) {
    let nowhere =
        SettingsDraft::open(Path::new("/nonexistent/siembox.toml")).expect("an empty draft");
    let Ok(draft) = nowhere.with_text(text.to_owned()) else {
        return;
    };
    for agent in draft.agents().into_iter().take(3) {
        let mut draft = draft.clone();
        for (key, value) in [
            ("siem.port", Some(7)),
            ("alerts.filters", Some(8)),
            ("paused", Some(9)),
            ("siem.port", None),
            ("siem", None),
        ] {
            draft.set(&agent, key, value.map(Into::into));
            let found = draft.value(&agent, key);
            let found = found.map(|found| found.as_integer());
            assert_eq!(found, value.map(Some), "{key} in {:?}", draft.text());
        }
        let before = draft.agents().len();
        draft.remove_agent(&agent);
        assert_eq!(draft.agents().len(), before - 1, "{:?}", draft.text());
    }
    let mut draft = draft;
    draft.set_page("enabled", Some(true.into()));
    let found = draft
        .page_value("enabled")
        .and_then(|found| found.as_bool());
    assert_eq!(found, Some(true), "{:?}", draft.text());
    if !draft.agents().is_empty() {
        draft.add_agent("new");
        assert_eq!(draft.agents().last().map(String::as_str), Some("new"));
    }
}

fn outcome(text: &str) -> Result<LoadedSettings, Vec<Finding>> {
    match Settings::read(text, Path::new(FILE), &Overrides::default()) {
        Ok(loaded) => Ok(loaded),
        Err(SettingsError::Wrong(errors)) => Err(errors),
        Err(other) => panic!("{other}"),
    }
}

fn stands_in(text: &str, finding: &Finding) {
    let SettingPlace { line, column } = finding.place.expect("a place");
    let lines: Vec<&str> = text.split('\n').collect();
    assert!((1..=lines.len()).contains(&line), "{finding}");
    let columns = lines[line - 1].chars().count() + 1;
    assert!((1..=columns).contains(&column), "{finding}");
    let shown = finding.to_string();
    assert!(!shown.contains(char::is_control), "{shown:?}");
}

/// The same, so many lines further down. What is missing at the top is missing at the file's first
/// byte, comment or not.
fn moved(
    mut read: Result<LoadedSettings, Vec<Finding>>,
    lines: usize,
) -> Result<LoadedSettings, Vec<Finding>> {
    let (Ok(LoadedSettings {
        warnings: findings, ..
    })
    | Err(findings)) = &mut read;
    for place in findings.iter_mut().flat_map(|finding| &mut finding.place) {
        place.line = (place.line + lines).max(2);
    }
    findings.sort_by_key(|finding| (finding.place, finding.key.clone(), finding.text.clone()));
    read
}
