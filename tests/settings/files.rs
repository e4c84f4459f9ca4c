//! Settings files, right and wrong. Each `settings/*.toml` ends with what is said about it, one
//! line after `#? ` each: errors for `wrong-*`, warnings for the others. So the words an operator
//! reads stand beside what he wrote.

use std::path::{Path, PathBuf};

use siembox::for_tests::settings::{Overrides, Settings, SettingsError};

#[test]
fn every_wrong_file_is_answered_in_full() {
    let mut differing = Vec::new();
    for path in cases() {
        let expected = expected(&path);
        let said = said(&path);
        if said != expected {
            let lines: Vec<String> = said.iter().map(|line| format!("#? {line}")).collect();
            differing.push(format!("{}\n{}", path.display(), lines.join("\n")));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n\n"));
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/settings");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .collect();
    paths.sort();
    assert!(paths.len() > 25, "{}", paths.len());
    paths
}

fn expected(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .filter_map(|line| line.strip_prefix("#? "))
        .map(str::to_owned)
        .collect()
}

/// What is said about a file, without the folder's name.
fn said(path: &Path) -> Vec<String> {
    let wrong = path
        .file_name()
        .unwrap()
        .to_str()
        .unwrap()
        .starts_with("wrong-");
    let findings = match Settings::load(path, &Overrides::default()) {
        Ok(loaded) if !wrong => loaded.warnings,
        Err(SettingsError::Wrong(errors)) if wrong => errors,
        other => panic!("{}: {other:?}", path.display()),
    };
    let folder = format!("{}/", path.parent().unwrap().display());
    let plain = findings
        .iter()
        .map(|finding| finding.to_string().replace(&folder, ""));
    let file = format!("{}:", path.file_name().unwrap().to_str().unwrap());
    plain
        .map(|line| line.strip_prefix(&file).unwrap().to_owned())
        .collect()
}
