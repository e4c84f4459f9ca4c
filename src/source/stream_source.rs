//! The source of one stream, as an agent gets it.

use std::sync::{Arc, Mutex};

use super::{HubSource, ReadSecret, RequestLimit, Source};
use crate::stream::StreamSpec;

/// What reads one stream.
pub struct StreamSource {
    /// Asks the API.
    pub source: Box<dyn Source + Send>,
    /// Ends a question that hangs, and the source with it.
    pub cancel: Cancel,
    /// Reads the secret, to see whether it was replaced.
    pub read_secret: ReadSecret,
}

/// Ends a source, from another thread.
pub type Cancel = Box<dyn Fn() + Send + Sync>;

/// Opens the source of a stream, once for its poller and once for each replay.
pub trait OpenSource: Send + Sync {
    /// The limit that this stream is asked within.
    fn limit(&self, stream: StreamSpec) -> Arc<Mutex<RequestLimit>>;

    /// A source for this stream that has asked nothing yet.
    ///
    /// # Errors
    /// When a file or a value of the settings can't be used, in words.
    fn open(
        &self,
        stream: StreamSpec,
    ) -> Result<StreamSource, Box<dyn std::error::Error + Send + Sync>>;

    /// A member of a consumer group for this stream, which is shared by partitions. The group knows
    /// it across restarts as `instance`.
    ///
    /// # Errors
    /// As [`OpenSource::open`].
    fn open_hub(
        &self,
        stream: StreamSpec,
        instance: &str,
    ) -> Result<HubSource, Box<dyn std::error::Error + Send + Sync>>;
}
