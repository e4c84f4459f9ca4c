//! Files that are named through the page lie in the settings file's folder.
//!
//! siembox reads its files with rights that whoever sits at the page need not have. A path that
//! leads out of the folder would make the page a reader of any file of the machine.

use std::path::{Component, Path, PathBuf};

/// A file that lies elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} is outside of the settings folder {}; allowed: a file in that folder, without \"..\" and \
        without links that lead out",
    path.display(), folder.display()
)]
pub struct Outside {
    /// The file.
    pub path: PathBuf,
    /// The settings file's folder.
    pub folder: PathBuf,
}

/// Does the file lie in the folder, or would it, where it is not there yet? `path` is joined to the
/// folder already.
///
/// # Errors
/// Where it climbs (`..`), is elsewhere, or a link on the way leads out.
pub fn inside(folder: &Path, path: &Path) -> Result<(), Outside> {
    let outside = || Outside {
        path: path.to_owned(),
        folder: here(folder),
    };
    let climbs = path.components().any(|part| part == Component::ParentDir);
    // as far as it is there; a link that leads nowhere is
    let mut parts = path.ancestors().map(here);
    let there = parts.find(|part| part.symlink_metadata().is_ok());
    let real = std::fs::canonicalize(there.unwrap_or_default());
    match (real, std::fs::canonicalize(here(folder))) {
        (Ok(real), Ok(root)) if !climbs && real.starts_with(&root) => match real == root {
            // the folder itself is no file in it
            true if here(path).exists() => Err(outside()),
            _ => Ok(()),
        },
        _ => Err(outside()),
    }
}

fn here(path: &Path) -> PathBuf {
    match path == Path::new("") {
        true => PathBuf::from("."),
        false => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn only_what_lies_in_the_folder_is_inside() {
        let machine = tempfile::tempdir().unwrap();
        let folder = machine.path().join("settings");
        std::fs::create_dir_all(folder.join("below")).unwrap();
        std::fs::write(folder.join("token"), "ours").unwrap();
        std::fs::write(machine.path().join("other"), "not ours").unwrap();
        symlink("token", folder.join("to-token")).unwrap();
        symlink(machine.path().join("other"), folder.join("out")).unwrap();
        symlink(machine.path().join("none"), folder.join("nowhere")).unwrap();
        symlink(machine.path(), folder.join("up")).unwrap();
        let elsewhere = machine.path().join("other").display().to_string();
        let absolute = folder.join("token").display().to_string();
        for (name, is_inside) in [
            ("token", true),
            ("./token", true),
            ("below/token", true),
            ("not/there/yet", true),
            ("to-token", true),
            (&*absolute, true),
            ("out", false),
            ("nowhere", false),
            ("up/other", false),
            ("up/settings/token", true),
            ("../other", false),
            ("below/../token", false),
            ("not/../../other", false),
            (&*elsewhere, false),
            ("/nowhere/token", false),
            (".", false),
        ] {
            let found = inside(&folder, &folder.join(name));
            assert_eq!(found.is_ok(), is_inside, "{name}: {found:?}");
        }
        assert!(inside(Path::new(""), Path::new("Cargo.toml")).is_ok());
        assert!(inside(Path::new(""), Path::new("/")).is_err());
    }
}
