//! The main loop of PID 1: waits for an event, then looks after every part of the box once.
//!
//! Nothing in it waits for anybody: who has to wait (the status socket, the button, signals) does
//! so in a thread of its own and tells. So the loop turns every second, a few seconds later only
//! where the network is brought up anew, and feeds the hardware watchdog while it does.

mod boot_assessment;
mod button;
mod network;
mod report;
mod shutdown;

pub use report::TROUBLE_WORD;

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use super::STREAM;

use super::given::BootFindings;
use super::health_check::{self, Beat, Cure, HealthWatch};
use super::paths::{on_data, settings};
use super::shutdown::ShutdownKind;
use super::signals::{self, ShutdownRequest};
use super::status_file::StatusFile;
use super::supervise::{self, Action, Supervisor, process};
use crate::button::Press;
use crate::clock;
use crate::status::Signal;

/// The hardware watchdog is fed this often; it bites after a minute.
const FEED: Duration = Duration::from_secs(10);
/// The lamps and the button's answer are looked at this often at least.
const TURN: Duration = Duration::from_secs(1);
/// What the lamps were told holds for so long, then it is a fault.
const BELIEVED: Duration = Duration::from_secs(30);

/// An event of the main loop.
enum ServiceEvent {
    Signal(ShutdownRequest),
    Heard(Result<Beat, String>),
    Pressed(Press),
}

/// The loop and all it looks after. Times are steady ones.
pub struct MainLoop {
    given: BootFindings,
    events: Receiver<ServiceEvent>,
    supervisor: Supervisor,
    watch: HealthWatch,
    status_file: StatusFile,
    /// Instead of how siembox does, until then.
    instead: Option<(Signal, Duration)>,
    fed: Duration,
    blessed: bool,
    troubles_left: String,
    /// What the console was told of the address and the page.
    said: Vec<String>,
    /// The settings file that the network was made for.
    settings: network::Fingerprint,
    ending: Option<(ShutdownKind, Duration)>,
}

// === impl MainLoop ===

impl MainLoop {
    /// The main loop before its first child is started.
    #[must_use]
    pub fn new(mut given: BootFindings) -> Self {
        let (tell, events) = channel();
        let log = given.log.clone();
        let say = |what: &str, started: std::io::Result<()>| {
            if let Err(cause) = started {
                log.say(format!("Internal error: {what}: {cause}"));
            }
        };
        say(
            "no signals",
            signals::listen(tell.clone(), ServiceEvent::Signal),
        );
        say(
            "the health check does not run",
            health_check::listen(on_data("state"), tell.clone(), ServiceEvent::Heard),
        );
        given.panel.listen(tell, ServiceEvent::Pressed, &log);
        let network = std::mem::take(&mut given.network.children);
        let children = std::mem::take(&mut given.children);
        let supervisor = Supervisor::new(network.into_iter().chain(children));
        Self {
            given,
            events,
            supervisor,
            watch: HealthWatch::default(),
            status_file: StatusFile::default(),
            instead: None,
            fed: Duration::ZERO,
            blessed: false,
            said: Vec::new(),
            settings: network::fingerprint(&settings()),
            troubles_left: String::new(),
            ending: None,
        }
    }

    /// Runs until the box is to end. Then all data is on the disk and no child runs.
    pub fn run(mut self) -> ShutdownKind {
        loop {
            let now = clock::now().steady;
            self.drive(supervise::ServiceEvent::Tick, now);
            if let Some(ending) = self.over(now) {
                return self.end(ending);
            }
            self.watch_over(now);
            self.judge(now);
            self.look_after_network(now);
            self.light(now);
            self.feed(now);
            self.note(now);
            let due = self
                .supervisor
                .next()
                .map_or(TURN, |at| at.saturating_sub(now));
            match self.events.recv_timeout(due.min(TURN)) {
                Ok(event) => self.hear(event, clock::now().steady),
                Err(RecvTimeoutError::Timeout) => {}
                // nobody tells any more: still look after what runs
                Err(RecvTimeoutError::Disconnected) => std::thread::sleep(TURN),
            }
            self.bury(clock::now().steady);
        }
    }

    fn hear(&mut self, event: ServiceEvent, now: Duration) {
        match event {
            // `bury` follows each event anyway
            ServiceEvent::Signal(ShutdownRequest::Bury) => {}
            ServiceEvent::Signal(ShutdownRequest::End(ending)) => self.begin_end(ending, now),
            // silence is noticed by itself
            ServiceEvent::Heard(Err(_)) => {}
            ServiceEvent::Heard(Ok(beat)) => {
                if self.watch.beat().is_none() {
                    self.given.log.say("siembox: runs");
                }
                self.watch.hear(beat, now);
            }
            ServiceEvent::Pressed(press) => self.pressed(press, now),
        }
    }

    /// Carries out what the supervisor wants, and tells it what came of it.
    fn drive(&mut self, event: supervise::ServiceEvent, now: Duration) {
        let mut actions = self.supervisor.step(event, now);
        while !actions.is_empty() {
            let mut more = Vec::new();
            for action in actions {
                match action {
                    Action::Ask(pid) => process::ask(pid),
                    Action::Kill(pid) => process::kill(pid),
                    Action::Say(text) => self.given.log.say(text),
                    Action::Start(child) => {
                        let came = match process::start(&child, &self.given.log) {
                            Ok(pid) => supervise::ServiceEvent::Started(child.name, pid),
                            Err(cause) => {
                                supervise::ServiceEvent::NotStarted(child.name, cause.to_string())
                            }
                        };
                        more.extend(self.supervisor.step(came, now));
                    }
                }
            }
            actions = more;
        }
    }

    fn bury(&mut self, now: Duration) {
        for (pid, death) in process::bury() {
            self.drive(supervise::ServiceEvent::Died(pid, death), now);
        }
    }

    /// Restarts what hangs. A box that is ending is past that.
    fn watch_over(&mut self, now: Duration) {
        if self.ending.is_some() {
            return;
        }
        let life = self.supervisor.running(STREAM);
        let life = life.map(|(pid, since)| (pid.as_raw_nonzero().get().unsigned_abs(), since));
        self.watch.runs(life);
        match self.watch.cure(now) {
            None => {}
            Some(Cure::Restart(why)) => {
                self.drive(supervise::ServiceEvent::Stuck(STREAM, why), now)
            }
            Some(Cure::Reboot(why)) => {
                self.drive(supervise::ServiceEvent::Stuck(STREAM, why), now);
                if self.may_reboot() {
                    self.given
                        .log
                        .say("the box restarts, because restarting siembox alone did not help");
                    self.begin_end(ShutdownKind::Restart, now);
                }
            }
        }
    }

    fn light(&mut self, now: Duration) {
        if self.instead.is_some_and(|(_, until)| until <= now) {
            self.instead = None;
        }
        let signal = match self.instead {
            Some((signal, _)) => signal,
            None if self.watch.beat().is_some_and(|beat| beat.identify) => Signal::Identify,
            // on its way to a new start: silence means nothing now
            None if self.ending.is_some() => Signal::Starting,
            // what siembox does then is lost with the power: that is the box's fault, not its own
            None if self.given.data.is_in_ram() => Signal::Fault,
            None => self.watch.signal(now),
        };
        // told anew each turn: a PID 1 that stands still must leave no reassuring lamp either
        self.given.panel.lamps.show_for(signal, BELIEVED);
    }

    fn feed(&mut self, now: Duration) {
        // an end that hangs is ended by the watchdog
        let hangs = self.ending.is_some_and(|(_, at)| now >= at);
        if now.saturating_sub(self.fed) >= FEED && !hangs {
            self.fed = now;
            if let Some(dog) = &mut self.given.dog {
                // it said so when it was opened, if it is none; a single failure is followed by
                // five more chances
                let _ = dog.feed();
            }
        }
    }

    /// Writes down what is to outlast this life.
    fn note(&mut self, now: Duration) {
        // a clock that can't be noted (a full disk, say) is at worst six hours older after a power
        // cut
        let _ = self.given.keeper.note(clock::now_ms(), false);
        self.leave_troubles();
        self.tell(now, false);
    }
}
