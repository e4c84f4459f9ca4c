//! The consumer groups: which partitions of a shared stream this box reads, and how far each is.

use maud::{Markup, html};

use super::words;
use crate::status::{AgentReport, GroupAssignment, GroupReport, PartitionReport, Snapshot};

/// How many partitions stand on the page; of more, those with the greatest lag.
const SHOWN: usize = 64;
/// So many are open at first.
const OPEN: usize = 8;

pub(super) fn section(snapshot: &Snapshot) -> Markup {
    let groups = snapshot.agents.iter().flat_map(of_agent);
    let groups: Vec<(&AgentReport, &GroupAssignment)> = groups.collect();
    html! {
        section #groups aria-labelledby="groups-title" {
            @if !groups.is_empty() {
                h2 #groups-title { "Consumer groups" }
                @for (number, (agent, group)) in groups.into_iter().enumerate() {
                    (card(agent, group, number, snapshot.at_ms))
                }
            }
        }
    }
}

/// The groups of an agent's streams.
pub(super) fn of_agent(
    agent: &AgentReport,
) -> impl Iterator<Item = (&AgentReport, &GroupAssignment)> {
    let on = agent.streams.iter().filter(|stream| stream.counts.enabled);
    on.filter_map(move |stream| Some((agent, stream.group.as_deref()?)))
}

/// `no lag`, `lag 1,204 messages`; empty while nothing is known.
pub(super) fn lag(group: &GroupReport) -> Option<String> {
    Some(match group.lag()? {
        0 => "no lag".to_owned(),
        some => format!("lag {}", words::counted(some, "message")),
    })
}

fn card(agent: &AgentReport, of: &GroupAssignment, number: usize, at_ms: i64) -> Markup {
    let group = &of.report;
    html! {
        article.group {
            h3 { (agent.name) ", group " (words::breakable(&group.group)) }
            p { (share(agent, of)) }
            dl.facts {
                @if let Some(lag) = group.lag() {
                    div { dt { "Lag" } dd { (words::counted(lag, "message")) } }
                }
                @if let Some(newest) = group.newest_ms() {
                    div { dt { "Newest record" } dd { (words::ago(newest, at_ms)) } }
                }
                div { dt { "Generation" } dd { (group.generation) } }
                div { dt { "Rebalances" } dd { (words::count(group.rebalances)) } }
                @if group.other_records > 0 {
                    div { dt { "Records of other tables" } dd { (words::count(group.other_records)) } }
                }
                div { dt { "Member" } dd { (words::breakable(&group.member)) } }
            }
            @if !group.partitions.is_empty() {
                details id={ "partitions-" (number) } open[group.partitions.len() <= OPEN] {
                    summary { (words::counted(group.partitions.len() as u64, "partition")) }
                    (table(group, &agent.name, at_ms))
                }
            }
        }
    }
}

/// What the box reads, and why nothing where it reads nothing.
fn share(agent: &AgentReport, of: &GroupAssignment) -> String {
    let (all, own) = (
        of.report.total_partitions,
        of.report.partitions.len() as u64,
    );
    match (of.held, own) {
        (true, 0) => format!(
            "This box reads none of the {}, because the other members of the group read them all. \
                Nothing is wrong: it takes over when one of them leaves.",
            words::counted(all, "partition")
        ),
        (true, own) => format!(
            "This box reads {} of the {} of the group.",
            words::count(own),
            words::counted(all, "partition")
        ),
        (false, _) if agent.paused => {
            "This box is paused and holds no partition. Other members of the group may read them."
                .to_owned()
        }
        (false, 0) => "This box holds no partition at present.".to_owned(),
        (false, own) => format!(
            "This box read {} of the {} of the group at the last answer. Other members may read \
                them by now.",
            words::count(own),
            words::counted(all, "partition")
        ),
    }
}

const COLUMNS: [&str; 5] = [
    "Hub",
    "Partition",
    "Next offset",
    "Lag",
    "Newest record read",
];

fn table(group: &GroupReport, agent: &str, at_ms: i64) -> Markup {
    let (shown, more) = group.with_greatest_lag(SHOWN);
    html! {
        // the roles stay where the looks of a narrow screen take the table's away
        table role="table" aria-label={ "Partitions of " (agent) } {
            thead role="rowgroup" {
                tr role="row" {
                    @for name in COLUMNS { th scope="col" role="columnheader" { (name) } }
                }
            }
            tbody role="rowgroup" {
                @for partition in shown { (row(partition, at_ms)) }
            }
        }
        @if more > 0 {
            p.hint {
                (words::counted(more as u64, "partition")) " with no greater lag are in "
                a href="/status.json" { "status.json" } "."
            }
        }
    }
}

fn row(partition: &PartitionReport, at_ms: i64) -> Markup {
    let [hub, number, next, lag, newest] = COLUMNS;
    html! {
        tr role="row" {
            th scope="row" role="rowheader" data-label=(hub) { (words::breakable(&partition.hub)) }
            td role="cell" data-label=(number) { (partition.number) }
            td role="cell" data-label=(next) { (partition.next) }
            td role="cell" data-label=(lag) {
                @match partition.lag() {
                    Some(lag) => (words::count(lag)),
                    None => span.quiet { "not known yet" },
                }
            }
            td role="cell" data-label=(newest) {
                @match partition.newest_ms {
                    Some(newest) => (words::ago(newest, at_ms)),
                    None => span.quiet { "not yet" },
                }
            }
        }
    }
}
