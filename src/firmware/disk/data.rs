//! The state of the data partition, as STATUS.TXT, the page and the lamps report it.

use std::io;
use std::path::Path;

use rustix::fs::StatVfsMountFlags;

use crate::firmware::paths::FACTORY_RESET;

/// Where /data is stored.
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

/// Size and state of a mounted file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// Bytes in all.
    pub size: u64,
    /// Bytes that siembox can use: what is kept for root is not among them.
    pub free: u64,
    /// Has the kernel closed it against writing, because it found an error?
    pub is_read_only: bool,
}

/// Reads size and state of the file system.
///
/// # Errors
/// What the system said.
pub fn space(place: &Path) -> io::Result<Space> {
    let space = rustix::fs::statvfs(place)?;
    Ok(Space {
        size: space.f_blocks * space.f_frsize,
        free: space.f_bavail * space.f_frsize,
        is_read_only: space.f_flag.contains(StatVfsMountFlags::RDONLY),
    })
}

// === impl Space ===

impl Default for Space {
    /// One about which nothing is wrong.
    fn default() -> Self {
        Self {
            size: 0,
            free: u64::MAX,
            is_read_only: false,
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

    /// What is wrong and how to cure it; None where all is well. `space`: how it is now.
    #[must_use]
    pub fn trouble(&self, space: Space) -> Option<String> {
        match self {
            Self::Ready { .. } | Self::Remade { .. } if space.is_read_only => Some(String::from(
                "The data partition has an error and accepts no more writes: reading from the \
                    cloud waits, and nothing is lost. Cure: restart the box, which repairs the \
                    partition; if the error returns, replace the card or disk.",
            )),
            Self::Ready { .. } | Self::Remade { .. } if space.free < FULL => Some(String::from(
                "The data partition is full. Reading from the cloud waits until the SIEM has \
                    received the lines that wait here; nothing is lost. Cure: fix the connection \
                    to the SIEM, or flash a larger card.",
            )),
            Self::Ready { .. } | Self::Remade { .. } => None,
            Self::Damaged { why } => Some(format!(
                "The data partition is damaged and cannot be repaired ({why}). siembox runs from \
                    RAM, without its settings, and leaves the partition unchanged. Cure: examine \
                    it on another machine, or erase it by a factory reset: hold the button for 30 \
                    seconds, or put an empty file named {} next to this one and restart the box.",
                FACTORY_RESET
            )),
            Self::Missing { why } => Some(format!(
                "There is no data partition: {why}. siembox runs from RAM, without its settings."
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
        assert_eq!(ready.trouble(Space::default()), None);
        let read_only = Space {
            is_read_only: true,
            ..Space::default()
        };
        assert!(
            ready
                .trouble(read_only)
                .is_some_and(|text| text.contains("restart the box"))
        );
        assert_eq!(ready.in_words(), "19.8 GB, clean, 19.0 GB free");
        let damaged = Data::Damaged {
            why: "e2fsck: out of memory".into(),
        };
        let missing = Data::Missing {
            why: "no disk; cure: insert the card".into(),
        };
        for (data, cure) in [
            (ready, "Cure: fix the connection"),
            (damaged, "FACTORY-RESET"),
            (missing, "cure: insert"),
        ] {
            let full = Space {
                free: 1_000,
                ..Space::default()
            };
            let text = data.trouble(full).unwrap();
            assert!(text.contains(cure), "{text}");
            assert!(text.is_ascii(), "it goes into STATUS.TXT");
        }
    }

    #[test]
    fn space_is_told() {
        let space = space(&std::env::temp_dir()).unwrap();
        assert!(space.size >= space.free && space.size > 0 && !space.is_read_only);
    }
}
