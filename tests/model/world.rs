//! Simulated time, and what happens in it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use siembox::for_tests::clock::{Moment, Time};
use siembox::for_tests::status::LivenessWatch;
use siembox::for_tests::stream::StreamSpec;
use siembox_support::cloud::tenant::Tenant;
use siembox_support::cloud::{Bound, Fault, Target};
use siembox_support::dice::Dice;

use crate::case::{BEGIN_MS, Event, Plan, Planned, Step};
use crate::face::{Face, Weather};
use crate::receiver::Receiver;

/// The receiver is looked after at least this often.
const TICK: Duration = Duration::from_secs(5);

pub struct World {
    pub tenant: Tenant,
    pub face: Arc<dyn Face>,
    pub specs: Vec<StreamSpec>,
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
    /// What ends, and when.
    weather: Vec<(Duration, Weather)>,
    /// The records as the cloud shows them now, by stream.
    pub records: Vec<Vec<Planned>>,
    /// What each stream's records were, and are, by what they are known by in the book.
    pub shown: Vec<HashMap<String, Vec<Planned>>>,
    /// The records that changed, each time.
    pub changes: Vec<String>,
    pub receiver: Receiver,
    /// Life and time of each request, by the limit that it counts in.
    pub requests: Vec<Vec<(u64, Duration)>>,
    /// When each stream's poller did its first step.
    pub first_steps: Vec<Option<Duration>>,
    /// When each list last gave a stale page.
    pub stale: Vec<Option<Duration>>,
    pub struck: BTreeMap<String, u64>,
}

impl World {
    pub fn new(plan: &Plan, tenant: Tenant) -> Self {
        let mut events = plan.events.clone().into_iter();
        tenant.clock.stop_at(BEGIN_MS);
        let shown = plan.streams.iter().map(|stream| {
            let mut shown: HashMap<String, Vec<Planned>> = HashMap::new();
            for planned in &stream.records {
                let key = known_by(&*plan.face, stream.spec, planned);
                shown.entry(key).or_default().push(planned.clone());
            }
            shown
        });
        Self {
            tenant,
            face: Arc::clone(&plan.face),
            specs: plan.streams.iter().map(|stream| stream.spec).collect(),
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
                weather: Vec::new(),
                records: (plan.streams.iter())
                    .map(|stream| stream.records.clone())
                    .collect(),
                shown: shown.collect(),
                changes: Vec::new(),
                receiver: Receiver::default(),
                requests: vec![Vec::new(); plan.face.limits().len()],
                first_steps: vec![None; plan.streams.len()],
                stale: vec![None; plan.streams.len()],
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
            let over = inner.weather.extract_if(.., |(end, _)| *end <= at);
            for (_, weather) in over {
                self.face.end(&mut self.tenant.state(), &weather);
            }
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
            Event::Changes(..) => "record changed".to_owned(),
            Event::Weather(weather) => weather.kind.name(),
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
            Event::PlacesExpire => self.face.forget_places(&mut self.tenant.state()),
            Event::Weather(weather) => {
                self.face.begin(&mut self.tenant.state(), &weather);
                inner.weather.push((inner.at + weather.lasts, weather));
            }
            Event::Changes(stream, late_ms) => self.change(inner, stream, now_ms, late_ms),
        }
    }

    /// A record that the cloud shows changes: its time is one that lies so far back, and later than
    /// the one before.
    fn change(&self, inner: &mut Inner, stream: usize, now_ms: i64, late_ms: i64) {
        let spec = self.specs[stream];
        let records = &mut inner.records[stream];
        let shown: Vec<usize> = (0..records.len())
            .filter(|&i| records[i].visible_ms <= now_ms)
            .collect();
        let Some(&last) = shown.last() else { return };
        let planned = &mut records[last];
        planned.at_ms = (now_ms - late_ms).max(planned.at_ms + 1);
        planned.visible_ms = now_ms.max(planned.at_ms);
        planned.changes += 1;
        let planned = planned.clone();
        self.face.put(&mut self.tenant.state(), spec, &planned);
        inner.changes.push(planned.id.clone());
        let key = known_by(&*self.face, spec, &planned);
        inner.shown[stream].entry(key).or_default().push(planned);
    }

    /// The hour is over: nothing goes wrong any more.
    pub fn calm_down(&self) {
        let mut inner = self.inner();
        (inner.calm, inner.dies, inner.outage) = (true, None, None);
        let mut state = self.tenant.state();
        state.faults.clear();
        for (_, weather) in std::mem::take(&mut inner.weather) {
            self.face.end(&mut state, &weather);
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

/// What a record's line is known by in the book: its id, and where each change is another line, its
/// time.
pub fn known_by(face: &dyn Face, stream: StreamSpec, planned: &Planned) -> String {
    let id = face.line_id(planned);
    match face.tells_changes(stream) {
        true => format!("{id} {}", planned.at_ms),
        false => id.to_owned(),
    }
}

/// The line without its header.
pub fn from_cef(line: &str) -> &str {
    line.find("CEF:").map_or(line, |begin| &line[begin..])
}

/// The same of a line.
pub fn line_known_by(face: &dyn Face, stream: StreamSpec, line: &str) -> String {
    let value = |key: &str| {
        let (_, behind) = line.split_once(key).expect("every line has it");
        behind.split(' ').next().unwrap_or_default()
    };
    match face.tells_changes(stream) {
        true => format!("{} {}", value("externalId="), value("rt=")),
        false => value("externalId=").to_owned(),
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
