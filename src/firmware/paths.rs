//! Paths that several parts of the firmware use.

use std::path::{Path, PathBuf};

/// Where the data partition is mounted.
pub const DATA_FOLDER: &str = "/data";

/// The empty file on the boot partition that asks for a factory reset.
pub const FACTORY_RESET: &str = "FACTORY-RESET";

/// Where things lie on the data partition.
#[must_use]
pub fn on_data(name: &str) -> PathBuf {
    Path::new(DATA_FOLDER).join(name)
}

/// The settings file.
#[must_use]
pub fn settings() -> PathBuf {
    on_data("etc/siembox.toml")
}
