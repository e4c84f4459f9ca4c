//! The state of the clock, in a run file that other processes read.

use serde::{Deserialize, Serialize};

/// Where the time comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClockSource {
    /// Nobody said it: the last time known, or the firmware's build. It may be off by months.
    #[default]
    Floor,
    /// The board's own clock, which goes on without power.
    Rtc,
    /// A time server.
    Sntp,
}

/// `/run/siembox/clock`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockState {
    /// Where the time comes from.
    pub source: ClockSource,
    /// The server that said it, where one did.
    #[serde(default)]
    pub server: Option<String>,
    /// When this was written, milliseconds since 1970, by the clock that it speaks of.
    #[serde(default)]
    pub at_ms: i64,
    /// The servers asked last, where none gave a time that can be believed.
    #[serde(default)]
    pub asked: Vec<String>,
}

// === impl Word ===

impl ClockState {
    /// Can certificates be judged by this clock?
    #[must_use]
    pub fn is_plausible(&self) -> bool {
        self.source != ClockSource::Floor
    }

    /// For the status file: `set by ntp.example`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let asked = match &self.asked[..] {
            [] => String::new(),
            some => format!("; no time from {}", some.join(", ")),
        };
        match (self.source, &self.server) {
            (ClockSource::Sntp, Some(server)) => format!(
                "set from the time server \
                {server}{asked}"
            ),
            (ClockSource::Sntp, None) => format!("set from a time server{asked}"),
            (ClockSource::Rtc, _) => format!("set from the board's own clock{asked}"),
            (ClockSource::Floor, _) => format!("not set yet, possibly wrong{asked}"),
        }
    }
}
