//! When a heartbeat is due, and what is in it. It goes over the wire beside the stream and never
//! through the spool: one that cannot be sent is no evidence, and an idle box writes nothing to
//! flash.

use std::time::Duration;

use crate::cef;
use crate::clock::{self, Moment};
use crate::format::LineWriter;
use crate::ledger::{Ledger, begin_of, hour_of};
use crate::lines::Lines;
use crate::spool::Spool;
use crate::status::Reporter;

/// The heartbeat of one agent.
pub struct HeartbeatSchedule {
    /// Writes its lines as all others.
    pub writer: LineWriter,
    /// The name that the header has.
    pub host: Option<String>,
    /// So often; `None` for never.
    pub every: Option<Duration>,
    /// Is the cloud not asked at present, on purpose?
    pub paused: bool,
    /// Not before this moment.
    pub next: Duration,
}

// === impl Heartbeat ===

impl HeartbeatSchedule {
    /// When the next one is due.
    #[must_use]
    pub fn due_at(&self) -> Option<Duration> {
        self.every.map(|_| self.next)
    }

    /// The line, where it is time.
    pub fn beat(
        &mut self,
        now: Moment,
        ledger: &Ledger,
        spool: &impl Spool,
        reporter: &Reporter,
    ) -> Option<Lines> {
        let every = self.every.filter(|_| now.steady >= self.next)?;
        self.next = now.steady + every;
        let hour = hour_of(now.wall_ms).saturating_sub(1);
        let row = ledger.hour(hour);
        let report = ledger.report(spool);
        let [cloud, siem] = reporter.sides(now);
        let short = report.hours.iter().filter(|row| !row.adds_up()).count();
        let beat = cef::Heartbeat {
            at_ms: now.wall_ms,
            host: self.host.as_deref(),
            agent: reporter.agent(),
            waiting: report.waiting,
            read: row.read,
            proved: row.proved,
            state: &format!(
                "cloud {}, SIEM {}",
                if self.paused {
                    "Paused"
                } else {
                    cloud.in_words()
                },
                siem.in_words()
            ),
            hour: &clock::in_words(begin_of(hour)),
            ledger: &match (report.adds_up, short) {
                (true, _) => "adds up".to_owned(),
                (false, 0) => "does not add up".to_owned(),
                (false, hours) => format!("does not add up in {hours} hours"),
            },
        };
        let mut lines = Lines::default();
        lines.push_with(0, |line| self.writer.heartbeat(&beat, line));
        Some(lines)
    }
}
