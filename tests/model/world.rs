//! Simulated time, and what happens in it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use siembox::for_tests::clock::{Moment, Time};
use siembox::for_tests::status::LivenessWatch;
use siembox_support::cloud::tenant::Tenant;
use siembox_support::cloud::{Bound, Fault, Target};
use siembox_support::dice::Dice;
use siembox_support::records::Stream;

use crate::case::{BEGIN_MS, Event, Plan, Planned, Step};
use crate::receiver::Receiver;

/// The receiver is looked after at least this often.
const TICK: Duration = Duration::from_secs(5);

pub struct World {
    pub tenant: Tenant,
    inner: Mutex<Inner>,
}

pub struct Inner {
    /// Since the hour began.
    pub at: Duration,
    /// When the present life began.
    pub life_began: Duration,
    pub life: u64,
    /// The box's wall clock minus the cloud's.
    pub wall_ahead_ms: i64,
    /// The process is dead.
    pub over: bool,
    /// It dies at this step.
    pub dies: Option<Step>,
    /// The settings have changed.
    pub changed: bool,
    pub outage: Option<(Fault, Duration)>,
    /// From when on all records are given out again.
    pub served_at: Option<Duration>,
    /// The hour is over: nothing goes wrong any more.
    pub calm: bool,
    pub dice: Dice,
    pub events: std::vec::IntoIter<(Duration, Event)>,
    due: Option<(Duration, Event)>,
    pub alerts: Vec<Planned>,
    /// The alerts that changed, each time.
    pub changes: Vec<String>,
    pub receiver: Receiver,
    /// Life and time of each request.
    pub requests: Vec<(u64, Duration)>,
    /// When each list last gave a stale page.
    pub stale: [Option<Duration>; 2],
    pub struck: BTreeMap<String, u64>,
}

impl World {
    pub fn new(plan: &Plan, tenant: Tenant) -> Self {
        let mut events = plan.events.clone().into_iter();
        tenant.clock.stop_at(BEGIN_MS);
        Self {
            tenant,
            inner: Mutex::new(Inner {
                at: Duration::ZERO,
                life_began: Duration::ZERO,
                life: 0,
                wall_ahead_ms: 0,
                over: false,
                dies: None,
                changed: false,
                outage: None,
                served_at: None,
                calm: false,
                dice: Dice::new(!plan.seed),
                due: events.next(),
                events,
                alerts: plan.alerts.clone(),
                changes: Vec::new(),
                receiver: Receiver::default(),
                requests: Vec::new(),
                stale: [None; 2],
                struck: BTreeMap::new(),
            }),
        }
    }

    pub fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn at(&self) -> Duration {
        self.inner().at
    }

    /// Time goes on; what is due happens.
    pub fn pass(&self, time: Duration) {
        let end = self.at() + time;
        loop {
            let mut inner = self.inner();
            if inner.over && !inner.calm {
                return;
            }
            let due = inner.due.as_ref().map_or(Duration::MAX, |(at, _)| *at);
            inner.at = end.min(inner.at + TICK).min(due.max(inner.at));
            let now_ms = BEGIN_MS + i64::try_from(inner.at.as_millis()).unwrap();
            self.tenant.clock.stop_at(now_ms);
            if due <= inner.at
                && let Some((_, event)) = inner.due.take()
            {
                inner.due = inner.events.next();
                self.happen(&mut inner, event, now_ms);
            }
            let at = inner.at;
            let Inner {
                receiver,
                dice,
                calm,
                ..
            } = &mut *inner;
            receiver.act(at, dice, *calm);
            if inner.at >= end {
                return;
            }
        }
    }

    fn happen(&self, inner: &mut Inner, event: Event, now_ms: i64) {
        let name = match &event {
            Event::Crash(step) => format!("crash: {step:?}"),
            Event::Outage(..) => "outage".to_owned(),
            Event::Unserved(..) => "records not given out".to_owned(),
            Event::Clock(_) => "clock set".to_owned(),
            Event::ReceiverGone(_) => "receiver gone".to_owned(),
            other => format!("{other:?}"),
        };
        *inner.struck.entry(name).or_default() += 1;
        match event {
            Event::Crash(Step::Waiting) => inner.over = true,
            Event::Crash(step) => inner.dies = Some(step),
            Event::Settings => inner.changed = true,
            Event::Clock(ahead) => inner.wall_ahead_ms = ahead,
            Event::ReceiverGone(time) => inner.receiver.leave(inner.at + time),
            Event::Outage(fault, time) => inner.outage = Some((fault, inner.at + time)),
            Event::Unserved(ids, time) => {
                inner.served_at = Some(inner.at + time);
                let faults = &mut self.tenant.state().faults;
                for id in ids {
                    let fault = Fault::Status(500).bound_to(Bound::Record(id));
                    faults.add(fault.on(Target::Lists));
                }
            }
            Event::PlacesExpire => self.tenant.state().scans = Default::default(),
            Event::AlertChanges => {
                let shown: Vec<usize> = (0..inner.alerts.len())
                    .filter(|&i| inner.alerts[i].visible_ms <= now_ms)
                    .collect();
                if let Some(&last) = shown.last() {
                    let alert = &mut inner.alerts[last];
                    (alert.at_ms, alert.visible_ms) = (now_ms, now_ms);
                    let record = alert.record("changed");
                    inner.changes.push(record.id.clone());
                    self.tenant
                        .state()
                        .store
                        .shelf_mut(Stream::Alerts)
                        .add([record]);
                }
            }
        }
    }

    /// Does the process die at this step? Then it is dead from now on.
    pub fn dies_at(&self, step: Step) -> bool {
        let mut inner = self.inner();
        if inner.dies == Some(step) {
            inner.dies = None;
            inner.over = true;
        }
        inner.over
    }
}

/// The poller's time, in which it never breaks its promise of a sign of life.
pub struct SimTime(pub Arc<World>, pub LivenessWatch);

impl Time for SimTime {
    fn now(&self) -> Moment {
        let inner = self.0.inner();
        let steady = inner.at - inner.life_began;
        // overdue is late only when it is found twice
        let late = [steady, steady + TICK].map(|now| self.1.late(now));
        assert!(
            late.iter().all(Vec::is_empty),
            "late at {steady:?}: {late:?}"
        );
        Moment {
            wall_ms: BEGIN_MS + i64::try_from(inner.at.as_millis()).unwrap() + inner.wall_ahead_ms,
            steady,
        }
    }

    fn sleep(&self, time: Duration) -> bool {
        self.0.pass(time);
        self.over()
    }

    fn over(&self) -> bool {
        self.0.inner().over
    }

    fn chance(&self) -> u64 {
        self.0.inner().dice.throw()
    }
}
