//! Mounts the file systems that the other steps need, and makes the root read-only once everything
//! has started.
//!
//! The root is the unpacked initramfs: it lives in RAM, and a power cut finds nothing of it half
//! written. What may change lies on /run and /tmp, which are bounded, and on /data.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;

use rustix::mount::{MountFlags, mount, mount_remount};

/// One of them.
struct Place {
    kind: &'static str,
    target: &'static str,
    flags: MountFlags,
    options: &'static std::ffi::CStr,
}

const QUIET: MountFlags = MountFlags::NOSUID
    .union(MountFlags::NODEV)
    .union(MountFlags::NOEXEC);

const FIRST: [Place; 6] = [
    place("proc", "/proc", QUIET, c""),
    place("sysfs", "/sys", QUIET, c""),
    place(
        "devtmpfs",
        "/dev",
        MountFlags::NOSUID.union(MountFlags::NOEXEC),
        c"mode=0755",
    ),
    // a process's word to another: small files
    place("tmpfs", "/run", QUIET, c"mode=0755,size=4m,nr_inodes=1k"),
    // support bundles on their way to a browser
    place("tmpfs", "/tmp", QUIET, c"mode=1777,size=32m,nr_inodes=4k"),
    // which disk the boot loader came from; not there on boards without UEFI
    place("efivarfs", "/sys/firmware/efi/efivars", EFI, c""),
];

/// Read only: a slip in a variable there can make a mainboard unbootable.
const EFI: MountFlags = QUIET.union(MountFlags::RDONLY);

const fn place(
    kind: &'static str,
    target: &'static str,
    flags: MountFlags,
    options: &'static std::ffi::CStr,
) -> Place {
    Place {
        kind,
        target,
        flags,
        options,
    }
}

/// Mounts what every boot needs. What could not be is named; the boot goes on as far as it comes.
#[must_use]
pub fn first() -> Vec<String> {
    let mut troubles = Vec::new();
    for place in &FIRST {
        let optional = place.kind == "efivarfs";
        if !optional && let Err(cause) = folder(place.target) {
            troubles.push(format!("{}: cannot be created: {cause}", place.target));
        }
        match mount(
            place.kind,
            place.target,
            place.kind,
            place.flags,
            Some(place.options),
        ) {
            // the kernel was faster (devtmpfs.mount)
            Ok(()) | Err(rustix::io::Errno::BUSY) => {}
            Err(_) if optional => {}
            Err(cause) => {
                troubles.push(format!(
                    "{}: {} cannot be mounted: {cause}",
                    place.target, place.kind
                ));
            }
        }
    }
    troubles
}

/// Mounts efivarfs, whose module may have come after [`first`]; what is not there is not missed.
pub fn efi_variables() {
    if let Some(place) = FIRST.last() {
        let options = Some(place.options);
        let _ = mount(place.kind, place.target, place.kind, place.flags, options);
    }
}

/// Nothing writes to the root from here on.
///
/// # Errors
/// What the kernel said, as a rule that a file there is open for writing.
pub fn seal_root() -> io::Result<()> {
    mount_remount("/", MountFlags::RDONLY, c"").map_err(io::Error::from)
}

/// /run/siembox, where processes leave a word for each other; only root writes there.
///
/// # Errors
/// What the system said.
pub fn word_folder() -> io::Result<()> {
    folder("/run/siembox")
}

fn folder(path: &str) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o755).create(path)
}
