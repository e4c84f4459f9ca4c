//! Numbers for names, as FUSE wants them: each path below a root has one, and keeps it when it is
//! renamed.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Paths by number, and numbers by path. The root is 1.
#[derive(Debug)]
pub(super) struct Names {
    paths: HashMap<u64, PathBuf>,
    numbers: HashMap<PathBuf, u64>,
    next: u64,
}

impl Names {
    pub(super) fn new(root: &Path) -> Self {
        Self {
            paths: HashMap::from([(1, root.to_owned())]),
            numbers: HashMap::from([(root.to_owned(), 1)]),
            next: 2,
        }
    }

    pub(super) fn path(&self, number: u64) -> Option<PathBuf> {
        self.paths.get(&number).cloned()
    }

    pub(super) fn child(&self, parent: u64, name: &OsStr) -> Option<PathBuf> {
        Some(self.paths.get(&parent)?.join(name))
    }

    pub(super) fn number(&mut self, path: &Path) -> u64 {
        if let Some(number) = self.numbers.get(path) {
            return *number;
        }
        let number = self.next;
        self.next += 1;
        self.paths.insert(number, path.to_owned());
        self.numbers.insert(path.to_owned(), number);
        number
    }

    /// The name is free again; who still has the file open goes on by its handle.
    pub(super) fn forget(&mut self, path: &Path) {
        self.numbers.remove(path);
    }

    /// Takes everything below along.
    pub(super) fn rename(&mut self, from: &Path, to: &Path) {
        self.forget(to);
        let moved: Vec<PathBuf> = self
            .numbers
            .keys()
            .filter(|path| path.starts_with(from))
            .cloned()
            .collect();
        for old in moved {
            let Some(number) = self.numbers.remove(&old) else {
                continue;
            };
            let below = old.strip_prefix(from).unwrap_or(Path::new(""));
            let new = if below.as_os_str().is_empty() {
                to.to_owned()
            } else {
                to.join(below)
            };
            self.paths.insert(number, new.clone());
            self.numbers.insert(new, number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renamed_folder_takes_its_files_along() {
        let mut names = Names::new(Path::new("/r"));
        let (folder, file) = (
            names.number(Path::new("/r/a")),
            names.number(Path::new("/r/a/f")),
        );
        let other = names.number(Path::new("/r/ab"));
        names.rename(Path::new("/r/a"), Path::new("/r/b"));
        assert_eq!(names.path(folder), Some("/r/b".into()));
        assert_eq!(names.path(file), Some("/r/b/f".into()));
        assert_eq!(names.path(other), Some("/r/ab".into()));
        assert_eq!(names.child(folder, OsStr::new("f")), Some("/r/b/f".into()));
        assert_eq!(names.number(Path::new("/r/b/f")), file);
        names.forget(Path::new("/r/b/f"));
        assert_ne!(names.number(Path::new("/r/b/f")), file);
    }
}
