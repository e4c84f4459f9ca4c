//! Waiting for what comes by itself, looked at again and again: how long it takes is up to the
//! machine.

use std::time::{Duration, Instant};

/// Longer than anything takes, even on a busy machine without KVM; a test that is right never waits
/// for it.
const PATIENCE: Duration = Duration::from_secs(400);
const GLANCE: Duration = Duration::from_millis(100);

/// What `look` finds in the end.
///
/// # Panics
/// Where it never does; `what` and `why` stand in the message.
pub fn until<T>(
    what: &str,
    mut look: impl FnMut() -> Option<T>,
    why: impl FnOnce() -> String,
) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "never: {what}\n{}", why());
        std::thread::sleep(GLANCE);
    }
}
