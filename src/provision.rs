//! Settings that come on the card: `siembox.toml`, a token and certificates, put beside the boot
//! loader on the FAT partition that any laptop shows. They are checked, taken into `/data/etc`, and
//! wiped from the card, where everybody could read them.
//!
//! What must hold whenever the power goes:
//! - The settings in force are the old ones or the new ones, never some of each.
//! - What was put there is on the card or in `/data/etc`, and the next start goes on where this one
//!   stopped.
//! - Once taken, no secret stays on the card, also not in the blocks of a file that was removed.
//!
//! So everything is gathered in a folder of its own beside the settings (`.taking`), made durable
//! and checked as a whole; one rename (to `.taken`) decides. From then on each step can be done
//! again: files go from there to their places, the card's are wiped (renamed, overwritten,
//! removed), and the folder with its list goes last. What is refused is left on the card for the
//! person to mend, and nothing has changed.

mod card;
mod staging;
mod steps;
mod validate;
mod wipe;

use std::io;
use std::path::{Path, PathBuf};

use card::CardNames;
use steps::Steps;

/// What became of the files on the card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProvisionResult {
    /// None lay there.
    Nothing,
    /// They are in force, and no longer on the card.
    Settings {
        /// Their names, in order.
        files: Vec<String>,
        /// What is doubtful about the settings; each with its cure.
        warnings: Vec<String>,
    },
    /// They can't be used. They lie on the card still, and the former settings are in force.
    Refused {
        /// Findings with their cure, one a line: for STATUS.TXT. Holds no secret.
        why: String,
    },
    /// A disk failed on the way; the next start goes on from here.
    Failed {
        /// What failed, and what to do.
        why: String,
    },
}

/// A step that failed.
#[derive(Debug, thiserror::Error)]
#[error("{what} {}: {source}", .path.display())]
pub(crate) struct StepError {
    /// "reading", "writing", …
    pub what: &'static str,
    /// The file or folder.
    pub path: PathBuf,
    /// The system's reason.
    pub source: io::Error,
}

/// Who runs siembox on the box, and owns its settings: user and group `siembox`.
pub const OWNER: (u32, u32) = (900, 900);

/// Is there anything to take in? Reads only, so that the card need not be made writable at each
/// start.
#[must_use]
pub fn is_due(esp: &Path, etc: &Path) -> bool {
    staging::is_begun(etc)
        || wipe::is_begun(esp)
        || CardNames::read(esp).is_ok_and(|card| !card.is_empty())
}

/// Takes in what lies on the card (`esp`, mounted to be written) into `etc` (`/data/etc`), for
/// [`OWNER`].
#[must_use]
pub fn take_in(esp: &Path, etc: &Path) -> ProvisionResult {
    let owner = rustix::process::geteuid().is_root().then_some(OWNER);
    take_in_by(&Steps::whole(owner), esp, etc)
}

fn take_in_by(steps: &Steps, esp: &Path, etc: &Path) -> ProvisionResult {
    match attempt(steps, esp, etc) {
        Ok(taken) => taken,
        Err(error) => ProvisionResult::Failed {
            why: format!(
                "the settings on the card were not applied: {error}; cure: restart the box; if the \
                    error repeats, the card or the disk is worn out or full"
            ),
        },
    }
}

fn attempt(steps: &Steps, esp: &Path, etc: &Path) -> Result<ProvisionResult, StepError> {
    wipe::finish(steps, esp)?;
    let before = staging::finish(steps, esp, etc)?;
    let card = CardNames::read(esp)?;
    let taken = if card.is_empty() {
        ProvisionResult::Nothing
    } else {
        match validate::judge(&card, etc)? {
            Err(why) => ProvisionResult::Refused { why },
            Ok(order) => match staging::gather(steps, &order, etc)? {
                Err(why) => ProvisionResult::Refused { why },
                Ok(()) => match staging::finish(steps, esp, etc)? {
                    Some(files) => ProvisionResult::Settings {
                        files,
                        warnings: order.warnings,
                    },
                    None => ProvisionResult::Nothing,
                },
            },
        }
    };
    // what an earlier start began is worth telling where there was nothing else
    Ok(match (before, taken) {
        (Some(files), ProvisionResult::Nothing) => ProvisionResult::Settings {
            files,
            warnings: Vec::new(),
        },
        (_, taken) => taken,
    })
}

#[cfg(test)]
mod tests;
