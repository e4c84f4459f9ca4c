//! 30 requests a minute for the whole tenant, whoever asks (reference §1.3, §1.9).

use std::collections::VecDeque;

/// A sliding window over the requests that were let through. Refused ones don't count.
#[derive(Debug)]
pub struct Throttle {
    /// Let through within one window.
    pub limit: usize,
    /// Length of the window, milliseconds.
    pub window_ms: i64,
    let_through: VecDeque<i64>,
}

impl Throttle {
    /// So many requests in so many milliseconds.
    #[must_use]
    pub fn new(limit: usize, window_ms: i64) -> Self {
        Self {
            limit,
            window_ms,
            let_through: VecDeque::new(),
        }
    }

    /// Lets a request through, or says in how many seconds to come again.
    ///
    /// # Errors
    /// Seconds to wait, at least 1.
    pub fn admit(&mut self, now_ms: i64) -> Result<(), i64> {
        while self
            .let_through
            .front()
            .is_some_and(|at| now_ms - at >= self.window_ms)
        {
            self.let_through.pop_front();
        }
        if self.let_through.len() < self.limit {
            self.let_through.push_back(now_ms);
            return Ok(());
        }
        let free_at = self
            .let_through
            .front()
            .map_or(now_ms, |at| at + self.window_ms);
        Err(((free_at - now_ms + 999) / 1000).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::Throttle;

    #[test]
    fn the_window_slides() {
        let mut throttle = Throttle::new(2, 60_000);
        assert_eq!(
            [throttle.admit(0), throttle.admit(30_000)],
            [Ok(()), Ok(())]
        );
        assert_eq!(throttle.admit(30_001), Err(30));
        assert_eq!(throttle.admit(59_999), Err(1));
        assert_eq!(throttle.admit(60_000), Ok(()));
        assert_eq!(throttle.admit(60_000), Err(30));
    }
}
