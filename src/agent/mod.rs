//! One configured SIEM agent: its source, spool and sink as one supervised stream.
//!
//! Two poller threads (activities, alerts) write pages to the spool; one forwarder task takes lines from it. They know
//! each other only through the spool. New settings end the three and begin them again on the same spool, in the middle
//! of a walk and without losing or repeating a record, because everything that matters is in the spool.

mod forwarder;
mod halt;
mod line;
mod parts;
mod poller;

use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::Notify;

pub use line::LineWriter;
pub use parts::{
    AgentError, StreamParts, cloud_parts, line_writer, route, siem_address, siem_target,
};

use crate::clock;
use crate::settings::AgentSettings;
use crate::source::http::Http;
use crate::source::{Cursor, Pace, Reader, Rules, Seen, Stream, Throttle};
use crate::spool::Spool;
use crate::status::{Introduction, Reporter, SpoolReport, Status};
use forwarder::Forwarder;
use halt::Halt;
use poller::{Poller, PollerState};

/// A stop of the forwarder waits no longer than this; it bounds its own steps to less.
const STOP: Duration = Duration::from_secs(15);

/// A running agent.
pub struct Agent<S: Spool + 'static> {
    spool: Arc<S>,
    halt: Arc<Halt>,
    clients: Vec<Http>,
    pollers: Vec<JoinHandle<()>>,
    forwarder: tokio::task::JoinHandle<()>,
    reporter: Reporter,
}

// === impl Agent ===

impl<S: Spool + 'static> Agent<S> {
    /// Starts the threads and the task. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When a file of the settings can't be used, the spool can't be read, or the system gives no thread.
    pub fn start(
        settings: &AgentSettings,
        spool: Arc<S>,
        throttle: &Arc<Mutex<Throttle>>,
        status: &Status,
    ) -> Result<Self, AgentError> {
        // a certificate that can't be read stops the start, with its cure
        siem_target(&settings.siem)?;
        let known = Stream::ALL
            .iter()
            .any(|s| spool.recall(s.number()).is_ok_and(|m| m.cursor.is_some()));
        let asked = Arc::downgrade(&spool);
        let reporter = status.introduce(
            Introduction {
                name: settings.name.clone(),
                cloud: settings.source.api_url.clone(),
                siem: siem_address(&settings.siem),
                streams: [settings.activities.enabled, settings.alerts.stream.enabled],
                known,
                ask_spool: Box::new(move || {
                    asked
                        .upgrade()
                        .map(|spool| spool_report(&*spool))
                        .unwrap_or_default()
                }),
            },
            clock::now(),
        );
        let (halt, wake) = (Arc::new(Halt::default()), Arc::new(Notify::new()));
        let (mut clients, mut pollers) = (Vec::new(), Vec::new());
        for stream in Stream::ALL {
            let StreamParts {
                http,
                source,
                settings: of_stream,
                read_secret,
            } = cloud_parts(settings, stream)?;
            if !of_stream.enabled {
                continue;
            }
            let poller = Poller {
                stream,
                reader: restore(&*spool, stream, rules(settings, stream))?,
                source,
                throttle: Arc::clone(throttle),
                writer: line_writer(settings)?,
                spool: Arc::clone(&spool),
                wake: Arc::clone(&wake),
                reporter: reporter.clone(),
                halt: Arc::clone(&halt),
                pace: Pace::new(settings.source.poll_interval),
                look_back: of_stream.look_back,
                fetch_related: settings.alerts.fetch_related,
                read_secret,
                state: PollerState::default(),
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
        let forwarder = Forwarder {
            spool: Arc::clone(&spool),
            siem: settings.siem.clone(),
            wake,
            reporter: reporter.clone(),
            halt: Arc::clone(&halt),
        };
        let forwarder = tokio::spawn(forwarder.run());
        Ok(Self {
            spool,
            halt,
            clients,
            pollers,
            forwarder,
            reporter,
        })
    }

    /// Stops reading and forwarding, in order: what is read is on flash, what was sent is proved. Gives the spool back.
    pub async fn stop(self) -> Arc<S> {
        self.halt.throw();
        for client in &self.clients {
            client.shut_down();
        }
        let abort = self.forwarder.abort_handle();
        if tokio::time::timeout(STOP, self.forwarder).await.is_err() {
            abort.abort();
        }
        let pollers = self.pollers;
        let joined = tokio::task::spawn_blocking(move || {
            for poller in pollers {
                // one that panicked is at its end as well; the panic's message stands in the log
                drop(poller.join());
            }
        });
        let _ = joined.await;
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

fn restore(spool: &impl Spool, stream: Stream, rules: Rules) -> Result<Reader, AgentError> {
    let memory = spool.recall(stream.number())?;
    let cursor = memory
        .cursor
        .as_deref()
        .map(Cursor::from_bytes)
        .transpose()
        .map_err(|cause| AgentError::Cursor { stream, cause })?;
    let seen = Seen::restore(
        &memory.seen,
        memory.seen_next,
        cursor.as_ref().and_then(|cursor| cursor.forgotten_ms),
    );
    Ok(Reader::new(rules, cursor, seen))
}

fn rules(settings: &AgentSettings, stream: Stream) -> Rules {
    let of_stream = match stream {
        Stream::Activities => &settings.activities,
        Stream::Alerts => &settings.alerts.stream,
    };
    let ms = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    Rules {
        overlap_ms: ms(of_stream.overlap),
        look_back_ms: ms(of_stream.look_back),
        first_look_back_ms: ms(settings.source.first_look_back),
        max_catch_up_ms: ms(settings.source.max_catch_up),
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
