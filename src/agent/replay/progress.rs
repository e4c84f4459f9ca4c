//! How far a replay has come, for whoever asked and for the status.

use super::{Leg, Replay};
use crate::clock::Time;
use crate::replay::{ReplayReport, ReplayRequest, Running};
use crate::spool::Spool;
use crate::status::InternalEvent;

impl<S: Spool, T: Time> Replay<S, T> {
    /// Says how far it has come.
    pub(super) fn say(&mut self, leg: &Leg<S>, (place, legs): (usize, usize), done: bool) {
        let ReplayRequest { from_ms, to_ms, .. } = self.request;
        let reached = leg.reader.high_ms().unwrap_or(from_ms);
        let of_leg = if done {
            1000
        } else {
            (reached - from_ms) * 1000 / (to_ms - from_ms).max(1)
        };
        let (place, legs) = (place as i64, legs as i64);
        let all = (place * 1000 + of_leg.clamp(0, 1000)) / legs.max(1);
        self.progress.per_mille = u16::try_from(all).unwrap_or(1000);
        self.worker
            .tell(&InternalEvent::ReplayGoesOn(self.running()));
        self.publish();
    }

    /// How far it has come, for whoever asked.
    pub(super) fn publish(&self) {
        let progress = ReplayReport::Progress(self.progress.clone());
        self.worker.time.report.send_replace(progress);
    }

    /// What runs, for the status.
    pub(super) fn running(&self) -> Box<Running> {
        Box::new(Running {
            request: self.request.clone(),
            streams: self.streams.clone(),
            progress: self.progress.clone(),
        })
    }
}
