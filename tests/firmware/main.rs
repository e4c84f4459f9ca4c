//! The firmware as it is shipped: the disk image of `make image`, booted by QEMU (software emulation, no KVM) through real UEFI
//! firmware and systemd-boot, with the simulated cloud and a real rsyslog on the host's side of QEMU's user network.
//!
//! `make image-test BOARD=qemu-aarch64` builds the image and runs this; otherwise all of it is ignored.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod board;
mod button;
mod card;
mod claim;
mod damage;
mod figures;
mod finger;
mod first_boot;
mod lamps;
mod machine;
mod monitor;
mod panel;
mod power_cut;
mod raspberry;
mod rhythm;
mod stage;
mod time;
mod troubles;
mod wait;
mod watchdog;
