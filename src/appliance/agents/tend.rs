//! Restarts agents that failed, could not start, or lost their spool.

use std::time::Duration;

use crate::appliance::Appliance;
use crate::clock;
use crate::spool::Spool;
use crate::status::InternalEvent;

impl Appliance {
    /// Starts again what could not start, or fell.
    pub(in crate::appliance) async fn tend(&mut self) {
        let now = clock::now().steady;
        self.tend_home();
        self.tend_page(now);
        self.look_at_credentials(now);
        let fallen: Vec<String> = self
            .agents
            .iter()
            .filter(|(_, agent)| agent.fell())
            .map(|(name, _)| name.clone())
            .collect();
        for name in fallen {
            tracing::error!(
                agent = name,
                "Internal error: a part of the agent ended unexpectedly; it restarts"
            );
            self.stop(name, now).await;
        }
        self.close_lost_spools(now).await;
        self.tend_orphans(now).await;
        let due: Vec<String> = self
            .waiting
            .iter()
            .filter(|(_, at)| **at <= now)
            .map(|(name, _)| name.clone())
            .collect();
        for name in due {
            if let Some(settings) = self
                .settings
                .agents
                .iter()
                .find(|agent| agent.name == name)
                .cloned()
            {
                self.start(&settings);
            }
        }
    }

    /// A spool whose newest part is lost is opened anew with its agent, as after a stop: that sets
    /// the cursors back.
    async fn close_lost_spools(&mut self, now: Duration) {
        let lost: Vec<String> = self
            .agents
            .iter()
            .filter(|(_, agent)| agent.lost_spool())
            .map(|(name, _)| name.clone())
            .collect();
        for name in lost {
            tracing::warn!(agent = name, "the spool is opened again");
            let gone = self.spools.get(&name).is_some_and(|spool| spool.is_gone());
            let reporter = (self.agents.get(&name)).map(|agent| agent.reporter().clone());
            let spool = self.stop(name.clone(), now).await;
            self.spools.remove(&name);
            let Some((reporter, spool)) = reporter.zip(spool).filter(|_| gone) else {
                continue;
            };
            // what the SIEM had until the agent stood still is not gone; a look at the oldest line
            // tells its time
            let _ = spool.peek(spool.first());
            let stats = spool.stats();
            self.failed.insert(name.clone());
            reporter.tell(
                clock::now(),
                &InternalEvent::SpoolGone {
                    folder: self.settings.state_dir.join("agents").join(&name),
                },
            );
            if stats.waiting > 0 {
                let look_back = (self.settings.agents.iter())
                    .find(|agent| agent.name == name)
                    .map_or(Duration::ZERO, |agent| agent.source.first_look_back);
                reporter.tell(
                    clock::now(),
                    &InternalEvent::LinesGone {
                        agent: name,
                        lines: stats.waiting,
                        oldest_ms: stats.oldest_ms,
                        look_back,
                    },
                );
            }
        }
    }
}
