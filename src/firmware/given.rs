//! What the boot hands to the main loop.

use super::boot_counting::BootTrial;
use super::child::Child;
use super::clock::LastTime;
use super::disk::{Data, Disk};
use super::esp::Esp;
use super::image::Image;
use super::log::Log;
use super::panel::BoxPanel;
use super::services;
use crate::provision::ProvisionResult;
use crate::watchdog::Watchdog;

/// What the boot has found and made.
pub struct BootFindings {
    /// The log.
    pub log: Log,
    /// The image that was booted.
    pub image: Image,
    /// Lamps and button.
    pub panel: BoxPanel,
    /// The hardware watchdog, already counting.
    pub dog: Option<Watchdog>,
    /// The disk that was booted from.
    pub disk: Option<Disk>,
    /// What /data is.
    pub data: Data,
    /// The boot partition.
    pub esp: Option<Esp>,
    /// Is the firmware on trial, and was another given up?
    pub trial: BootTrial,
    /// The last known time.
    pub keeper: LastTime,
    /// What became of settings on the boot partition, and when, milliseconds since 1970.
    pub taken: (ProvisionResult, i64),
    /// The network that is up.
    pub network: services::Up,
    /// Children beside those of the network.
    pub children: Vec<Child>,
}
