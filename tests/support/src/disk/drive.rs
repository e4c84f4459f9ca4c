//! A [`Medium`] with ext4 on it, mounted: medium → FUSE file → loop device → ext4.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use fuser::BackgroundSession;
use tempfile::TempDir;

use super::image;
use super::medium::Medium;

/// How long a mount may be held by a process that is ending.
const PATIENCE: Duration = Duration::from_secs(20);

/// The drive. Dropping it unmounts everything.
pub struct Drive {
    medium: Arc<Medium>,
    /// Where ext4 is, while it is mounted.
    mounted: Option<PathBuf>,
    /// Before its folder, so that it is unmounted first.
    _session: BackgroundSession,
    folder: TempDir,
}

impl Drive {
    /// A drive of so many MB with a fresh ext4 (journal and write barriers on), not mounted yet. To
    /// be called inside [`super::own_mounts()`].
    ///
    /// # Errors
    /// Where the system has no FUSE for us, or no mkfs.ext4.
    pub fn new(megabytes: usize) -> io::Result<Self> {
        let medium = Arc::new(Medium::new(megabytes << 20));
        let folder = tempfile::Builder::new()
            .prefix("siembox-drive-")
            .tempdir()?;
        let session = image::serve(Arc::clone(&medium), folder.path())?;
        let drive = Self {
            medium,
            mounted: None,
            _session: session,
            folder,
        };
        run(Command::new("mkfs.ext4")
            .args(["-q", "-F", "-m", "0", "-J", "size=4"])
            .args(["-E", "nodiscard,lazy_itable_init=0,lazy_journal_init=0"])
            .arg(drive.image()))?;
        Ok(drive)
    }

    /// What lies below: cut its power, spoil it, count its flushes.
    #[must_use]
    pub fn medium(&self) -> &Medium {
        &self.medium
    }

    /// Mounts it there. The journal is replayed where that is needed. `data` is ext4's: with
    /// `ordered` a file never shows bytes that were not written to it, with `writeback` it may
    /// after a cut.
    ///
    /// # Errors
    /// Where there is no loop device, or ext4 cannot make anything of what lies on the medium.
    pub fn mount(&mut self, at: &Path, data: &str) -> io::Result<()> {
        std::fs::create_dir_all(at)?;
        // the loop device goes by itself when this is unmounted
        let options = format!("loop,barrier=1,errors=remount-ro,data={data}");
        run(Command::new("mount")
            .args(["-t", "ext4", "-o", &options])
            .arg(self.image())
            .arg(at))?;
        self.mounted = Some(at.to_owned());
        Ok(())
    }

    /// Unmounts it. Waits for processes that are just ending.
    ///
    /// # Errors
    /// Where somebody goes on using it.
    pub fn unmount(&mut self) -> io::Result<()> {
        let Some(at) = self.mounted.take() else {
            return Ok(());
        };
        let begin = Instant::now();
        while let Err(error) = run(Command::new("umount").arg(&at)) {
            if begin.elapsed() > PATIENCE {
                // out of the way at least; it goes with its last user
                let _ = run(Command::new("umount").arg("-l").arg(&at));
                return Err(error);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn image(&self) -> PathBuf {
        self.folder.path().join(image::NAME)
    }
}

impl Drop for Drive {
    fn drop(&mut self) {
        let _ = self.unmount();
    }
}

fn run(command: &mut Command) -> io::Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "{}: {}",
        command.get_program().display(),
        String::from_utf8_lossy(&output.stderr).trim()
    )))
}
