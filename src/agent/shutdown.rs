//! The shutdown signal of threads and tasks, and waits that it ends.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::clock::{self, Moment, Time};
use crate::random;

/// A switch that is thrown once.
#[derive(Debug, Default)]
pub struct Shutdown {
    thrown: Mutex<bool>,
    sleepers: Condvar,
    tasks: Notify,
}

impl Shutdown {
    /// Throws it: all sleepers wake.
    pub fn throw(&self) {
        *self.thrown.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.sleepers.notify_all();
        self.tasks.notify_waiters();
    }

    /// Was it thrown?
    #[must_use]
    pub fn thrown(&self) -> bool {
        *self.thrown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps a thread until the switch is thrown, at most so long. True where it was thrown.
    pub fn sleep(&self, time: Duration) -> bool {
        let thrown = self.thrown.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = self
            .sleepers
            .wait_timeout_while(thrown, time, |thrown| !*thrown);
        *wait.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Resolves when it is thrown.
    pub async fn wait(&self) {
        loop {
            let told = self.tasks.notified();
            tokio::pin!(told);
            told.as_mut().enable();
            if self.thrown() {
                return;
            }
            told.await;
        }
    }
}

/// Real time, until the switch is thrown.
impl Time for Arc<Shutdown> {
    fn now(&self) -> Moment {
        clock::now()
    }

    fn sleep(&self, time: Duration) -> bool {
        Shutdown::sleep(self, time)
    }

    fn over(&self) -> bool {
        self.thrown()
    }

    fn chance(&self) -> u64 {
        random::any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn wakes_threads_and_tasks() {
        let shutdown = Arc::new(Shutdown::default());
        assert!(!Shutdown::sleep(&shutdown, Duration::from_millis(1)));
        let (sleeper, task) = (Arc::clone(&shutdown), Arc::clone(&shutdown));
        let thread =
            std::thread::spawn(move || Shutdown::sleep(&sleeper, Duration::from_secs(3600)));
        let task = tokio::spawn(async move { task.wait().await });
        shutdown.throw();
        assert!(thread.join().unwrap());
        task.await.unwrap();
        shutdown.wait().await;
    }
}
