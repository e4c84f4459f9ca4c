//! The lock on a file: one process at a time.

use std::fs::{File, TryLockError};
use std::time::{Duration, Instant};

/// Another process may hold the lock for so long: one that is about to end, or one that was forked
/// from the holder and has not become its own program yet.
const RELEASE: Duration = Duration::from_secs(1);
/// How often it is tried meanwhile.
const LOOK: Duration = Duration::from_millis(5);

/// Locks the file until it is closed, waiting for at most a second where another process is about
/// to let go of it.
///
/// # Errors
/// `WouldBlock` where another process holds it; else what the system says.
pub fn lock(file: &File) -> Result<(), TryLockError> {
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) if start.elapsed() < RELEASE => {
                std::thread::sleep(LOOK);
            }
            answer => return answer,
        }
    }
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
