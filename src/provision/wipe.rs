//! Wipes a file from the boot partition so that nothing of it can be read there: it gets a name
//! that says so, is overwritten where it lies, and removed. What has such a name is wiped at the
//! next start, whatever is left of it.

use std::fs;
use std::path::{Path, PathBuf};

use super::StepError;
use super::steps::Steps;

const HEAD: &str = "siembox-";
const TAIL: &str = ".del";

/// Did an earlier start leave something to wipe?
pub(super) fn is_begun(esp: &Path) -> bool {
    !begun(esp).is_empty()
}

/// Wipes what an earlier start left.
pub(super) fn finish(steps: &Steps, esp: &Path) -> Result<(), StepError> {
    for path in begun(esp) {
        remove(steps, esp, &path)?;
    }
    Ok(())
}

/// Wipes one file; `number` is its own in this round.
pub(super) fn wipe(steps: &Steps, esp: &Path, name: &str, number: usize) -> Result<(), StepError> {
    let doomed = esp.join(format!("{HEAD}{number}{TAIL}"));
    steps.rename(&esp.join(name), &doomed)?;
    steps.sync(esp)?;
    remove(steps, esp, &doomed)
}

fn remove(steps: &Steps, esp: &Path, path: &Path) -> Result<(), StepError> {
    steps.zero(path)?;
    steps.remove(path)?;
    steps.sync(esp)
}

fn begun(esp: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(esp).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let doomed = names.filter(|name| {
        let name = name.to_lowercase();
        let number = name
            .strip_prefix(HEAD)
            .and_then(|name| name.strip_suffix(TAIL));
        number.is_some_and(|number| {
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        })
    });
    let mut paths: Vec<PathBuf> = doomed.map(|name| esp.join(name)).collect();
    paths.retain(|path| path.is_file());
    paths.sort();
    paths
}
