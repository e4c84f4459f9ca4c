//! The start of a replay: checks the request against the settings and the remembered IDs.

use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::watch;

use super::time::ReplayTime;
use super::{Leg, Pollers, Replay, number};
use crate::agent::on_error::ErrorPolicy;
use crate::agent::page_writer::PageWriter;
use crate::agent::rate_limited_client::RateLimitedClient;
use crate::agent::restore::{cursor, rules};
use crate::agent::worker::Worker;
use crate::agent::{Agent, AgentError};
use crate::clock;
use crate::replay::{ReplayCall, ReplayCounts, ReplayProgress, ReplayReport, ReplayRequest};
use crate::sent::SentRecorder;
use crate::settings::{AgentSettings, StreamSettings};
use crate::source::{Cancel, Cursor, Rules, Seen, TimeReader};
use crate::spool::Spool;
use crate::stream::{EVENT_HUBS, StreamSpec};

/// A replay, as its agent knows it.
pub(in crate::agent) struct RunningReplay {
    /// Ends its questions that hang.
    pub(in crate::agent) cancels: Vec<Cancel>,
    /// Its thread.
    pub(in crate::agent) thread: JoinHandle<()>,
}

impl<S: Spool + 'static> Agent<S> {
    /// Begins to fetch a window again, or says why not. `settings` are those that the agent was
    /// started with.
    pub fn replay(&mut self, settings: &AgentSettings, ReplayCall { request, words }: ReplayCall) {
        let begun = self.try_replay(settings, request, &words);
        match begun {
            Ok(replay) => self.replay = Some(replay),
            Err(word) => drop(words.send_replace(word)),
        }
    }

    fn try_replay(
        &self,
        settings: &AgentSettings,
        request: ReplayRequest,
        words: &watch::Sender<ReplayReport>,
    ) -> Result<RunningReplay, ReplayReport> {
        if (self.replay.as_ref()).is_some_and(|replay| !replay.thread.is_finished()) {
            return Err(failed(
                &"a replay of this agent is already running: wait until it ends (siembox status \
                    shows it)",
            ));
        }
        if settings.paused {
            return Err(ReplayReport::Refused(format!(
                "agent {} is paused and sends no requests to the cloud: set paused = false in its \
                    settings first",
                settings.name
            )));
        }
        if !request.again && !self.shared.sent.on() {
            return Err(ReplayReport::Refused(
                "replay.remember is 0s in the settings, so siembox does not remember which records \
                    were sent: --again sends everything in the window".to_owned(),
            ));
        }
        let since = self.shared.sent.since_ms(clock::now_ms());
        if !request.again && request.from_ms < since {
            let since = clock::in_words(since);
            return Err(ReplayReport::Refused(format!(
                "--since: found {}; siembox remembers sent records since {since} (replay.remember, \
                    replay.max_size_mb): start there, or use --again, which sends everything in \
                    the window",
                clock::in_words(request.from_ms)
            )));
        }
        let shared = &self.shared;
        let (mut cancels, mut legs) = (Vec::new(), Vec::new());
        for of_stream in meant(settings, &request)? {
            let stream = of_stream.spec;
            let opened = shared.sources.open(stream);
            let opened = opened.map_err(|error| failed(&error))?;
            cancels.push(opened.cancel);
            let client = RateLimitedClient::new(
                stream.name,
                opened.source,
                &shared.sources.limit(stream),
                settings.source_of(stream).timeout,
            );
            let leg = self.leg(settings, of_stream, client, request.from_ms);
            let leg = leg.map_err(|error| failed(&error))?;
            let Some(leg) = leg else {
                return Err(failed(&format!(
                    "the running stream has not started to read {stream} yet: repeat the replay \
                        when it has"
                )));
            };
            legs.push(leg);
        }
        let replay = Replay {
            request,
            streams: legs.iter().map(|leg| leg.stream.name.to_owned()).collect(),
            legs,
            writer: shared.writer.clone(),
            sent: Arc::clone(&self.shared.sent),
            worker: Worker {
                time: ReplayTime {
                    agent: Arc::clone(&self.shared.shutdown),
                    report: words.clone(),
                },
                liveness: self.shared.reporter.part("replay"),
                reporter: self.shared.reporter.clone(),
            },
            progress: ReplayProgress::default(),
        };
        let thread = std::thread::Builder::new()
            .name(format!("{}/replay", settings.name))
            .spawn(move || replay.run())
            .map_err(|cause| failed(&AgentError::Thread { cause }))?;
        Ok(RunningReplay { cancels, thread })
    }

    /// The window of a stream, from `from_ms` on; `None` where the poller has not begun yet.
    fn leg(
        &self,
        settings: &AgentSettings,
        of_stream: &StreamSettings,
        client: RateLimitedClient,
        from_ms: i64,
    ) -> Result<Option<Leg<S>>, AgentError> {
        let (stream, api) = (of_stream.spec, client.source.api_rules());
        let rules = rules(settings, of_stream, api);
        let memory = self.shared.spool.recall(stream.number())?;
        let Some(cursor) = cursor(&memory, stream)? else {
            return Ok(None);
        };
        let pollers = Pollers::of(cursor, rules.look_back_ms.max(rules.overlap_ms));
        let window = Cursor {
            high_ms: from_ms,
            origin_ms: from_ms,
            ..Cursor::default()
        };
        let rules = Rules {
            max_catch_up_ms: i64::MAX / 4,
            ..rules
        };
        let number = number(stream);
        Ok(Some(Leg {
            stream,
            reader: TimeReader::new(rules, Some(window), Seen::default()),
            client,
            errors: ErrorPolicy::default(),
            pollers,
            pages: PageWriter {
                number,
                spool: Arc::clone(&self.shared.spool),
                ledger: Arc::clone(&self.shared.ledger),
                sent: SentRecorder::new(&self.shared.sent, stream, number),
                wake: Arc::clone(&self.shared.wake),
            },
        }))
    }
}

/// The streams that are asked for.
fn meant<'a>(
    settings: &'a AgentSettings,
    request: &ReplayRequest,
) -> Result<Vec<&'a StreamSettings>, ReplayReport> {
    let Some(name) = &request.stream else {
        let by_time = settings.streams_on().filter(|it| it.spec.kind.is_by_time());
        let by_time: Vec<&StreamSettings> = by_time.collect();
        return match by_time.is_empty() {
            true => Err(by_offset(EVENT_HUBS)),
            false => Ok(by_time),
        };
    };
    let mut streams = settings.streams.iter();
    match streams.find(|stream| stream.spec.name == name) {
        Some(stream) if !stream.spec.kind.is_by_time() => Err(by_offset(stream.spec)),
        Some(stream) if stream.enabled => Ok(vec![stream]),
        Some(_) => Err(ReplayReport::Refused(format!(
            "--stream: {name} are off in the settings ({name}.enabled)"
        ))),
        None => {
            let by_time = settings
                .streams
                .iter()
                .filter(|it| it.spec.kind.is_by_time());
            let names = by_time.map(|stream| stream.spec.name);
            Err(ReplayReport::Refused(format!(
                "--stream: found {name:?}; allowed for agent {}: {}",
                settings.name,
                names.collect::<Vec<_>>().join(", ")
            )))
        }
    }
}

/// Said of a stream that can't be read by time.
fn by_offset(stream: StreamSpec) -> ReplayReport {
    ReplayReport::Refused(format!(
        "{stream} cannot be replayed: a replay reads by time, and siembox reads event hubs by \
            offset, not by time; cure: set activities.from = \"hunting\" for the time of the \
            replay, and replay the streams of the tables, or replay other streams"
    ))
}

/// The word for an end at which nothing was done.
fn failed(what: &dyn std::fmt::Display) -> ReplayReport {
    ReplayReport::Failed {
        what: what.to_string(),
        counts: ReplayCounts::default(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;

    use super::*;
    use crate::settings::{Overrides, Settings};

    fn settings(alerts: bool) -> AgentSettings {
        let text = format!(
            "[[agent]]\nname = \"contoso\"\n[agent.siem]\nhost = \"siem.example\"\n\
             [agent.source]\nkind = \"defender-xdr\"\ntenant_id = \"contoso.example\"\n\
             client_id = \"00000000-0000-4000-8000-000000000000\"\nclient_secret_file = \"s\"\n\
             event_hubs = {{ namespace = \"hub.example\", hubs = [\"defender\"] }}\n\
             [agent.activities]\nfrom = \"event-hubs\"\n[agent.alerts]\nenabled = {alerts}\n"
        );
        let read = Settings::read(&text, Path::new("siembox.toml"), &Overrides::default());
        read.unwrap().settings.agents.remove(0)
    }

    #[test]
    fn what_is_read_by_offset_is_left_out_and_refused_by_name() {
        let asked = |stream: Option<&str>| ReplayRequest {
            agent: None,
            from_ms: 0,
            to_ms: 1,
            stream: stream.map(str::to_owned),
            again: false,
            dry_run: false,
        };
        let said = |alerts, stream| {
            let settings = settings(alerts);
            let meant = meant(&settings, &asked(stream));
            meant.map(|all| Vec::from_iter(all.into_iter().map(|it| it.spec.name)))
        };
        assert_eq!(said(true, None), Ok(vec!["graph_alerts"]));
        for refused in [said(true, Some("event_hubs")), said(false, None)] {
            let Err(ReplayReport::Refused(why)) = refused else {
                panic!("{refused:?}")
            };
            assert!(why.contains("event_hubs cannot be replayed"), "{why}");
            assert!(
                why.contains("cure: set activities.from = \"hunting\""),
                "{why}"
            );
        }
    }
}
