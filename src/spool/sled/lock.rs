//! One process per spool. sled has a lock of its own, on one store of the chain and with a message
//! for programmers.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::segments;
use crate::own_file;
use crate::spool::SpoolError;
use crate::still_there::is_still_there;

/// Held until dropped; the system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock, or says who has it.
    pub(super) fn take(folder: &Path) -> Result<Self, SpoolError> {
        let path = folder.join("lock");
        let io = |action| {
            let path = path.clone();
            move |cause| SpoolError::Io {
                path,
                action,
                cause,
            }
        };
        segments::expect_file(&path).map_err(io("tidy up"))?;
        let mut file = own_file::update(&path, 0o644).map_err(io("open"))?;
        match own_file::lock(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.take(20).read_to_string(&mut holder);
                return Err(SpoolError::InUse {
                    path: folder.to_owned(),
                    process: holder.trim().parse().ok(),
                });
            }
            Err(TryLockError::Error(cause)) => return Err(io("lock")(cause)),
        }
        // Who holds it is a courtesy: a full disk does not stop us here.
        let _ = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Self { file, path })
    }

    /// Is it still the one in the folder, so that the folder is too?
    pub(super) fn is_there(&self) -> bool {
        is_still_there(&self.file, &self.path)
    }
}
