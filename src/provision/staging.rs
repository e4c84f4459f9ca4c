//! The staging folder, in which new settings are gathered before they replace the old ones.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::StepError;
use super::card::SETTINGS;
use super::steps::Steps;
use super::validate::ApplyOrder;
use super::wipe;
use crate::settings::{Overrides, Settings};
use crate::wiring;

/// Being gathered: not decided, worth nothing.
const TAKING: &str = ".taking";
/// Gathered and right: decided.
const TAKEN: &str = ".taken";
/// What is in it, and what lies on the card for it.
const LIST: &str = ".list";

#[derive(Debug, Serialize, Deserialize)]
struct List {
    /// Names in the settings' folder, in the order in which they go there.
    files: Vec<String>,
    /// What lay on the card: names, and what was in them, by a hash. A file that somebody put there
    /// since is another one.
    card: Vec<(String, Vec<u8>)>,
}

/// Did an earlier start leave something decided?
pub(super) fn is_begun(etc: &Path) -> bool {
    etc.join(TAKEN).exists()
}

/// Gathers the files, tries them as they will be used, and decides. The inner error is the
/// person's; nothing has changed then.
pub(super) fn gather(
    steps: &Steps,
    order: &ApplyOrder,
    etc: &Path,
) -> Result<Result<(), String>, StepError> {
    if !etc.exists() {
        steps.make_folder(etc)?;
    }
    let folder = etc.join(TAKING);
    steps.remove_folder(&folder)?;
    steps.make_folder(&folder)?;
    for file in &order.files {
        steps.write(&folder.join(&file.name), &file.bytes)?;
    }
    // what is there from before is tried with the rest, and goes with the folder
    for name in &order.kept {
        let failed = |source| StepError {
            what: "reading",
            path: etc.join(name),
            source,
        };
        let bytes = fs::read(etc.join(name)).map_err(failed)?;
        steps.write(&folder.join(name), &bytes)?;
    }
    if let Err(why) = trial(&folder) {
        steps.remove_folder(&folder)?;
        return Ok(Err(why));
    }
    let files = order.files.iter();
    let list = List {
        files: files.clone().map(|file| file.name.clone()).collect(),
        card: files
            .map(|file| (file.from.name.clone(), hash(&file.from.raw)))
            .collect(),
    };
    let list = serde_json::to_vec(&list).unwrap_or_default();
    steps.write(&folder.join(LIST), &list)?;
    steps.sync(&folder)?;
    steps.rename(&folder, &etc.join(TAKEN))?;
    steps.sync(etc)?;
    Ok(Ok(()))
}

/// Brings what is decided to its place, and off the card. The names of the files; `None` where
/// nothing was decided.
///
/// Each step finds it done, or does it: this may begin anywhere.
pub(super) fn finish(
    steps: &Steps,
    esp: &Path,
    etc: &Path,
) -> Result<Option<Vec<String>>, StepError> {
    let folder = etc.join(TAKEN);
    let failed = |source| StepError {
        what: "reading",
        path: folder.join(LIST),
        source,
    };
    let list = match fs::read(folder.join(LIST)) {
        Ok(list) => list,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // the list goes last, so all that it named is done
            if is_begun(etc) {
                steps.remove_folder(&folder)?;
            }
            return Ok(None);
        }
        Err(source) => return Err(failed(source)),
    };
    let list: List = serde_json::from_slice(&list).map_err(|error| failed(error.into()))?;
    for name in &list.files {
        if folder.join(name).exists() {
            steps.rename(&folder.join(name), &etc.join(name))?;
        }
    }
    steps.sync(etc)?;
    for (number, (name, hashed)) in list.card.iter().enumerate() {
        let same = fs::read(esp.join(name)).is_ok_and(|bytes| hash(&bytes) == *hashed);
        if same {
            wipe::wipe(steps, esp, name, number)?;
        }
    }
    steps.remove(&folder.join(LIST))?;
    steps.remove_folder(&folder)?;
    steps.sync(etc)?;
    Ok(Some(list.files))
}

/// Reads every file as the stream will: tokens, passwords, certificates, keys.
fn trial(folder: &Path) -> Result<(), String> {
    let settings = Settings::load(&folder.join(SETTINGS), &Overrides::default());
    let settings = settings.map_err(|error| error.to_string())?.settings;
    let mut troubles = Vec::new();
    for agent in &settings.agents {
        let source = &agent.source;
        troubles.extend(wiring::read_credential(source).err());
        troubles.extend(wiring::route(source).err().map(|error| error.to_string()));
        let target = wiring::siem_target(&agent.siem);
        troubles.extend(target.err().map(|error| error.to_string()));
    }
    if troubles.is_empty() {
        return Ok(());
    }
    // people know the card, not where its files were gathered
    let place = format!("{}/", folder.display());
    Err(troubles.join("\n").replace(&place, ""))
}

fn hash(bytes: &[u8]) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA256, bytes)
        .as_ref()
        .to_vec()
}
