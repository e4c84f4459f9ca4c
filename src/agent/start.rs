//! Starts an agent: builds its parts and its threads.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::clock_wait::ClockWait;
use super::consumer::{self, Consumer, ConsumerState};
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
use crate::spool::{Memory, Packer, Spool};
use crate::status::{Status, WORK};
use crate::stream::StreamSpec;
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
        let (mut cancels, pollers) = shared.pollers(settings, parts.gate)?;
        let (of_consumers, consumers) = shared.consumers(settings, parts.folder, parts.gate)?;
        cancels.extend(of_consumers);
        // under which filters is read from now on must outlive a kill
        shared.settle_ledger();
        let pollers = shared.spawn(&settings.name, pollers, consumers)?;
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
        let read = read.filter(|of_stream| of_stream.spec.kind.is_by_time());
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
            pages: self.page_writer(stream)?,
            worker: self.worker(stream),
            audits: settings.ledger.audit && api.counts,
            pace: PollInterval::new(of_source.poll_interval),
            look_back: of_stream.look_back,
            read_secret,
            clock: ClockWait::new(gate),
            state: PollerState::new(ledger.short(number), &self.packer),
        };
        Ok((cancel, poller))
    }

    /// The consumers of the streams that boxes share, and what ends their questions.
    fn consumers(
        &self,
        settings: &AgentSettings,
        folder: &Path,
        gate: &Gate,
    ) -> Result<(Vec<Cancel>, Vec<Consumer<S>>), AgentError> {
        let read = settings.streams_on().filter(|_| !settings.paused);
        let read = read.filter(|of_stream| !of_stream.spec.kind.is_by_time());
        let consumers = read.map(|of_stream| self.consumer(settings, of_stream, folder, gate));
        let consumers: Result<Vec<_>, _> = consumers.collect();
        Ok(consumers?.into_iter().unzip())
    }

    fn consumer(
        &self,
        settings: &AgentSettings,
        of_stream: &StreamSettings,
        folder: &Path,
        gate: &Gate,
    ) -> Result<(Cancel, Consumer<S>), AgentError> {
        let stream = of_stream.spec;
        let number = stream.number();
        let name = consumer::member_name(folder);
        let name = name.map_err(|cause| AgentError::MemberName { cause })?;
        let mut hub = (self.sources.open_hub(stream, &name)).map_err(AgentError::Unfit)?;
        let cancel = std::mem::replace(&mut hub.cancel, Box::new(|| {}));
        let memory = self.spool.recall(number)?;
        let of_tables = of_stream.tables.iter();
        let of_tables = of_tables.map(|table| self.spool.recall(table.number()));
        let of_tables: Vec<Memory> = of_tables.collect::<Result<_, _>>()?;
        let namespace = hub.source.namespace();
        let state = ConsumerState::restore(&memory, &of_tables, &namespace, &self.packer);
        let state = state.map_err(|cause| AgentError::Cursor { stream, cause })?;
        let consumer = Consumer {
            stream,
            hub,
            writer: self.writer.clone(),
            pages: self.page_writer(stream)?,
            worker: self.worker(stream),
            clock: ClockWait::new(gate),
            first_look_back: settings.source_of(stream).first_look_back,
            look_back: of_stream.look_back,
            state,
        };
        Ok((cancel, consumer))
    }

    fn page_writer(&self, stream: StreamSpec) -> Result<PageWriter<S>, AgentError> {
        let number = stream.number();
        Ok(PageWriter {
            number,
            spool: Arc::clone(&self.spool),
            ledger: Arc::clone(&self.ledger),
            sent: recorder(&*self.spool, &self.sent, stream, number)?,
            wake: Arc::clone(&self.wake),
        })
    }

    fn worker(&self, stream: StreamSpec) -> Worker<Arc<Shutdown>> {
        Worker {
            time: Arc::clone(&self.shutdown),
            liveness: self.reporter.part(&format!("reader of {stream}")),
            reporter: self.reporter.clone(),
        }
    }

    /// Gives each poller and each consumer its thread.
    fn spawn(
        &self,
        agent: &str,
        pollers: Vec<Poller<S>>,
        consumers: Vec<Consumer<S>>,
    ) -> Result<Vec<std::thread::JoinHandle<()>>, AgentError> {
        let thread =
            |stream: StreamSpec| std::thread::Builder::new().name(format!("{agent}/{stream}"));
        let pollers = pollers
            .into_iter()
            .map(|poller| thread(poller.stream).spawn(move || poller.run()));
        let consumers = consumers
            .into_iter()
            .map(|consumer| thread(consumer.stream).spawn(move || consumer.run()));
        let threads: std::io::Result<Vec<_>> = pollers.chain(consumers).collect();
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
