//! The last 24 hours and the last 30 days of each agent. The counts are the ledger's, by the hour
//! in which the records happened; how much waited is known since the process began.

use maud::{Markup, html};

use super::chart::{Bar, chart};
use crate::clock::in_words;
use crate::status::{AgentReport, LedgerReport, LedgerRow, QueueDepth, Snapshot};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// What happened today, by UTC.
pub(super) struct Today {
    /// Records that were new.
    pub read: u64,
    /// Lines that went out for the first time.
    pub sent: u64,
    /// Records that could not be read.
    pub aside: u64,
}

impl Today {
    pub(super) fn of(ledger: &LedgerReport, at_ms: i64) -> Self {
        let bar = Bar::of(
            &ledger.hours,
            &[],
            at_ms.div_euclid(DAY_MS) * DAY_MS,
            DAY_MS,
        );
        Self {
            read: bar.read,
            sent: bar.sent,
            aside: bar.aside,
        }
    }
}

pub(super) fn section(snapshot: &Snapshot) -> Markup {
    let alone = snapshot.agents.len() == 1;
    html! {
        section #history aria-labelledby="history-title" {
            @if !snapshot.agents.is_empty() {
                h2 #history-title { "History" }
                p.legend {
                    span.key.read { "records read" }
                    span.key.sent { "lines sent" }
                    span.key.aside { "set aside" }
                    span.key.depth { "most lines waiting" }
                }
                @for (number, agent) in snapshot.agents.iter().enumerate() {
                    details id={ "history-" (number) } open[alone] {
                        summary { h3 { (agent.name) } }
                        (of_agent(agent, snapshot.at_ms, number))
                    }
                }
            }
        }
    }
}

fn of_agent(agent: &AgentReport, at_ms: i64, number: usize) -> Markup {
    let rows = &agent.ledger.hours;
    if rows.iter().all(|row| row.hour_ms.is_none()) {
        return html! {
            p.empty { "No history yet. It begins with the first record." }
        };
    }
    let day = bars(rows, &agent.depths.day, at_ms, HOUR_MS, 24);
    let month = bars(rows, &agent.depths.month, at_ms, DAY_MS, 30);
    html! {
        div.charts {
            (chart(&day, "Last 24 hours", "hour", &format!("day-{number}")))
            (chart(&month, "Last 30 days", "day", &format!("month-{number}")))
        }
    }
}

/// So many steps up to the one that is running, oldest first.
fn bars(
    rows: &[LedgerRow],
    depths: &[QueueDepth],
    at_ms: i64,
    step_ms: i64,
    steps: i64,
) -> Vec<Bar> {
    let last = at_ms.div_euclid(step_ms) * step_ms;
    (0..steps)
        .rev()
        .map(|back| Bar::of(rows, depths, last - back * step_ms, step_ms))
        .collect()
}

impl Bar {
    /// What the rows say of the stretch that begins there.
    fn of(rows: &[LedgerRow], depths: &[QueueDepth], begin_ms: i64, step_ms: i64) -> Self {
        let within = |at_ms: i64| (begin_ms..begin_ms + step_ms).contains(&at_ms);
        let text = in_words(begin_ms);
        let label = if step_ms == DAY_MS {
            text.get(..10)
        } else {
            text.get(11..16)
        };
        let mut bar = Self {
            label: label.unwrap_or(&text).to_owned(),
            depth: depths
                .iter()
                .filter(|depth| within(depth.at_ms))
                .map(|depth| depth.waiting)
                .max(),
            ..Self::default()
        };
        for row in rows.iter().filter(|row| row.hour_ms.is_some_and(within)) {
            let counts = &row.counts;
            bar.read += counts.left_out + counts.aside + counts.spooled;
            bar.sent += counts.sent;
            bar.aside += counts.aside;
        }
        bar
    }
}
