//! The client side of a replay, and of requests about orphaned spools.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use super::{LONGEST_ANSWER, NAME, SocketError, SocketRequest, connect};
use crate::orphan::{OrphanOutcome, OrphanRequest};
use crate::replay::{self, ReplayReport};

/// The running instance could not be asked, or fell silent.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// Nobody listens, or this user may not ask.
    #[error("{0}")]
    NotConnected(#[from] SocketError),
    /// It ended before the replay did.
    #[error(
        "the running siembox ended before the replay did: start it and repeat the replay; siembox \
            remembers which records were sent ({cause})"
    )]
    BrokeOff {
        /// What the system said.
        cause: io::Error,
    },
    /// The answer is of another version.
    #[error("the running siembox has another version on {}: restart it ({cause})", path.display())]
    Odd {
        /// The socket.
        path: PathBuf,
        /// What does not fit.
        cause: serde_json::Error,
    },
}

/// What the running instance says, word by word. Dropping it ends the replay.
pub struct Words {
    path: PathBuf,
    lines: BufReader<UnixStream>,
}

/// Asks the instance that runs on this state folder.
///
/// # Errors
/// See [`ReplayError`].
pub fn replay(state_dir: &Path, request: &replay::ReplayRequest) -> Result<Words, ReplayError> {
    let mut stream = connect(state_dir)?;
    let path = state_dir.join(NAME);
    let mut line =
        serde_json::to_vec(&SocketRequest::Replay(request.clone())).map_err(|cause| {
            ReplayError::Odd {
                path: path.clone(),
                cause,
            }
        })?;
    line.push(b'\n');
    stream
        .write_all(&line)
        .map_err(|cause| ReplayError::BrokeOff { cause })?;
    Ok(Words {
        path,
        lines: BufReader::new(stream),
    })
}

/// Asks the instance that runs on this state folder to do something with a spool that belongs to no
/// agent.
///
/// # Errors
/// See [`SocketError`].
pub fn orphan(state_dir: &Path, request: &OrphanRequest) -> Result<OrphanOutcome, SocketError> {
    let mut stream = connect(state_dir)?;
    let path = state_dir.join(NAME);
    let mut line =
        serde_json::to_vec(&SocketRequest::Orphan(request.clone())).map_err(|cause| {
            SocketError::Odd {
                path: path.clone(),
                cause,
            }
        })?;
    line.push(b'\n');
    let mut answer = String::new();
    stream
        .write_all(&line)
        .and_then(|()| BufReader::new(stream.take(LONGEST_ANSWER)).read_line(&mut answer))
        .map_err(|cause| SocketError::Read {
            path: path.clone(),
            cause,
        })?;
    serde_json::from_str(&answer).map_err(|cause| SocketError::Odd { path, cause })
}

impl Words {
    /// Waits for the next one.
    ///
    /// # Errors
    /// See [`ReplayError`].
    pub fn hear(&mut self) -> Result<ReplayReport, ReplayError> {
        let mut line = String::new();
        match self.lines.read_line(&mut line) {
            Ok(0) => Err(ReplayError::BrokeOff {
                cause: io::ErrorKind::UnexpectedEof.into(),
            }),
            Ok(_) => serde_json::from_str(&line).map_err(|cause| ReplayError::Odd {
                path: self.path.clone(),
                cause,
            }),
            Err(cause) => Err(ReplayError::BrokeOff { cause }),
        }
    }
}
