//! Reading what may never come: a pipe that nobody writes to, a network drive whose server is gone. The system has no bound
//! for that, and no way to call such a read off, so it happens on a thread of its own, which nobody waits for beyond a bound.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A small file that does not come within this time is not waited for.
pub const PATIENCE: Duration = Duration::from_secs(3);
/// A thread that only reads a small file needs little.
const STACK: usize = 256 * 1024;

/// Files whose reading has not come back. Of each, one thread waits.
static HANGING: LazyLock<Mutex<HashSet<PathBuf>>> = LazyLock::new(Mutex::default);

/// What `read` gives, which reads this file; `None` where that takes longer than `patience`. While it hangs, `None` at once.
pub fn within<T: Send + 'static>(
    path: &Path,
    patience: Duration,
    read: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    if hanging().contains(path) {
        return None;
    }
    let (says, hears) = channel();
    let name = path.to_owned();
    let started = std::thread::Builder::new()
        .name("read".to_owned())
        .stack_size(STACK)
        .spawn(move || {
            // nobody hears it any more where it took too long
            let _ = says.send(read());
            hanging().remove(&name);
        });
    started.ok()?;
    if let Ok(given) = hears.recv_timeout(patience) {
        return Some(given);
    }
    let mut hanging = hanging();
    // it may have come until now; if not, its thread takes the name out again after this
    let given = hears.try_recv().ok();
    if given.is_none() {
        hanging.insert(path.to_owned());
    }
    given
}

fn hanging() -> MutexGuard<'static, HashSet<PathBuf>> {
    HANGING.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender};

    use super::*;

    #[test]
    fn what_never_comes_is_waited_for_once_and_heard_again_when_it_comes() {
        let path = Path::new("/never/comes");
        let (go, gone): (Sender<()>, Receiver<()>) = channel();
        let hangs = move || gone.recv().is_err();
        assert_eq!(within(path, Duration::from_millis(20), hangs), None);
        // for an hour, if it were read
        let again = within(path, Duration::from_secs(3600), || {});
        assert_eq!(again, None);
        assert_eq!(within(Path::new("/another"), PATIENCE, || 7), Some(7));
        drop(go);
        while hanging().contains(path) {
            std::thread::yield_now();
        }
        assert_eq!(within(path, PATIENCE, || 8), Some(8));
    }
}
