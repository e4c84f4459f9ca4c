//! Starts an agent: builds its parts and its threads.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::error::AgentError;
use super::forwarder::{self, Forwarder};
use super::heartbeat::HeartbeatSchedule;
use super::introduction::running;
use super::page_writer::PageWriter;
use super::poller::{Poller, PollerState};
use super::rate_limited_client::RateLimitedClient;
use super::replay;
use super::restore::{begins_ms, recorder, restore, rules};
use super::shutdown::Shutdown;
use super::worker::Worker;
use super::{Agent, Shared};
use crate::clock;
use crate::format::LineWriter;
use crate::ledger::Ledger;
use crate::sent::SentIds;
use crate::settings::{AgentSettings, StreamSettings};
use crate::sink::Connect;
use crate::source::{Cancel, OpenSource, PollInterval, Rules, StreamSource};
use crate::spool::{Packer, Spool};
use crate::status::{Status, WORK};
use crate::timekeeping::Gate;

/// What an agent is built from: ports, whose adapters are chosen by whoever starts it.
pub struct AgentParts<'a, S, C> {
    /// The agent's state folder.
    pub folder: &'a Path,
    /// Where lines wait.
    pub spool: Arc<S>,
    /// What was sent before, for a replay.
    pub sent: SentIds,
    /// Opens the source of a stream.
    pub sources: Arc<dyn OpenSource>,
    /// Event → line.
    pub writer: LineWriter,
    /// The name of this machine in headers, where it stands there.
    pub host: Option<String>,
    /// Makes connections to the SIEM.
    pub connect: C,
    /// Opens when the clock is set.
    pub gate: &'a Gate,
    /// Where it introduces itself.
    pub status: &'a Status,
}

impl<S: Spool + 'static> Agent<S> {
    /// Starts the threads and the task. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When a file of the settings can't be used, the spool can't be read, or the system gives no
    /// thread. Nothing runs then.
    pub fn start<C: Connect + 'static>(
        settings: &AgentSettings,
        parts: AgentParts<'_, S, C>,
    ) -> Result<Self, AgentError> {
        let (ledger, mended) = open_ledger(settings, &parts)?;
        let introduction = running(settings, &parts.spool, &ledger);
        let shared = Shared {
            spool: parts.spool,
            ledger,
            sent: Arc::new(sent_by(settings, parts.sent)),
            sources: parts.sources,
            writer: parts.writer,
            packer: Packer::default(),
            wake: Arc::new(Notify::new()),
            shutdown: Arc::new(Shutdown::default()),
            reporter: parts.status.introduce(introduction, clock::now()),
        };
        for what in mended {
            shared.tell_ledger_trouble(what);
        }
        shared.finish_replays(settings)?;
        let (cancels, pollers) = shared.pollers(settings, parts.gate)?;
        // under which filters is read from now on must outlive a kill
        shared.settle_ledger();
        let pollers = shared.spawn(&settings.name, pollers)?;
        let forwarder = shared.forwarder(settings, parts.host, parts.connect);
        Ok(Self {
            forwarder: spawn_forwarder(forwarder),
            shared,
            cancels,
            pollers,
            replay: None,
        })
    }
}

/// What was sent: of both sources, where the agent had another one.
fn sent_by(settings: &AgentSettings, sent: SentIds) -> SentIds {
    match settings.other {
        Some(_) => sent.across_sources(settings.streams.iter().map(|stream| stream.spec)),
        None => sent,
    }
}

/// The agent's ledger, and what of it had to be mended.
fn open_ledger<S: Spool, C>(
    settings: &AgentSettings,
    parts: &AgentParts<'_, S, C>,
) -> Result<(Arc<Ledger>, Vec<String>), AgentError> {
    let streams = settings.streams.iter().map(|stream| stream.spec);
    let writers = streams.flat_map(|stream| [stream.number(), replay::number(stream)]);
    let (folder, keep) = (parts.folder, settings.ledger.keep);
    let (ledger, mended) = Ledger::open(folder, keep, &*parts.spool, writers)?;
    Ok((Arc::new(ledger), mended))
}

fn spawn_forwarder<S: Spool + 'static, C: Connect + 'static>(
    forwarder: Forwarder<S, C>,
) -> tokio::task::JoinHandle<()> {
    let liveness = forwarder.reporter.part("sender");
    let now = || clock::now().steady;
    tokio::spawn(liveness.watch(forwarder::WAIT + WORK, now, forwarder.run()))
}

// === impl Shared ===

impl<S: Spool + 'static> Shared<S> {
    /// Finishes what replays left behind that were cut short: it may be a long time until the next
    /// one.
    fn finish_replays(&self, settings: &AgentSettings) -> Result<(), AgentError> {
        for stream in settings.streams.iter().map(|stream| stream.spec) {
            recorder(&*self.spool, &self.sent, stream, replay::number(stream))?;
        }
        Ok(())
    }

    /// The pollers of the streams that are read, and what ends their questions.
    fn pollers(
        &self,
        settings: &AgentSettings,
        gate: &Gate,
    ) -> Result<(Vec<Cancel>, Vec<Poller<S>>), AgentError> {
        let read = settings.streams_on().filter(|_| !settings.paused);
        let pollers = read.map(|of_stream| self.poller(settings, of_stream, gate));
        let pollers: Result<Vec<_>, _> = pollers.collect();
        Ok(pollers?.into_iter().unzip())
    }

    fn poller(
        &self,
        settings: &AgentSettings,
        of_stream: &StreamSettings,
        gate: &Gate,
    ) -> Result<(Cancel, Poller<S>), AgentError> {
        let stream = of_stream.spec;
        let of_source = settings.source_of(stream);
        let StreamSource {
            source,
            cancel,
            read_secret,
        } = self.sources.open(stream).map_err(AgentError::Unfit)?;
        let api = source.api_rules();
        let rules = Rules {
            first_from_ms: begins_ms(&*self.spool, settings, of_stream)?,
            ..rules(settings, of_stream, api)
        };
        let reader = restore(&*self.spool, stream, rules)?;
        let (number, ledger) = (stream.number(), &self.ledger);
        ledger.begin(number, reader.filters(), reader.reach_ms());
        let poller = Poller {
            stream,
            reader,
            client: RateLimitedClient::new(
                stream.name,
                source,
                &self.sources.limit(stream),
                of_source.timeout,
            ),
            writer: self.writer.clone(),
            pages: PageWriter {
                number,
                spool: Arc::clone(&self.spool),
                ledger: Arc::clone(ledger),
                sent: recorder(&*self.spool, &self.sent, stream, number)?,
                wake: Arc::clone(&self.wake),
            },
            worker: Worker {
                time: Arc::clone(&self.shutdown),
                liveness: self.reporter.part(&format!("reader of {stream}")),
                reporter: self.reporter.clone(),
            },
            audits: settings.ledger.audit && api.counts,
            pace: PollInterval::new(of_source.poll_interval),
            look_back: of_stream.look_back,
            read_secret,
            gate: gate.clone(),
            state: PollerState::new(ledger.short(number), &self.packer),
        };
        Ok((cancel, poller))
    }

    /// Gives each poller its thread.
    fn spawn(
        &self,
        agent: &str,
        pollers: Vec<Poller<S>>,
    ) -> Result<Vec<std::thread::JoinHandle<()>>, AgentError> {
        let spawn = |poller: Poller<S>| {
            let name = format!("{agent}/{}", poller.stream);
            let thread = std::thread::Builder::new().name(name);
            thread.spawn(move || poller.run())
        };
        let threads: Result<Vec<_>, _> = pollers.into_iter().map(spawn).collect();
        threads.map_err(|cause| {
            // those that have begun end
            self.shutdown.throw();
            AgentError::Thread { cause }
        })
    }

    fn forwarder<C: Connect>(
        &self,
        settings: &AgentSettings,
        host: Option<String>,
        connect: C,
    ) -> Forwarder<S, C> {
        Forwarder {
            spool: Arc::clone(&self.spool),
            ledger: Arc::clone(&self.ledger),
            heartbeat: HeartbeatSchedule {
                writer: self.writer.clone(),
                host,
                every: settings.siem.heartbeat,
                paused: settings.paused,
                next: Duration::ZERO,
            },
            siem: settings.siem.clone(),
            connect,
            wake: Arc::clone(&self.wake),
            reporter: self.reporter.clone(),
            shutdown: Arc::clone(&self.shutdown),
            now: clock::now,
        }
    }
}
