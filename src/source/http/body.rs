//! Reads a response's body in blocks, so that a page of 9 MB is never in memory as a whole.

use std::fmt;
use std::io::{Cursor, Read};
use std::ops::ControlFlow;

use super::error_text;
use crate::source::{SourceError, SourceErrorKind};

/// Bytes that are read together.
const BLOCK: usize = 64 << 10;

/// A body that is still to come, bounded in its decoded size.
pub struct Body {
    reader: Box<dyn Read>,
    /// Bytes that may still come, and one more.
    left: u64,
    /// The largest body that is taken in.
    max: u64,
}

// === impl Body ===

impl Body {
    /// What `reader` gives, and an error where that is more than `max` bytes. A limit of ureq's own
    /// would count the bytes before gunzip.
    #[must_use]
    pub fn new(reader: impl Read + 'static, max: u64) -> Self {
        Self {
            reader: Box::new(reader),
            left: max.saturating_add(1),
            max,
        }
    }

    /// Hands over block after block, to the end: only then the connection can be used again.
    /// Whoever has enough breaks; the rest is not read, and the connection is closed.
    ///
    /// # Errors
    /// Where it breaks off, takes too long, or is too large.
    pub fn each_block(
        mut self,
        mut take: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), SourceError> {
        let mut block = vec![0; BLOCK];
        loop {
            let most = usize::try_from(self.left).unwrap_or(BLOCK).min(BLOCK);
            let read = match self.reader.read(&mut block[..most]) {
                Ok(0) => return Ok(()),
                Ok(read) => read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error_text::of_body(&error)),
            };
            self.left -= read as u64;
            if self.left == 0 {
                let what = format!("the response is larger than {} MB", self.max >> 20);
                return Err(SourceError::new(SourceErrorKind::TooLarge, what));
            }
            if take(&block[..read]).is_break() {
                return Ok(());
            }
        }
    }

    /// Its first bytes, `most` of them: for what is short.
    ///
    /// # Errors
    /// As for [`Body::each_block`].
    pub fn begin(self, most: usize) -> Result<Vec<u8>, SourceError> {
        let mut begin = Vec::new();
        self.each_block(|block| {
            let room = most - begin.len();
            begin.extend_from_slice(&block[..block.len().min(room)]);
            if block.len() > room {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        Ok(begin)
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self::new(Cursor::new(bytes), u64::MAX)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Gives blanks for ever, and counts them.
    struct Endless(std::rc::Rc<std::cell::Cell<usize>>);

    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            buffer.fill(b' ');
            self.0.set(self.0.get() + buffer.len());
            Ok(buffer.len())
        }
    }

    #[test]
    fn what_is_short_is_read_no_further_than_its_bound() {
        let read = std::rc::Rc::default();
        let body = Body::new(Endless(std::rc::Rc::clone(&read)), u64::MAX);
        assert_eq!(body.begin(100_000).unwrap().len(), 100_000);
        assert!(read.get() <= 2 * BLOCK);
        let whole = Body::from(b"all of it".to_vec());
        assert_eq!(whole.begin(9).unwrap(), b"all of it");
    }

    #[test]
    fn a_body_beyond_its_bound_is_told() {
        let body = Body::new(Endless(std::rc::Rc::default()), 10 << 20);
        let error = body.each_block(|_| ControlFlow::Continue(())).unwrap_err();
        assert_eq!(error.trouble, SourceErrorKind::TooLarge);
        assert!(error.what.contains("larger than 10 MB"), "{error}");
    }
}
