//! Looks when the credentials of each agent end, and tells it.

use std::time::Duration;

use crate::appliance::Appliance;
use crate::clock;
use crate::status::InternalEvent;
use crate::timekeeping::Look;
use crate::wiring::endings;

/// A file may be replaced at any time, and a notice begins with a day.
const LOOK_EVERY: Duration = Duration::from_secs(3600);

impl Appliance {
    /// Looks at those of agents where it is due.
    pub(super) fn look_at_credentials(&mut self, now: Duration) {
        for settings in &self.settings.agents {
            let name = &settings.name;
            let is_due = self.credentials.get(name).is_none_or(|at| *at <= now);
            let Some(agent) = self.agents.get(name).filter(|_| is_due) else {
                continue;
            };
            let moment = clock::now();
            // a clock that nobody has set says nothing about a day
            if self.gate.look(moment) != Look::Open {
                continue;
            }
            self.credentials.insert(name.clone(), now + LOOK_EVERY);
            let told = InternalEvent::Expiries {
                endings: endings(settings),
                now_ms: moment.wall_ms,
            };
            agent.reporter().tell(moment, &told);
        }
    }
}
