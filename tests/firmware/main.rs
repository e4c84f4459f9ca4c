//! The firmware as it is shipped: the disk image of `make image`, booted by QEMU (software
//! emulation, no KVM) through real UEFI firmware and systemd-boot, with the simulated cloud and a
//! real rsyslog on the host's side of QEMU's user network.
//!
//! `make image-test BOARD=qemu-aarch64` builds the image and runs this; otherwise all of it is
//! ignored.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod board;
mod button;
mod card;
mod claim;
mod damage;
mod efi_program;
mod finger;
mod first_boot;
mod frame;
mod lamps;
mod lan;
mod machine;
mod mdns;
mod monitor;
mod network;
mod panel;
mod power_cut;
mod raspberry;
mod rhythm;
mod rollback;
mod stage;
mod switch;
mod time;
mod troubles;
mod u_boot;
mod vlan;
mod wait;
mod watchdog;
