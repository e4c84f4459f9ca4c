//! The whole box: builds the agents from the settings, starts them, watches them, takes new settings, stops them in order.

mod agents;
mod home;
mod orphans;
mod page;
mod page_actions;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use crate::agent::Agent;
use crate::allocator;
use crate::board::{MachineFacts, recognise};
use crate::clock;
use crate::settings::{HealthSettings, Overrides, Settings};
use crate::source::RequestLimit;
use crate::status::socket::Called;
use crate::status::{Liveness, Status, Thresholds, WORK};
use crate::timekeeping::Gate;
use crate::web::{Auth, SettingsAudit, Setup, SetupTools};
use crate::wiring::AgentSpool;
use home::Home;
use orphans::Orphans;
use page::PageState;
use page_actions::{BoxActions, PageOrder};

/// What the image's builder says of the firmware; there only where siembox runs as firmware.
const FIRMWARE: &str = "etc/siembox/firmware.toml";
/// The settings file is looked at this often.
const LOOK: Duration = Duration::from_secs(2);
/// An agent or a page that could not start is tried again this often.
const RETRY: Duration = Duration::from_secs(30);

/// The longest that the main loop waits for anybody in one go: an agent's forwarder that is to stop (15 s), within a minute.
const WAIT: Duration = Duration::from_secs(60);
/// The longest that opening an agent may take, or erasing what one kept: the stores of a large spool on a slow card are read then.
const OPEN: Duration = Duration::from_secs(1800);

/// The box can't start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplianceError {
    /// The state folder can't be used.
    #[error("state_dir {}: {cause}: create the folder, or give this user write access to \
        it", path.display())]
    StateDir {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// What lies in the place of its lock can't be used.
    #[error("{}: the state folder's lock cannot be opened: {cause}: remove the file there, or give \
        this user write access to it", path.display())]
    Lock {
        /// The lock.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// Another siembox uses it.
    #[error("state_dir {}: another siembox runs on this folder: stop it, or use another folder \
        with --state", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The status socket can't be made.
    #[error("{}: the status socket cannot be created: {cause}: remove the file there, or set \
        state_dir to a shorter path on a local disk", path.display())]
    Socket {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The system gives no runtime or signal.
    #[error("General error during bootstrap: {0}")]
    Bootstrap(std::io::Error),
}

/// Where new settings come from, and who is told of them.
pub trait SettingsProvider {
    /// The settings file's fingerprint: changes when the file changes.
    fn fingerprint(&self) -> u64;
    /// Reads the settings again. The error names file, line, key and what is allowed.
    ///
    /// # Errors
    /// The text for the operator.
    fn read(&self) -> Result<Settings, String>;
    /// Why the box begins without the file's settings, where it does; it takes them once the file has changed and is right.
    fn refused(&self) -> Option<&str> {
        None
    }
    /// What is wrong with the box itself, where siembox has one for itself. Asked for again and again.
    fn box_trouble(&self) -> Option<String> {
        None
    }
    /// The file itself, for who changes it on the page, and what the command line said beside it. None where there are only flags.
    fn file(&self) -> Option<(PathBuf, Overrides)>;
    /// Other settings are in force.
    fn took(&self, settings: &Settings);
    /// What the pollers wait for before they go by the clock.
    fn clock(&self) -> Gate {
        Gate::open()
    }
}

/// Runs the box until SIGTERM or SIGINT.
///
/// # Errors
/// When it can't start. An agent that can't start does not stop the others: it is tried again, and says so.
pub fn run(settings: Settings, provider: &impl SettingsProvider) -> Result<(), ApplianceError> {
    let (calls, called) = mpsc::channel(8);
    let home = Home::take(&settings.state_dir, calls)?;
    allocator::give_back_large_buffers();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("siembox")
        .enable_all()
        .build()
        .map_err(ApplianceError::Bootstrap)?;
    let appliance = Appliance::new(settings, home, provider);
    let (liveness, now) = (appliance.liveness.clone(), || clock::now().steady);
    let done = runtime.block_on(liveness.watch(WAIT + WORK, now, appliance.run(called, provider)));
    runtime.shutdown_timeout(Duration::from_secs(1));
    done
}

struct Appliance {
    settings: Settings,
    home: Home,
    /// Why the state folder can't be used at present.
    home_trouble: Option<String>,
    /// The main loop's sign of life.
    liveness: Liveness,
    status: Status,
    /// In no order; the settings have that.
    agents: HashMap<String, Agent<AgentSpool>>,
    /// Agents that could not start, and when that is tried again.
    waiting: HashMap<String, Duration>,
    /// Of them, those of which it was told that they could not.
    failed: HashSet<String>,
    /// Spools stay open over a change of settings.
    spools: HashMap<String, Arc<AgentSpool>>,
    /// Spools that belong to no agent.
    orphans: Orphans,
    /// One for each tenant's API host.
    throttles: HashMap<String, Arc<Mutex<RequestLimit>>>,
    page: PageState,
    /// Who may change something there. It outlives the page, which is opened anew where its settings change.
    auth: Arc<Auth>,
    /// Why nobody can sign in at present.
    owner_trouble: Option<String>,
    /// What is changed on the page, and may have to go back by itself.
    setup: Option<Arc<Setup>>,
    /// What the pollers wait for before they go by the clock.
    gate: Gate,
    /// What the page asks for.
    ordered: mpsc::Receiver<PageOrder>,
}

// === impl Appliance ===

impl Appliance {
    fn new(settings: Settings, home: Home, provider: &impl SettingsProvider) -> Self {
        let status = Status::new(thresholds(&settings.health), clock::now());
        let audit = Arc::new(SettingsAudit::new(&settings.state_dir));
        let (orders, ordered) = mpsc::channel(8);
        let mut setup = None;
        let mut door = Auth::new(&settings.state_dir, Arc::clone(&audit));
        if let Some((file, given)) = provider.file() {
            let state_dir = settings.state_dir.clone();
            let room = Arc::new(Setup::new(SetupTools {
                file,
                given,
                state_dir: state_dir.clone(),
                actions: Arc::new(BoxActions { state_dir, orders }),
                status: status.clone(),
                audit,
                lamps: has_lamps(Path::new("/")),
            }));
            door = door.with_page(Arc::clone(&room));
            setup = Some(room);
        }
        Self {
            settings,
            home,
            home_trouble: None,
            liveness: status.part("main loop"),
            status,
            agents: HashMap::new(),
            waiting: HashMap::new(),
            failed: HashSet::new(),
            spools: HashMap::new(),
            orphans: Orphans::default(),
            throttles: HashMap::new(),
            page: PageState::Off,
            auth: Arc::new(door),
            owner_trouble: None,
            ordered,
            setup,
            gate: provider.clock(),
        }
    }

    async fn run(
        mut self,
        mut called: mpsc::Receiver<Called>,
        provider: &impl SettingsProvider,
    ) -> Result<(), ApplianceError> {
        let socket = self.bind()?;
        let on = |kind| signal(kind).map_err(ApplianceError::Bootstrap);
        let (mut term, mut int, mut hup) = (
            on(SignalKind::terminate())?,
            on(SignalKind::interrupt())?,
            on(SignalKind::hangup())?,
        );
        let mut fingerprint = provider.fingerprint();
        if let Some(why) = provider.refused() {
            tracing::error!("the settings are refused, siembox starts without an agent:\n{why}");
            self.status.settings(Some(why), clock::now());
        }
        self.start_all();
        // who asks earlier waits until all agents are there
        self.answer(socket);
        tracing::info!(
            "siembox {} runs, agents: {}, state in {}",
            env!("CARGO_PKG_VERSION"),
            self.settings.agents.len(),
            self.settings.state_dir.display()
        );
        self.open_page();
        self.tell_owner();
        let mut look = tokio::time::interval(LOOK);
        let mut box_trouble = None;
        loop {
            let (mut erased, mut renewed) = (None, false);
            let asked = tokio::select! {
                _ = term.recv() => break,
                _ = int.recv() => break,
                _ = hup.recv() => {
                    // its certificate too, as a rule
                    renewed = true;
                    true
                }
                _ = look.tick() => false,
                Some(call) = called.recv() => {
                    match call {
                        Called::Replay(call) => self.replay(call),
                        Called::Orphan(call) => self.call_orphan(call).await,
                    }
                    continue;
                }
                Some(order) = self.ordered.recv() => match order {
                    PageOrder::Look => true,
                    PageOrder::Orphan(call) => {
                        self.call_orphan(call).await;
                        continue;
                    }
                    PageOrder::Erase { agent, done } => {
                        erased = Some((agent, done));
                        true
                    }
                },
            };
            let trouble = provider.box_trouble();
            if trouble != box_trouble {
                self.status.box_trouble(trouble.as_deref(), clock::now());
                box_trouble = trouble;
            }
            let now = provider.fingerprint();
            if asked || now != fingerprint {
                fingerprint = now;
                self.take_settings(provider).await;
            }
            if let Some((agent, done)) = erased {
                // nobody waits for it where the page has gone
                let _ = done.send(self.erase(&agent).await);
            }
            if renewed && self.settings.page.certificate.is_some() {
                self.close_page().await;
                self.open_page();
            }
            self.tell_owner();
            self.tend().await;
            if let Some(setup) = &self.setup {
                setup.tend(clock::now().steady);
            }
            self.status.sample(clock::now());
        }
        tracing::info!("stopping: read records are on disk, sent lines are being proved");
        self.stop_all().await;
        self.close_page().await;
        self.leave_home();
        tracing::info!("stopped");
        Ok(())
    }

    /// Tells whose box it is, or why that can't be known.
    fn tell_owner(&mut self) {
        self.status.claimed(self.auth.is_claimed());
        let trouble = self.auth.trouble();
        if trouble != self.owner_trouble {
            if let Some(trouble) = &trouble {
                tracing::warn!("nobody can sign in on the page: {trouble}");
            }
            self.status.owner(trouble.as_deref(), clock::now());
            self.owner_trouble = trouble;
        }
    }

    /// Reads the settings again and brings the agents in line. A bad file changes nothing.
    async fn take_settings(&mut self, provider: &impl SettingsProvider) {
        let new = match provider.read() {
            Ok(new) => new,
            Err(why) => {
                tracing::error!(
                    "the changed settings are refused, the old ones stay in \
                    effect:\n{why}"
                );
                self.status.settings(Some(&why), clock::now());
                return;
            }
        };
        self.status.settings(None, clock::now());
        if new == self.settings {
            return;
        }
        if new.state_dir != self.settings.state_dir {
            tracing::warn!("state_dir takes effect at the next start");
        }
        let state_dir = self.settings.state_dir.clone();
        let old = std::mem::replace(&mut self.settings, Settings { state_dir, ..new });
        self.status
            .set_thresholds(thresholds(&self.settings.health));
        provider.took(&self.settings);
        if old.page != self.settings.page {
            self.close_page().await;
            self.open_page();
        }
        for agent in &old.agents {
            if self.settings.agents.contains(agent) {
                continue;
            }
            self.waiting.remove(&agent.name);
            if let Some(running) = self.agents.remove(&agent.name) {
                running.stop().await;
            }
            let kept = self
                .settings
                .agents
                .iter()
                .find(|kept| kept.name == agent.name);
            if kept.is_none_or(|kept| kept.spool != agent.spool) {
                self.spools.remove(&agent.name);
            }
            if kept.is_none() {
                tracing::info!(agent = agent.name, "removed from the settings");
            }
        }
        self.release_orphans().await;
        self.start_all();
        tracing::info!("new settings are in effect");
    }
}

/// Does siembox play lamps here? Only as firmware, and where the board has some. `root` is `/`.
fn has_lamps(root: &Path) -> bool {
    root.join(FIRMWARE).exists()
        && !recognise(&MachineFacts::read(root))
            .profile
            .lamps
            .each
            .is_empty()
}

fn thresholds(health: &HealthSettings) -> Thresholds {
    Thresholds {
        connection_error: health.connection_error_after,
        disconnected: health.disconnected_after,
    }
}
