//! Why the box cannot start.

use std::path::PathBuf;

/// The box can't start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplianceError {
    /// The state folder can't be used.
    #[error("state_dir {}: {cause}: create the folder, or give this user write access to \
        it", path.display())]
    StateDir {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// What lies in the place of its lock can't be used.
    #[error("{}: the state folder's lock cannot be opened: {cause}: remove the file there, or give \
        this user write access to it", path.display())]
    Lock {
        /// The lock.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// Another siembox uses it.
    #[error("state_dir {}: another siembox runs on this folder: stop it, or use another folder \
        with --state", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The status socket can't be made.
    #[error("{}: the status socket cannot be created: {cause}: remove the file there, or set \
        state_dir to a shorter path on a local disk", path.display())]
    Socket {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The system gives no runtime or signal.
    #[error("General error during bootstrap: {0}")]
    Bootstrap(std::io::Error),
}
