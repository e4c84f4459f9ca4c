//! The settings file, and what to do where there is none.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::parse::{Parsed, parse};
use super::report::{FileKind, Mention};
use super::secret::ODD_TOKEN;
use super::{Finding, Needs, Overrides, SecretSource, Settings};
use crate::text_file::{self, FileError, UnreadableFile};

/// Where the settings are looked for when `--config` does not say.
pub const DEFAULT_FILE: &str = "/etc/siembox/siembox.toml";

/// A settings file of more bytes than this is something else.
pub(super) const MAX_BYTES: u64 = 1024 * 1024;

/// Settings and what is doubtful about them.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedSettings {
    /// Right in themselves.
    pub settings: Settings,
    /// To be shown to the operator; each names setting, reason and cure.
    pub warnings: Vec<Finding>,
}

/// A file that settings name, beside themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedFile {
    /// The setting that names it: `agent[1].source.token_file`.
    pub key: String,
    /// As it is named; a relative one begins at the settings file's folder.
    pub path: PathBuf,
    /// Is it only for its owner to read?
    pub is_secret: bool,
}

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file named by `--config` isn't there.
    #[error("the settings file {} does not exist; create one with: siembox example > {}\n  or set \
        up siembox in a browser: siembox run --setup --config \
        {}", .path.display(), .path.display(), .path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// No file, and the flags are too few to stand alone.
    #[error(
        "the settings file {DEFAULT_FILE} does not exist, and to run without one {} missing\n  \
            create a settings file: siembox example > {DEFAULT_FILE}\n  or set up siembox in a \
            browser: siembox run --setup\n  or use flags: siembox --api-url \
            https://TENANT.REGION.portal.cloudappsecurity.com --token-file FILE --syslog \
            HOST:PORT/tcp",
        listed(.flags)
    )]
    NothingGiven {
        /// Flags that would have been needed.
        flags: Vec<&'static str>,
    },
    /// The file can't be read, is far too long, or is no text.
    #[error("the settings file {0}")]
    File(FileError),
    /// The file or the flags say something that can't be. At least one finding.
    #[error("the settings cannot be used ({}):{}", counted(.0.len()), lines(.0))]
    Wrong(Vec<Finding>),
}

// === impl Settings ===

impl Settings {
    /// Reads a settings file. Flags win over it.
    ///
    /// Only what stands in the file decides whether it is right: the files it names are looked at
    /// for the warnings only, and read when they are needed.
    ///
    /// # Errors
    /// [`SettingsError`]; its text is for the operator.
    pub fn load(path: &Path, given: &Overrides) -> Result<LoadedSettings, SettingsError> {
        let text = text_of(path)?;
        let parsed = parse(&text, Some(path), given).map_err(SettingsError::Wrong)?;
        Ok(looked_at(parsed, given.needs))
    }

    /// Reads the text of a settings file and looks at nothing else: `path` only names it in
    /// findings, and is where relative paths begin.
    ///
    /// # Errors
    /// [`SettingsError::Wrong`].
    pub fn read(
        text: &str,
        path: &Path,
        given: &Overrides,
    ) -> Result<LoadedSettings, SettingsError> {
        let parsed = parse(text, Some(path), given).map_err(SettingsError::Wrong)?;
        let Parsed {
            settings, warnings, ..
        } = parsed;
        Ok(LoadedSettings { settings, warnings })
    }

    /// The files that the text of a settings file names, in its order; nothing is looked at. As
    /// with [`Settings::read`], `path` is where relative ones begin.
    ///
    /// # Errors
    /// [`SettingsError::Wrong`].
    pub fn files_named(
        text: &str,
        path: &Path,
        given: &Overrides,
    ) -> Result<Vec<NamedFile>, SettingsError> {
        let parsed = parse(text, Some(path), given).map_err(SettingsError::Wrong)?;
        let mentions = parsed.mentions.into_iter();
        let named = mentions.map(|Mention { at, path, holds }| NamedFile {
            key: at.key,
            path,
            is_secret: holds != FileKind::Certificate,
        });
        Ok(named.collect())
    }

    /// Settings without a file, as the old agent was started: everything but address, token and
    /// receiver has its default. The one agent is called `siembox`.
    ///
    /// # Errors
    /// Where flags are missing.
    pub fn from_flags(given: &Overrides) -> Result<LoadedSettings, SettingsError> {
        let token = given.credentials.is_some() || given.spare_token.is_some();
        let flags: Vec<&'static str> = [
            (
                "--api-url",
                given.api_url.is_some() || given.needs == Needs::Lines,
            ),
            ("--token-file", token || given.needs == Needs::Lines),
            (
                "--syslog",
                given.syslog.is_some() || given.needs != Needs::Stream,
            ),
        ]
        .into_iter()
        .filter_map(|(flag, is_there)| (!is_there).then_some(flag))
        .collect();
        if !flags.is_empty() {
            return Err(SettingsError::NothingGiven { flags });
        }
        let parsed =
            parse("[[agent]]\nname = \"siembox\"\n", None, given).map_err(SettingsError::Wrong)?;
        Ok(looked_at(parsed, given.needs))
    }

    /// The file that was named; else the one at [`DEFAULT_FILE`]; else the flags alone.
    ///
    /// # Errors
    /// As [`Settings::load`] and [`Settings::from_flags`].
    pub fn find(config: Option<&Path>, given: &Overrides) -> Result<LoadedSettings, SettingsError> {
        match config {
            Some(path) => Self::load(path, given),
            None => match Self::load(Path::new(DEFAULT_FILE), given) {
                Err(SettingsError::Missing { .. }) => Self::from_flags(given),
                read => read,
            },
        }
    }
}

fn text_of(path: &Path) -> Result<String, SettingsError> {
    text_file::read(path, MAX_BYTES).map_err(|error| match error.is_missing() {
        true => SettingsError::Missing {
            path: path.to_owned(),
        },
        false => SettingsError::File(error),
    })
}

/// Adds the warnings about the files named.
fn looked_at(parsed: Parsed, needs: Needs) -> LoadedSettings {
    let Parsed {
        settings,
        mut warnings,
        mentions,
    } = parsed;
    if needs != Needs::Lines {
        warnings.extend(doubts(mentions));
        warnings.sort_by_key(|finding| finding.place);
    }
    LoadedSettings { settings, warnings }
}

/// What is doubtful about the files that the settings name. Takes as long as the slowest, which is
/// bounded.
fn doubts(mentions: Vec<Mention>) -> Vec<Finding> {
    std::thread::scope(|all| {
        let looks = mentions.into_iter().filter_map(|mention| {
            let look = std::thread::Builder::new().spawn_scoped(all, || doubt(mention));
            // who reads the file says what is wrong with it, where the system has no thread left
            look.ok()
        });
        let looks: Vec<_> = looks.collect();
        let said = looks.into_iter().filter_map(|look| look.join().ok()?);
        said.collect()
    })
}

/// What is doubtful about one of them.
fn doubt(mention: Mention) -> Option<Finding> {
    let Mention { at, path, holds } = mention;
    let shown = path.display();
    let text = match text_file::look(&path) {
        Err(FileError {
            why: UnreadableFile::System(error),
            ..
        }) => format!("{shown} cannot be read yet: {error}"),
        Err(error) => error.to_string(),
        Ok(data) if !data.is_file() => format!("{shown} is not a file"),
        Ok(data) if holds != FileKind::Certificate && data.permissions().mode() & 0o077 != 0 => {
            format!(
                "{shown} is accessible to users other than its owner (mode {:04o}); cure: chmod \
                    600 {shown}",
                data.permissions().mode() & 0o7777
            )
        }
        Ok(_) if holds == FileKind::Token => {
            let token = SecretSource::File(path.clone()).read_token().ok()?;
            (!token.looks_like_a_token()).then(|| format!("{shown}: {ODD_TOKEN}"))?
        }
        Ok(_) if let FileKind::ConnectionString(expected) = &holds => {
            match SecretSource::File(path.clone()).read_connection_string() {
                Ok(read) => format!("{shown}: {}", read.mismatch(expected)?),
                Err(error) => error.to_string(),
            }
        }
        Ok(_) => return None,
    };
    Some(Finding { text, ..at })
}

// --- words of the errors

fn counted(errors: usize) -> String {
    match errors {
        1 => "1 error".to_owned(),
        more => format!("{more} errors"),
    }
}

fn lines(findings: &[Finding]) -> String {
    findings
        .iter()
        .map(|finding| format!("\n  {finding}"))
        .collect()
}

fn listed(flags: &[&str]) -> String {
    let verb = if flags.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", flags.join(", "))
}
