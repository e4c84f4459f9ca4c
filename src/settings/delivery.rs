//! Settings of delivery: the replay window, and how often the receiver is asked for proof.

use super::overrides::TransportName;
use super::section::Section;

/// What is kept of the lines sent, and how the receiver is asked whether it has read them. Only for
/// tcp and tls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliverySettings {
    /// `replay_window_mb`, in bytes: default 4 MB, 0 to 1024 MB. So much at least is sent again
    /// after a break.
    pub window: u64,
    /// `half_close`: default true; false for a receiver that cannot bear it.
    pub half_close: bool,
    /// `half_close_every_mb` of steady stream, in bytes: default 64 MB, 1 MB to 1 TB.
    pub half_close_every: u64,
}

const MB: u64 = 1_000_000;
const KEYS: [&str; 3] = ["replay_window_mb", "half_close", "half_close_every_mb"];

/// Reads the keys of `[agent.siem]`.
pub(super) fn read(section: &Section, transport: TransportName) -> DeliverySettings {
    let settings = DeliverySettings {
        window: MB
            * section
                .number("replay_window_mb", 0..=1024)
                .unwrap_or(4_u64),
        half_close: section.flag("half_close").unwrap_or(true),
        half_close_every: MB
            * section
                .number("half_close_every_mb", 1..=1_000_000)
                .unwrap_or(64_u64),
    };
    if !transport.is_framed() && !section.failed("protocol") {
        for key in KEYS.into_iter().filter(|key| section.has(key)) {
            section.refuse(
                key,
                "has no effect with this protocol; allowed: only with protocol = \"tcp\" or \
                    \"tls\"",
            );
        }
    }
    settings
}
