//! Why an agent can't start.

use crate::spool::SpoolError;
use crate::stream::StreamSpec;

/// An agent can't start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgentError {
    /// A file or a value of the settings can't be used.
    #[error(transparent)]
    Unfit(Box<dyn std::error::Error + Send + Sync>),
    /// The spool can't be read.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The cursor is not one of ours.
    #[error(
        "the cursor of {stream} on disk has another version and is left unchanged ({cause}): run the \
         siembox that wrote it; or, to start over (first_look_back), move the agent's folder out of \
         the state folder"
    )]
    Cursor {
        /// Which stream.
        stream: StreamSpec,
        /// What does not fit.
        cause: serde_json::Error,
    },
    /// The name in the consumer group can't be kept.
    #[error(
        "the file hub_member in the agent's folder, which holds this box's name in the consumer \
            group: {cause}"
    )]
    MemberName {
        /// What the system says.
        cause: std::io::Error,
    },
    /// No thread to be had.
    #[error("cannot start a thread: {cause}")]
    Thread {
        /// What it said.
        cause: std::io::Error,
    },
}
