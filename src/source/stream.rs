//! The streams of a source: which there are, and the number of each on flash.

use std::fmt;

/// The number under which a stream's cursor, ids and counts lie on flash. It never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId(u8);

/// The two kinds of records; each is read with a cursor of its own, so that neither holds back the other.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// Read by `created`, in scan mode.
    Activities,
    /// Read by `date`; alerts have no scan mode.
    Alerts,
}

// === impl StreamId ===

impl StreamId {
    /// Set where the pages are those of a stream's replays, which have a cursor of their own.
    const REPLAY: u8 = 0x80;

    /// The stream of this number.
    ///
    /// # Panics
    /// Where it is above 127. Streams are constants, so that the compiler says so.
    #[must_use]
    pub const fn new(number: u8) -> Self {
        assert!(number < Self::REPLAY, "a stream has a number below 128");
        Self(number)
    }

    /// The replays of this stream.
    #[must_use]
    pub const fn of_replay(self) -> Self {
        Self(self.0 | Self::REPLAY)
    }

    /// As it lies on flash.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

// === impl Stream ===

impl Stream {
    /// Both, in the order in which they are shown.
    pub const ALL: [Self; 2] = [Self::Activities, Self::Alerts];

    /// Its number on flash.
    #[must_use]
    pub const fn id(self) -> StreamId {
        match self {
            Self::Activities => StreamId::new(0),
            Self::Alerts => StreamId::new(1),
        }
    }

    /// The number under which the spool keeps this stream's cursor. Never changes.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.id().number()
    }

    /// As an operator knows it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Activities => "activities",
            Self::Alerts => "alerts",
        }
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_never_change_and_a_replay_is_no_stream() {
        assert_eq!(Stream::ALL.map(Stream::number), [0, 1]);
        let replays = Stream::ALL.map(|stream| stream.id().of_replay().number());
        assert_eq!(replays, [0x80, 0x81]);
    }
}
