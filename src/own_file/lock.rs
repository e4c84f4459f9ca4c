//! The lock on a file: one process at a time.

use std::fs::{File, TryLockError};
use std::time::Duration;

/// How often the lock is tried, a second in all: another process may be about to end, or was forked
/// from the holder and has not become its own program yet.
const TRIES: u32 = 200;
/// How long it is waited between two of them.
const LOOK: Duration = Duration::from_millis(5);

/// Locks the file until it is closed, waiting for at most a second where another process is about
/// to let go of it.
///
/// # Errors
/// `WouldBlock` where another process holds it; else what the system says.
pub fn lock(file: &File) -> Result<(), TryLockError> {
    for _ in 1..TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOOK),
            answer => return answer,
        }
    }
    file.try_lock()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_lets_go_soon_is_waited_for_and_who_stays_is_told_of() {
        let held = tempfile::NamedTempFile::new().unwrap();
        let other = File::open(held.path()).unwrap();
        lock(held.as_file()).unwrap();
        assert!(matches!(lock(&other), Err(TryLockError::WouldBlock)));
        let letting_go = std::thread::spawn(move || {
            std::thread::sleep(LOOK);
            drop(held);
        });
        lock(&other).unwrap();
        letting_go.join().unwrap();
    }
}
