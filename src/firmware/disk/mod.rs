//! The disk: found, grown, checked and mounted. What came out is one value, [`Data`], which the page, STATUS.TXT and the lamps
//! speak from.
//!
//! ```text
//! partition ─▶ grow ─▶ check ─▶ fill ─▶ /data
//!   whose?    the table  e2fsck  resize2fs
//! ```

mod check;
mod gpt;
mod grow;
mod partition;
mod superblock;

use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::mount::{MountFlags, mount};

pub use check::make;
use check::{Health, check, fill};
use partition::{Choice, Partition, choose, of_uevent};
pub use partition::{DATA, Disk, ESP};

use super::SIEMBOX;
use super::log::Log;

/// Where the data partition is mounted.
pub const PLACE: &str = "/data";
/// Cards and sticks are found late by the kernel.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(50);
const FLAGS: MountFlags = MountFlags::NOATIME
    .union(MountFlags::NODEV)
    .union(MountFlags::NOSUID)
    .union(MountFlags::NOEXEC);

/// What /data is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// The data partition.
    Ready {
        /// Bytes of the file system.
        size: u64,
        /// Bytes that siembox can use now.
        free: u64,
        /// Was something mended at this start?
        repaired: bool,
    },
    /// The data partition with a new file system: there was none, or a factory reset asked for it.
    Remade {
        /// Bytes of the file system.
        size: u64,
    },
    /// In RAM: the partition is there and can't be used. It was not touched.
    Damaged {
        /// What is wrong.
        why: String,
    },
    /// In RAM: there is no data partition.
    Missing {
        /// What is wrong.
        why: String,
    },
}

/// What was found of the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The disk, or why there is none.
    pub disk: Result<Disk, String>,
    /// What the boot loader reads: it can be there where the data partition is not, and be told why.
    pub esp: Option<Partition>,
}

/// Waits for the disk, and says which it is.
pub fn find(log: &Log, sys: &Path) -> Found {
    let booted_from = booted_from(sys);
    let began = Instant::now();
    loop {
        let late = began.elapsed() >= PATIENCE;
        match choose(&partitions(sys), booted_from.as_deref()) {
            Choice::One(disk) => return Found::whole(disk),
            // the one that was booted from may be the slower one
            Choice::Among { certain, .. } if booted_from.is_some() && !certain && !late => {}
            Choice::Among {
                taken,
                others,
                certain,
            } => {
                let why = match certain {
                    true => "the one that was booted from",
                    false => "the first; which one was booted from is not known",
                };
                log.say(format!(
                    "disk: {} is used, {why}. Partitions of the same names are on: {}. Cure: leave one of them in the box",
                    taken.name,
                    others.join(", ")
                ));
                return Found::whole(taken);
            }
            Choice::None { half } if late => return Found::half(half),
            Choice::None { .. } => {}
        }
        std::thread::sleep(LOOK);
    }
}

/// Every partition with one of our names.
fn partitions(sys: &Path) -> Vec<Partition> {
    let Ok(entries) = std::fs::read_dir(sys.join("class/block")) else {
        return Vec::new();
    };
    let mut found: Vec<Partition> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let uevent = std::fs::read_to_string(path.join("uevent")).ok()?;
            // …/block/vda/vda2
            let real = path.canonicalize().ok()?;
            let disk = real.parent()?.file_name()?.to_str()?.to_owned();
            let mut partition = of_uevent(&uevent, &disk)?;
            let sector = std::fs::read_to_string(
                sys.join("class/block")
                    .join(&disk)
                    .join("queue/logical_block_size"),
            );
            let sector = sector.ok()?.trim().parse().ok()?;
            partition.uuid =
                gpt::partition_uuid(&Path::new("/dev").join(&disk), sector, partition.number)
                    .unwrap_or_default();
            Some(partition)
        })
        .collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

/// The ESP that systemd-boot was read from, where it says.
fn booted_from(sys: &Path) -> Option<String> {
    const NAME: &str = "LoaderDevicePartUUID-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";
    let value = std::fs::read(sys.join("firmware/efi/efivars").join(NAME)).ok()?;
    gpt::of_efi_variable(&value)
}

/// Makes the data partition as large as its disk lets it be, before anything of that disk is mounted.
pub fn widen(disk: &Disk, log: &Log, sys: &Path) {
    match grow::grow(disk, sys) {
        Ok(true) => log.say(format!(
            "disk: {} grew to the end of {}",
            disk.data.name, disk.name
        )),
        Ok(false) => {}
        Err(cause) => log.say(format!(
            "disk: {} does not grow to the end of {}: {cause}",
            disk.data.name, disk.name
        )),
    }
}

/// Makes /data: the partition, or RAM where that can't be. `reset`: a new file system is asked for, whatever is there.
pub fn mount_data(found: &Found, reset: bool, log: &Log, sys: &Path) -> Data {
    let data = match &found.disk {
        Ok(disk) => prepare(disk, reset, log, sys),
        Err(why) => Data::Missing { why: why.clone() },
    };
    if data.is_in_ram()
        && let Err(cause) = mount_in_ram()
    {
        log.say(format!(
            "data: not even RAM can be mounted on {PLACE}: {cause}"
        ));
    }
    if let Err(cause) = folders(Path::new(PLACE)) {
        log.say(format!(
            "data: the folders on {PLACE} cannot be made: {cause}"
        ));
    }
    log.say(format!("data: {}", data.in_words()));
    data
}

fn prepare(disk: &Disk, reset: bool, log: &Log, sys: &Path) -> Data {
    let device = disk.data.device();
    let bytes = size_of(&disk.data, sys);
    let health = match reset {
        true => Ok(Health::Blank),
        false => check(&device, bytes),
    };
    let repaired = match health {
        Ok(Health::Clean) => false,
        Ok(Health::Repaired) => true,
        Ok(Health::Blank) => return remake(&device),
        Ok(Health::Beyond { why }) => return Data::Damaged { why },
        Err(cause) => {
            return Data::Damaged {
                why: cause.to_string(),
            };
        }
    };
    match fill(&device, bytes) {
        Ok(true) => log.say(format!(
            "disk: the file system on {} fills it now",
            disk.data.name
        )),
        Ok(false) => {}
        Err(cause) => log.say(format!(
            "disk: the file system on {} does not fill it: {cause}",
            disk.data.name
        )),
    }
    match mounted(&device) {
        Ok((size, free)) => Data::Ready {
            size,
            free,
            repaired,
        },
        Err(cause) => Data::Damaged {
            why: format!("it cannot be mounted: {cause}"),
        },
    }
}

fn remake(device: &Path) -> Data {
    match make(device).and_then(|()| mounted(device)) {
        Ok((size, _)) => Data::Remade { size },
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

fn mounted(device: &Path) -> io::Result<(u64, u64)> {
    std::fs::create_dir_all(PLACE)?;
    // noinit_itable: else the kernel goes on writing for minutes after a growth, on a box that idles
    let options = c"errors=remount-ro,data=ordered,noinit_itable";
    mount(device, PLACE, "ext4", FLAGS, Some(options))?;
    space(Path::new(PLACE))
}

/// Bytes in all, and bytes that siembox can use: what is kept for root is not among them.
///
/// # Errors
/// What the system said.
pub fn space(place: &Path) -> io::Result<(u64, u64)> {
    let space = rustix::fs::statvfs(place)?;
    Ok((
        space.f_blocks * space.f_frsize,
        space.f_bavail * space.f_frsize,
    ))
}

fn mount_in_ram() -> io::Result<()> {
    std::fs::create_dir_all(PLACE)?;
    mount(
        "tmpfs",
        PLACE,
        "tmpfs",
        FLAGS,
        Some(c"mode=0755,size=64m,nr_inodes=4k"),
    )?;
    Ok(())
}

/// What has to lie on /data: settings and secrets, siembox's state, the logs, and what only PID 1 may write.
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

// === impl Found ===

impl Found {
    fn whole(disk: Disk) -> Self {
        let esp = Some(disk.esp.clone());
        Self {
            disk: Ok(disk),
            esp,
        }
    }

    fn half(half: Option<Partition>) -> Self {
        let why = match &half {
            Some(one) => format!(
                "disk {} has no partition named {}; cure: flash it anew",
                one.disk,
                one.other()
            ),
            None => format!(
                "no disk has partitions named {ESP} and {DATA}; cure: plug in the card or disk that siembox was flashed to. \
                 If it is in the box, its driver is missing in this image"
            ),
        };
        Self {
            disk: Err(why),
            esp: half.filter(|one| one.label == ESP),
        }
    }
}

// === impl Data ===

impl Data {
    /// Is /data in RAM, so that nothing on it outlives a power cut?
    #[must_use]
    pub fn is_in_ram(&self) -> bool {
        matches!(self, Self::Damaged { .. } | Self::Missing { .. })
    }

    /// What is wrong and how to cure it; None where all is well. `free`: bytes that siembox can use now.
    #[must_use]
    pub fn trouble(&self, free: u64) -> Option<String> {
        match self {
            Self::Ready { .. } | Self::Remade { .. } if free < FULL => Some(String::from(
                "The data partition is full. Reading from the cloud waits until the SIEM has taken what is kept here: \
                 nothing is lost. Cure: mend the way to the SIEM, or flash a larger card.",
            )),
            Self::Ready { .. } | Self::Remade { .. } => None,
            Self::Damaged { why } => Some(format!(
                "The data partition is damaged and could not be repaired ({why}). siembox runs without its settings, from RAM, \
                 and has left the partition as it is. Cure: look at it on another machine, or give up what is on it by a \
                 factory reset: hold the button for 30 seconds, or put an empty file named {} beside this one and start \
                 the box again.",
                super::reset::FILE
            )),
            Self::Missing { why } => Some(format!(
                "There is no data partition: {why}. siembox runs without its settings, from RAM."
            )),
        }
    }

    /// `19.8 GB, clean`.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::Ready {
                size,
                free,
                repaired,
            } => {
                let state = if *repaired { "repaired" } else { "clean" };
                format!("{}, {state}, {} free", in_words(*size), in_words(*free))
            }
            Self::Remade { size } => format!("{}, new", in_words(*size)),
            Self::Damaged { why } => format!("DAMAGED, in RAM for now: {why}"),
            Self::Missing { why } => format!("MISSING, in RAM for now: {why}"),
        }
    }
}

/// Less is full: siembox needs room for a page of records, and its log.
const FULL: u64 = 8_000_000;

fn in_words(bytes: u64) -> String {
    match bytes {
        0..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{}.{} GB", bytes / 1_000_000_000, bytes / 100_000_000 % 10),
    }
}

/// Where things lie on /data.
#[must_use]
pub fn on_data(name: &str) -> PathBuf {
    Path::new(PLACE).join(name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_trouble_has_a_cure() {
        let ready = Data::Ready {
            size: 19_800_000_000,
            free: 19_000_000_000,
            repaired: false,
        };
        assert_eq!(ready.trouble(19_000_000_000), None);
        assert_eq!(ready.in_words(), "19.8 GB, clean, 19.0 GB free");
        let damaged = Data::Damaged {
            why: "e2fsck: out of memory".into(),
        };
        let missing = Data::Missing {
            why: Found::half(None).disk.unwrap_err(),
        };
        for (data, cure) in [
            (ready, "Cure: mend"),
            (damaged, "FACTORY-RESET"),
            (missing, "cure: plug in"),
        ] {
            let text = data.trouble(1_000).unwrap();
            assert!(text.contains(cure), "{text}");
            assert!(text.is_ascii(), "it goes into STATUS.TXT");
        }
    }

    #[test]
    fn space_is_told() {
        let (size, free) = space(&std::env::temp_dir()).unwrap();
        assert!(size >= free && size > 0);
    }
}
