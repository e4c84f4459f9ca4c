//! The export of the settings to another box: the text, and on request the secrets and
//! certificates, encrypted with a passphrase.
//!
//! Without secrets an export is the settings file itself. With them it is one text encrypted with a
//! passphrase as age has it (<https://age-encryption.org/v1>, a scrypt recipient, armored), so that
//! `age -d` opens it too; inside is one JSON text:
//!
//! ```json
//! {"siembox_export":1,"settings":"…the TOML…","secrets":{"agent[1].source.token_file":"…"}}
//! ```
//!
//! What comes along is what the agents' settings name by a file: [`SECRET_KEYS`] and
//! [`CERTIFICATE_KEYS`], all under `secrets`. The page's own certificate does not: it is for the
//! name of this box. Nor does an assertion, which another system renews on this box.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::secrecy::SecretString;
use age::{DecryptError, Decryptor, Encryptor, scrypt};
use serde::{Deserialize, Serialize};

use super::{Outside, SettingsDraft, inside};
use crate::settings::{
    Finding, LoadedSettings, Overrides, SECRET_KEYS, Secret, SecretError, SecretSource, Settings,
    SettingsError, is_renewed_by_others,
};
use crate::text_file::{self, FileError};

/// The longest export, and the longest text in one; bytes.
pub const MAX_EXPORT_BYTES: usize = 1024 * 1024;

/// Keys of an agent that name a certificate's file, or an authority's.
pub const CERTIFICATE_KEYS: [&str; 6] = [
    "source.ca_file",
    "source.certificate_file",
    "siem.ca_file",
    "siem.client_cert_file",
    "other_source.ca_file",
    "other_source.certificate_file",
];

/// The shape of what is inside. Grows when a reader must know.
const VERSION: u32 = 1;
/// 2^16 rounds of scrypt: a quarter of a second and 64 MB, which also a small box has for a moment.
const WORK: u8 = 16;
/// An export that wants more (128 MB at 17) is not opened: it would take the memory of a small box.
const MOST_WORK: u8 = 17;

/// What every age file begins with, and its form as text, which can be pasted.
const AGE: [&str; 2] = ["age-encryption.org/", "-----BEGIN AGE ENCRYPTED FILE-----"];

/// What an export holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bundle {
    /// The settings file's text.
    pub settings: String,
    /// Secrets and certificates by the key that names their file, with the agent's number as in
    /// findings: `agent[1].source.token_file`.
    pub secrets: BTreeMap<String, Secret>,
}

/// An export that was opened and checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// What it held.
    pub bundle: Bundle,
    /// Its settings as read, with what is doubtful about them.
    pub loaded: LoadedSettings,
}

/// Why there is no export, or one can't be taken in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// A secret that the settings name can't be read.
    #[error("{key}: {source}: put the file there, or export without secrets")]
    Secret {
        /// The key that names it.
        key: String,
        /// Why.
        source: SecretError,
    },
    /// A certificate that the settings name can't be read.
    #[error("{key}: the file {source}: put it there, or export without secrets")]
    Certificate {
        /// The key that names it.
        key: String,
        /// Why.
        source: FileError,
    },
    /// A file that the settings name lies elsewhere: an administrator of the machine put it there,
    /// and it stays there.
    #[error("{key}: {outside}; or export without secrets")]
    Outside {
        /// The key that names it.
        key: String,
        /// Where it lies.
        outside: Outside,
    },
    /// A passphrase that protects nothing.
    #[error("the passphrase is too short: found {found} characters; allowed: at least {least}")]
    WeakPassphrase {
        /// How many it has.
        found: usize,
        /// The fewest.
        least: usize,
    },
    /// Too many bytes.
    #[error(
        "the export is too large: more than {MAX_EXPORT_BYTES} bytes; allowed: a file that siembox exported"
    )]
    TooLarge,
    /// Encrypted, and there is no passphrase.
    #[error("this export is encrypted: enter the passphrase that it was exported with")]
    PassphraseMissing,
    /// Encrypted with another passphrase.
    #[error(
        "wrong passphrase: enter the passphrase that this export was encrypted with; siembox \
            cannot open it without"
    )]
    WrongPassphrase,
    /// Bytes are missing or were changed.
    #[error("this export is damaged: {reason}: export it again")]
    Damaged {
        /// In the reader's words.
        reason: String,
    },
    /// Something else.
    #[error(
        "this is not a siembox export: {reason}; allowed: a file that siembox exported, or a settings file"
    )]
    NotAnExport {
        /// What is not as it should be.
        reason: String,
    },
    /// By a siembox to come.
    #[error(
        "this export has version {found}, but this siembox supports version {VERSION}: update \
            siembox first"
    )]
    Newer {
        /// Its version.
        found: u32,
    },
    /// The settings in it don't hold. At least one finding.
    #[error("the settings in this export cannot be used: {}", .0.first().map(ToString::to_string).unwrap_or_default())]
    Wrong(Vec<Finding>),
    /// Encrypting failed.
    #[error("Internal error: the export cannot be encrypted: {reason}")]
    Encrypt {
        /// Why.
        reason: String,
    },
}

/// The fewest characters of a passphrase.
pub const MIN_PASSPHRASE: usize = 12;

#[derive(Serialize, Deserialize)]
struct Inside {
    siembox_export: u32,
    settings: String,
    #[serde(default)]
    secrets: BTreeMap<String, String>,
}

/// The secrets and certificates that a draft's settings name, read from their files.
///
/// # Errors
/// Where one can't be read, or lies outside of the settings file's folder.
pub fn secrets_of(
    draft: &SettingsDraft,
    settings_file: &Path,
) -> Result<BTreeMap<String, Secret>, BundleError> {
    let folder = settings_file.parent().unwrap_or(Path::new(""));
    let mut secrets = BTreeMap::new();
    for (index, agent) in draft.agents().iter().enumerate() {
        let named = |key: &'static str| {
            let name = draft.value(agent, key)?.as_str()?.to_owned();
            Some((format!("agent[{}].{key}", index + 1), folder.join(name)))
        };
        let known = |(key, path): (String, PathBuf)| match inside(folder, &path) {
            Ok(()) => Ok((key, path)),
            Err(outside) => Err(BundleError::Outside { key, outside }),
        };
        let secrets_of_ours = SECRET_KEYS
            .into_iter()
            .filter(|key| !is_renewed_by_others(key));
        for found in secrets_of_ours.filter_map(named) {
            let (key, path) = known(found)?;
            match SecretSource::File(path).read() {
                Ok(secret) => drop(secrets.insert(key, secret)),
                Err(source) => return Err(BundleError::Secret { key, source }),
            }
        }
        for found in CERTIFICATE_KEYS.into_iter().filter_map(named) {
            let (key, path) = known(found)?;
            match text_file::read(&path, MAX_EXPORT_BYTES as u64) {
                Ok(text) => drop(secrets.insert(key, Secret::new(&text))),
                Err(source) => return Err(BundleError::Certificate { key, source }),
            }
        }
    }
    Ok(secrets)
}

/// An export with secrets: one encrypted file.
///
/// # Errors
/// Where the passphrase is shorter than [`MIN_PASSPHRASE`], or all together longer than
/// [`MAX_EXPORT_BYTES`].
pub fn export(bundle: &Bundle, passphrase: &Secret) -> Result<Vec<u8>, BundleError> {
    let found = passphrase.reveal().chars().count();
    if found < MIN_PASSPHRASE {
        return Err(BundleError::WeakPassphrase {
            found,
            least: MIN_PASSPHRASE,
        });
    }
    let secrets = bundle.secrets.iter();
    let inside = Inside {
        siembox_export: VERSION,
        settings: bundle.settings.clone(),
        secrets: secrets
            .map(|(key, secret)| (key.clone(), secret.reveal().to_owned()))
            .collect(),
    };
    let failed = |reason: &dyn std::fmt::Display| BundleError::Encrypt {
        reason: reason.to_string(),
    };
    let inside = serde_json::to_vec(&inside).map_err(|error| failed(&error))?;
    let mut recipient = scrypt::Recipient::new(word(passphrase));
    recipient.set_work_factor(WORK);
    let recipients = std::iter::once(&recipient as &dyn age::Recipient);
    let encryptor = Encryptor::with_recipients(recipients).map_err(|error| failed(&error))?;
    let mut out = Vec::new();
    let armor = ArmoredWriter::wrap_output(&mut out, Format::AsciiArmor);
    let mut writer = armor
        .and_then(|armor| encryptor.wrap_output(armor))
        .map_err(|error| failed(&error))?;
    writer
        .write_all(&inside)
        .and_then(|()| writer.finish()?.finish().map(drop))
        .map_err(|error| failed(&error))?;
    if out.len() > MAX_EXPORT_BYTES {
        return Err(BundleError::TooLarge);
    }
    Ok(out)
}

/// Is this an export with secrets, so that a passphrase has to be asked for?
#[must_use]
pub fn is_encrypted(bytes: &[u8]) -> bool {
    AGE.iter().any(|begin| bytes.starts_with(begin.as_bytes()))
}

/// Opens an export, or takes a plain settings file as one without secrets, and checks its settings.
/// `settings_file` is where they are to go: it names the file in findings. Nothing is written.
///
/// # Errors
/// [`BundleError`]; no text of it holds a secret or the passphrase.
pub fn import(
    bytes: &[u8],
    passphrase: Option<&Secret>,
    settings_file: &Path,
    given: &Overrides,
) -> Result<Import, BundleError> {
    if bytes.len() > MAX_EXPORT_BYTES {
        return Err(BundleError::TooLarge);
    }
    let text = text_file::decode(bytes);
    // age's binary form is no text
    let bytes = text.as_deref().map_or(bytes, str::as_bytes);
    let bundle = match (is_encrypted(bytes), passphrase) {
        (true, Some(passphrase)) => opened(&decrypted(bytes, passphrase)?)?,
        (true, None) => return Err(BundleError::PassphraseMissing),
        (false, _) => Bundle {
            settings: text_of(bytes)?,
            secrets: BTreeMap::new(),
        },
    };
    let read = Settings::read(&bundle.settings, settings_file, given);
    match read {
        Ok(loaded) => Ok(Import { bundle, loaded }),
        Err(SettingsError::Wrong(findings)) => Err(BundleError::Wrong(findings)),
        Err(other) => Err(not_an_export(&other)),
    }
}

fn decrypted(bytes: &[u8], passphrase: &Secret) -> Result<Vec<u8>, BundleError> {
    let damaged = |reason: &dyn std::fmt::Display| BundleError::Damaged {
        reason: reason.to_string().replace('\n', " "),
    };
    let decryptor = Decryptor::new(ArmoredReader::new(bytes)).map_err(|error| damaged(&error))?;
    if !decryptor.is_scrypt() {
        return Err(not_an_export(
            &"it is encrypted for a key, not with a passphrase",
        ));
    }
    let mut identity = scrypt::Identity::new(word(passphrase));
    identity.set_max_work_factor(MOST_WORK);
    let opened = decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity));
    let reader = opened.map_err(|error| match error {
        DecryptError::DecryptionFailed
        | DecryptError::NoMatchingKeys
        | DecryptError::KeyDecryptionFailed => BundleError::WrongPassphrase,
        DecryptError::ExcessiveWork { .. } => {
            not_an_export(&"its work factor is higher than siembox accepts")
        }
        other => damaged(&other),
    })?;
    let mut inside = Vec::new();
    let read = reader
        .take(MAX_EXPORT_BYTES as u64 + 1)
        .read_to_end(&mut inside);
    read.map_err(|error| damaged(&error))?;
    if inside.len() > MAX_EXPORT_BYTES {
        return Err(BundleError::TooLarge);
    }
    Ok(inside)
}

fn opened(inside: &[u8]) -> Result<Bundle, BundleError> {
    /// The one field that every version has.
    #[derive(Deserialize)]
    struct Mark {
        siembox_export: u32,
    }
    // the parser's own words would repeat what it found
    let odd = || not_an_export(&"its content has another structure");
    let mark: Mark = serde_json::from_slice(inside).map_err(|_| odd())?;
    if mark.siembox_export != VERSION {
        return Err(BundleError::Newer {
            found: mark.siembox_export,
        });
    }
    let inside: Inside = serde_json::from_slice(inside).map_err(|_| odd())?;
    let secrets = inside.secrets.into_iter();
    Ok(Bundle {
        settings: inside.settings,
        secrets: secrets
            .map(|(key, secret)| (key, Secret::new(&secret)))
            .collect(),
    })
}

fn text_of(bytes: &[u8]) -> Result<String, BundleError> {
    let text = text_file::decode(bytes).map_err(|why| not_an_export(&why))?;
    let document = toml_edit::Document::parse(text.as_ref());
    match document {
        Ok(_) => Ok(text.into_owned()),
        Err(_) => Err(not_an_export(&"it is neither encrypted nor TOML")),
    }
}

fn not_an_export(reason: &dyn std::fmt::Display) -> BundleError {
    BundleError::NotAnExport {
        reason: reason.to_string(),
    }
}

fn word(passphrase: &Secret) -> SecretString {
    SecretString::from(passphrase.reveal().to_owned())
}

#[cfg(test)]
mod tests;
