//! Disks that a test can pull the plug of, or make fail: what a spool must stand and a tmpfs never
//! shows.
//!
//! - [`Drive`] is a block device with a volatile write cache: ext4 on a loop device on a file that
//!   we serve through FUSE. What was not flushed when the power goes is there in part, in any
//!   order, torn at any sector ([`Medium`]).
//! - [`Mirror`] is a folder seen through FUSE, where any call on any file can be refused as a
//!   broken disk would ([`Call`]).
//!
//! Both need root and `/dev/fuse`, and live in a mount namespace of their own ([`own_mounts()`]):
//! whatever becomes of the test, the mounts and loop devices go with its last process.

mod drive;
mod image;
mod medium;
mod mirror;
mod names;
mod own_mounts;

pub use drive::Drive;
pub use medium::{Counts, Medium, Survival};
pub use mirror::{Call, Mirror};
pub use own_mounts::own_mounts;
