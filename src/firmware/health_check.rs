//! The health check of siembox. PID 1 asks it on its status socket every three seconds, as
//! `siembox status` would.
//!
//! A process that hangs must not leave a reassuring lamp, and must not hang for ever:
//!
//! | | lamps | what is done |
//! |---|---|---|
//! | no answer for 9 s, or a part of it is late | fault | |
//! | no answer for 30 s, or a part late for 60 s | fault | killed and started again |
//! | that five times within 15 minutes, or it can't be killed for 60 s | fault | the whole box is started again, in order, once a day at most |
//!
//! Why once a day: a new start can cure a driver. But if it does not, a box that starts over and
//! over serves nobody, wears its flash, and takes away what a person came to look at; then siembox
//! alone is tried again and again. And why in order, not by letting the hardware watchdog bite:
//! that would cut writes off that can end well. The hardware watchdog is for the day on which the
//! kernel or PID 1 itself stands still; PID 1 feeds it while its loop turns.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use super::status_txt::AgentFacts;
use crate::status::{Condition, Signal, Snapshot, Topic, socket};

/// Between two questions.
pub const EVERY: Duration = Duration::from_secs(3);
/// The same, until the first answer: the lamps should not say "starting" for longer than it takes.
const EAGER: Duration = Duration::from_millis(250);
/// An answer that takes longer is none.
const PATIENCE: Duration = Duration::from_secs(2);
/// From its start on: opening a large spool takes its time.
const GRACE: Duration = Duration::from_secs(60);
const DOUBT: Duration = Duration::from_secs(9);
const SILENT: Duration = Duration::from_secs(30);
const LATE: Duration = Duration::from_secs(60);
const UNKILLABLE: Duration = Duration::from_secs(60);
const CURES: usize = 5;
const CURES_WITHIN: Duration = Duration::from_secs(15 * 60);

/// An answer of siembox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beat {
    /// The process that answered.
    pub pid: u32,
    /// Condition of the box.
    pub condition: Condition,
    /// Parts of it that should have given a sign of life, and did not.
    pub late: Vec<String>,
    /// True while the page asks for Identify.
    pub identify: bool,
    /// Addresses of the page.
    pub page: Vec<String>,
    /// The page's certificate.
    pub fingerprint: String,
    /// Has the box an administrator?
    pub claimed: bool,
    /// The SIEM agents.
    pub agents: Vec<AgentFacts>,
    /// What is wrong at present with siembox itself, beside its agents: each with its cure.
    pub troubles: Vec<String>,
}

/// Action that the health check asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cure {
    /// siembox is to be killed and started again.
    Restart(String),
    /// The whole box is to be restarted.
    Reboot(String),
}

/// State of the health check. Times are of the steady clock.
#[derive(Debug, Default)]
pub struct HealthWatch {
    /// Its process and when it was started; none while there is no process.
    life: Option<(u32, Duration)>,
    /// A process that was to be killed, and when: it is none any more, but for its grave.
    condemned: Option<(u32, Duration)>,
    answered: Option<Duration>,
    late_since: Option<Duration>,
    well_since: Option<Duration>,
    /// Starts that brought no answer, in a row.
    vain: u32,
    cures: VecDeque<Duration>,
    /// The last answer.
    beat: Option<Beat>,
}

/// Asks for ever, and tells each answer, or why there is none.
///
/// # Errors
/// The system gives no thread.
pub fn listen<E: Send + 'static>(
    state_dir: PathBuf,
    tell: Sender<E>,
    wrap: impl Fn(Result<Beat, String>) -> E + Send + 'static,
) -> std::io::Result<()> {
    let asks = move || {
        let mut has_answered = false;
        loop {
            let answer = socket::ask_within(&state_dir, PATIENCE);
            let heard = answer
                .map(|snapshot| Beat::of(&snapshot))
                .map_err(|error| error.to_string());
            has_answered |= heard.is_ok();
            if tell.send(wrap(heard)).is_err() {
                return;
            }
            thread::sleep(if has_answered { EVERY } else { EAGER });
        }
    };
    thread::Builder::new()
        .name("watch".to_owned())
        .spawn(asks)
        .map(drop)
}

// === impl Watch ===

impl HealthWatch {
    /// The process that runs now, as the supervisor has it.
    pub fn runs(&mut self, life: Option<(u32, Duration)>) {
        let pid = life.map(|(pid, _)| pid);
        let condemned = self
            .condemned
            .filter(|(condemned, _)| pid == Some(*condemned));
        self.condemned = condemned;
        let life = life.filter(|_| condemned.is_none());
        if self.life == life {
            return;
        }
        if self.life.is_some() {
            self.vain = if self.answered.is_some() {
                0
            } else {
                self.vain + 1
            };
        }
        self.life = life;
        (self.answered, self.late_since, self.well_since) = (None, None, None);
    }

    /// It answered. What an earlier process said is not counted.
    pub fn hear(&mut self, beat: Beat, now: Duration) {
        if self.life.is_none_or(|(pid, _)| pid != beat.pid) {
            return;
        }
        self.answered = Some(now);
        match beat.late.is_empty() {
            true => {
                self.late_since = None;
                self.well_since = self.well_since.or(Some(now));
            }
            false => {
                self.late_since = self.late_since.or(Some(now));
                self.well_since = None;
            }
        }
        self.beat = Some(beat);
    }

    /// The last answer.
    #[must_use]
    pub fn beat(&self) -> Option<&Beat> {
        self.beat.as_ref()
    }

    /// Signal for the lamps.
    #[must_use]
    pub fn signal(&self, now: Duration) -> Signal {
        let (Some(answered), Some(beat)) = (self.answered, &self.beat) else {
            let starting = self.vain < 2
                && self
                    .life
                    .is_none_or(|(_, since)| now.saturating_sub(since) < GRACE);
            return if starting {
                Signal::Starting
            } else {
                Signal::Fault
            };
        };
        match now.saturating_sub(answered) < DOUBT && self.late_since.is_none() {
            true => Signal::Condition(beat.condition),
            false => Signal::Fault,
        }
    }

    /// How long all has been well without a break.
    #[must_use]
    pub fn well_for(&self, now: Duration) -> Duration {
        match (self.well_since, self.signal(now)) {
            (Some(since), Signal::Condition(_)) => now.saturating_sub(since),
            _ => Duration::ZERO,
        }
    }

    /// What has to be done now, once.
    pub fn cure(&mut self, now: Duration) -> Option<Cure> {
        if let Some((pid, at)) = self.condemned {
            let waited = now.saturating_sub(at);
            // the kernel itself holds it, as a rule because a disk does not answer
            return (waited >= UNKILLABLE).then(|| {
                self.condemned = Some((pid, now));
                Cure::Reboot(format!("cannot be killed for {} s", waited.as_secs()))
            });
        }
        let (pid, since) = self.life?;
        let silent = now.saturating_sub(self.answered.unwrap_or(since));
        let most = if self.answered.is_some() {
            SILENT
        } else {
            GRACE
        };
        let late = self
            .late_since
            .map_or(Duration::ZERO, |since| now.saturating_sub(since));
        let why = if silent >= most {
            format!("no answer for {} s", silent.as_secs())
        } else if late >= LATE && now.saturating_sub(since) >= GRACE {
            let parts = self.beat.as_ref().map(|beat| beat.late.join(", "));
            format!(
                "no sign of life for {} s from: {}",
                late.as_secs(),
                parts.unwrap_or_default()
            )
        } else {
            return None;
        };
        self.cures.push_back(now);
        while self
            .cures
            .front()
            .is_some_and(|at| now.saturating_sub(*at) > CURES_WITHIN)
        {
            self.cures.pop_front();
        }
        self.runs(None);
        self.condemned = Some((pid, now));
        Some(match self.cures.len() >= CURES {
            true => {
                self.cures.clear();
                Cure::Reboot(format!("{why}, for the fifth time within 15 minutes"))
            }
            false => Cure::Restart(why),
        })
    }
}

// === impl Beat ===

impl Beat {
    fn of(snapshot: &Snapshot) -> Self {
        let open = (snapshot.notices.iter())
            .filter(|notice| notice.over_ms.is_none() && notice.topic.is_grave())
            // of the box PID 1 knows itself
            .filter(|notice| notice.agent.is_empty() && notice.topic != Topic::Box);
        let troubles = open
            .map(|notice| format!("{}: {}", notice.title, notice.text))
            .collect();
        Self {
            pid: snapshot.pid,
            condition: snapshot.condition,
            late: snapshot.late.clone(),
            identify: snapshot
                .identify_until_ms
                .is_some_and(|until| until > snapshot.at_ms),
            page: snapshot.page.clone(),
            fingerprint: snapshot.page_fingerprint.clone(),
            claimed: !snapshot.unclaimed,
            agents: AgentFacts::all(snapshot),
            troubles,
        }
    }
}

#[cfg(test)]
mod tests;
