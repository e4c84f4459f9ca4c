//! The result of reading a settings file: errors, warnings, and the files it names.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use super::connection_string::ExpectedHubs;
use super::{Finding, SettingPlace};

/// What the reading of one file brings to light.
pub(crate) struct SettingsReport<'a> {
    /// The settings file; `None` where there is none and flags say everything.
    file: Option<&'a Path>,
    text: &'a str,
    errors: RefCell<Vec<Finding>>,
    warnings: RefCell<Vec<Finding>>,
    mentions: RefCell<Vec<Mention>>,
}

/// A file that the settings name. What is in it is looked at after the reading, which is pure.
#[derive(Debug, Clone)]
pub(crate) struct Mention {
    /// The setting that names it, with its place.
    pub at: Finding,
    /// Relative paths already joined to the settings file's folder.
    pub path: PathBuf,
    /// What is expected in it.
    pub holds: FileKind,
}

/// What a file named in the settings holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// Anybody may read it.
    Certificate,
    /// Only the owner may read it.
    Secret,
    /// A secret whose form is known.
    Token,
    /// The same, of event hubs.
    ConnectionString(ExpectedHubs),
}

// === impl Report ===

impl<'a> SettingsReport<'a> {
    /// Nothing found yet in this text of a file, or of no file.
    pub(crate) fn new(file: Option<&'a Path>, text: &'a str) -> Self {
        let (errors, warnings, mentions) = Default::default();
        Self {
            file,
            text,
            errors,
            warnings,
            mentions,
        }
    }

    /// A finding about a byte of the text.
    pub(crate) fn finding(&self, key: &str, at: usize, text: impl Into<String>) -> Finding {
        Finding {
            file: self.file.map(Path::to_owned),
            place: self.file.map(|_| SettingPlace::of(self.text, at)),
            key: key.to_owned(),
            text: text.into(),
        }
    }

    /// Takes an error: the settings will not be used.
    pub(crate) fn error(&self, finding: Finding) {
        self.errors.borrow_mut().push(finding);
    }

    /// Takes a warning: the settings are used all the same.
    pub(crate) fn warning(&self, finding: Finding) {
        self.warnings.borrow_mut().push(finding);
    }

    /// Takes a file that the settings name.
    pub(crate) fn mention(&self, mention: Mention) {
        self.mentions.borrow_mut().push(mention);
    }

    /// Where relative paths begin.
    pub(crate) fn folder(&self) -> &Path {
        self.file.and_then(Path::parent).unwrap_or(Path::new(""))
    }

    /// Whether something is wrong with this key.
    pub(crate) fn has_error_about(&self, key: &str) -> bool {
        self.errors.borrow().iter().any(|error| error.key == key)
    }

    /// Whether nothing was wrong so far.
    pub(crate) fn is_clean(&self) -> bool {
        self.errors.borrow().is_empty()
    }

    /// Errors and warnings in the order of the file, and the files named in it.
    pub(crate) fn into_parts(self) -> (Vec<Finding>, Vec<Finding>, Vec<Mention>) {
        let (mut errors, mut warnings) = (self.errors.into_inner(), self.warnings.into_inner());
        errors.sort_by_key(|finding| finding.place);
        warnings.sort_by_key(|finding| finding.place);
        (errors, warnings, self.mentions.into_inner())
    }
}
