//! The ESP: what the boot loader reads, and any laptop too. It is mounted read-only, and written to
//! for moments only: a FAT file system has no journal, and a power cut in the wrong moment may cost
//! the box its boot loader.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rustix::mount::{MountFlags, UnmountFlags, mount, mount_remount, unmount};

use super::log::Log;
use super::program::run;

/// Where it is mounted.
pub const PLACE: &str = "/boot";

const FLAGS: MountFlags = MountFlags::NOATIME
    .union(MountFlags::NODEV)
    .union(MountFlags::NOSUID)
    .union(MountFlags::NOEXEC);
const READ_ONLY: MountFlags = FLAGS.union(MountFlags::RDONLY);
/// A token may lie there until it is taken in: for root's eyes only.
const OPTIONS: &std::ffi::CStr = c"umask=0077,errors=remount-ro";

/// The mounted ESP.
#[derive(Debug)]
pub struct Esp {
    place: PathBuf,
}

// === impl Esp ===

impl Esp {
    /// Checks it where it was not unmounted in order, and mounts it read-only.
    ///
    /// # Errors
    /// It can't be mounted. The box runs without it: there is no STATUS.TXT then.
    pub fn open(device: &Path, log: &Log) -> io::Result<Self> {
        if is_dirty(device).unwrap_or(false) {
            match run("/sbin/fsck.vfat", ["-a".as_ref(), device.as_os_str()], "") {
                // 1: it mended something
                Ok(ran) if matches!(ran.code, Some(0 | 1)) => {
                    log.say("boot partition: was in use when the power failed; checked")
                }
                Ok(ran) => log.say(format!("boot partition: fsck.vfat: {}", ran.last_line())),
                Err(cause) => log.say(format!("boot partition: cannot be checked: {cause}")),
            }
        }
        std::fs::create_dir_all(PLACE)?;
        mount(device, PLACE, "vfat", READ_ONLY, Some(OPTIONS))?;
        Ok(Self {
            place: PLACE.into(),
        })
    }

    /// The folder, to be read.
    #[must_use]
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Lets `act` write there. It is on the disk, and the ESP read-only again, when this returns.
    ///
    /// # Errors
    /// What `act` says, or the disk.
    pub fn written<T>(&self, act: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
        mount_remount(&self.place, FLAGS, OPTIONS)?;
        let acted = act(&self.place);
        let synced = File::open(&self.place).and_then(|folder| Ok(rustix::fs::syncfs(folder)?));
        let sealed = mount_remount(&self.place, READ_ONLY, OPTIONS).map_err(io::Error::from);
        let value = acted?;
        synced.and(sealed).map(|()| value)
    }

    /// Unmounts it, at the end.
    pub fn close(self) {
        let _ = unmount(&self.place, UnmountFlags::empty());
    }
}

/// FAT32 notes in its first sector that it is in use, and takes that away when it is unmounted.
fn is_dirty(device: &Path) -> io::Result<bool> {
    const STATE: u64 = 65;
    let mut byte = [0];
    File::open(device)?.read_exact_at(&mut byte, STATE)?;
    Ok(byte[0] & 1 != 0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn sees_that_it_was_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("esp");
        let mut sector = [0; 512];
        for (byte, dirty) in [(0, false), (1, true), (2, false), (3, true)] {
            sector[65] = byte;
            std::fs::write(&path, sector).unwrap();
            assert_eq!(is_dirty(&path).unwrap(), dirty);
        }
    }
}
