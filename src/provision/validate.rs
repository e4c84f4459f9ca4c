//! Validates the files on the boot partition: under which names they are taken in, or why not.
//! Writes nothing.

use std::fs;
use std::path::{Component, Path};

use super::StepError;
use super::card::{CardFile, CardNames, SETTINGS, as_text, own_name};
use crate::settings::{NamedFile, Overrides, SecretSource, Settings, SettingsError};
use crate::text_file;

/// What is to be taken in.
#[derive(Debug)]
pub(super) struct ApplyOrder {
    /// In this order; the settings last.
    pub files: Vec<Ordered>,
    /// Files that belong to them and are there from before.
    pub kept: Vec<String>,
    /// What is doubtful about the settings.
    pub warnings: Vec<String>,
}

/// One file of it.
#[derive(Debug)]
pub(super) struct Ordered {
    /// Its name in the settings' folder.
    pub name: String,
    /// As it will be read there.
    pub bytes: Vec<u8>,
    /// As it lies on the card.
    pub from: CardFile,
}

/// A judgement, or why not: for the person.
type Judged<T> = Result<T, String>;

/// Judges what lies on the card. The outer error is the disk's.
pub(super) fn judge(card: &CardNames, etc: &Path) -> Result<Judged<ApplyOrder>, StepError> {
    if let Some(why) = card.too_many() {
        return Ok(Err(why));
    }
    match card.meant_by(SETTINGS) {
        Err(why) => Ok(Err(why)),
        Ok(Some(name)) => with_settings(card, name, etc),
        Ok(None) => without_settings(card, etc),
    }
}

/// New settings, with whatever lies beside them.
fn with_settings(
    card: &CardNames,
    name: &str,
    etc: &Path,
) -> Result<Judged<ApplyOrder>, StepError> {
    let file = match card.file(name)? {
        Ok(file) => file,
        Err(why) => return Ok(Err(why)),
    };
    let (text, named, warnings) = match read(&file.raw) {
        Ok(read) => read,
        Err(why) => return Ok(Err(why)),
    };
    let mut troubles = Vec::new();
    let (mut files, mut kept): (Vec<Ordered>, Vec<String>) = Default::default();
    for NamedFile { key, path, .. } in &named {
        let own = match plain_name(path) {
            Ok(own) => own,
            Err(why) => {
                troubles.push(format!("{key}: {why}"));
                continue;
            }
        };
        if kept.contains(&own) || files.iter().any(|file| file.name == own) {
            continue;
        }
        match card.meant_by(&own) {
            Err(why) => troubles.push(why),
            Ok(Some(name)) => match card.file(name)? {
                Ok(from) => files.push(ordered(own, from)),
                Err(why) => troubles.push(why),
            },
            // one that is there from before is meant
            Ok(None) if etc.join(&own).is_file() => kept.push(own),
            Ok(None) => troubles.push(format!(
                "{key}: there is no file {own:?} on the card; cure: put it next to {SETTINGS}"
            )),
        }
    }
    // nobody names them; but what may be a secret is not left for everybody to read
    for name in card.ours() {
        let is_taken = |file: &Ordered| file.from.name == name;
        if name != file.name && !files.iter().any(is_taken) {
            match card.file(name)? {
                Ok(from) => files.push(ordered(own_name(name), from)),
                Err(why) => troubles.push(why),
            }
        }
    }
    files.push(Ordered {
        name: SETTINGS.to_owned(),
        bytes: text.into_bytes(),
        from: file,
    });
    Ok(if troubles.is_empty() {
        Ok(ApplyOrder {
            files,
            kept,
            warnings,
        })
    } else {
        Err(troubles.join("\n"))
    })
}

/// Only a token, or a certificate: it takes the place of one that the settings in force name.
fn without_settings(card: &CardNames, etc: &Path) -> Result<Judged<ApplyOrder>, StepError> {
    let alone = |name: &str, why: &str| {
        Err(format!(
            "{name} is on the card without {SETTINGS}, and {why}; cure: put {SETTINGS} next to it \
                (siembox example prints one)"
        ))
    };
    let names: Vec<&str> = card.ours().collect();
    let first = names.first().copied().unwrap_or_default();
    let Ok(bytes) = fs::read(etc.join(SETTINGS)) else {
        return Ok(alone(first, "there are no settings yet that name it"));
    };
    let Ok((text, named, _)) = read(&bytes) else {
        return Ok(alone(first, "the current settings have errors"));
    };
    let only_token = only_token(&text);
    let mut files: Vec<Ordered> = Vec::new();
    for name in names {
        let own = own_name(name);
        let same = named.iter().find_map(|file| {
            let known = plain_name(&file.path).ok()?;
            (known.to_lowercase() == own).then_some(known)
        });
        let is_token = own == "token" || own.ends_with(".token");
        let place = match (same, is_token) {
            (Some(known), _) => known,
            (None, true) => match &only_token {
                Some(token) => token.clone(),
                None => {
                    return Ok(alone(
                        name,
                        "the current settings name no token, or more than one: it is unclear which \
                            one it replaces",
                    ));
                }
            },
            (None, false) => return Ok(alone(name, "the current settings name no such file")),
        };
        if files.iter().any(|file| file.name == place) {
            return Ok(Err(format!(
                "two files on the card would replace {place:?}; cure: leave one"
            )));
        }
        match card.file(name)? {
            Ok(from) => files.push(ordered(place, from)),
            Err(why) => return Ok(Err(why)),
        }
    }
    let named = named.iter().filter_map(|file| plain_name(&file.path).ok());
    let mut kept: Vec<String> = named
        .filter(|name| !files.iter().any(|file| file.name == *name))
        .chain([SETTINGS.to_owned()])
        .collect();
    kept.sort();
    kept.dedup();
    Ok(Ok(ApplyOrder {
        files,
        kept,
        warnings: Vec::new(),
    }))
}

fn ordered(name: String, from: CardFile) -> Ordered {
    Ordered {
        name,
        bytes: as_text(&from.raw),
        from,
    }
}

/// The text, the files it names, and what is doubtful about it.
fn read(bytes: &[u8]) -> Judged<(String, Vec<NamedFile>, Vec<String>)> {
    let text = text_file::decode(bytes)
        .map_err(|why| format!("{SETTINGS} is not text: {why}"))?
        .into_owned();
    let (path, given) = (Path::new(SETTINGS), Overrides::default());
    let in_lines = |error: SettingsError| match error {
        SettingsError::Wrong(findings) => {
            let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
            lines.join("\n")
        }
        other => other.to_string(),
    };
    let loaded = Settings::read(&text, path, &given).map_err(in_lines)?;
    let named = Settings::files_named(&text, path, &given).map_err(in_lines)?;
    let warnings = loaded.warnings.iter().map(ToString::to_string).collect();
    Ok((text, named, warnings))
}

/// The name of the one token that the settings know.
fn only_token(text: &str) -> Option<String> {
    let loaded = Settings::read(text, Path::new(SETTINGS), &Overrides::default()).ok()?;
    let [agent] = &loaded.settings.agents[..] else {
        return None;
    };
    match agent.source.token() {
        Some(SecretSource::File(path)) => plain_name(path).ok(),
        _ => None,
    }
}

/// A file right beside the settings, and nowhere else.
fn plain_name(path: &Path) -> Judged<String> {
    let mut parts = path.components();
    let name = match (parts.next(), parts.next()) {
        (Some(Component::Normal(name)), None) => name.to_str(),
        _ => None,
    };
    name.filter(|name| !name.starts_with('.') && *name != SETTINGS)
        .map(str::to_owned)
        .ok_or_else(|| {
            format!(
                "found {:?}; allowed on the card: only a file's name, for example \"token\", for a \
                    file next to {SETTINGS}",
                path.display().to_string()
            )
        })
}
