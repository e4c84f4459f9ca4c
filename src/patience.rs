//! Reads with a time limit, because a pipe or a network drive may never answer. The system has no
//! bound for that, and no way to call such a read off, so it happens on a thread of its own, which
//! nobody waits for beyond a bound.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// A small file that does not come within this time is not waited for.
pub const PATIENCE: Duration = Duration::from_secs(3);
/// A thread that only reads a small file needs little.
const STACK: usize = 256 * 1024;
/// The same, while an earlier one of this path has not come so far as to tell which file it is: its
/// drive hangs.
const AGAIN: Duration = Duration::from_millis(500);
/// Threads that may wait for files of one path: one for each file that has been there, up to so
/// many.
const MOST: usize = 4;

/// What has not come back, by path.
static HANGING: LazyLock<Mutex<Hanging>> = LazyLock::new(Mutex::default);

type Hanging = HashMap<PathBuf, Vec<Arc<Attempt>>>;

/// One thread that reads.
#[derive(Debug, Default)]
struct Attempt {
    /// Device and inode of the file, once the system has told.
    file: OnceLock<(u64, u64)>,
}

/// What `read` gives, which reads this file; `None` where that takes longer than `patience`. While
/// the same file hangs, `None` at once; another one in its place is read.
pub fn within<T: Send + 'static>(
    path: &Path,
    patience: Duration,
    read: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let attempt = Arc::<Attempt>::default();
    let patience = match hanging().get(path) {
        Some(all) if all.len() >= MOST => return None,
        Some(all) if all.iter().any(|it| it.file.get().is_none()) => patience.min(AGAIN),
        _ => patience,
    };
    let (says, hears) = channel();
    let (name, mine) = (path.to_owned(), Arc::clone(&attempt));
    let started = std::thread::Builder::new()
        .name("read".to_owned())
        .stack_size(STACK)
        .spawn(move || {
            let given = mine.begin(&name).then(read);
            // nobody hears it any more where it took too long
            let _ = says.send(given);
            mine.end(&name);
        });
    started.ok()?;
    if let Ok(given) = hears.recv_timeout(patience) {
        return given;
    }
    let mut hanging = hanging();
    // it may have come until now; if not, its thread takes this out again
    match hears.try_recv() {
        Ok(given) => given,
        Err(_) => {
            hanging.entry(path.to_owned()).or_default().push(attempt);
            None
        }
    }
}

// === impl Attempt ===

impl Attempt {
    /// Notes which file it is. False where that one hangs already.
    fn begin(&self, path: &Path) -> bool {
        // what there is to say about a file that is not there, reading it says
        let Ok(file) = fs::metadata(path) else {
            return true;
        };
        let file = (file.dev(), file.ino());
        let hangs = hanging()
            .get(path)
            .is_some_and(|all| all.iter().any(|it| it.file.get() == Some(&file)));
        !hangs && self.file.set(file).is_ok()
    }

    /// It has come back.
    fn end(self: &Arc<Self>, path: &Path) {
        let mut hanging = hanging();
        if let Some(all) = hanging.get_mut(path) {
            all.retain(|attempt| !Arc::ptr_eq(attempt, self));
            if all.is_empty() {
                hanging.remove(path);
            }
        }
    }
}

fn hanging() -> MutexGuard<'static, Hanging> {
    HANGING.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::mpsc::{Receiver, Sender};

    use super::*;

    const SHORT: Duration = Duration::from_millis(20);
    /// For what would hang if it were read.
    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn what_never_comes_is_waited_for_once_and_another_file_in_its_place_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let (path, kept) = (folder.path().join("file"), folder.path().join("kept"));
        fs::write(&path, "").unwrap();
        let (go, gone): (Sender<()>, Receiver<()>) = channel();
        let hangs = move || gone.recv().is_err();
        assert_eq!(within(&path, SHORT, hangs), None);
        assert_eq!(within(&path, HOUR, || {}), None, "it hangs still");
        assert_eq!(within(&kept, HOUR, || 7), Some(7));
        fs::rename(&path, &kept).unwrap();
        fs::write(&path, "").unwrap();
        assert_eq!(within(&path, HOUR, || 8), Some(8));
        fs::rename(&kept, &path).unwrap();
        assert_eq!(within(&path, HOUR, || {}), None, "the first one again");
        drop(go);
        while hanging().contains_key(&path) {
            std::thread::yield_now();
        }
        assert_eq!(within(&path, HOUR, || 9), Some(9));
    }

    #[test]
    fn threads_that_hang_are_bounded() {
        // there is no such file: it can't be told whether it is another one
        let path = Path::new("/none/at/all");
        let (go, gone): (Sender<()>, Receiver<()>) = channel();
        let gone = Arc::new(Mutex::new(gone));
        for patience in [SHORT, HOUR, HOUR, HOUR] {
            let gone = Arc::clone(&gone);
            let hangs = move || gone.lock().unwrap().recv().is_err();
            // the first is waited for as long as was said, the others are not
            assert_eq!(within(path, patience, hangs), None);
        }
        assert_eq!(hanging().get(path).map(Vec::len), Some(MOST));
        assert_eq!(within(path, HOUR, || {}), None);
        drop(go);
    }
}
