//! The port of a button: its level, pressed or not.

use std::io;

/// Something that is pressed or not.
pub trait Contact: Send {
    /// Waits for the next level: pressed or not. The first comes at once; one that was there
    /// already may come again, and bounces may come as they are.
    ///
    /// # Errors
    /// What the system said; there is no next one then.
    fn next(&mut self) -> io::Result<bool>;
}
