//! `/metrics` for Prometheus, in its text format 0.0.4: a function of the snapshot. The library
//! writes OpenMetrics, which names a counter without its `_total`; here all values are encoded as
//! gauges are, so that each stands under its whole name. Labels are bounded by the settings: the
//! agents, of each its streams and sides, and of a shared stream its partitions. Values are in base
//! units: seconds, bytes, records, lines.

mod groups;

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use super::page::Page;
use crate::orphan::Orphan;
use crate::status::{AgentReport, Condition, LinkReport, PathCondition, Snapshot, StreamCounts};

pub(super) fn page(snapshot: &Snapshot) -> Page {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Reading(snapshot.clone())));
    let mut words = String::new();
    match text::encode_registry(&mut words, &registry) {
        Ok(()) => Page::new(
            "text/plain; version=0.0.4; charset=utf-8",
            words.into_bytes(),
        ),
        Err(error) => Page::words(500, &format!("500: {error}")),
    }
}

/// A snapshot, read as metrics.
#[derive(Debug)]
struct Reading(Snapshot);

/// Names and values.
type Labels<'a> = Vec<(&'static str, &'a str)>;

const COUNTER: MetricType = MetricType::Counter;
const GAUGE: MetricType = MetricType::Gauge;

impl Collector for Reading {
    fn encode(&self, encoder: DescriptorEncoder) -> fmt::Result {
        let mut out = Out(encoder);
        let snapshot = &self.0;
        out.box_metrics(snapshot)?;
        out.links(&snapshot.agents)?;
        out.streams(&snapshot.agents)?;
        out.groups(&snapshot.agents)?;
        out.lines(&snapshot.agents, snapshot.at_ms)?;
        out.ledgers(&snapshot.agents)?;
        out.orphans(&snapshot.orphans)
    }
}

/// Encoder of the metrics.
struct Out<'e>(DescriptorEncoder<'e>);

impl Out<'_> {
    fn metric<'a>(
        &mut self,
        kind: MetricType,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (Labels<'a>, f64)>,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, kind)?;
        for (labels, value) in values {
            ConstGauge::new(value).encode(metric.encode_family(&labels)?)?;
        }
        Ok(())
    }

    fn box_metrics(&mut self, snapshot: &Snapshot) -> fmt::Result {
        let version = vec![("version", &*snapshot.siembox)];
        self.metric(
            GAUGE,
            "siembox_build_info",
            "Always 1; the label holds the version",
            [(version, 1.0)],
        )?;
        let started = seconds(snapshot.started_ms);
        self.metric(
            GAUGE,
            "siembox_start_time_seconds",
            "Start time of the process, in seconds since 1970",
            [(vec![], started)],
        )?;
        let open = snapshot
            .notices
            .iter()
            .filter(|notice| notice.over_ms.is_none());
        self.metric(
            GAUGE,
            "siembox_notices_open",
            "Open notices",
            [(vec![], number(open.count() as u64))],
        )
    }

    fn links(&mut self, agents: &[AgentReport]) -> fmt::Result {
        let conditions = agents.iter().flat_map(|agent| {
            Condition::ALL.map(|condition| {
                let labels = vec![
                    ("agent", &*agent.name),
                    ("condition", condition.meaning().words),
                ];
                (labels, truth(agent.condition == condition))
            })
        });
        self.metric(
            GAUGE,
            "siembox_condition",
            "1 for the agent's current condition, 0 for the others",
            conditions,
        )?;
        let up =
            links(agents).map(|(labels, link)| (labels, truth(link.way() == PathCondition::Open)));
        self.metric(
            GAUGE,
            "siembox_link_up",
            "1 if this side of the agent answers now",
            up,
        )?;
        let contact =
            links(agents).filter_map(|(labels, link)| Some((labels, seconds(link.contact_ms?))));
        let help = "Time of the last contact with this side, in seconds since 1970; absent before \
            the first contact";
        self.metric(
            GAUGE,
            "siembox_link_contact_timestamp_seconds",
            help,
            contact,
        )
    }

    fn streams(&mut self, agents: &[AgentReport]) -> fmt::Result {
        type Of = fn(&StreamCounts) -> u64;
        let counters: [(&str, &str, Of); 8] = [
            (
                "siembox_api_requests_total",
                "Requests to the API, including failed ones",
                |counts| counts.requests,
            ),
            (
                "siembox_api_throttled_total",
                "Requests after which the API asked for silence (429)",
                |counts| counts.throttled,
            ),
            (
                "siembox_pages_read_total",
                "Pages read from the cloud",
                |counts| counts.pages,
            ),
            (
                "siembox_records_read_total",
                "Records in those pages, including repeated ones",
                |counts| counts.read,
            ),
            (
                "siembox_records_repeated_total",
                "Records in those pages that were read before",
                |counts| counts.repeats,
            ),
            (
                "siembox_records_left_out_total",
                "Records left out by a setting",
                |counts| counts.left_out,
            ),
            (
                "siembox_records_set_aside_total",
                "Records set aside because they cannot be read",
                |counts| counts.set_aside,
            ),
            (
                "siembox_lines_spooled_total",
                "Records written to the spool as lines",
                |counts| counts.spooled,
            ),
        ];
        for (name, help, of) in counters {
            let values = streams(agents).map(|(labels, counts)| (labels, number(of(counts))));
            self.metric(COUNTER, name, help, values)?;
        }
        let up_to = streams(agents).filter_map(|(labels, counts)| {
            let read_up_to_ms = counts.read_up_to_ms?;
            Some((labels, seconds(read_up_to_ms)))
        });
        self.metric(
            GAUGE,
            "siembox_read_up_to_seconds",
            "Time of the latest record read, in seconds since 1970; its age is the lag",
            up_to,
        )?;
        let values = streams(agents).map(|(labels, counts)| (labels, truth(counts.absent)));
        self.metric(
            GAUGE,
            "siembox_stream_absent",
            "1 where what the stream reads is not there, or not for us",
            values,
        )
    }

    fn lines(&mut self, agents: &[AgentReport], at_ms: i64) -> fmt::Result {
        type Of = fn(&AgentReport) -> u64;
        let metrics: [(MetricType, &str, &str, Of); 10] = [
            (
                COUNTER,
                "siembox_lines_sent_total",
                "Lines sent, including repeated ones",
                |agent| agent.lines.sent,
            ),
            (
                COUNTER,
                "siembox_lines_proved_total",
                "Lines proved to have arrived",
                |agent| agent.lines.proved,
            ),
            (
                COUNTER,
                "siembox_lines_cut_total",
                "Lines cut to fit a datagram",
                |agent| agent.lines.cut,
            ),
            (
                COUNTER,
                "siembox_lines_refused_total",
                "Lines set aside because the receiver refuses them",
                |agent| agent.ledger.sums.refused,
            ),
            (
                COUNTER,
                "siembox_lines_damaged_total",
                "Lines lost to damage on disk since the spool was created",
                |agent| agent.spool.damaged_lines,
            ),
            (
                GAUGE,
                "siembox_spool_lines",
                "Lines waiting for the SIEM",
                |agent| agent.spool.waiting,
            ),
            (
                GAUGE,
                "siembox_spool_text_bytes",
                "Size of the waiting lines as text",
                |agent| agent.spool.waiting_bytes,
            ),
            (
                GAUGE,
                "siembox_spool_disk_bytes",
                "Size of the spool on disk",
                |agent| agent.spool.disk_bytes,
            ),
            (
                GAUGE,
                "siembox_spool_full",
                "1 if the spool is full and reading waits",
                |agent| u64::from(agent.spool.full),
            ),
            (
                GAUGE,
                "siembox_records_aside",
                "Records set aside and kept",
                |agent| agent.spool.aside,
            ),
        ];
        for (kind, name, help, of) in metrics {
            let values = agents
                .iter()
                .map(|agent| (of_agent(agent), number(of(agent))));
            self.metric(kind, name, help, values)?;
        }
        let ends = agents.iter().flat_map(|agent| {
            agent.expiries.iter().map(|ending| {
                let labels = vec![("agent", &*agent.name), ("setting", &*ending.setting)];
                (labels, seconds(ending.ends_ms))
            })
        });
        let ends: Vec<_> = ends.collect();
        if !ends.is_empty() {
            self.metric(
                GAUGE,
                "siembox_credential_expires_timestamp_seconds",
                "Time when a certificate or secret expires, in seconds since 1970",
                ends,
            )?;
        }
        let lag = agents
            .iter()
            .map(|agent| (of_agent(agent), seconds(agent.lag_ms(at_ms))));
        self.metric(
            GAUGE,
            "siembox_lag_seconds",
            "Time by which the SIEM is behind the cloud",
            lag,
        )
    }

    fn ledgers(&mut self, agents: &[AgentReport]) -> fmt::Result {
        let adds_up = agents
            .iter()
            .map(|agent| (of_agent(agent), truth(agent.ledger.adds_up)));
        self.metric(
            GAUGE,
            "siembox_ledger_adds_up",
            "1 if the ledger adds up",
            adds_up,
        )?;
        let missing = agents.iter().map(|agent| {
            let missing = agent.ledger.hours.iter().map(|row| row.missing).sum();
            (of_agent(agent), number(missing))
        });
        self.metric(
            GAUGE,
            "siembox_ledger_missing_records",
            "Records that the API counts but that were never read",
            missing,
        )
    }

    fn orphans(&mut self, orphans: &[Orphan]) -> fmt::Result {
        type Of = fn(&Orphan) -> u64;
        self.metric(
            GAUGE,
            "siembox_orphaned_spools",
            "Orphaned spools that hold lines or records",
            [(vec![], number(orphans.len() as u64))],
        )?;
        if orphans.is_empty() {
            return Ok(());
        }
        let metrics: [(&str, &str, Of); 2] = [
            (
                "siembox_orphaned_spool_lines",
                "Lines waiting in an orphaned spool",
                |orphan| orphan.waiting,
            ),
            (
                "siembox_orphaned_spool_records_aside",
                "Records set aside in an orphaned spool",
                |orphan| orphan.aside,
            ),
        ];
        for (name, help, of) in metrics {
            let values = orphans
                .iter()
                .map(|orphan| (vec![("spool", &*orphan.name)], number(of(orphan))));
            self.metric(GAUGE, name, help, values)?;
        }
        Ok(())
    }
}

fn of_agent(agent: &AgentReport) -> Labels<'_> {
    vec![("agent", &agent.name)]
}

fn links(agents: &[AgentReport]) -> impl Iterator<Item = (Labels<'_>, &LinkReport)> {
    agents.iter().flat_map(|agent| {
        [("cloud", &agent.cloud), ("siem", &agent.siem)]
            .map(|(side, link)| (vec![("agent", &*agent.name), ("side", side)], link))
    })
}

fn streams(agents: &[AgentReport]) -> impl Iterator<Item = (Labels<'_>, &StreamCounts)> {
    agents.iter().flat_map(|agent| {
        agent.streams.iter().map(|stream| {
            let labels = vec![("agent", &*agent.name), ("stream", &*stream.name)];
            (labels, &stream.counts)
        })
    })
}

fn truth(truth: bool) -> f64 {
    f64::from(u8::from(truth))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "Prometheus has no other numbers"
)]
fn number(number: u64) -> f64 {
    number as f64
}

#[expect(
    clippy::cast_precision_loss,
    reason = "Prometheus has no other numbers"
)]
fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}
