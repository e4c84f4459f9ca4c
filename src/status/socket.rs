//! The socket in the state folder, mode 0660: whoever may write to it may ask. A socket and not a
//! file, because an idle box writes nothing to flash.
//!
//! A question is one line: `"status"`, `{"replay":{…}}` or `{"orphan":{…}}`. Who asks nothing
//! within 200 ms, or ends its side, is told the [`Snapshot`] as one JSON text. The words of a
//! replay are a JSON text a line; hanging up ends it. What became of an orphaned spool is one JSON
//! text.

mod replay_client;

use std::io::{self, Read};
use std::net::Shutdown;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot, watch};

pub use replay_client::{ReplayError, Words, orphan, replay};

use super::{Snapshot, Status};
use crate::clock;
use crate::own_file;
use crate::replay::{ReplayCall, ReplayProgress, ReplayReport, ReplayRequest};

/// Name of the socket in the state folder.
pub const NAME: &str = "status.sock";

/// Nobody may keep us longer than this with one answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Who connects has so long to ask something.
const ASK_WITHIN: Duration = Duration::from_millis(200);
/// No question is longer, bytes.
const LONGEST: u64 = 4096;

/// No answer is longer, bytes: who asks may have more rights than who answers, and is not to be
/// filled up.
const LONGEST_ANSWER: u64 = 16 * 1024 * 1024;

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SocketRequest {
    /// The snapshot.
    Status,
    /// A window of time fetched again.
    Replay(ReplayRequest),
    /// Something done with a spool that belongs to no agent.
    Orphan(crate::orphan::OrphanRequest),
}

/// What the socket can't do itself.
#[derive(Debug)]
pub enum Called {
    /// A replay.
    Replay(ReplayCall),
    /// Something done with a spool that belongs to no agent.
    Orphan(crate::orphan::OrphanCall),
}

/// The running instance could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// Nobody listens.
    #[error("no siembox is running on {}: start it, or name its folder with --state or --config \
        ({cause})", path.display())]
    NobodyThere {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// This user may not ask.
    #[error("this user cannot use {}: run the command as root, as the user that siembox runs as, \
        or as a member of its group ({cause})", path.display())]
    NotAllowed {
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
    #[error("the running siembox has another version on {}: {cause}", path.display())]
    Odd {
        /// The socket.
        path: PathBuf,
        /// What does not fit.
        cause: serde_json::Error,
    },
}

impl SocketError {
    /// The socket could not be connected to.
    fn not_connected(path: PathBuf, cause: io::Error) -> Self {
        match cause.kind() {
            io::ErrorKind::PermissionDenied => Self::NotAllowed { path, cause },
            _ => Self::NobodyThere { path, cause },
        }
    }
}

/// Binds the socket, in place of one that an earlier life left behind. The caller holds the state
/// folder's lock.
///
/// # Errors
/// When the folder does not let us, or its path is longer than the system allows for a socket (107
/// bytes).
pub fn bind(state_dir: &Path) -> io::Result<UnixListener> {
    let path = state_dir.join(NAME);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    own_file::set_socket_mode(&path, 0o660)?;
    Ok(listener)
}

/// Answers whoever connects, for ever. What it can't do itself goes to `calls`.
pub async fn serve(listener: UnixListener, status: Status, calls: mpsc::Sender<Called>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // out of file descriptors, at worst: leave the others time to close some
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        // one that hangs up early has asked in vain
        tokio::spawn(answer(stream, status.clone(), calls.clone()));
    }
}

async fn answer(stream: UnixStream, status: Status, calls: mpsc::Sender<Called>) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read.take(LONGEST));
    let mut line = String::new();
    // cut off in the middle of a line, what was read of it is of no use
    let asked = tokio::time::timeout(ASK_WITHIN, read.read_line(&mut line)).await;
    let question = match asked {
        Err(_) | Ok(Ok(0)) => Ok(SocketRequest::Status),
        Ok(Ok(_)) => serde_json::from_str(&line),
        Ok(Err(error)) => return Err(error),
    };
    let request = match question {
        Ok(SocketRequest::Replay(request)) => request,
        Ok(SocketRequest::Orphan(request)) => {
            let (done, outcome) = oneshot::channel();
            if calls
                .send(Called::Orphan(crate::orphan::OrphanCall { request, done }))
                .await
                .is_err()
            {
                return Ok(());
            }
            // one that is not answered hangs up: the asking side says that siembox ended
            let Ok(outcome) = outcome.await else {
                return Ok(());
            };
            return bounded(write.write_all(&one_line(&outcome)?)).await;
        }
        Ok(SocketRequest::Status) => {
            let json = serde_json::to_vec(&status.snapshot(clock::now()))?;
            return bounded(write.write_all(&json)).await;
        }
        Err(error) => {
            let word = ReplayReport::Refused(format!("the request is invalid: {error}"));
            return bounded(write.write_all(&one_line(&word)?)).await;
        }
    };
    let (words, mut heard) = watch::channel(ReplayReport::Progress(ReplayProgress::default()));
    if calls
        .send(Called::Replay(ReplayCall { request, words }))
        .await
        .is_err()
    {
        return Ok(());
    }
    let told = async {
        while heard.changed().await.is_ok() {
            let word = heard.borrow_and_update().clone();
            write.write_all(&one_line(&word)?).await?;
            if word.is_last() {
                break;
            }
        }
        Ok(())
    };
    let mut gone = [0];
    tokio::select! {
        told = told => told,
        // nothing more is asked here: this is the other side's end
        _ = read.read(&mut gone) => Ok(()),
    }
}

async fn bounded(written: impl Future<Output = io::Result<()>>) -> io::Result<()> {
    tokio::time::timeout(PATIENCE, written)
        .await
        .unwrap_or(Ok(()))
}

fn one_line(word: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut json = serde_json::to_vec(word)?;
    json.push(b'\n');
    Ok(json)
}

/// Connects to the running instance.
///
/// # Errors
/// [`SocketError::NobodyThere`], [`SocketError::NotAllowed`]
pub fn connect(state_dir: &Path) -> Result<std::os::unix::net::UnixStream, SocketError> {
    let path = state_dir.join(NAME);
    std::os::unix::net::UnixStream::connect(&path)
        .map_err(|cause| SocketError::not_connected(path, cause))
}

/// Asks the running instance.
///
/// # Errors
/// See [`SocketError`].
pub fn ask(state_dir: &Path) -> Result<Snapshot, SocketError> {
    ask_within(state_dir, PATIENCE)
}

/// Asks the running instance, and waits so long for each part of its answer.
///
/// # Errors
/// See [`SocketError`].
pub fn ask_within(state_dir: &Path, patience: Duration) -> Result<Snapshot, SocketError> {
    let path = state_dir.join(NAME);
    let mut json = Vec::new();
    let stream = connect(state_dir)?;
    stream
        .set_read_timeout(Some(patience))
        // nothing more to ask
        .and_then(|()| stream.shutdown(Shutdown::Write))
        .and_then(|()| stream.take(LONGEST_ANSWER).read_to_end(&mut json))
        .map_err(|cause| SocketError::Read {
            path: path.clone(),
            cause,
        })?;
    serde_json::from_slice(&json).map_err(|cause| SocketError::Odd { path, cause })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_not_ask_is_not_told_that_nothing_runs() {
        let said = |kind: io::ErrorKind| {
            let path = PathBuf::from("/var/lib/siembox/status.sock");
            SocketError::not_connected(path, kind.into()).to_string()
        };
        let refused = said(io::ErrorKind::PermissionDenied);
        assert!(
            refused.starts_with("this user cannot use /var/lib/siembox/status.sock: run "),
            "{refused}"
        );
        for kind in [io::ErrorKind::NotFound, io::ErrorKind::ConnectionRefused] {
            assert!(said(kind).starts_with("no siembox is running on "));
        }
    }
}
