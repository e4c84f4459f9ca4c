//! Places that several parts of the firmware name.

/// Where the data partition is mounted.
pub const DATA_FOLDER: &str = "/data";

/// The empty file on the boot partition that asks for a factory reset.
pub const FACTORY_RESET: &str = "FACTORY-RESET";
