//! The whole box: builds the agents from the settings, starts them, watches them, takes new
//! settings, stops them in order.

mod agents;
mod error;
mod home;
mod main_loop;
mod orphans;
mod page;
mod page_actions;
mod settings;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::agent::Agent;
use crate::allocator;
use crate::board::{MachineFacts, recognise};
use crate::clock;
use crate::settings::Settings;
use crate::status::{Liveness, Status, WORK};
use crate::timekeeping::Gate;
use crate::web::{Auth, SettingsAudit, Setup, SetupTools};
use crate::wiring::{AgentSpool, RequestLimits};
pub use error::ApplianceError;
use home::Home;
use orphans::Orphans;
use page::PageState;
use page_actions::{BoxActions, PageOrder};
pub use settings::SettingsProvider;
use settings::thresholds;

/// What the image's builder says of the firmware; there only where siembox runs as firmware.
const FIRMWARE: &str = "etc/siembox/firmware.toml";
/// An agent or a page that could not start is tried again this often.
const RETRY: Duration = Duration::from_secs(30);

/// The longest that the main loop waits for anybody in one go: an agent's forwarder that is to stop
/// (15 s), within a minute.
const WAIT: Duration = Duration::from_secs(60);
/// The longest that opening an agent may take, or erasing what one kept: the stores of a large
/// spool on a slow card are read then.
const OPEN: Duration = Duration::from_secs(1800);

/// Runs the box until SIGTERM or SIGINT.
///
/// # Errors
/// When it can't start. An agent that can't start does not stop the others: it is tried again, and
/// says so.
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
    /// What is wrong with the box itself, where siembox has one for itself.
    box_trouble: Option<String>,
    /// The main loop's sign of life.
    liveness: Liveness,
    status: Status,
    /// In no order; the settings have that.
    agents: HashMap<String, Agent<AgentSpool>>,
    /// Agents that could not start, and when that is tried again.
    waiting: HashMap<String, Duration>,
    /// Of them, those of which it was told that they could not.
    failed: HashSet<String>,
    /// When the credentials of each agent are looked at next; those of one that has begun at once.
    credentials: HashMap<String, Duration>,
    /// Spools stay open over a change of settings.
    spools: HashMap<String, Arc<AgentSpool>>,
    /// Spools that belong to no agent.
    orphans: Orphans,
    /// One for each tenant and service.
    limits: RequestLimits,
    page: PageState,
    /// Who may change something there. It outlives the page, which is opened anew where its
    /// settings change.
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
        let (orders, ordered) = mpsc::channel(8);
        let (auth, setup) = auth(&settings, &status, provider, orders);
        let limits = RequestLimits::kept_in(&settings.state_dir);
        Self {
            settings,
            home,
            home_trouble: None,
            box_trouble: None,
            liveness: status.part("main loop"),
            status,
            agents: HashMap::new(),
            waiting: HashMap::new(),
            failed: HashSet::new(),
            credentials: HashMap::new(),
            spools: HashMap::new(),
            orphans: Orphans::default(),
            limits,
            page: PageState::Off,
            auth: Arc::new(auth),
            owner_trouble: None,
            ordered,
            setup,
            gate: provider.clock(),
        }
    }
}

/// Who may change something on the page, and what is changed there: nothing where there is no
/// settings file.
fn auth(
    settings: &Settings,
    status: &Status,
    provider: &impl SettingsProvider,
    orders: mpsc::Sender<PageOrder>,
) -> (Auth, Option<Arc<Setup>>) {
    let state_dir = settings.state_dir.clone();
    let audit = Arc::new(SettingsAudit::new(&state_dir));
    let auth = Auth::new(&state_dir, Arc::clone(&audit));
    let Some((file, given)) = provider.file() else {
        return (auth, None);
    };
    let setup = Arc::new(Setup::new(SetupTools {
        file,
        given,
        state_dir: state_dir.clone(),
        actions: Arc::new(BoxActions { state_dir, orders }),
        status: status.clone(),
        audit,
        lamps: has_lamps(Path::new("/")),
    }));
    (auth.with_page(Arc::clone(&setup)), Some(setup))
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
