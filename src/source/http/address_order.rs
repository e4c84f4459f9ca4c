//! Orders the addresses of a name: one that failed is tried again after the others, so that an
//! address that accepts connections and then fails does not hide them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A name has no more addresses than this, as ureq reads them.
const MOST: usize = 16;

/// The addresses that failed, shared by a client and its connections.
#[derive(Debug, Clone, Default)]
pub(super) struct AddressOrder(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    /// The one that failed longest ago first.
    failed: Vec<SocketAddr>,
    /// Where the last connection leads.
    last: Option<SocketAddr>,
}

// === impl AddressOrder ===

impl AddressOrder {
    /// These addresses in the order in which they are to be tried.
    pub(super) fn order(&self, addresses: &[SocketAddr]) -> Vec<SocketAddr> {
        let inner = self.inner();
        let mut order = addresses.to_vec();
        // stable: those that never failed stay in the order of the resolver
        order.sort_by_key(|address| {
            let nth = inner.failed.iter().position(|failed| failed == address);
            nth.map_or(0, |nth| nth + 1)
        });
        order
    }

    /// A connection leads there.
    pub(super) fn connected(&self, address: SocketAddr) {
        self.inner().last = Some(address);
    }

    /// No connection could be made there.
    pub(super) fn failed(&self, address: SocketAddr) {
        let mut inner = self.inner();
        inner.failed.retain(|failed| *failed != address);
        if inner.failed.len() >= MOST {
            inner.failed.remove(0);
        }
        inner.failed.push(address);
    }

    /// What was asked on the last connection came to nothing.
    pub(super) fn last_failed(&self) {
        let last = self.inner().last;
        if let Some(last) = last {
            self.failed(last);
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_failed_comes_last() {
        let address = |nth: u8| SocketAddr::from(([192, 0, 2, nth], 443));
        let all = [address(1), address(2), address(3)];
        let turns = AddressOrder::default();
        let first = |turns: &AddressOrder| turns.order(&all)[0];
        assert_eq!(turns.order(&all), all);
        for expected in [1, 2, 3, 1, 2] {
            assert_eq!(first(&turns), address(expected));
            turns.connected(first(&turns));
            turns.last_failed();
        }
        turns.failed(address(1));
        assert_eq!(turns.order(&all), [address(3), address(2), address(1)]);
        for nth in 0..200 {
            turns.failed(address(nth));
        }
        assert_eq!(turns.inner().failed.len(), MOST);
    }
}
