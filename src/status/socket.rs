//! The status socket in the state folder: who connects is told the [`Snapshot`] as one JSON text. A socket and not a
//! file, because an idle box writes nothing to flash.

use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::UnixListener;

use super::{Snapshot, Status};
use crate::clock;

/// Name of the socket in the state folder.
pub const NAME: &str = "status.sock";

/// Nobody may keep us longer than this with one answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The running instance could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nobody listens.
    #[error("no siembox runs on {}: start it, or name its folder with --state or --config ({cause})", path.display())]
    NobodyThere {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The answer broke off.
    #[error("the running siembox did not answer on {}: {cause}", path.display())]
    Read {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The answer is of another version.
    #[error("the running siembox speaks another version on {}: {cause}", path.display())]
    Odd {
        /// The socket.
        path: PathBuf,
        /// What does not fit.
        cause: serde_json::Error,
    },
}

/// Binds the socket, in place of one that an earlier life left behind. The caller holds the state folder's lock.
///
/// # Errors
/// When the folder does not let us, or its path is longer than the system allows for a socket (107 bytes).
pub fn bind(state_dir: &Path) -> io::Result<UnixListener> {
    let path = state_dir.join(NAME);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o660))?;
    Ok(listener)
}

/// Answers whoever connects, for ever.
pub async fn serve(listener: UnixListener, status: Status) {
    loop {
        let Ok((mut stream, _)) = listener.accept().await else {
            // out of file descriptors, at worst: leave the others time to close some
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let snapshot = status.snapshot(clock::now());
        tokio::spawn(async move {
            if let Ok(json) = serde_json::to_vec(&snapshot) {
                // one that hangs up early has asked in vain
                let _ = tokio::time::timeout(PATIENCE, stream.write_all(&json)).await;
            }
        });
    }
}

/// Asks the running instance.
///
/// # Errors
/// See [`AskError`].
pub fn ask(state_dir: &Path) -> Result<Snapshot, AskError> {
    let path = state_dir.join(NAME);
    let mut json = Vec::new();
    let mut stream =
        std::os::unix::net::UnixStream::connect(&path).map_err(|cause| AskError::NobodyThere {
            path: path.clone(),
            cause,
        })?;
    stream
        .set_read_timeout(Some(PATIENCE))
        .and_then(|()| stream.read_to_end(&mut json))
        .map_err(|cause| AskError::Read {
            path: path.clone(),
            cause,
        })?;
    serde_json::from_slice(&json).map_err(|cause| AskError::Odd { path, cause })
}
