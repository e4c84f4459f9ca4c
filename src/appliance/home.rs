//! The state folder while the box runs: its lock and the status socket in it. Somebody may remove
//! or move the folder at any moment while open files go on working, so it is looked up by its name.

use std::fs::File;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use tokio::net::UnixListener;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::{Appliance, ApplianceError};
use crate::clock;
use crate::own_file;
use crate::status::socket::{self, Called};
use crate::still_there::is_still_there;

/// Name of the lock in the state folder.
const LOCK: &str = "lock";

/// What the box holds of its state folder.
pub(super) struct Home {
    folder: PathBuf,
    /// Held as long as it is open.
    lock: File,
    /// Who answers on the socket, and the socket as it was made.
    answering: Option<(AbortHandle, File)>,
    /// Where what the socket can't do itself goes.
    calls: mpsc::Sender<Called>,
}

// === impl Home ===

impl Home {
    /// Takes the lock of this folder, which is made where it is not there. What is asked for on the
    /// socket goes to `calls`.
    ///
    /// # Errors
    /// Where the folder can't be used, or another siembox uses it.
    pub(super) fn take(folder: &Path, calls: mpsc::Sender<Called>) -> Result<Self, ApplianceError> {
        own_file::no_links_below(folder);
        Ok(Self {
            folder: folder.to_owned(),
            lock: lock(folder)?,
            answering: None,
            calls,
        })
    }
}

impl Appliance {
    /// Makes the socket, in place of one that is gone. Who asks waits until [`Self::answer`].
    ///
    /// # Errors
    /// Where it can't be made.
    pub(super) fn bind(&self) -> Result<(UnixListener, File), ApplianceError> {
        let path = self.home.folder.join(socket::NAME);
        let bound = socket::bind(&self.home.folder);
        let both = bound.and_then(|listener| Ok((listener, mark(&path)?)));
        both.map_err(|cause| ApplianceError::Socket { path, cause })
    }

    /// Answers who asks on it.
    pub(super) fn answer(&mut self, (listener, mark): (UnixListener, File)) {
        let serving = socket::serve(listener, self.status.clone(), self.home.calls.clone());
        let answering = (tokio::spawn(serving).abort_handle(), mark);
        if let Some((before, _)) = self.home.answering.replace(answering) {
            before.abort();
        }
    }

    /// Makes anew what somebody took away. Spools see by themselves that they are gone.
    pub(super) fn tend_home(&mut self) {
        let home = &mut self.home;
        if !is_still_there(&home.lock, &home.folder.join(LOCK)) {
            match lock(&home.folder) {
                Ok(lock) => {
                    home.lock = lock;
                    tracing::warn!(
                        "state_dir {} or its lock was removed while siembox ran, and siembox \
                            creates it again. It contains the administrator's password: set it \
                            again if it is gone. Do not remove anything from the folder while \
                            siembox runs",
                        home.folder.display()
                    );
                    self.home_is_gone(None);
                }
                Err(error) => return self.home_is_gone(Some(&error)),
            }
        }
        let path = self.home.folder.join(socket::NAME);
        let is_there = |(_, socket): &(_, File)| is_still_there(socket, &path);
        if !self.home.answering.as_ref().is_some_and(is_there) {
            match self.bind() {
                Ok(socket) => {
                    self.answer(socket);
                    self.home_is_gone(None);
                }
                Err(error) => self.home_is_gone(Some(&error)),
            }
        }
    }

    fn home_is_gone(&mut self, why: Option<&ApplianceError>) {
        let words = why.map(|why| {
            format!(
                "{why}. It was removed while siembox ran: siembox reads nothing until it exists \
                    again, and the cloud keeps the records. siembox retries (if it runs as a \
                    service, systemctl restart siembox creates the folder)"
            )
        });
        if words != self.home_trouble {
            if let Some(words) = &words {
                tracing::error!("{words}");
            }
            self.status.state_folder(words.as_deref(), clock::now());
            self.home_trouble = words;
        }
    }

    /// Nobody is answered any more.
    pub(super) fn leave_home(&mut self) {
        if let Some((answering, socket)) = self.home.answering.take() {
            answering.abort();
            let path = self.home.folder.join(socket::NAME);
            if is_still_there(&socket, &path) {
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

/// A handle by which the file under this name is known again, whatever it is.
fn mark(path: &Path) -> io::Result<File> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(File::from(rustix::fs::open(path, flags, Mode::empty())?))
}

/// The folder's lock, held as long as the file is open.
fn lock(state_dir: &Path) -> Result<File, ApplianceError> {
    let failed = |cause| ApplianceError::StateDir {
        path: state_dir.to_owned(),
        cause,
    };
    // evidence waits in it: not for everybody's eyes
    let made = std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o750)
        .create(state_dir);
    made.map_err(failed)?;
    let path = state_dir.join(LOCK);
    let file =
        own_file::update(&path, 0o640).map_err(|cause| ApplianceError::Lock { path, cause })?;
    match own_file::lock(&file) {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(ApplianceError::InUse {
            path: state_dir.to_owned(),
        }),
        Err(std::fs::TryLockError::Error(cause)) => Err(failed(cause)),
    }
}
