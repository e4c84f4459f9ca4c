//! One agent as the status keeps it: its counters, its two sides, and what is told of it at a
//! moment.

use std::time::Duration;

use super::group_status::GroupStatus;
use super::queue_depth::{QueueDepthRings, QueueDepths};
use super::{
    AgentReport, AskLedger, AskSpool, Condition, InternalEvent, Introduction, LedgerReport,
    LineCounts, Link, LinkReport, LinkState, PageRead, SpoolReport, StreamCounts,
    StreamIntroduction, StreamReport, Thresholds, wall_ms_at,
};
use crate::clock::Moment;
use crate::foreign::without_secrets;

/// An agent.
pub(super) struct AgentState {
    pub(super) report: AgentReport,
    /// In the order of its source.
    pub(super) streams: Vec<StreamStatus>,
    pub(super) siem: AgentSide,
    /// When a page last brought something new, and when lines last were proved; steady times.
    pub(super) last_read: Option<Duration>,
    pub(super) last_proved: Option<Duration>,
    pub(super) since: Since,
    pub(super) depths: QueueDepthRings,
    pub(super) ask_spool: AskSpool,
    pub(super) ask_ledger: AskLedger,
}

/// A condition and when it began, steady time.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Since {
    pub(super) condition: Option<Condition>,
    pub(super) begin: Duration,
}

/// What was asked of an agent's spool and ledger while the status was free for others.
pub(super) struct AgentHandles {
    pub(super) agent: String,
    pub(super) spool: SpoolReport,
    pub(super) ledger: LedgerReport,
}

/// One stream, with a side of its own: a stream that goes on must not hide one that is silent.
pub(super) struct StreamStatus {
    name: &'static str,
    counts: StreamCounts,
    side: AgentSide,
    /// Does it read again what was lost with the state folder?
    reads_again: bool,
    /// Its consumer group, where boxes share it.
    group: GroupStatus,
}

/// One link with what is known of it.
#[derive(Clone, Default)]
pub(super) struct AgentSide {
    pub(super) link: Link,
    pub(super) trouble: Option<String>,
}

// === impl Agent ===

impl AgentState {
    /// It begins.
    pub(super) fn new(new: Introduction, now: Moment) -> Self {
        let link = new.link(now);
        let streams = new.streams.iter().map(|new| StreamStatus::new(new, link));
        Self {
            streams: streams.collect(),
            report: AgentReport {
                name: new.name,
                state: LinkState::Created,
                paused: new.paused,
                cloud: LinkReport::new(new.cloud),
                siem: LinkReport::new(new.siem),
                streams: Vec::new(),
                activities: StreamCounts::default(),
                alerts: StreamCounts::default(),
                lines: LineCounts::default(),
                spool: SpoolReport::default(),
                ledger: LedgerReport::default(),
                expiries: Vec::new(),
                replay: None,
                condition: Condition::default(),
                since_ms: now.wall_ms,
                last_read_ms: None,
                last_proved_ms: None,
                depths: QueueDepths::default(),
            },
            last_read: None,
            last_proved: None,
            since: Since::default(),
            depths: QueueDepthRings::default(),
            siem: AgentSide {
                link,
                ..AgentSide::default()
            },
            ask_spool: new.ask_spool,
            ask_ledger: new.ask_ledger,
        }
    }

    /// It begins again with other settings; its counters go on. True where what its pollers said
    /// before is over.
    pub(super) fn begin_again(&mut self, new: Introduction, now: Moment) -> bool {
        let link = new.link(now);
        let begins_anew = new.paused || self.report.paused;
        if begins_anew {
            self.pause(new.paused, link);
        }
        self.report.cloud.to = new.cloud;
        self.report.siem.to = new.siem;
        let mut before = std::mem::take(&mut self.streams);
        for new in &new.streams {
            let known = before.iter().position(|stream| stream.name == new.name);
            let mut stream = match known {
                Some(known) => before.swap_remove(known),
                None => StreamStatus::new(new, link),
            };
            stream.counts.enabled = new.enabled;
            stream.group.begin_again();
            if !(new.enabled && self.report.paused) {
                stream.group.forget();
            }
            self.streams.push(stream);
        }
        self.ask_spool = new.ask_spool;
        self.ask_ledger = new.ask_ledger;
        begins_anew
    }

    /// It is paused, or goes on. In both cases its cloud's side begins anew: time in which nobody
    /// asked is no silence.
    pub(super) fn pause(&mut self, paused: bool, link: Link) {
        self.report.paused = paused;
        for stream in &mut self.streams {
            stream.side.trouble = None;
            // while it is paused, the last contact is still worth knowing
            if !paused {
                stream.side.link = link;
            }
            stream.counts.behind = false;
            stream.group.let_go();
        }
        self.report.spool.full = false;
    }

    pub(super) fn count(&mut self, now: Moment, what: &InternalEvent) {
        let report = &mut self.report;
        let mut streams = self.streams.iter_mut();
        let stream = streams.find(|stream| stream.name == what.stream());
        match what {
            InternalEvent::PageRead(page) => {
                if page.lines + page.set_aside + page.left_out > 0 {
                    self.last_read = Some(now.steady);
                }
                if let Some(stream) = stream {
                    stream.count(page, now);
                }
            }
            InternalEvent::Requested { throttled, .. } => {
                if let Some(stream) = stream {
                    stream.counts.requests += 1;
                    stream.counts.throttled += u64::from(*throttled);
                }
            }
            InternalEvent::SpoolGone { .. } => {
                for stream in &mut self.streams {
                    stream.reads_again = stream.counts.enabled;
                }
            }
            InternalEvent::CloudTrouble { what, .. } => {
                if let Some(stream) = stream {
                    stream.side.trouble = Some(without_secrets(what).into_owned());
                    stream.group.doubt();
                }
            }
            InternalEvent::Rebalanced { group, .. } => {
                if let Some(stream) = stream {
                    stream.group.take_in(group);
                    stream.counts.behind = group.is_behind();
                }
            }
            InternalEvent::Positions { group, .. } => {
                if let Some(stream) = stream {
                    stream.group.take_in(group);
                    stream.counts.behind = group.is_behind();
                    // a member that has no partition reads no page, and is well
                    stream.side.touch(now);
                }
            }
            InternalEvent::Absent { .. } => {
                if let Some(stream) = stream {
                    // the API has answered: nothing is wrong with the way to it
                    stream.side.touch(now);
                    stream.counts.absent = true;
                }
            }
            InternalEvent::SiemConnected { .. } | InternalEvent::SiemThere => self.siem.touch(now),
            InternalEvent::SiemTrouble { what, .. } => {
                self.siem.trouble = Some(without_secrets(what).into_owned());
            }
            InternalEvent::Sent { lines } => report.lines.sent += lines,
            InternalEvent::Proved { lines } => {
                report.lines.proved += lines;
                self.last_proved = Some(now.steady);
                self.siem.touch(now);
            }
            InternalEvent::Cut { lines, .. } => report.lines.cut += lines,
            InternalEvent::ReplayBegun(running) | InternalEvent::ReplayGoesOn(running) => {
                report.replay = Some(running.clone());
            }
            InternalEvent::ReplayEnded { .. } => report.replay = None,
            InternalEvent::Expiries { endings, .. } => report.expiries.clone_from(endings),
            InternalEvent::SpoolFull { .. } => report.spool.full = true,
            InternalEvent::SpoolWell => report.spool.full = false,
            _ => {}
        }
    }

    /// Does a stream read again what was lost with the state folder?
    pub(super) fn reads_again(&self) -> bool {
        self.streams.iter().any(|stream| stream.reads_again)
    }

    /// Its two sides: the cloud, the SIEM.
    pub(super) fn links_at(&self, now: Moment, thresholds: Thresholds) -> [LinkReport; 2] {
        let report = &self.report;
        let (mut cloud, mut siem) = (report.cloud.clone(), report.siem.clone());
        let on = self.streams.iter().filter(|stream| stream.counts.enabled);
        let sides: Vec<&AgentSide> = on.map(|stream| &stream.side).collect();
        fill(&mut cloud, &sides, now, thresholds);
        if report.paused {
            // nobody asks it, so its silence means nothing
            cloud.state = LinkState::Created;
        }
        fill(&mut siem, &[&self.siem], now, thresholds);
        [cloud, siem]
    }

    pub(super) fn report_at(
        &self,
        now: Moment,
        thresholds: Thresholds,
        asked: Option<&mut AgentHandles>,
    ) -> AgentReport {
        let mut report = self.report.clone();
        [report.cloud, report.siem] = self.links_at(now, thresholds);
        report.state = report.state_of_sides();
        report.set_streams(self.streams.iter().map(|stream| StreamReport {
            name: stream.name.to_owned(),
            counts: stream.counts.clone(),
            group: stream.group.share(),
        }));
        if let Some(asked) = asked {
            report.spool = SpoolReport {
                full: report.spool.full,
                ..std::mem::take(&mut asked.spool)
            };
            report.ledger = std::mem::take(&mut asked.ledger);
        }
        report.condition = self.since.condition.unwrap_or_default();
        report.since_ms = wall_ms_at(self.since.begin, now);
        report.last_read_ms = self.last_read.map(|at| wall_ms_at(at, now));
        report.last_proved_ms = self.last_proved.map(|at| wall_ms_at(at, now));
        report.depths = self.depths.depths(now);
        report
    }
}

// === impl StreamStatus ===

impl StreamStatus {
    fn new(new: &StreamIntroduction, link: Link) -> Self {
        Self {
            name: new.name,
            counts: StreamCounts {
                enabled: new.enabled,
                ..StreamCounts::default()
            },
            side: AgentSide {
                link,
                ..AgentSide::default()
            },
            reads_again: false,
            group: GroupStatus::default(),
        }
    }

    fn count(&mut self, page: &PageRead, now: Moment) {
        let counts = &mut self.counts;
        counts.pages += 1;
        counts.read += page.records;
        counts.repeats += page.repeats;
        counts.left_out += page.left_out;
        counts.set_aside += page.set_aside;
        counts.spooled += page.lines;
        counts.read_up_to_ms = page.read_up_to_ms;
        counts.behind = page.more;
        counts.absent = false;
        self.reads_again &= page.more;
        self.side.touch(now);
    }
}

// === impl Since ===

impl Since {
    pub(super) fn observe(&mut self, condition: Condition, now: Moment) {
        if self.condition != Some(condition) {
            *self = Self {
                condition: Some(condition),
                begin: now.steady,
            };
        }
    }
}

// === impl Side ===

impl AgentSide {
    pub(super) fn touch(&mut self, now: Moment) {
        self.link.last_contact = Some(now.steady);
        self.trouble = None;
    }
}

/// What several links make together: the worst state, the oldest contact, the first trouble.
fn fill(report: &mut LinkReport, sides: &[&AgentSide], now: Moment, thresholds: Thresholds) {
    let states = sides
        .iter()
        .map(|side| side.link.state(now.steady, thresholds));
    report.state = states.max().unwrap_or(LinkState::Created);
    let contact = sides.iter().map(|side| side.link.last_contact).min();
    report.contact_ms = contact.flatten().map(|at| wall_ms_at(at, now));
    report.trouble = sides.iter().find_map(|side| side.trouble.clone());
}
