//! Failed tries and their delays: three tries, then waits that double from one second to a minute.

use std::time::Duration;

/// Tries before there is a wait.
const FREE: u32 = 3;
pub(super) const LONGEST: Duration = Duration::from_secs(60);
/// After so long without a try somebody begins anew.
const FORGET: Duration = Duration::from_secs(15 * 60);

/// All that are remembered, at most `MOST`; one more, and the one longest without a try is
/// forgotten. Times are steady ones.
#[derive(Debug, Clone)]
pub(super) struct Waits<K, const MOST: usize>(Vec<Tries<K>>);

#[derive(Debug, Clone)]
struct Tries<K> {
    of: K,
    count: u32,
    last: Duration,
}

impl<K: PartialEq, const MOST: usize> Waits<K, MOST> {
    /// How long this one has to wait; none where it need not.
    pub(super) fn left(&mut self, of: &K, now: Duration) -> Option<Duration> {
        self.0
            .retain(|tries| now.saturating_sub(tries.last) < FORGET);
        let tries = self.0.iter().find(|tries| tries.of == *of)?;
        let next = tries.last + wait(tries.count);
        (next > now).then(|| next - now)
    }

    /// Counts one more try.
    pub(super) fn count(&mut self, of: K, now: Duration) {
        if let Some(tries) = self.0.iter_mut().find(|tries| tries.of == of) {
            (tries.count, tries.last) = (tries.count.saturating_add(1), now);
            return;
        }
        if self.0.len() >= MOST {
            let oldest = self.0.iter().enumerate();
            if let Some((index, _)) = oldest.min_by_key(|(_, tries)| tries.last) {
                self.0.swap_remove(index);
            }
        }
        let (count, last) = (1, now);
        self.0.push(Tries { of, count, last });
    }

    /// Forgets the failed tries of this one.
    pub(super) fn forget(&mut self, of: &K) {
        self.0.retain(|tries| tries.of != *of);
    }

    /// How many are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl<K, const MOST: usize> Default for Waits<K, MOST> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// Between the last of so many tries and the next.
fn wait(count: u32) -> Duration {
    match count.checked_sub(FREE) {
        None => Duration::ZERO,
        Some(doublings) => Duration::from_secs(1 << doublings.min(6)).min(LONGEST),
    }
}
