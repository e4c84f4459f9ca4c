//! Failed log-ins as the audit list tells them: the first at once, and how many followed once that
//! is over. A guesser can't push everything else out of the list.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

/// A burst is over after so long without another one,
const QUIET: Duration = Duration::from_secs(5 * 60);
/// and told in pieces of this length.
const PIECE: Duration = Duration::from_secs(60 * 60);
/// Addresses that are told apart.
const MOST: usize = 64;

/// What has not been told yet. Times are steady ones.
#[derive(Debug, Default)]
pub(super) struct FailedLogins {
    begun: Option<Duration>,
    last: Duration,
    further: u64,
    from: BTreeSet<IpAddr>,
}

/// Failed log-ins that are told together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Further {
    pub count: u64,
    /// Address of one of them.
    pub from: IpAddr,
    /// Addresses; [`MOST`] stands for that many or more.
    pub addresses: usize,
}

// === impl FailedLogins ===

impl FailedLogins {
    /// One more failed. True where it is the first, and to be told at once. Ask
    /// [`over`](Self::over) before.
    pub(super) fn failed(&mut self, from: IpAddr, now: Duration) -> bool {
        self.last = now;
        if self.begun.is_none() {
            self.begun = Some(now);
            return true;
        }
        self.further += 1;
        if self.from.len() < MOST {
            self.from.insert(from);
        }
        false
    }

    /// What has to be told by now. `done`: in any case, as somebody is looking or has signed in.
    pub(super) fn over(&mut self, done: bool, now: Duration) -> Option<Further> {
        let begun = self.begun?;
        let quiet = now.saturating_sub(self.last) >= QUIET;
        if !(done || quiet || now.saturating_sub(begun) >= PIECE) {
            return None;
        }
        let told = std::mem::take(self);
        if !quiet {
            // it goes on: the next ones are further ones too
            (self.begun, self.last) = (Some(now), told.last);
        }
        let from = *told.from.first()?;
        Some(Further {
            count: told.further,
            from,
            addresses: told.from.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_told_at_once_and_the_others_together() {
        let (mut burst, host) = (FailedLogins::default(), |n| IpAddr::from([10, 0, 0, n]));
        let at = Duration::from_secs;
        assert!(burst.failed(host(1), at(10)));
        assert_eq!(burst.over(false, at(11)), None);
        for second in 11..111 {
            assert!(!burst.failed(host(1 + u8::from(second % 2 == 0)), at(second)));
        }
        assert_eq!(burst.over(false, at(112)), None);
        let further = Further {
            count: 100,
            from: host(1),
            addresses: 2,
        };
        assert_eq!(burst.over(false, at(500)), Some(further));
        assert_eq!(burst.over(true, at(501)), None);
        assert!(burst.failed(host(3), at(502)), "a new burst");
        // one that never ends is told hour by hour
        let mut told = 0;
        for minute in 9..200 {
            told += u32::from(burst.over(false, at(60 * minute)).is_some());
            assert!(!burst.failed(host(3), at(60 * minute)));
        }
        assert_eq!(told, 3);
    }
}
