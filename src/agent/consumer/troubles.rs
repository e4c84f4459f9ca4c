//! Partitions and hubs that can't be read for now, while others are.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::backoff::Backoff;

/// Partitions and hubs that can't be read for now, by name. Times are on the steady clock.
#[derive(Debug, Default)]
pub(super) struct PartitionTroubles {
    by_name: BTreeMap<String, Trouble>,
}

#[derive(Debug)]
struct Trouble {
    /// Why, as it was reported; reported again only if it changes.
    what: String,
    /// When it is tried again.
    until: Duration,
    backoff: Backoff,
}

// === impl PartitionTroubles ===

impl PartitionTroubles {
    /// Notes a failure at `now`. Returns the wait until the next try if the failure is to be
    /// reported, because it is the first one or has another reason than the last.
    pub(super) fn failed(
        &mut self,
        name: &str,
        what: &str,
        now: Duration,
        random: u64,
    ) -> Option<Duration> {
        let known = self.by_name.get(name).is_some_and(|it| it.what == what);
        let trouble = (self.by_name.entry(name.to_owned())).or_insert_with(|| Trouble {
            what: String::new(),
            until: Duration::ZERO,
            backoff: Backoff::new(Duration::from_secs(5), Duration::from_secs(300)),
        });
        what.clone_into(&mut trouble.what);
        let wait = trouble.backoff.failed(random);
        trouble.until = now + wait;
        (!known).then_some(wait)
    }

    /// The partition or hub is read again. Returns whether that ends the last trouble.
    pub(super) fn well(&mut self, name: &str) -> bool {
        self.by_name.remove(name).is_some() && self.by_name.is_empty()
    }

    /// Forgets what `keep` does not name. Returns whether that ends the last trouble.
    pub(super) fn retain(&mut self, keep: impl Fn(&str) -> bool) -> bool {
        let before = self.by_name.len();
        self.by_name.retain(|name, _| keep(name));
        before > 0 && self.by_name.is_empty()
    }

    /// Whether the next try is still to come.
    pub(super) fn holds_back(&self, name: &str, now: Duration) -> bool {
        self.by_name.get(name).is_some_and(|it| now < it.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_reported_once_and_tried_again_ever_later() {
        let mut troubles = PartitionTroubles::default();
        let at = Duration::from_secs;
        assert_eq!(troubles.failed("a/0", "denied", at(0), 0), Some(at(5)));
        assert!(troubles.holds_back("a/0", at(4)) && !troubles.holds_back("a/0", at(5)));
        assert_eq!(troubles.failed("a/0", "denied", at(5), u64::MAX), None);
        assert!(troubles.holds_back("a/0", at(20)) && !troubles.holds_back("a/1", at(20)));
        assert!(troubles.failed("a/0", "no leader", at(60), 0).is_some());
        assert!(!troubles.well("a/1"));
        assert!(troubles.well("a/0") && !troubles.well("a/0"));
    }

    #[test]
    fn the_last_trouble_ends_with_the_partition() {
        let mut troubles = PartitionTroubles::default();
        troubles.failed("a/0", "denied", Duration::ZERO, 0);
        troubles.failed("b", "no leader", Duration::ZERO, 0);
        assert!(!troubles.retain(|name| name == "b"));
        assert!(troubles.retain(|_| false) && !troubles.retain(|_| false));
    }
}
