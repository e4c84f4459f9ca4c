//! Supervises the services: when each is started, restarted, asked to end and killed. Pure: events
//! and the time come in, and what is to be done goes out; [`process`] does it.
//!
//! A child that ends is started again after 1 s, then 2 s, 4 s, up to a minute; one that has lived
//! for ten minutes begins again with 1 s. It is never given up: a box that nobody looks at for a
//! month has to come back by itself.

pub mod process;

use std::time::Duration;

use super::child::Child;
pub use process::{Death, Pid};

const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
const LONG_LIFE: Duration = Duration::from_secs(600);

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceEvent {
    /// Time passed.
    Tick,
    /// A child that was to be started runs.
    Started(&'static str, Pid),
    /// A child that was to be started could not be.
    NotStarted(&'static str, String),
    /// A process ended; it need not be one of the children.
    Died(Pid, Death),
    /// A child runs but hangs.
    Stuck(&'static str, String),
    /// Of the children with these names, the latter are to run from now on, as they stand here, and
    /// no others.
    Exchange(&'static [&'static str], Vec<Child>),
    /// All are to end.
    Stop,
}

/// An action for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// This child is to be started; tell [`ServiceEvent::Started`] or [`ServiceEvent::NotStarted`].
    Start(Child),
    /// SIGTERM to this process and its group.
    Ask(Pid),
    /// SIGKILL to this process and its group.
    Kill(Pid),
    /// A message for people.
    Say(String),
}

/// The children, in the order in which they are started.
#[derive(Debug, Default)]
pub struct Supervisor {
    kept: Vec<Kept>,
    stopping: bool,
}

#[derive(Debug)]
struct Kept {
    child: Child,
    phase: Phase,
    /// Before the next start, where it dies soon.
    wait: Duration,
    /// Is it to be started again once it has ended?
    wanted: bool,
}

/// Times are steady ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It is started at this time.
    Waiting(Duration),
    /// The order to start it is out.
    Starting,
    Running {
        pid: Pid,
        since: Duration,
    },
    /// It was asked to end, and is killed at this time.
    Ending {
        pid: Pid,
        kill_at: Duration,
    },
    /// It ended, and is not wanted any more.
    Over,
}

// === impl Supervisor ===

impl Supervisor {
    /// All of them are started at the next [`ServiceEvent::Tick`].
    #[must_use]
    pub fn new(children: impl IntoIterator<Item = Child>) -> Self {
        Self {
            kept: children.into_iter().map(Kept::new).collect(),
            stopping: false,
        }
    }

    /// Handles an event; `now` is of the steady clock.
    pub fn step(&mut self, event: ServiceEvent, now: Duration) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            ServiceEvent::Tick => {}
            ServiceEvent::Started(name, pid) => self.started(name, pid, now, &mut actions),
            ServiceEvent::NotStarted(name, why) => {
                if let Some(kept) = self.named(name) {
                    let wait = kept.rest(Duration::ZERO, now);
                    let wait = wait.as_secs();
                    actions.push(Action::Say(format!(
                        "{name}: cannot be started: {why}; next retry in {wait} s"
                    )));
                }
            }
            ServiceEvent::Died(pid, death) => self.died(pid, death, now, &mut actions),
            ServiceEvent::Stuck(name, why) => {
                if let Some(kept) = self.named(name)
                    && let Phase::Running { pid, .. } = kept.phase
                {
                    actions.push(Action::Say(format!(
                        "{name}: {why}: it is killed and restarted"
                    )));
                    actions.push(Action::Kill(pid));
                }
            }
            ServiceEvent::Exchange(names, children) => {
                self.exchange(names, children, now, &mut actions)
            }
            ServiceEvent::Stop => self.stopping = true,
        }
        self.tend(now, &mut actions);
        actions
    }

    /// When [`ServiceEvent::Tick`] is due next; None while nothing waits for a time.
    #[must_use]
    pub fn next(&self) -> Option<Duration> {
        let times = self.kept.iter().filter_map(|kept| match kept.phase {
            Phase::Waiting(at) | Phase::Ending { kill_at: at, .. } => Some(at),
            _ => None,
        });
        times.min()
    }

    /// Has everything ended, after [`ServiceEvent::Stop`]?
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.stopping && self.kept.iter().all(|kept| kept.phase == Phase::Over)
    }

    /// The process of a child, while it runs, and since when.
    #[must_use]
    pub fn running(&self, name: &str) -> Option<(Pid, Duration)> {
        let mut all = self.kept.iter();
        match all.find(|kept| kept.child.name == name)?.phase {
            Phase::Running { pid, since } => Some((pid, since)),
            _ => None,
        }
    }

    fn named(&mut self, name: &str) -> Option<&mut Kept> {
        self.kept.iter_mut().find(|kept| kept.child.name == name)
    }

    fn started(&mut self, name: &str, pid: Pid, now: Duration, actions: &mut Vec<Action>) {
        match self.named(name) {
            Some(kept) => kept.phase = Phase::Running { pid, since: now },
            None => actions.push(Action::Kill(pid)),
        }
    }

    fn died(&mut self, pid: Pid, death: Death, now: Duration, actions: &mut Vec<Action>) {
        let mut all = self.kept.iter_mut();
        let Some(kept) = all.find(|kept| kept.phase.pid() == Some(pid)) else {
            // somebody's orphan: PID 1 only buries it
            return;
        };
        // what it may have started itself
        actions.push(Action::Kill(pid));
        match kept.phase {
            Phase::Running { since, .. } => {
                let wait = kept.rest(now.saturating_sub(since), now);
                let (name, wait) = (kept.child.name, wait.as_secs());
                actions.push(Action::Say(format!(
                    "{name}: ended ({death}); it restarts in {wait} s"
                )));
            }
            _ if kept.wanted && !self.stopping => kept.phase = Phase::Waiting(now),
            _ => kept.phase = Phase::Over,
        }
    }

    /// What runs under these names ends; what runs under them from now on begins once it has.
    fn exchange(
        &mut self,
        names: &[&str],
        children: Vec<Child>,
        now: Duration,
        actions: &mut Vec<Action>,
    ) {
        for kept in &mut self.kept {
            if !names.contains(&kept.child.name) {
                continue;
            }
            kept.wanted = false;
            match kept.phase {
                Phase::Running { pid, .. } => {
                    kept.end(pid, now);
                    actions.push(Action::Ask(pid));
                }
                Phase::Waiting(_) => kept.phase = Phase::Over,
                _ => {}
            }
        }
        for child in children {
            match self.named(child.name) {
                Some(kept) => {
                    let ends = matches!(kept.phase, Phase::Ending { .. });
                    let phase = if ends {
                        kept.phase
                    } else {
                        Phase::Waiting(now)
                    };
                    *kept = Kept {
                        phase,
                        ..Kept::new(child)
                    };
                }
                None => self.kept.push(Kept::new(child)),
            }
        }
    }

    /// Starts, terminates and kills the children that are due.
    fn tend(&mut self, now: Duration, actions: &mut Vec<Action>) {
        let last_words = self
            .kept
            .iter()
            .any(|kept| kept.child.stops_first && kept.phase.pid().is_some());
        for kept in &mut self.kept {
            match kept.phase {
                Phase::Waiting(_) if self.stopping => kept.phase = Phase::Over,
                Phase::Waiting(at) if at <= now => {
                    kept.phase = Phase::Starting;
                    actions.push(Action::Start(kept.child.clone()));
                }
                Phase::Running { pid, .. }
                    if self.stopping && (kept.child.stops_first || !last_words) =>
                {
                    kept.end(pid, now);
                    actions.push(Action::Ask(pid));
                }
                Phase::Ending { pid, kill_at } if kill_at <= now => {
                    let (name, most) = (kept.child.name, kept.child.stop_within.as_secs());
                    actions.push(Action::Say(format!(
                        "{name}: did not end within {most} s: it is killed"
                    )));
                    actions.push(Action::Kill(pid));
                    // one that the kernel holds back is not waited for for ever: see `duty`
                    kept.phase = Phase::Ending {
                        pid,
                        kill_at: now + LONGEST_WAIT,
                    };
                }
                _ => {}
            }
        }
    }
}

// === impl Kept ===

impl Kept {
    /// It is started at the next look.
    fn new(child: Child) -> Self {
        Self {
            child,
            phase: Phase::Waiting(Duration::ZERO),
            wait: FIRST_WAIT,
            wanted: true,
        }
    }

    /// It is being asked to end.
    fn end(&mut self, pid: Pid, now: Duration) {
        let kill_at = now + self.child.stop_within;
        self.phase = Phase::Ending { pid, kill_at };
    }

    /// Rests until it is started again, and tells how long. `lived`: how long it ran.
    fn rest(&mut self, lived: Duration, now: Duration) -> Duration {
        if lived >= LONG_LIFE {
            self.wait = FIRST_WAIT;
        }
        let wait = self.wait;
        self.phase = Phase::Waiting(now + wait);
        self.wait = (wait * 2).min(LONGEST_WAIT);
        wait
    }
}

// === impl Phase ===

impl Phase {
    fn pid(self) -> Option<Pid> {
        match self {
            Self::Running { pid, .. } | Self::Ending { pid, .. } => Some(pid),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
