//! New records while the simulator runs.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::Cloud;
use super::tenant::Tenant;
use crate::records::{self, Stream};

/// One alert for so many activities.
const ACTIVITIES_PER_ALERT: u64 = 40;
/// An alert shows itself so long after its date.
const ALERT_DELAY_MS: i64 = 60_000;

/// Adds records until it is dropped.
#[derive(Debug)]
pub struct Trickle {
    /// Dropped to end the thread.
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Cloud {
    /// Adds so many activities a second, and now and then an alert, until the trickle is dropped.
    ///
    /// # Panics
    /// Where the rate is not above 0, or no thread can be had.
    #[must_use]
    pub fn trickle(&self, per_second: f64, seed: u64) -> Trickle {
        assert!(per_second > 0.0, "a trickle needs a rate");
        let (stop, stopped) = mpsc::channel();
        let tenant = Arc::clone(&self.tenant);
        let pause = Duration::from_secs_f64(1.0 / per_second);
        let thread = std::thread::Builder::new()
            .name("trickle".to_owned())
            .spawn(move || drip(&tenant, pause, seed, &stopped))
            .expect("a thread");
        Trickle {
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

fn drip(tenant: &Tenant, pause: Duration, seed: u64, stopped: &mpsc::Receiver<()>) {
    let mut due = Instant::now() + pause;
    for n in 0.. {
        let wait = due.saturating_duration_since(Instant::now());
        if stopped.recv_timeout(wait) != Err(RecvTimeoutError::Timeout) {
            return;
        }
        due += pause;
        let now_ms = tenant.clock.now_ms();
        let activity = records::one_activity(seed, n, now_ms);
        let alert = (n % ACTIVITIES_PER_ALERT == ACTIVITIES_PER_ALERT / 2).then(|| {
            let mut alert =
                records::one_alert(seed, n, now_ms - ALERT_DELAY_MS).visible_from(now_ms);
            alert.audits.push(activity.id.clone());
            alert
        });
        let mut state = tenant.state();
        state.store.shelf_mut(Stream::Activities).add([activity]);
        state.store.shelf_mut(Stream::Alerts).add(alert);
    }
}

impl Drop for Trickle {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
