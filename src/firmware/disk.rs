//! The disk: found, grown, checked and mounted. What came out is one value, [`Data`], which the
//! page, STATUS.TXT and the lamps speak from.
//!
//! ```text
//! find ──────▶ grow ─▶ check ─▶ fill ─▶ /data
//!   whose?    the table  e2fsck  resize2fs
//! ```

mod check;
mod data;
mod erase;
mod find;
mod gpt;
mod grow;
mod partition;
mod superblock;

use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, chown};
use std::path::Path;

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use check::{Health, check, fill, make};
pub use data::{Data, Space, space};
pub use find::{FoundDisk, find};
pub use partition::Disk;
use partition::Partition;

use super::SIEMBOX;
use super::log::Log;
use super::paths::DATA_FOLDER;

const FLAGS: MountFlags = MountFlags::NOATIME
    .union(MountFlags::NODEV)
    .union(MountFlags::NOSUID)
    .union(MountFlags::NOEXEC);

/// Makes the data partition as large as its disk lets it be, before anything of that disk is
/// mounted.
pub fn widen(disk: &Disk, log: &Log, sys: &Path) {
    match grow::grow(disk, sys) {
        Ok(true) => log.say(format!(
            "disk: {} grew to the end of {}",
            disk.data.name, disk.name
        )),
        Ok(false) => {}
        Err(cause) => log.say(format!(
            "disk: {} cannot grow to the end of {}: {cause}",
            disk.data.name, disk.name
        )),
    }
}

/// Makes /data: the partition, or RAM where that can't be. `reset`: a new file system is asked for,
/// whatever is there.
pub fn mount_data(found: &FoundDisk, reset: bool, log: &Log, sys: &Path) -> Data {
    let data = match &found.disk {
        Ok(disk) => prepare(disk, reset, log, sys),
        Err(why) => Data::Missing { why: why.clone() },
    };
    if data.is_in_ram()
        && let Err(cause) = mount_in_ram()
    {
        log.say(format!(
            "data: not even RAM can be mounted on {DATA_FOLDER}: {cause}"
        ));
    }
    if let Err(cause) = folders(Path::new(DATA_FOLDER)) {
        log.say(format!(
            "data: the folders on {DATA_FOLDER} cannot be created: {cause}"
        ));
    }
    log.say(format!("data: {}", data.in_words()));
    data
}

fn prepare(disk: &Disk, reset: bool, log: &Log, sys: &Path) -> Data {
    let device = disk.data.device();
    let bytes = size_of(&disk.data, sys);
    if reset {
        forget_secrets(&device, bytes, log);
        return remake(disk, |device| renew(device, log));
    }
    let repaired = match check(&device, bytes) {
        Ok(Health::Clean) => false,
        Ok(Health::Repaired) => true,
        Ok(Health::Blank) => return remake(disk, make),
        Ok(Health::Beyond { why }) => return Data::Damaged { why },
        Err(cause) => {
            return Data::Damaged {
                why: cause.to_string(),
            };
        }
    };
    match fill(&device, bytes) {
        Ok(true) => log.say(format!(
            "disk: the file system on {} now fills the partition",
            disk.data.name
        )),
        Ok(false) => {}
        Err(cause) => log.say(format!(
            "disk: the file system on {} does not fill the partition: {cause}",
            disk.data.name
        )),
    }
    match mounted(&device) {
        Ok(space) => Data::Ready {
            size: space.size,
            free: space.free,
            repaired,
        },
        Err(cause) => Data::Damaged {
            why: format!("it cannot be mounted: {cause}"),
        },
    }
}

/// Erases the data partition, and gives it a new file system; nothing may use it any more.
///
/// # Errors
/// There is no new file system on it.
pub fn erase(disk: &Disk, log: &Log) -> io::Result<()> {
    renew(&disk.data.device(), log)
}

fn renew(device: &Path, log: &Log) -> io::Result<()> {
    let words = match erase::erase(device, erase::PATIENCE) {
        Ok(erased) => erased.in_words(),
        Err(cause) => format!("the old data cannot be erased: {cause}: destroy the card"),
    };
    log.say(format!("factory reset: {words}"));
    make(device)
}

/// Erases the secrets first, if the file system can still be used: the device may be too slow to
/// be erased as a whole.
fn forget_secrets(device: &Path, bytes: u64, log: &Log) {
    let usable = matches!(check(device, bytes), Ok(Health::Clean | Health::Repaired));
    if !usable || mounted(device).is_err() {
        return;
    }
    if let Err(cause) = erase::small_files(Path::new(DATA_FOLDER)) {
        log.say(format!(
            "factory reset: not every secret was overwritten in place: {cause}"
        ));
    }
    if let Err(cause) = unmount(DATA_FOLDER, UnmountFlags::empty()) {
        log.say(format!(
            "factory reset: {DATA_FOLDER} stays mounted: {cause}"
        ));
    }
}

fn remake(disk: &Disk, make: impl FnOnce(&Path) -> io::Result<()>) -> Data {
    let device = &disk.data.device();
    match make(device).and_then(|()| mounted(device)) {
        Ok(space) => Data::Remade { size: space.size },
        Err(cause) => Data::Damaged {
            why: cause.to_string(),
        },
    }
}

fn size_of(partition: &Partition, sys: &Path) -> u64 {
    let path = sys.join("class/block").join(&partition.name).join("size");
    let sectors = std::fs::read_to_string(path).ok();
    sectors
        .and_then(|text| text.trim().parse::<u64>().ok())
        .unwrap_or(0)
        * 512
}

fn mounted(device: &Path) -> io::Result<Space> {
    std::fs::create_dir_all(DATA_FOLDER)?;
    // noinit_itable: else the kernel goes on writing for minutes after a growth, on a box that
    // idles
    let options = c"errors=remount-ro,data=ordered,noinit_itable";
    mount(device, DATA_FOLDER, "ext4", FLAGS, Some(options))?;
    space(Path::new(DATA_FOLDER))
}

fn mount_in_ram() -> io::Result<()> {
    std::fs::create_dir_all(DATA_FOLDER)?;
    mount(
        "tmpfs",
        DATA_FOLDER,
        "tmpfs",
        FLAGS,
        Some(c"mode=0755,size=64m,nr_inodes=4k"),
    )?;
    Ok(())
}

/// What has to lie on /data: settings and secrets, siembox's state, the logs, and what only PID 1
/// may write.
fn folders(place: &Path) -> io::Result<()> {
    for (name, mode, owner) in [
        ("etc", 0o700, SIEMBOX),
        ("state", 0o700, SIEMBOX),
        ("log", 0o755, SIEMBOX),
        ("system", 0o700, (0, 0)),
    ] {
        let path = place.join(name);
        let made = std::fs::DirBuilder::new()
            .recursive(true)
            .mode(mode)
            .create(&path);
        made.map_err(|cause| named(&path, cause))?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode))
            .and_then(|()| chown(&path, Some(owner.0), Some(owner.1)))
            .map_err(|cause| named(&path, cause))?;
    }
    Ok(())
}

fn named(path: &Path, cause: io::Error) -> io::Error {
    io::Error::new(cause.kind(), format!("{}: {cause}", path.display()))
}
