//! Statuses made by hand: what the pages are shown.

use siembox::for_tests::status::{
    AgentReport, Condition, GroupAssignment, GroupReport, LedgerCounts, LedgerReport, LedgerRow,
    LedgerSpan, LineCounts, LinkReport, LinkState, Notice, PartitionReport, QueueDepth,
    QueueDepths, Snapshot, SpoolReport, StreamCounts, StreamReport, Topic, VERSION,
};

/// 2026-11-25T14:37:20Z
pub const NOW: i64 = 1_795_617_440_000;
pub const MINUTE: i64 = 60_000;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// All is well; the state is that of the agents, the worst first.
pub fn snapshot(agents: Vec<AgentReport>, notices: Vec<Notice>) -> Snapshot {
    let mut agents = agents;
    for agent in &mut agents {
        agent.state = agent.state_of_sides();
        agent.condition = Condition::of(agent, &notices);
    }
    let worst = agents.iter().map(|agent| agent.condition).max();
    let so = agents.iter().filter(|agent| Some(agent.condition) == worst);
    let since = so.map(|agent| agent.since_ms).min();
    Snapshot {
        version: VERSION,
        siembox: "0.1.0".to_owned(),
        pid: 4711,
        started_ms: NOW - 12 * DAY,
        at_ms: NOW,
        state: agents
            .iter()
            .map(|agent| agent.state)
            .max()
            .unwrap_or(LinkState::Created),
        condition: worst.unwrap_or_default(),
        since_ms: since.unwrap_or(NOW - 12 * DAY),
        page: vec!["http://127.0.0.1:8514/".to_owned()],
        page_fingerprint: String::new(),
        unclaimed: false,
        agents,
        orphans: Vec::new(),
        notices,
        late: Vec::new(),
        identify_until_ms: None,
    }
}

/// An agent that has worked for weeks.
pub fn agent(name: &str) -> AgentReport {
    let link = |to: &str| LinkReport {
        state: LinkState::Connected,
        to: to.to_owned(),
        contact_ms: Some(NOW - 8_000),
        trouble: None,
    };
    let stream = |name: &str, read: u64| StreamReport {
        name: name.to_owned(),
        counts: StreamCounts {
            enabled: true,
            pages: read / 40,
            read,
            repeats: read / 9,
            left_out: 0,
            set_aside: 0,
            requests: 40,
            throttled: 0,
            spooled: read - read / 9,
            read_up_to_ms: Some(NOW - 20_000),
            behind: false,
            absent: false,
        },
        group: None,
    };
    let mut agent = AgentReport {
        name: name.to_owned(),
        state: LinkState::Connected,
        paused: false,
        condition: Condition::Connected,
        since_ms: NOW - 9 * DAY,
        last_read_ms: Some(NOW - 24_000),
        last_proved_ms: Some(NOW - 21_000),
        cloud: link("https://contoso.us3.portal.cloudappsecurity.com"),
        siem: link("tls://siem.contoso.example:6514"),
        streams: Vec::new(),
        activities: StreamCounts::default(),
        alerts: StreamCounts::default(),
        lines: LineCounts {
            sent: 1_071_408,
            proved: 1_071_408,
            cut: 0,
        },
        spool: SpoolReport {
            disk_bytes: 1_900_000,
            ..SpoolReport::default()
        },
        ledger: ledger(),
        expiries: Vec::new(),
        replay: None,
        depths: depths(0),
    };
    let streams = [stream("activities", 1_204_331), stream("alerts", 1_027)];
    agent.set_streams(streams.into_iter());
    agent
}

/// An agent that reads so many of 32 partitions of a hub.
pub fn member(partitions: i32) -> AgentReport {
    let mut agent = agent("contoso");
    agent.cloud.to = "contoso-siem.servicebus.windows.net:9093".to_owned();
    let partition = |number: i32| {
        let latest = 1_482_334_907 + i64::from(number) * 7_919;
        // the second one is read and not committed, the third is behind
        let (unread, uncommitted) = match number {
            1 => (0, 214),
            2 => (1_204, 500),
            _ => (0, 0),
        };
        PartitionReport {
            hub: "defender".to_owned(),
            number,
            next: latest - unread,
            committed: Some(latest - unread - uncommitted),
            latest: Some(latest),
            newest_ms: Some(NOW - 4_000 - i64::from(number) * 9_000),
        }
    };
    let partitions: Vec<PartitionReport> = (0..partitions).map(partition).collect();
    let is_behind = partitions.len() > 2;
    let counts = StreamCounts {
        behind: is_behind,
        ..agent.activities.clone()
    };
    let report = GroupReport {
        group: "siembox".to_owned(),
        member: "siembox-6f1d2c8a".to_owned(),
        generation: 7,
        rebalances: 3,
        total_partitions: 32,
        partitions,
        other_records: 48_210,
    };
    let stream = StreamReport {
        name: "event_hubs".to_owned(),
        counts,
        group: Some(Box::new(GroupAssignment { report, held: true })),
    };
    agent.set_streams([stream].into_iter());
    agent
}

/// Its group.
pub fn group_of(agent: &mut AgentReport) -> &mut GroupAssignment {
    let mut groups = agent
        .streams
        .iter_mut()
        .filter_map(|it| it.group.as_deref_mut());
    groups.next().unwrap()
}

/// Its SIEM has been away for a while.
pub fn without_siem(name: &str, ago: i64) -> (AgentReport, Notice) {
    let mut agent = agent(name);
    let text = "connection refused by siem.contoso.example:6514/tls: nothing listens there, or a \
        firewall rejects the connection: check host, port, protocol"
        .to_owned();
    agent.since_ms = NOW - ago;
    agent.siem.trouble = Some(text.clone());
    agent.siem.contact_ms = Some(NOW - ago);
    agent.siem.state = match ago {
        ago if ago > 12 * HOUR => LinkState::Disconnected,
        ago if ago > 2 * HOUR => LinkState::ConnectionError,
        _ => LinkState::Connected,
    };
    agent.last_proved_ms = Some(NOW - ago);
    agent.spool.waiting = 18_240;
    agent.spool.waiting_bytes = 21_300_000;
    agent.spool.oldest_ms = Some(NOW - ago);
    agent.depths = depths(18_240);
    let notice = Notice {
        times: 42,
        ..notice(
            name,
            Topic::Siem,
            "Data server connection error",
            &text,
            ago,
        )
    };
    (agent, notice)
}

pub fn notice(agent: &str, topic: Topic, title: &str, text: &str, ago: i64) -> Notice {
    Notice {
        agent: agent.to_owned(),
        topic,
        stream: String::new(),
        title: title.to_owned(),
        text: text.to_owned(),
        first_ms: NOW - ago,
        last_ms: NOW - ago / 40,
        times: 1,
        over_ms: None,
    }
}

pub fn over(notice: Notice, ago: i64) -> Notice {
    Notice {
        over_ms: Some(NOW - ago),
        ..notice
    }
}

/// Thirty days of a company that works from Monday to Friday, mostly by day.
fn ledger() -> LedgerReport {
    let begin = NOW / HOUR * HOUR;
    let row = |back: i64| {
        let hour_ms = begin - back * HOUR;
        let (hour, day) = (hour_ms / HOUR % 24, hour_ms / DAY);
        let by_day = [
            2, 1, 1, 1, 1, 3, 9, 22, 41, 48, 46, 39, 33, 44, 47, 45, 38, 27, 14, 9, 7, 5, 4, 3,
        ];
        // 1970-01-01 was a Thursday
        let weekend = matches!((day + 4) % 7, 0 | 6);
        let dice = (hour_ms / HOUR * 7919) % 23;
        let read = u64::try_from(
            by_day[usize::try_from(hour).unwrap()] * (60 + dice) / if weekend { 9 } else { 1 },
        )
        .unwrap();
        let aside = u64::from(back == 6 || back == 190) * 3;
        LedgerRow {
            stream: "activities".to_owned(),
            span: LedgerSpan::Hour,
            hour_ms: Some(hour_ms),
            named: (back > 2).then_some(read),
            missing: 0,
            counts: LedgerCounts {
                read: read + read / 9,
                seen: read / 9,
                aside,
                spooled: read - aside,
                sent: read - aside,
                proved: read - aside,
                ..LedgerCounts::default()
            },
            fault: None,
        }
    };
    LedgerReport {
        balance: Some(0),
        adds_up: true,
        hours: (0..30 * 24).map(row).collect(),
        ..LedgerReport::default()
    }
}

/// A quiet day, with a backlog of this size at its end and another one nine days ago.
fn depths(last: u64) -> QueueDepths {
    let step = |step: i64, count: i64, most: fn(i64) -> u64| {
        (0..count)
            .rev()
            .map(|back| QueueDepth {
                at_ms: NOW - back * step,
                waiting: most(back),
            })
            .collect::<Vec<_>>()
    };
    let mut day = step(10 * MINUTE, 144, |back| if back % 31 == 4 { 60 } else { 0 });
    for (index, depth) in day.iter_mut().rev().take(16).enumerate() {
        depth.waiting = last.saturating_sub(index as u64 * last / 16);
    }
    let mut month = step(4 * HOUR, 70, |back| {
        if (54..58).contains(&back) { 9_000 } else { 0 }
    });
    if let Some(depth) = month.last_mut() {
        depth.waiting = last;
    }
    QueueDepths { day, month }
}
