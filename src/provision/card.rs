//! The files on the boot partition that may be settings. Names there know no case (FAT), editors
//! hide endings (`token.txt`), and Windows writes texts as UTF-16: none of it is the person's
//! fault.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::StepError;
use crate::text_file;

/// The settings' name.
pub(super) const SETTINGS: &str = "siembox.toml";
/// A file of more bytes is none of ours: settings may have 1 MB, and a certificate never comes near
/// that.
pub(super) const MAX_BYTES: u64 = 1024 * 1024;
/// What siembox itself writes there.
const OUR_WORDS: [&str; 2] = ["status.txt", "readme.txt"];
/// A card full of certificates is somebody's archive.
const MOST: usize = 64;

/// The names at the top of the card.
#[derive(Debug)]
pub(super) struct CardNames {
    folder: PathBuf,
    /// All of them, as they are written.
    names: Vec<String>,
}

/// One file of it, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CardFile {
    /// As it is written on the card.
    pub name: String,
    /// As it was found there.
    pub raw: Vec<u8>,
}

// === impl Card ===

impl CardNames {
    /// Reads the names. A name that is no text is none of ours.
    pub(super) fn read(folder: &Path) -> Result<Self, StepError> {
        let failed = |source| StepError {
            what: "reading",
            path: folder.to_owned(),
            source,
        };
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            names.extend(name.into_string().ok());
        }
        names.sort();
        Ok(Self {
            folder: folder.to_owned(),
            names,
        })
    }

    /// Lies nothing there that is meant for us?
    pub(super) fn is_empty(&self) -> bool {
        self.ours().next().is_none()
    }

    /// The settings, tokens and certificates, whether somebody names them or not.
    pub(super) fn ours(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str).filter(|name| {
            let plain = plain(name);
            // "._token" is what a Mac leaves beside each file
            !plain.starts_with('.')
                && (plain == SETTINGS
                    || plain == "token"
                    || [".token", ".pem", ".crt", ".key"]
                        .iter()
                        .any(|end| plain.ends_with(end)))
        })
    }

    /// The name on the card that is meant by this one: the same but for case, or with `.txt` behind
    /// it.
    ///
    /// # Errors
    /// Where two are meant.
    pub(super) fn meant_by(&self, name: &str) -> Result<Option<&str>, String> {
        let wanted = name.to_lowercase();
        let meant: Vec<&str> = self
            .names
            .iter()
            .map(String::as_str)
            .filter(|name| !OUR_WORDS.contains(&name.to_lowercase().as_str()))
            .filter(|name| plain(name) == wanted || name.to_lowercase() == wanted)
            .collect();
        match meant[..] {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            [one, other, ..] => Err(format!(
                "{one} and {other} are on the card, and {name} matches both; cure: remove one"
            )),
        }
    }

    /// Reads one. The outer error is the disk's, the inner one the person's.
    pub(super) fn file(&self, name: &str) -> Result<Result<CardFile, String>, StepError> {
        let path = self.folder.join(name);
        let failed = |source| StepError {
            what: "reading",
            path: path.clone(),
            source,
        };
        let data = fs::symlink_metadata(&path).map_err(failed)?;
        if !data.is_file() {
            return Ok(Err(format!(
                "{name} on the card is a folder, not a file; cure: put the file itself into the \
                    card's top folder"
            )));
        }
        if data.len() > MAX_BYTES {
            return Ok(Err(format!(
                "{name} on the card is too large ({} KB; allowed: {} KB); cure: check that it is \
                    the right file",
                data.len() / 1024,
                MAX_BYTES / 1024
            )));
        }
        let mut raw = Vec::new();
        let read =
            File::open(&path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut raw));
        match read {
            Ok(_) => Ok(Ok(CardFile {
                name: name.to_owned(),
                raw,
            })),
            Err(error) => Ok(Err(format!(
                "{name} on the card cannot be read: {error}; cure: copy it there again"
            ))),
        }
    }

    /// Are there more than anybody means?
    pub(super) fn too_many(&self) -> Option<String> {
        let count = self.ours().count();
        (count > MOST).then(|| {
            format!(
                "{count} files for siembox are on the card (allowed: {MOST}); cure: leave only \
                siembox.toml and the files that it names"
            )
        })
    }
}

/// Without the ending that Explorer and Editor hide, and without case.
fn plain(name: &str) -> String {
    let name = name.to_lowercase();
    name.strip_suffix(".txt").map(str::to_owned).unwrap_or(name)
}

/// A text as siembox writes texts: UTF-8 without a byte order mark. What is no text stays as it is.
pub(super) fn as_text(raw: &[u8]) -> Vec<u8> {
    text_file::decode(raw).map_or_else(|_| raw.to_vec(), |text| text.into_owned().into_bytes())
}

/// A card's name as a file's name in the settings' folder: small letters, no `.txt`.
pub(super) fn own_name(name: &str) -> String {
    plain(name)
}
