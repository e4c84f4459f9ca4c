//! The table of connections, and which one is closed when it is full: an idle one of the address
//! that has most, so that one address cannot crowd out another.

use std::cell::Cell;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Notify;

/// The table.
#[derive(Debug)]
pub(super) struct ConnectionTable {
    limit: usize,
    taken: Vec<Rc<Seat>>,
}

/// One connection in the table.
#[derive(Debug)]
pub(super) struct Seat {
    address: IpAddr,
    /// Time of the last request, or of the connection.
    active: Cell<Duration>,
    /// Signals that the connection must end.
    leave: Notify,
}

// === impl ConnectionTable ===

impl ConnectionTable {
    pub(super) fn new(limit: usize) -> Self {
        let taken = Vec::with_capacity(limit);
        Self { limit, taken }
    }

    /// A seat for somebody from this address; where there is none, one is sent away.
    pub(super) fn take(&mut self, address: IpAddr, now: Duration) -> Rc<Seat> {
        while self.taken.len() >= self.limit {
            let Some(seat) = self.most_idle() else { break };
            seat.leave.notify_one();
            self.leave(&seat);
        }
        let seat = Rc::new(Seat {
            address,
            active: Cell::new(now),
            leave: Notify::new(),
        });
        self.taken.push(Rc::clone(&seat));
        seat
    }

    /// Removes a connection from the table.
    pub(super) fn leave(&mut self, seat: &Rc<Seat>) {
        self.taken.retain(|taken| !Rc::ptr_eq(taken, seat));
    }

    pub(super) fn are_empty(&self) -> bool {
        self.taken.is_empty()
    }

    /// Of the address that has most seats, the one that has asked nothing for the longest time.
    fn most_idle(&self) -> Option<Rc<Seat>> {
        let of = |address| {
            self.taken
                .iter()
                .filter(|seat| seat.address == address)
                .count()
        };
        let rank = |seat: &&Rc<Seat>| (of(seat.address), std::cmp::Reverse(seat.active.get()));
        self.taken.iter().max_by_key(rank).cloned()
    }
}

// === impl Seat ===

impl Seat {
    /// Notes a request.
    pub(super) fn ask(&self, now: Duration) {
        self.active.set(now);
    }

    /// Time of the last request.
    pub(super) fn active(&self) -> Duration {
        self.active.get()
    }

    /// Waits until the connection must end.
    pub(super) async fn sent_away(&self) {
        self.leave.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_most_idle_of_the_greediest_makes_room() {
        let now = Duration::from_secs(9);
        let at = |seconds| now + Duration::from_secs(seconds);
        let (one, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let mut seats = ConnectionTable::new(3);
        let quiet_guest = seats.take(other, at(0));
        let first = seats.take(one, at(1));
        let second = seats.take(one, at(2));
        first.ask(at(3));
        let third = seats.take(one, at(4));
        let here =
            |seats: &ConnectionTable, seat| seats.taken.iter().any(|taken| Rc::ptr_eq(taken, seat));
        assert!(here(&seats, &quiet_guest) && here(&seats, &first) && here(&seats, &third));
        assert!(!here(&seats, &second));
        seats.leave(&second);
        assert_eq!(seats.taken.len(), 3);
    }
}
