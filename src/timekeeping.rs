//! The clock of siembox's own firmware: small boards have none that goes on without power, and TLS
//! takes a wrong day for a wrong certificate. (`clock.rs` reads the time; this sets it.)
//!
//! PID 1 sets a floor at the start: the last time known on flash, or the firmware's build. Then
//! `siembox clock` asks time servers by SNTP. What they say is believed only where it can be
//! (`judge`): no date before the firmware was built or 30 years after, no server that says itself
//! that it does not know, and of three or more none that stands against the others. Nothing else
//! ever sets the clock; least of all the `Date` of an HTTP answer, which anybody on the way can
//! write.
//!
//! How far it is, one file tells the others ([`ClockState`]); [`Gate`] is how the pollers wait for
//! it.

mod clock_state;
mod gate;
mod select;
mod servers;
mod sntp;
mod sync_loop;

pub use clock_state::{ClockSource, ClockState};
pub use gate::{Gate, Look};
pub use select::{DateBounds, TimeAnswer};
pub use servers::groups;
pub use sntp::ask;
pub use sync_loop::{ClockPort, SyncLoop};

/// Where the [`ClockState`] stands on the box.
pub const FILE: &str = "/run/siembox/clock";

/// The environment variable that names another file for the [`ClockState`]; without it, and not on
/// the firmware, nobody waits for a clock.
pub const VARIABLE: &str = "SIEMBOX_CLOCK";
