//! Drivers: the kernel modules that the image's builder chose for the board, in the order in which
//! it found that they need each other. So there is no search for dependencies here, and no
//! modprobe.

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::path::Path;

use rustix::io::Errno;
use rustix::system::finit_module;

/// One module a line, with its parameters behind it, in load order; `#` begins a remark.
pub const LIST: &str = "/etc/siembox/modules";

/// What became of them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct LoadedModules {
    /// So many are in the kernel now.
    pub count: usize,
    /// Drivers of devices that are not there: no trouble, a board may be built in several ways.
    pub idle: Vec<String>,
    /// Could not be loaded, each with its reason.
    pub troubles: Vec<String>,
}

/// A line of the list.
#[derive(Debug, PartialEq, Eq)]
struct GpioLine<'a> {
    path: &'a str,
    parameters: &'a str,
}

/// Loads the list. A module that fails is passed over: what needs it will say so.
#[must_use]
pub fn load(list: &Path) -> LoadedModules {
    let mut loaded = LoadedModules::default();
    match std::fs::read_to_string(list) {
        Ok(text) => {
            for line in lines(&text) {
                loaded.note(line.path, insert(&line));
            }
        }
        // a kernel that has all it needs within itself
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
        Err(cause) => {
            let trouble = format!("{}: {cause}", list.display());
            loaded.troubles.push(trouble);
        }
    }
    loaded
}

fn lines(text: &str) -> impl Iterator<Item = GpioLine<'_>> {
    text.lines().filter_map(|line| {
        let line = line.split('#').next()?.trim();
        let (path, parameters) = line.split_once(' ').unwrap_or((line, ""));
        let parameters = parameters.trim();
        (!path.is_empty()).then_some(GpioLine { path, parameters })
    })
}

fn insert(line: &GpioLine) -> Result<(), Errno> {
    let file = File::open(line.path).map_err(|cause| {
        cause
            .raw_os_error()
            .map_or(Errno::IO, Errno::from_raw_os_error)
    })?;
    let parameters = CString::new(line.parameters).map_err(|_| Errno::INVAL)?;
    // MODULE_INIT_COMPRESSED_FILE: the kernel unpacks it itself
    let packed = [".xz", ".zst", ".gz"]
        .iter()
        .any(|end| line.path.ends_with(end));
    finit_module(file, &parameters, if packed { 4 } else { 0 })
}

// === impl Loaded ===

impl LoadedModules {
    /// For the console: how many drivers there are, and what was wrong with others.
    #[must_use]
    pub fn in_words(&self) -> String {
        let mut words = format!("drivers: {} loaded", self.count);
        if !self.idle.is_empty() {
            words.push_str(&format!("; without a device: {}", self.idle.join(", ")));
        }
        for trouble in &self.troubles {
            words.push_str("\ndriver ");
            words.push_str(trouble);
        }
        words
    }

    fn note(&mut self, path: &str, tried: Result<(), Errno>) {
        match tried {
            // it is in the kernel itself, or came as another one's dependency
            Ok(()) | Err(Errno::EXIST) => self.count += 1,
            Err(Errno::NODEV) => self.idle.push(name(path).to_owned()),
            Err(cause) => self
                .troubles
                .push(format!("{}: cannot be loaded: {cause}", name(path))),
        }
    }
}

/// `virtio_net` of `/lib/modules/6.1.0/kernel/drivers/net/virtio_net.ko.xz`.
fn name(path: &str) -> &str {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.split(".ko").next().unwrap_or(file)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reads_paths_parameters_and_remarks() {
        let text = "# storage\n/lib/modules/6.1/virtio.ko\n\n  /lib/i6300esb.ko heartbeat=60 nowayout=0 # watchdog\n";
        let read: Vec<_> = lines(text)
            .map(|line| (line.path, line.parameters))
            .collect();
        assert_eq!(
            read,
            [
                ("/lib/modules/6.1/virtio.ko", ""),
                ("/lib/i6300esb.ko", "heartbeat=60 nowayout=0")
            ]
        );
    }

    #[test]
    fn one_that_fails_is_said_and_passed_over() {
        let mut loaded = LoadedModules::default();
        loaded.note("/a/ext4.ko", Ok(()));
        loaded.note("/a/virtio.ko.xz", Err(Errno::EXIST));
        loaded.note("/a/i6300esb.ko", Err(Errno::NODEV));
        loaded.note("/a/vfat.ko", Err(Errno::NOENT));
        assert_eq!(
            (loaded.count, loaded.idle),
            (2, vec!["i6300esb".to_owned()])
        );
        assert_eq!(loaded.troubles.len(), 1);
        assert!(loaded.troubles[0].starts_with("vfat: cannot be loaded: "));
    }

    #[test]
    fn a_list_that_is_not_there_is_no_trouble() {
        assert_eq!(load(Path::new("/none/such")), LoadedModules::default());
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load(folder.path()).troubles.len(), 1);
    }
}
