//! The profile of a board, as typed values.

use std::fmt;

/// One board: everything that siembox, its kernel and its image need to know of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BoardProfile {
    /// That of its file without `.toml`.
    pub name: String,
    /// For people.
    pub title: String,
    /// The processor's kind.
    pub machine: Machine,
    /// How far it was tried.
    pub tried: Tried,
    /// How it is recognised. Without any mark it is the fallback of its machine.
    pub recognise: MachineMarks,
    /// None, one, two or three.
    pub lamps: Lamps,
    /// May be absent.
    pub button: Option<Button>,
    /// What bites when siembox no longer does.
    pub watchdog: WatchdogWiring,
    /// Kernel modules.
    pub modules: Modules,
    /// The kernel.
    pub kernel: Kernel,
    /// Arguments of the kernel that choose its console: `console=ttyAMA0`.
    pub console: String,
    /// From power to kernel.
    pub boot: Boot,
    /// How much there is of everything.
    pub budget: Budget,
}

/// Kinds of processors that siembox is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Machine {
    Aarch64,
    X86_64,
}

/// How far a board was tried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Tried {
    /// Its image was booted.
    Booted,
    /// Its image was built, and never booted.
    #[default]
    Built,
}

/// What a board is recognised by; any one that fits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MachineMarks {
    /// Entries of the device tree's `compatible`.
    pub compatible: Vec<String>,
    /// What the firmware of a PC calls it.
    pub dmi: Vec<Dmi>,
}

/// Beginnings of what `/sys/class/dmi/id` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dmi {
    /// Of `sys_vendor`.
    pub vendor: String,
    /// Of `product_name`.
    pub product: String,
}

/// The lamps of a board.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lamps {
    /// Are they red, green and blue of one lamp that can show three colours and their mixtures?
    pub rgb: bool,
    /// In the order of the file; at most three.
    pub each: Vec<LampWiring>,
}

/// One lamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LampWiring {
    /// What it looks like.
    pub colour: LampColour,
    /// How it is switched.
    pub wiring: Wiring,
}

/// What a lamp looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LampColour {
    /// As it says.
    Green,
    /// As it says.
    Blue,
    /// As it says.
    Amber,
    /// As it says.
    Red,
    /// Its colour says nothing, or is not known.
    White,
}

/// How a lamp is switched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wiring {
    /// By us.
    Line(GpioLine),
    /// By the kernel: the name in `/sys/class/leds`.
    Class(String),
}

/// A GPIO line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GpioLine {
    /// The chip's label (`9030000.pl061`) or name (`gpiochip0`).
    pub chip: String,
    /// Number on the chip, from 0.
    pub line: u32,
    /// Does low mean lit, or pressed?
    pub active_low: bool,
}

/// The button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// How it is read.
    pub press: ButtonWiring,
}

/// How the button is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ButtonWiring {
    /// From a line.
    Line(GpioLine),
    /// From the kernel's input events: the code of the key, 116 for `KEY_POWER`.
    Key(u16),
}

/// The hardware watchdog's driver; `softdog` where the machine has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WatchdogWiring {
    /// Module's name.
    pub module: String,
    /// Its parameters, of which its time is one: `heartbeat=60`.
    pub options: String,
}

/// Kernel modules by name, in the order in which they are loaded; what they depend on is found by
/// the image builder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Modules {
    pub storage: Vec<String>,
    pub network: Vec<String>,
    pub other: Vec<String>,
}

/// The kernel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kernel {
    /// Debian's package, pinned by `image/debian.lock`.
    pub package: String,
    /// Below the package's device trees, where the boot method needs one.
    pub device_tree: Option<String>,
}

/// From power to kernel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Boot {
    /// UEFI firmware and systemd-boot.
    #[default]
    Uefi,
    /// The Raspberry Pi's own firmware.
    RaspberryPi,
    /// U-Boot, which siembox's image brings along.
    UBoot(UBoot),
}

/// U-Boot as Debian has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UBoot {
    /// Its package.
    pub package: String,
    /// What of it lies where on the disk.
    pub parts: Vec<Part>,
}

/// A piece of U-Boot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Below the package's `/usr/lib/u-boot`.
    pub file: String,
    /// Sector of 512 bytes at which it begins: before 16 MiB, where the first partition begins.
    pub sector: u32,
}

/// How much there is of everything, MB (10^6 bytes).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Budget {
    /// Memory of the board.
    pub ram_mb: u32,
    /// The spool's bound.
    pub spool_mb: u32,
    /// The logs' bound.
    pub log_mb: u32,
    /// The firmware file's bound.
    pub firmware_mb: u32,
}

// === impl Profile ===

impl BoardProfile {
    /// Is it taken where no other board of its machine fits?
    #[must_use]
    pub fn is_fallback(&self) -> bool {
        self.recognise == MachineMarks::default()
    }
}

// === impl Machine ===

impl Machine {
    /// The machine for which this siembox is built.
    pub const HERE: Self = if cfg!(target_arch = "aarch64") {
        Self::Aarch64
    } else {
        Self::X86_64
    };
}

impl Default for Machine {
    fn default() -> Self {
        Self::HERE
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Aarch64 => "aarch64",
            Self::X86_64 => "x86_64",
        })
    }
}

// === impl LampColour ===

impl fmt::Display for LampColour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Green => "green",
            Self::Blue => "blue",
            Self::Amber => "amber",
            Self::Red => "red",
            Self::White => "white",
        })
    }
}

// === impl Line ===

impl fmt::Display for GpioLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GPIO chip {}, line {}", self.chip, self.line)?;
        if self.active_low {
            f.write_str(", active low")?;
        }
        Ok(())
    }
}

// === impl Wiring ===

impl fmt::Display for Wiring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => line.fmt(f),
            Self::Class(name) => write!(f, "/sys/class/leds/{name}"),
        }
    }
}

// === impl Press ===

impl fmt::Display for ButtonWiring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => line.fmt(f),
            Self::Key(code) => write!(f, "input event, key {code}"),
        }
    }
}
