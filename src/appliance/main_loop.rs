//! The main loop: serves requests and does what is due until shutdown.

use std::fs::File;
use std::time::Duration;

use tokio::net::UnixListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use super::page_actions::PageOrder;
use super::{Appliance, ApplianceError, SettingsProvider};
use crate::clock;
use crate::status::socket::Called;

/// The settings file is looked at this often.
const LOOK: Duration = Duration::from_secs(2);

/// What wakes the main loop.
enum LoopEvent {
    /// It is time to look at the settings file.
    Look,
    /// SIGHUP: the settings are read again, and the page's certificate too.
    Reload,
    /// Somebody asks on the status socket.
    Called(Called),
    /// Somebody asks on the page.
    Ordered(PageOrder),
}

/// The signals that it listens to.
struct Signals {
    term: Signal,
    int: Signal,
    hup: Signal,
}

// === impl Signals ===

impl Signals {
    fn listen() -> Result<Self, ApplianceError> {
        let on = |kind| signal(kind).map_err(ApplianceError::Bootstrap);
        Ok(Self {
            term: on(SignalKind::terminate())?,
            int: on(SignalKind::interrupt())?,
            hup: on(SignalKind::hangup())?,
        })
    }
}

// === impl Appliance ===

impl Appliance {
    /// Runs until SIGTERM or SIGINT, and stops all parts in order.
    pub(super) async fn run(
        mut self,
        mut called: mpsc::Receiver<Called>,
        provider: &impl SettingsProvider,
    ) -> Result<(), ApplianceError> {
        let socket = self.bind()?;
        let mut signals = Signals::listen()?;
        let mut fingerprint = provider.fingerprint();
        self.begin(socket, provider);
        let mut look = tokio::time::interval(LOOK);
        loop {
            let event = tokio::select! {
                _ = signals.term.recv() => break,
                _ = signals.int.recv() => break,
                _ = signals.hup.recv() => LoopEvent::Reload,
                _ = look.tick() => LoopEvent::Look,
                Some(call) = called.recv() => LoopEvent::Called(call),
                Some(order) = self.ordered.recv() => LoopEvent::Ordered(order),
            };
            let event = match event {
                LoopEvent::Called(Called::Replay(call)) => {
                    self.replay(call);
                    continue;
                }
                LoopEvent::Called(Called::Orphan(call))
                | LoopEvent::Ordered(PageOrder::Orphan(call)) => {
                    self.call_orphan(call).await;
                    continue;
                }
                event => event,
            };
            self.tell_box_trouble(provider);
            let now = provider.fingerprint();
            if now != fingerprint || !matches!(event, LoopEvent::Look) {
                fingerprint = now;
                self.take_settings(provider).await;
            }
            self.after_settings(event).await;
            self.tend_all().await;
        }
        self.end().await;
        Ok(())
    }

    fn begin(&mut self, socket: (UnixListener, File), provider: &impl SettingsProvider) {
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
    }

    /// Does what is asked for once the settings are those of the file.
    async fn after_settings(&mut self, event: LoopEvent) {
        match event {
            LoopEvent::Ordered(PageOrder::Erase { agent, done }) => {
                // nobody waits for it where the page has gone
                let _ = done.send(self.erase(&agent).await);
            }
            LoopEvent::Ordered(PageOrder::Sources { agent, done }) => {
                let _ = done.send(self.sources(&agent));
            }
            LoopEvent::Reload if self.settings.page.certificate.is_some() => {
                self.close_page().await;
                self.open_page();
            }
            _ => {}
        }
    }

    /// Does what is due.
    async fn tend_all(&mut self) {
        self.tell_owner();
        self.tend().await;
        if let Some(setup) = &self.setup {
            setup.tend(clock::now().steady);
        }
        self.status.sample(clock::now());
    }

    async fn end(mut self) {
        tracing::info!("stopping: read records are on disk, sent lines are being proved");
        self.stop_all().await;
        self.close_page().await;
        self.leave_home();
        tracing::info!("stopped");
    }

    /// Tells what is wrong with the box itself, where that changed.
    fn tell_box_trouble(&mut self, provider: &impl SettingsProvider) {
        let trouble = provider.box_trouble();
        if trouble != self.box_trouble {
            self.status.box_trouble(trouble.as_deref(), clock::now());
            self.box_trouble = trouble;
        }
    }

    /// Tells whether somebody has chosen the administrator's password, or why that can't be known.
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
}
