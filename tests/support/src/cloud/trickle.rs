//! New records while the simulator runs.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::Cloud;
use super::tenant::Tenant;
use crate::records::{self, Record, Stream, xdr};

/// One alert for so many activities.
const ACTIVITIES_PER_ALERT: u64 = 40;
/// An alert shows itself so long after its date.
const ALERT_DELAY_MS: i64 = 60_000;
/// One question to the directory, or change of it, for so many activities.
const ACTIVITIES_PER_CHANGE: u64 = 10;

/// Which API gets the new records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Played {
    /// Cloud Apps.
    #[default]
    CloudApps,
    /// Graph and hunting.
    DefenderXdr,
    /// Both, each event in both under one id.
    Both,
}

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
        self.trickle_in(Played::CloudApps, per_second, seed)
    }

    /// The same in another API, or in both. Defender XDR also gets what the directory was asked,
    /// and behaviors.
    ///
    /// # Panics
    /// As [`Cloud::trickle`].
    #[must_use]
    pub fn trickle_in(&self, played: Played, per_second: f64, seed: u64) -> Trickle {
        assert!(per_second > 0.0, "a trickle needs a rate");
        let (stop, stopped) = mpsc::channel();
        let tenant = Arc::clone(&self.tenant);
        let pause = Duration::from_secs_f64(1.0 / per_second);
        let thread = std::thread::Builder::new()
            .name("trickle".to_owned())
            .spawn(move || drip(&tenant, played, pause, seed, &stopped))
            .expect("a thread");
        Trickle {
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

fn drip(tenant: &Tenant, played: Played, pause: Duration, seed: u64, stopped: &mpsc::Receiver<()>) {
    let mut due = Instant::now() + pause;
    for n in 0.. {
        let wait = due.saturating_duration_since(Instant::now());
        if stopped.recv_timeout(wait) != Err(RecvTimeoutError::Timeout) {
            return;
        }
        due += pause;
        let now_ms = tenant.clock.now_ms();
        let mut activities = vec![records::one_activity(seed, n, now_ms)];
        if played != Played::CloudApps && n % ACTIVITIES_PER_CHANGE == 1 {
            activities.push(records::one_directory_activity(seed, n, now_ms));
        }
        let alerts = (n % ACTIVITIES_PER_ALERT == ACTIVITIES_PER_ALERT / 2).then(|| {
            let mut alert =
                records::one_alert(seed, n, now_ms - ALERT_DELAY_MS).visible_from(now_ms);
            alert.audits.push(activities[0].id.clone());
            alert
        });
        let alerts = Vec::from_iter(alerts);
        add(tenant, played, activities, alerts, seed.wrapping_add(n));
    }
}

/// Adds new records to the API that is played.
fn add(tenant: &Tenant, played: Played, activities: Vec<Record>, alerts: Vec<Record>, seed: u64) {
    let now_ms = tenant.clock.now_ms();
    let mut successors = Vec::new();
    if played != Played::CloudApps {
        let all = activities.iter().chain(&alerts);
        successors.extend(all.filter_map(Record::twin));
        if !alerts.is_empty() {
            let behaviors = xdr::behaviors(seed, 1).between(now_ms - ALERT_DELAY_MS, now_ms);
            successors.extend(behaviors.map(|behavior| behavior.visible_from(now_ms)));
        }
    }
    let mut state = tenant.state();
    if played != Played::DefenderXdr {
        state.store.shelf_mut(Stream::Activities).add(activities);
        state.store.shelf_mut(Stream::Alerts).add(alerts);
    }
    let shelves = &mut state.graph.shelves;
    successors
        .into_iter()
        .for_each(|record| shelves.add(record));
}

impl Drop for Trickle {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
