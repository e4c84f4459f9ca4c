//! Finds siembox's disk by the names of its partitions.

use std::path::PathBuf;

/// Name of the partition that the boot loader reads, in the partition table (GPT).
pub const ESP: &str = "SIEMBOX-ESP";
/// Name of the partition that everything is kept on.
pub const DATA: &str = "SIEMBOX-DATA";

/// One partition with one of our names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// As the kernel calls it: `vda2`, `mmcblk0p2`.
    pub name: String,
    /// The disk it is on: `vda`, `mmcblk0`.
    pub disk: String,
    /// Its number in the table.
    pub number: u32,
    /// [`ESP`] or [`DATA`].
    pub label: String,
    /// Its identity in the table, lower case; empty where it could not be read.
    pub uuid: String,
}

/// A disk with both partitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disk {
    /// As the kernel calls it.
    pub name: String,
    /// What the boot loader reads.
    pub esp: Partition,
    /// What everything is kept on.
    pub data: Partition,
}

/// The disks that could be ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// None has both partitions.
    None {
        /// A partition whose disk has not the other one.
        half: Option<Partition>,
    },
    /// This one.
    One(Disk),
    /// This one, and other disks look the same.
    Among {
        /// The one taken.
        taken: Disk,
        /// The others' names.
        others: Vec<String>,
        /// Is it certain that the boot loader came from it?
        certain: bool,
    },
}

/// What `/sys/class/block/<name>/uevent` says of a partition with one of our names; None for all
/// else.
#[must_use]
pub fn of_uevent(uevent: &str, disk: &str) -> Option<Partition> {
    let word = |key: &str| {
        let mut lines = uevent.lines();
        lines.find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
    };
    let label = word("PARTNAME").filter(|label| [ESP, DATA].contains(label))?;
    Some(Partition {
        name: word("DEVNAME")?.to_owned(),
        disk: disk.to_owned(),
        number: word("PARTN")?.parse().ok()?,
        label: label.to_owned(),
        uuid: String::new(),
    })
}

/// Chooses among the disks found. `booted_from`: the identity of the ESP that the boot loader was
/// read from, where it says.
#[must_use]
pub fn choose(found: &[Partition], booted_from: Option<&str>) -> Choice {
    let mut names: Vec<&str> = found.iter().map(|one| &*one.disk).collect();
    names.sort_unstable();
    names.dedup();
    let with = |disk: &str, label: &str| {
        let mut all = found.iter();
        all.find(|one| one.disk == disk && one.label == label)
            .cloned()
    };
    let mut disks: Vec<Disk> = names
        .iter()
        .filter_map(|name| {
            Some(Disk {
                name: (*name).to_owned(),
                esp: with(name, ESP)?,
                data: with(name, DATA)?,
            })
        })
        .collect();
    let booted = booted_from.and_then(|uuid| {
        let mut all = disks.iter();
        all.position(|disk| disk.esp.uuid.eq_ignore_ascii_case(uuid))
    });
    if disks.is_empty() {
        let half = found.first().cloned();
        return Choice::None { half };
    }
    let taken = disks.remove(booted.unwrap_or(0));
    if disks.is_empty() {
        return Choice::One(taken);
    }
    Choice::Among {
        taken,
        others: disks.into_iter().map(|disk| disk.name).collect(),
        certain: booted.is_some(),
    }
}

// === impl Partition ===

impl Partition {
    /// Name of the one that should be beside it.
    #[must_use]
    pub fn other(&self) -> &'static str {
        if self.label == ESP { DATA } else { ESP }
    }

    /// The device file.
    #[must_use]
    pub fn device(&self) -> PathBuf {
        PathBuf::from("/dev").join(&self.name)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn pair(disk: &str, uuid: &str) -> [Partition; 2] {
        [(1, ESP, uuid), (2, DATA, "")].map(|(number, label, uuid)| Partition {
            name: format!("{disk}{number}"),
            disk: disk.to_owned(),
            number,
            label: label.to_owned(),
            uuid: uuid.to_owned(),
        })
    }

    #[test]
    fn knows_a_partition_by_its_name_only() {
        let uevent = "MAJOR=254\nMINOR=2\nDEVNAME=vda2\nDEVTYPE=partition\nDISKSEQ=1\nPARTN=2\nPARTNAME=SIEMBOX-DATA\n";
        let partition = of_uevent(uevent, "vda").unwrap();
        assert_eq!(partition, pair("vda", "")[1]);
        assert_eq!(partition.device(), PathBuf::from("/dev/vda2"));
        for other in [
            "",
            "DEVNAME=vda\nDEVTYPE=disk\n",
            "DEVNAME=sda1\nPARTN=1\nPARTNAME=EFI System\n",
            "DEVNAME=sda1\nPARTN=1\nPARTNAME=SIEMBOX-DATA2\n",
        ] {
            assert_eq!(of_uevent(other, "sda"), None, "{other}");
        }
    }

    #[test]
    fn takes_the_disk_it_was_booted_from() {
        let both = [pair("sda", "aa-1"), pair("mmcblk0", "bb-2")].concat();
        let one = choose(&both[..2], Some("bb-2"));
        assert!(
            matches!(one, Choice::One(disk) if disk.name == "sda"),
            "there is no other"
        );
        for (told, disk, sure) in [
            (Some("AA-1"), "sda", true),
            (None, "mmcblk0", false),
            (Some("x"), "mmcblk0", false),
        ] {
            let Choice::Among {
                taken,
                others,
                certain,
            } = choose(&both, told)
            else {
                panic!("two disks look the same");
            };
            assert_eq!((&*taken.name, others.len(), certain), (disk, 1, sure));
        }
    }

    #[test]
    fn says_what_a_disk_lacks() {
        assert_eq!(choose(&[], None), Choice::None { half: None });
        let esp = &pair("sda", "")[0];
        let half = Some(esp.clone());
        assert_eq!(
            choose(std::slice::from_ref(esp), None),
            Choice::None { half }
        );
        assert_eq!(esp.other(), DATA);
    }
}
