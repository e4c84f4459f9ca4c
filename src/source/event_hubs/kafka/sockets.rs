//! The open connections, which another thread ends together with whoever waits for an answer.

use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// The connections of one member.
#[derive(Debug, Default)]
pub(in crate::source::event_hubs) struct Sockets(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    is_closed: bool,
    open: Vec<Weak<TcpStream>>,
}

// === impl Sockets ===

impl Sockets {
    /// Ends all, and those that are made from now on.
    pub(in crate::source::event_hubs) fn shut_down(&self) {
        let mut state = self.state();
        state.is_closed = true;
        for socket in state.open.iter().filter_map(Weak::upgrade) {
            // one that is at its end needs no other
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    /// Was it shut down?
    pub(in crate::source::event_hubs) fn is_closed(&self) -> bool {
        self.state().is_closed
    }

    /// Takes a connection in; false where all are to end.
    pub(super) fn add(&self, socket: &Arc<TcpStream>) -> bool {
        let mut state = self.state();
        state.open.retain(|it| it.strong_count() > 0);
        state.open.push(Arc::downgrade(socket));
        !state.is_closed
    }

    /// How many are open.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.state().open.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
