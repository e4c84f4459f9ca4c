//! One configured SIEM agent: its source, spool and sink as one supervised stream.
//!
//! A poller thread for each stream writes its pages to the spool; one forwarder task takes lines from it. They know
//! each other only through the spool. New settings end them all and begin them again on the same spool, in the middle
//! of a walk and without losing or repeating a record, because everything that matters is in the spool.
//!
//! A paused agent is one without pollers: nobody asks the cloud, and the forwarder brings what waits to the SIEM and proves
//! it, as it is evidence on its way. Pausing and resuming are changes of settings like others, so the cursors in the spool
//! say where to go on: what the cloud recorded meanwhile is read then, as far back as `max_catch_up`.

mod chunk;
mod cloud_clock;
mod connect;
mod delivery_state;
mod forwarder;
mod half_close;
mod heartbeat;
mod line;
mod on_error;
mod page_buffer;
mod page_writer;
mod parts;
mod poller;
mod proof_interval;
mod rate_limited_client;
mod replay;
mod replay_window;
mod shutdown;
mod suspects;
mod worker;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::Notify;

pub use line::LineWriter;
pub use page_writer::PageWriter;
pub use parts::{
    AgentError, KNOWN_RECORDS, StreamParts, cloud_parts, line_writer, machine_name, route,
    siem_address, siem_target,
};
pub use poller::{Poller, PollerState};
pub use rate_limited_client::RateLimitedClient;
pub use worker::Worker;

use crate::clock;
use crate::ledger::Ledger;
use crate::sent::{SentIds, SentRecorder};
use crate::settings::{AgentSettings, SourceSettings, StreamSettings};
use crate::source::http::Http;
use crate::source::{Cursor, PollInterval, RequestLimit, Rules, Seen, TimeReader};
use crate::spool::{Memory, Spool};
use crate::status::{
    InternalEvent, Introduction, LedgerReport, Reporter, SpoolReport, Status, StreamIntroduction,
    WORK,
};
use crate::stream::StreamSpec;
use crate::timekeeping::Gate;
use connect::SiemConnect;
use forwarder::Forwarder;
use heartbeat::HeartbeatSchedule;
use parts::system_name;
use replay::RunningReplay;
use shutdown::Shutdown;

/// A stop of the forwarder waits no longer than this; it bounds its own steps to less.
const STOP: Duration = Duration::from_secs(15);

/// A running agent.
pub struct Agent<S: Spool + 'static> {
    spool: Arc<S>,
    ledger: Arc<Ledger>,
    halt: Arc<Shutdown>,
    clients: Vec<Http>,
    pollers: Vec<JoinHandle<()>>,
    forwarder: tokio::task::JoinHandle<()>,
    /// Wakes the forwarder.
    wake: Arc<Notify>,
    sent: Arc<SentIds>,
    replay: Option<RunningReplay>,
    reporter: Reporter,
}

// === impl Agent ===

impl<S: Spool + 'static> Agent<S> {
    /// Starts the threads and the task; `folder` is the agent's state folder. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When a file of the settings can't be used, the spool can't be read, or the system gives no thread.
    pub fn start(
        settings: &AgentSettings,
        folder: &Path,
        spool: Arc<S>,
        sent: SentIds,
        throttle: &Arc<Mutex<RequestLimit>>,
        gate: &Gate,
        status: &Status,
    ) -> Result<Self, AgentError> {
        let sent = Arc::new(sent);
        // a certificate that can't be read stops the start, with its cure
        siem_target(&settings.siem)?;
        let streams = || settings.streams.iter().map(|stream| stream.spec);
        let known = streams().any(|s| spool.recall(s.number()).is_ok_and(|m| m.cursor.is_some()));
        let writers = streams().flat_map(|s| [s.number(), replay::number(s)]);
        let (ledger, put_right) = Ledger::open(folder, settings.ledger.keep, &*spool, writers)?;
        let ledger = Arc::new(ledger);
        let asked = Arc::downgrade(&spool);
        let ledger_asked = (Arc::downgrade(&ledger), asked.clone());
        let reporter = status.introduce(
            Introduction {
                known,
                ask_spool: Arc::new(move || {
                    asked
                        .upgrade()
                        .map(|spool| spool_report(&*spool))
                        .unwrap_or_default()
                }),
                ask_ledger: Arc::new(move || {
                    let (ledger, spool) = (ledger_asked.0.upgrade(), ledger_asked.1.upgrade());
                    let both = ledger.zip(spool);
                    both.map(|(ledger, spool)| ledger.report(&*spool))
                        .unwrap_or_default()
                }),
                ..introduction(settings)
            },
            clock::now(),
        );
        for what in put_right {
            reporter.tell(clock::now(), &InternalEvent::LedgerTrouble { what });
        }
        let (halt, wake) = (Arc::new(Shutdown::default()), Arc::new(Notify::new()));
        let (mut clients, mut pollers) = (Vec::new(), Vec::new());
        let SourceSettings::CloudApps(of_source) = &settings.source;
        for of_stream in &settings.streams {
            let stream = of_stream.spec;
            // a replay that was cut short; it may be a long time until the next one
            scribe(&*spool, &sent, stream, replay::number(stream))?;
            if settings.paused || !of_stream.enabled {
                continue;
            }
            let StreamParts {
                http,
                source,
                read_secret,
            } = cloud_parts(settings, stream)?;
            let reader = restore(&*spool, stream, rules(settings, of_stream))?;
            ledger.begin(stream.number(), reader.filters(), reader.reach_ms());
            let poller = Poller {
                stream,
                reader,
                client: RateLimitedClient::new(source, throttle, of_source.timeout),
                writer: line_writer(settings)?,
                pages: PageWriter {
                    number: stream.number(),
                    spool: Arc::clone(&spool),
                    ledger: Arc::clone(&ledger),
                    sent: scribe(&*spool, &sent, stream, stream.number())?,
                    wake: Arc::clone(&wake),
                },
                worker: Worker {
                    time: Arc::clone(&halt),
                    liveness: reporter.part(&format!("reader of {stream}")),
                    reporter: reporter.clone(),
                },
                audits: settings.ledger.audit,
                pace: PollInterval::new(of_source.poll_interval),
                look_back: of_stream.look_back,
                fetch_related: settings.alerts.fetch_related,
                read_secret,
                gate: gate.clone(),
                state: PollerState::new(ledger.short(stream.number())),
            };
            clients.push(http);
            let name = format!("{}/{stream}", settings.name);
            let thread = std::thread::Builder::new()
                .name(name)
                .spawn(move || poller.run());
            pollers.push(thread.map_err(|cause| {
                halt.throw();
                AgentError::Thread { cause }
            })?);
        }
        // under which filters is read from now on must outlive a kill
        if let Err(error) = ledger.settle() {
            let what = error.to_string();
            reporter.tell(clock::now(), &InternalEvent::LedgerTrouble { what });
        }
        let forwarder = Forwarder {
            spool: Arc::clone(&spool),
            ledger: Arc::clone(&ledger),
            heartbeat: HeartbeatSchedule {
                writer: line_writer(settings)?,
                host: system_name(&settings.siem),
                every: settings.siem.heartbeat,
                paused: settings.paused,
                next: Duration::ZERO,
            },
            siem: settings.siem.clone(),
            connect: SiemConnect {
                siem: settings.siem.clone(),
            },
            wake: Arc::clone(&wake),
            reporter: reporter.clone(),
            halt: Arc::clone(&halt),
            now: clock::now,
        };
        let now = || clock::now().steady;
        let forwarder = reporter
            .part("sender")
            .watch(forwarder::WAIT + WORK, now, forwarder.run());
        let forwarder = tokio::spawn(forwarder);
        Ok(Self {
            spool,
            ledger,
            halt,
            clients,
            pollers,
            forwarder,
            wake,
            sent,
            replay: None,
            reporter,
        })
    }

    /// Stops reading and forwarding, in order: what is read is on flash, what was sent is proved. Gives the spool back.
    pub async fn stop(self) -> Arc<S> {
        self.halt.throw();
        let (replaying, replay) = self
            .replay
            .map(|replay| (replay.clients, replay.thread))
            .unzip();
        for client in self.clients.iter().chain(replaying.iter().flatten()) {
            client.shut_down();
        }
        let abort = self.forwarder.abort_handle();
        if tokio::time::timeout(STOP, self.forwarder).await.is_err() {
            abort.abort();
        }
        let pollers = self.pollers;
        let joined = tokio::task::spawn_blocking(move || {
            for poller in pollers.into_iter().chain(replay) {
                // one that panicked is at its end as well; the panic's message stands in the log
                drop(poller.join());
            }
        });
        let _ = joined.await;
        let (ledger, reporter) = (self.ledger, self.reporter);
        let settled = tokio::task::spawn_blocking(move || ledger.settle()).await;
        if let Ok(Err(error)) = settled {
            let what = error.to_string();
            reporter.tell(clock::now(), &InternalEvent::LedgerTrouble { what });
        }
        self.spool
    }

    /// Has one of its parts ended by itself? It never should.
    #[must_use]
    pub fn fell(&self) -> bool {
        self.forwarder.is_finished() || self.pollers.iter().any(JoinHandle::is_finished)
    }

    /// Has its spool to be opened anew?
    #[must_use]
    pub fn lost_spool(&self) -> bool {
        self.spool.is_lost()
    }

    /// How this agent tells what happens to it.
    #[must_use]
    pub fn reporter(&self) -> &Reporter {
        &self.reporter
    }
}

/// Who writes down the ids of the pages under this number, after finishing what an earlier life left behind.
fn scribe(
    spool: &impl Spool,
    sent: &Arc<SentIds>,
    stream: StreamSpec,
    number: u8,
) -> Result<SentRecorder, AgentError> {
    let mut scribe = SentRecorder::new(sent, stream, number);
    if scribe.cut_short() {
        let seen = spool.recall(number)?.seen;
        let newest = seen.last().map(|(_, chunk)| chunk.as_slice());
        // trouble shows again with the next page
        scribe.take_up(newest);
    }
    Ok(scribe)
}

fn cursor(memory: &Memory, stream: StreamSpec) -> Result<Option<Cursor>, AgentError> {
    memory
        .cursor
        .as_deref()
        .map(Cursor::from_bytes)
        .transpose()
        .map_err(|cause| AgentError::Cursor { stream, cause })
}

/// A stream's reader, as the spool remembers it.
///
/// # Errors
/// When the spool can't be read, or the cursor in it is not one of ours.
pub fn restore(
    spool: &impl Spool,
    stream: StreamSpec,
    rules: Rules,
) -> Result<TimeReader, AgentError> {
    let memory = spool.recall(stream.number())?;
    let cursor = cursor(&memory, stream)?;
    let seen = Seen::restore(
        &memory.seen,
        memory.seen_next,
        cursor.as_ref().and_then(|cursor| cursor.forgotten_ms),
    );
    Ok(TimeReader::new(rules, cursor, seen))
}

fn rules(settings: &AgentSettings, of_stream: &StreamSettings) -> Rules {
    let SourceSettings::CloudApps(source) = &settings.source;
    let ms = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    Rules {
        overlap_ms: ms(of_stream.overlap),
        look_back_ms: ms(of_stream.look_back),
        first_look_back_ms: ms(source.first_look_back),
        max_catch_up_ms: ms(source.max_catch_up),
        limit: of_stream.page_size,
        filters: crate::source::fingerprint(
            &serde_json::Value::Object(of_stream.filters.clone()).to_string(),
        ),
    }
}

fn spool_report(spool: &impl Spool) -> SpoolReport {
    let stats = spool.stats();
    SpoolReport {
        waiting: stats.waiting,
        waiting_bytes: stats.waiting_bytes,
        oldest_ms: stats.oldest_ms,
        disk_bytes: stats.disk_bytes,
        aside: stats.aside,
        damaged_lines: stats.damaged_lines,
        full: false,
    }
}

/// How an agent shows of which nothing runs: it cannot start, or is about to.
#[must_use]
pub fn introduction(settings: &AgentSettings) -> Introduction {
    let SourceSettings::CloudApps(source) = &settings.source;
    Introduction {
        name: settings.name.clone(),
        cloud: source.api_url.clone(),
        siem: siem_address(&settings.siem),
        streams: (settings.streams.iter())
            .map(|stream| StreamIntroduction {
                name: stream.spec.name,
                enabled: stream.enabled,
            })
            .collect(),
        paused: settings.paused,
        known: true,
        ask_spool: Arc::new(SpoolReport::default),
        ask_ledger: Arc::new(LedgerReport::default),
    }
}

#[cfg(test)]
mod tests;
