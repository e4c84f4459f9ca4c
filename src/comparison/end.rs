//! A comparison that is wanted no more: it ends, also in the midst of a question.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Between two looks at whether it is wanted.
const LOOK: Duration = Duration::from_millis(100);

/// What a question is cut off by, from another thread.
type Cancel = Box<dyn Fn() + Send + Sync>;

/// Held by who compares, and by who may end that.
#[derive(Clone, Default)]
pub struct ComparisonEnd(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    is_wanted: bool,
    /// Ends the question that is under way.
    cancel: Option<Cancel>,
}

// === impl ComparisonEnd ===

impl ComparisonEnd {
    /// Ends the comparison.
    pub fn end(&self) {
        let mut inner = self.lock();
        inner.is_wanted = true;
        if let Some(cancel) = &inner.cancel {
            cancel();
        }
    }

    /// Is it to end?
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.lock().is_wanted
    }

    /// From now on this ends the question that is under way.
    pub fn ends_by(&self, cancel: Cancel) {
        let mut inner = self.lock();
        if inner.is_wanted {
            cancel();
        }
        inner.cancel = Some(cancel);
    }

    /// Waits, but no longer than until it is to end.
    pub fn wait(&self, wait: Duration) {
        let mut left = wait;
        while !left.is_zero() && !self.is_wanted() {
            let step = left.min(LOOK);
            std::thread::sleep(step);
            left -= step;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for ComparisonEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ComparisonEnd")
            .field("is_wanted", &self.is_wanted())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn it_cuts_off_the_question_of_now_and_each_later_one() {
        let end = ComparisonEnd::default();
        let cut = Arc::new(AtomicU32::new(0));
        let cancel = || {
            let cut = Arc::clone(&cut);
            Box::new(move || {
                cut.fetch_add(1, Ordering::Relaxed);
            })
        };
        end.ends_by(cancel());
        assert!(!end.is_wanted() && cut.load(Ordering::Relaxed) == 0);
        end.end();
        end.ends_by(cancel());
        // an end that is wanted already is not waited for
        end.wait(Duration::from_secs(3600));
        assert!(end.is_wanted() && cut.load(Ordering::Relaxed) == 2);
    }
}
