//! Names of firmware files on the ESP, as systemd-boot reads and writes them:
//! `siembox_0.2.0+2-1.efi` is version 0.2.0, which has been started once and may be started twice
//! more before it is passed over; `siembox_0.2.0.efi` has proved itself.

use std::io;
use std::path::Path;

/// Folder of the files on the ESP.
pub const FOLDER: &str = "EFI/Linux";

/// A firmware file by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EfiFile {
    /// The whole name.
    pub name: String,
    /// The version in it.
    pub version: String,
    /// The count, if its starts are counted.
    pub tries: Option<Tries>,
}

/// The count in a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tries {
    /// Starts that are left.
    pub left: u64,
    /// Starts that were made, this one included.
    pub done: u64,
}

// === impl EfiFile ===

impl EfiFile {
    /// All that lie on this ESP; none where the board's own boot loader starts the kernel.
    ///
    /// # Errors
    /// What the disk said.
    pub fn all(esp: &Path) -> io::Result<Vec<Self>> {
        let entries = match std::fs::read_dir(esp.join(FOLDER)) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut files = Vec::new();
        for entry in entries {
            files.extend(entry?.file_name().to_str().and_then(Self::parse));
        }
        Ok(files)
    }

    /// None for a name that is not a firmware's.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let stem = name
            .strip_suffix(".efi")
            .or_else(|| name.strip_suffix(".EFI"))?;
        let named = stem.strip_prefix("siembox_")?;
        // a version may have a "+" itself (0.2.0+3 is version 0.2.0 with three tries; 0.2.0+build7
        // is no count)
        let counted = named
            .rsplit_once('+')
            .and_then(|(version, count)| Some((version, Tries::parse(count)?)));
        let (version, tries) = match counted {
            Some((version, tries)) => (version, Some(tries)),
            None => (named, None),
        };
        (!version.is_empty()).then(|| Self {
            name: name.to_owned(),
            version: version.to_owned(),
            tries,
        })
    }

    /// Its name without a count.
    #[must_use]
    pub fn good_name(&self) -> String {
        format!("siembox_{}.efi", self.version)
    }

    /// True if no tries are left.
    #[must_use]
    pub fn is_used_up(&self) -> bool {
        self.tries.is_some_and(|tries| tries.left == 0)
    }

    /// Is it of a later version than this one? By the numbers in front; what stands behind them
    /// (`-rc1`) says nothing.
    #[must_use]
    pub fn is_newer_than(&self, version: &str) -> bool {
        numbers(&self.version) > numbers(version)
    }
}

impl Tries {
    /// `3` or `2-1`.
    fn parse(count: &str) -> Option<Self> {
        let digits = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => text.parse().ok(),
            false => None,
        };
        let (left, done) = match count.split_once('-') {
            Some((left, done)) => (digits(left)?, digits(done)?),
            None => (digits(count)?, 0),
        };
        Some(Self { left, done })
    }
}

fn numbers(version: &str) -> Vec<u64> {
    let end = version.find(|c: char| c != '.' && !c.is_ascii_digit());
    let front = version.get(..end.unwrap_or(version.len()));
    front
        .unwrap_or_default()
        .split('.')
        .map_while(|number| number.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reads_what_the_boot_loader_writes() {
        let of = |name: &str| {
            let file = EfiFile::parse(name)?;
            let tries = file.tries.map(|tries| (tries.left, tries.done));
            Some((file.version, tries))
        };
        for (name, version, tries) in [
            ("siembox_0.2.0.efi", "0.2.0", None),
            ("siembox_0.2.0+3.efi", "0.2.0", Some((3, 0))),
            ("siembox_0.2.0+2-1.efi", "0.2.0", Some((2, 1))),
            ("siembox_0.2.0+0-3.EFI", "0.2.0", Some((0, 3))),
            ("siembox_0.2.0+b7+3.efi", "0.2.0+b7", Some((3, 0))),
            ("siembox_0.2.0+build7.efi", "0.2.0+build7", None),
            ("siembox_0.2.0+.efi", "0.2.0+", None),
            ("siembox_0.2.0+2-.efi", "0.2.0+2-", None),
        ] {
            assert_eq!(of(name), Some((version.to_owned(), tries)), "{name}");
        }
        for none in [
            "",
            "siembox_.efi",
            "siembox_0.2.0+3.efi.new",
            "../siembox_0.2.0+3.efi",
            "other_0.2.0+3.efi",
        ] {
            assert_eq!(of(none), None, "{none}");
        }
    }

    #[test]
    fn later_versions_are_newer() {
        let newer =
            |name: &str, than: &str| EfiFile::parse(name).map(|file| file.is_newer_than(than));
        assert_eq!(newer("siembox_0.10.0+3.efi", "0.9.1"), Some(true));
        assert_eq!(newer("siembox_0.9.1+0-3.efi", "0.10.0"), Some(false));
        assert_eq!(newer("siembox_0.2.0-rc1.efi", "0.2.0"), Some(false));
        assert_eq!(newer("siembox_1.efi", "0.2.0"), Some(true));
    }

    #[test]
    fn where_there_is_no_folder_there_are_no_files() {
        let esp = tempfile::tempdir().unwrap();
        assert_eq!(EfiFile::all(esp.path()).unwrap(), []);
        let folder = esp.path().join(FOLDER);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("siembox_0.2.0+2-1.efi"), "").unwrap();
        std::fs::write(folder.join("notes.txt"), "").unwrap();
        let files = EfiFile::all(esp.path()).unwrap();
        assert_eq!(files.len(), 1);
        assert_eq!(files[0].good_name(), "siembox_0.2.0.efi");
    }
}
