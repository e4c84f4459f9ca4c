//! Waits for the disk at boot, and identifies it.

use std::path::Path;
use std::time::Duration;

use super::gpt;
use super::partition::{Choice, DATA, Disk, ESP, Partition, choose, of_uevent};
use crate::clock::Stopwatch;
use crate::firmware::boot_loader;
use crate::firmware::log::Log;

/// Cards and sticks are found late by the kernel.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(50);

/// What was found of the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundDisk {
    /// The disk, or why there is none.
    pub disk: Result<Disk, String>,
    /// What the boot loader reads: it can be there where the data partition is not, and be told
    /// why.
    pub esp: Option<Partition>,
}

/// Waits for the disk, and says which it is.
pub fn find(log: &Log, sys: &Path) -> FoundDisk {
    let booted_from = booted_from(sys);
    let began = Stopwatch::start();
    loop {
        let late = began.elapsed() >= PATIENCE;
        match choose(&partitions(sys), booted_from.as_deref()) {
            Choice::One(disk) => return FoundDisk::whole(disk),
            // the one that the box started from may be the slower one
            Choice::Among { certain, .. } if booted_from.is_some() && !certain && !late => {}
            Choice::Among {
                taken,
                others,
                certain,
            } => {
                let why = match certain {
                    true => "the one that the box started from",
                    false => "the first one, because it is unknown which one the box started from",
                };
                log.say(format!(
                    "disk: {} is used, {why}. Partitions with the same names are on: {}. Cure: \
                        leave only one of them in the box",
                    taken.name,
                    others.join(", ")
                ));
                return FoundDisk::whole(taken);
            }
            Choice::None { half } if late => return FoundDisk::half(half),
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
    let uuid = boot_loader::word(sys, "LoaderDevicePartUUID")?;
    (uuid.len() == 36).then(|| uuid.to_ascii_lowercase())
}

// === impl Found ===

impl FoundDisk {
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
                "disk {} has no partition named {}; cure: flash it again",
                one.disk,
                one.other()
            ),
            None => format!(
                "no disk has partitions named {ESP} and {DATA}; cure: insert the card or disk with \
                    the siembox image. If it is inserted, this image lacks its driver"
            ),
        };
        Self {
            disk: Err(why),
            esp: half.filter(|one| one.label == ESP),
        }
    }
}
