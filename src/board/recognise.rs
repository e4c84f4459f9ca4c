//! Recognises the board by what the kernel reports of it.

use std::fs;
use std::path::Path;

use super::profile::{BoardProfile, Machine};

/// What the kernel knows of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineFacts {
    /// Entries of the device tree's `compatible`, the most exact first; empty where there is no
    /// device tree.
    pub compatible: Vec<String>,
    /// Who made it, by its firmware; empty where nothing says so.
    pub vendor: String,
    /// What it is called, by its firmware; empty where nothing says so.
    pub product: String,
    /// The processor's kind.
    pub machine: Machine,
}

/// A board, and what it was recognised by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognised {
    /// The board.
    pub profile: BoardProfile,
    /// In words: `device tree: raspberrypi,3-model-b`.
    pub by: String,
}

// === impl Facts ===

impl MachineFacts {
    /// Reads them below `root`, which is `/` but in tests. What is not there, or can't be read,
    /// says nothing.
    #[must_use]
    pub fn read(root: &Path) -> Self {
        let compatible = fs::read(root.join("proc/device-tree/compatible")).unwrap_or_default();
        let entries = compatible
            .split(|byte| *byte == 0)
            .filter(|entry| !entry.is_empty());
        let dmi = |name: &str| {
            let path = root.join("sys/class/dmi/id").join(name);
            let text = fs::read(path).unwrap_or_default();
            String::from_utf8_lossy(&text).trim().to_owned()
        };
        Self {
            compatible: entries
                .map(|entry| String::from_utf8_lossy(entry).into_owned())
                .collect(),
            vendor: dmi("sys_vendor"),
            product: dmi("product_name"),
            machine: Machine::HERE,
        }
    }
}

/// Which of all boards this is. The device tree is believed first: it was written for this very
/// board. Where nothing fits, it is the fallback of its machine.
#[must_use]
pub fn recognise(facts: &MachineFacts) -> Recognised {
    let boards = super::all();
    let of_machine = || boards.iter().filter(|board| board.machine == facts.machine);
    for entry in &facts.compatible {
        if let Some(board) = of_machine().find(|board| board.recognise.compatible.contains(entry)) {
            return Recognised {
                profile: board.clone(),
                by: format!("device tree: {entry}"),
            };
        }
    }
    for board in of_machine() {
        let fits = board.recognise.dmi.iter().any(|mark| {
            facts.vendor.starts_with(&mark.vendor) && facts.product.starts_with(&mark.product)
        });
        if fits {
            return Recognised {
                profile: board.clone(),
                by: format!("DMI: {} {}", facts.vendor, facts.product),
            };
        }
    }
    let fallback = of_machine()
        .find(|board| board.is_fallback())
        .or(boards.first());
    Recognised {
        // there is one for each machine, as a test sees to
        profile: fallback.cloned().unwrap_or_default(),
        by: format!(
            "no known board recognised; the machine is {}",
            facts.machine
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::all;

    fn facts(machine: Machine) -> MachineFacts {
        MachineFacts {
            compatible: Vec::new(),
            vendor: String::new(),
            product: String::new(),
            machine,
        }
    }

    #[test]
    fn each_board_is_recognised_by_each_of_its_marks_and_by_no_other() {
        for board in all() {
            for mark in &board.recognise.compatible {
                let found = recognise(&MachineFacts {
                    compatible: vec![mark.clone(), "vendor,some-chip".to_owned()],
                    ..facts(board.machine)
                });
                assert_eq!(
                    (found.profile.name, found.by),
                    (board.name.clone(), format!("device tree: {mark}"))
                );
            }
            for mark in &board.recognise.dmi {
                let found = recognise(&MachineFacts {
                    vendor: mark.vendor.clone(),
                    product: format!("{} (Q35 + ICH9, 2009)", mark.product),
                    ..facts(board.machine)
                });
                assert_eq!(found.profile.name, board.name);
            }
        }
    }

    #[test]
    fn an_unknown_machine_is_the_fallback_of_its_kind() {
        for (machine, name) in [
            (Machine::Aarch64, "generic-aarch64"),
            (Machine::X86_64, "generic-x86_64"),
        ] {
            let found = recognise(&MachineFacts {
                compatible: vec!["acme,toaster".to_owned()],
                vendor: "Acme".to_owned(),
                ..facts(machine)
            });
            assert_eq!(found.profile.name, name);
        }
    }

    #[test]
    fn facts_are_read_as_the_kernel_gives_them() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(
            MachineFacts::read(root.path()),
            facts(Machine::HERE),
            "nothing there"
        );
        let tree = root.path().join("proc/device-tree");
        let dmi = root.path().join("sys/class/dmi/id");
        fs::create_dir_all(&tree).unwrap();
        fs::create_dir_all(&dmi).unwrap();
        fs::write(
            tree.join("compatible"),
            b"raspberrypi,3-model-b\0brcm,bcm2837\0",
        )
        .unwrap();
        fs::write(dmi.join("sys_vendor"), "QEMU\n").unwrap();
        fs::write(dmi.join("product_name"), "Standard PC\n").unwrap();
        let read = MachineFacts::read(root.path());
        assert_eq!(read.compatible, ["raspberrypi,3-model-b", "brcm,bcm2837"]);
        assert_eq!(
            (read.vendor.as_str(), read.product.as_str()),
            ("QEMU", "Standard PC")
        );
    }
}
