//! Caches the snapshot that pages show, for a short time. It is taken on a thread of its own, so
//! that a disk that hangs does not block `/healthz`.

use std::rc::Rc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::clock::{self, Stopwatch};
use crate::status::Status;
use crate::web::view::View;

/// A view stays as it is for so long.
const FRESH: Duration = Duration::from_millis(400);
/// Nobody waits longer for a new one,
const PATIENCE: Duration = Duration::from_secs(1);
/// and gets the last one, where it is not older than this.
const STALE: Duration = Duration::from_secs(60);

/// The cache.
#[derive(Clone)]
pub(super) struct SnapshotCache {
    status: Status,
    wanted: Rc<Notify>,
    seen: watch::Receiver<Option<(Stopwatch, View)>>,
}

impl SnapshotCache {
    /// Must be called on the page's thread.
    pub(super) fn open(status: Status, machine: String) -> Self {
        let wanted = Rc::new(Notify::new());
        let (sender, seen) = watch::channel(None);
        let window = Self {
            status,
            wanted,
            seen,
        };
        tokio::task::spawn_local(look(window.clone(), machine, sender));
        window
    }

    /// The status, at most as old as the cache allows; none if it does not answer.
    pub(super) async fn view(&self) -> Option<View> {
        let young = |seen: &Option<(Stopwatch, View)>, most| {
            let (at, view) = seen.as_ref()?;
            (at.elapsed() < most).then(|| view.clone())
        };
        let mut seen = self.seen.clone();
        if let Some(view) = young(&seen.borrow_and_update(), FRESH) {
            return Some(view);
        }
        self.wanted.notify_one();
        // what came meanwhile, or did not, is looked at below
        let _ = tokio::time::timeout(PATIENCE, seen.changed()).await;
        young(&seen.borrow(), STALE)
    }

    /// How long ago the process last showed that it makes progress.
    pub(super) fn silent(&self) -> Duration {
        self.status.unsampled_for(clock::now())
    }
}

async fn look(
    window: SnapshotCache,
    machine: String,
    seen: watch::Sender<Option<(Stopwatch, View)>>,
) {
    loop {
        window.wanted.notified().await;
        let status = window.status.clone();
        let taken = tokio::task::spawn_blocking(move || status.snapshot(clock::now())).await;
        // an error is a panic, which the log has
        if let Ok(snapshot) = taken {
            seen.send_replace(Some((Stopwatch::start(), View::new(snapshot, &machine))));
        }
    }
}
