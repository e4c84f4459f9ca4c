//! The boards that QEMU plays, and how each is put together.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::card::Card;

/// The boards that there are images for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Board {
    Aarch64,
    X86_64,
    /// A server that nobody knows, with ACPI, NVMe and Intel's card.
    GenericAarch64,
    GenericX86_64,
    /// QEMU's own as the first, but U-Boot starts it.
    UBoot,
    /// A Zero 2 W, whose lamp is one that QEMU has: the B's hangs at its graphics processor.
    RaspberryPi3,
}

// === impl Board ===

impl Board {
    /// The one that `make image-test BOARD=…` names; QEMU's aarch64 otherwise.
    pub fn meant() -> Self {
        match std::env::var("BOARD").as_deref() {
            Ok("qemu-x86_64") => Self::X86_64,
            Ok("qemu-aarch64") | Err(_) => Self::Aarch64,
            Ok("generic-x86_64") => Self::GenericX86_64,
            Ok("generic-aarch64") => Self::GenericAarch64,
            Ok(other) => panic!(
                "BOARD={other}: QEMU plays qemu-aarch64, qemu-x86_64, generic-aarch64 and generic-x86_64; raspberry-pi-3 is tried along with the first"
            ),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Aarch64 | Self::UBoot => "qemu-aarch64",
            Self::X86_64 => "qemu-x86_64",
            Self::GenericAarch64 => "generic-aarch64",
            Self::GenericX86_64 => "generic-x86_64",
            Self::RaspberryPi3 => "raspberry-pi-3",
        }
    }

    /// Is what it says on its console heard on the serial port? Servers have a screen.
    pub fn is_heard(self) -> bool {
        !matches!(self, Self::GenericAarch64 | Self::GenericX86_64)
    }

    /// The disk image as it is shipped, or its variant with a shell.
    pub fn image(self, debug: bool) -> PathBuf {
        let variant = if debug { "-debug" } else { "" };
        let name = format!(
            "siembox-{}-{}{variant}.img",
            self.name(),
            env!("CARGO_PKG_VERSION")
        );
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("target/image")
            .join(name)
    }

    /// QEMU as this board, with the card in it, and its cable in this network.
    pub fn command(self, card: &Card, netdev: &str) -> Command {
        let mut command = match self {
            Self::Aarch64 => aarch64(card, "virt,acpi=off", &QEMU),
            Self::GenericAarch64 => aarch64(card, "virt", &UNKNOWN),
            Self::UBoot => u_boot(card),
            Self::X86_64 => x86_64(card, &QEMU),
            Self::GenericX86_64 => x86_64(card, &UNKNOWN),
            Self::RaspberryPi3 => raspberry(card),
        };
        let port = match self {
            Self::RaspberryPi3 => "usb-net,netdev=lan,id=port",
            Self::GenericAarch64 | Self::GenericX86_64 => "e1000e,netdev=lan,id=port,romfile=",
            _ => "virtio-net-pci,netdev=lan,id=port,romfile=",
        };
        command
            .args(["-nodefaults", "-display", "none"])
            .arg("-netdev")
            .arg(format!("{netdev},id=lan"))
            .args(["-device", port]);
        command
    }
}

/// QEMU's own machine: a disk of virtio's, and a watchdog in hardware.
const QEMU: [&str; 4] = [
    "-device",
    "virtio-blk-pci,drive=card",
    "-device",
    "i6300esb",
];
/// One whose maker no profile knows: the image's own profile is the fallback. It has no watchdog.
const UNKNOWN: [&str; 4] = [
    "-device",
    "nvme,drive=card,serial=1",
    "-smbios",
    "type=1,manufacturer=Contoso,product=Bridge",
];

fn aarch64(card: &Card, machine: &str, devices: &[&str]) -> Command {
    let mut command = Command::new("qemu-system-aarch64");
    command.args(["-machine", machine, "-cpu", "cortex-a72"]);
    efi(&mut command, card, "AAVMF/AAVMF", "");
    command.args(devices);
    command
}

fn u_boot(card: &Card) -> Command {
    let mut command = Command::new("qemu-system-aarch64");
    command
        .args(["-machine", "virt,acpi=off", "-cpu", "cortex-a72"])
        .args(["-bios", "/usr/lib/u-boot/qemu_arm64/u-boot.bin"]);
    disk(&mut command, card);
    command.args(QEMU);
    command
}

fn x86_64(card: &Card, devices: &[&str]) -> Command {
    let mut command = Command::new("qemu-system-x86_64");
    command.args(["-machine", "q35", "-cpu", "max"]);
    efi(&mut command, card, "OVMF/OVMF", "_4M");
    command.args(devices);
    command
}

/// What starts from UEFI firmware, with its variables beside the card.
fn efi(command: &mut Command, card: &Card, firmware: &str, size: &str) {
    let firmware = format!("/usr/share/{firmware}");
    let variables = card.path().with_file_name("variables.fd");
    if !variables.exists() {
        std::fs::copy(format!("{firmware}_VARS{size}.fd"), &variables).unwrap();
    }
    command
        .arg("-drive")
        .arg(format!(
            "if=pflash,format=raw,readonly=on,file={firmware}_CODE{size}.fd"
        ))
        .arg("-drive")
        .arg(format!("if=pflash,format=raw,file={}", variables.display()));
    disk(command, card);
}

fn disk(command: &mut Command, card: &Card) {
    command
        .args(["-smp", "2", "-m", "2048"])
        .arg("-drive")
        .arg(format!(
            "if=none,id=card,format=raw,file={}",
            card.path().display()
        ));
}

/// QEMU takes the place of the Raspberry Pi's own boot loader, which starts a kernel with a device
/// tree: the same ones, which the image's builder also leaves in parts.
fn raspberry(card: &Card) -> Command {
    let parts = Board::RaspberryPi3.image(false).with_extension("");
    let line = std::fs::read_to_string(parts.join("cmdline")).unwrap();
    let mut command = Command::new("qemu-system-aarch64");
    command
        .args(["-machine", "raspi3b"])
        .arg("-kernel")
        .arg(parts.join("kernel"))
        .arg("-dtb")
        .arg(parts.join("bcm2837-rpi-zero-2-w.dtb"))
        .arg("-initrd")
        .arg(parts.join("initramfs"))
        // QEMU takes the arming of this watchdog for its bite (bcm2835_powermgt.c), and starts the
        // board anew at once
        .arg("-append")
        .arg(format!(
            "{} initcall_blacklist=bcm2835_wdt_driver_init",
            line.trim()
        ))
        .arg("-drive")
        .arg(format!("if=sd,format=raw,file={}", card.path().display()))
        // its first serial port goes to Bluetooth; the console is the second
        .args(["-serial", "null"]);
    command
}
