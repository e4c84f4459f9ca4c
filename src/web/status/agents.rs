//! The agents, one row each: the old portal's table of SIEM agents. On a narrow screen each row
//! becomes a card.

use maud::{Markup, html};

use super::history::Today;
use super::now::bare;
use super::{groups, lamp, words};
use crate::certificate::{Ending, EndingKind};
use crate::status::{AgentReport, GroupAssignment, Snapshot, SpoolReport};

pub(super) fn section(snapshot: &Snapshot) -> Markup {
    html! {
        section #agents aria-labelledby="agents-title" {
            h2 #agents-title { "SIEM agents" }
            @if snapshot.agents.is_empty() {
                p.empty { "No SIEM agent yet." }
            } @else {
                // the roles stay where the looks of a narrow screen take the table's away
                table role="table" {
                    thead role="rowgroup" {
                        tr role="row" {
                            @for name in COLUMNS { th scope="col" role="columnheader" { (name) } }
                        }
                    }
                    tbody role="rowgroup" {
                        @for agent in &snapshot.agents { (row(agent, snapshot.at_ms)) }
                    }
                }
            }
        }
    }
}

const COLUMNS: [&str; 8] = [
    "Name",
    "State",
    "Cloud",
    "SIEM",
    "Last record read",
    "Last line proved",
    "Waiting",
    "Today (UTC)",
];

fn row(agent: &AgentReport, at_ms: i64) -> Markup {
    let [_, state, cloud, siem, read, proved, waiting, today] = COLUMNS;
    html! {
        tr role="row" {
            th scope="row" role="rowheader" { (agent.name) }
            td role="cell" data-label=(state) {
                (lamp::badge(agent.condition))
                small { (words::lasting(agent.since_ms, at_ms)) }
            }
            td role="cell" data-label=(cloud) {
                span.address { (words::breakable(bare(&agent.cloud.to))) }
                small { (streams(agent)) }
                @for (_, group) in groups::of_agent(agent) { (share(group)) }
                @for ending in &agent.expiries { (expiry(ending, at_ms)) }
            }
            td role="cell" data-label=(siem) {
                span.address { (words::breakable(&agent.siem.to)) }
                @let refused = agent.ledger.sums.refused;
                @if refused > 0 { small.bad { (words::counted(refused, "line")) " refused" } }
            }
            td role="cell" data-label=(read) { (or_not_yet(agent.last_read_ms, at_ms)) }
            td role="cell" data-label=(proved) { (or_not_yet(agent.last_proved_ms, at_ms)) }
            td role="cell" data-label=(waiting) {
                (held(&agent.spool, at_ms))
                small { (behind(agent.lag_ms(at_ms))) }
            }
            td role="cell" data-label=(today) { (counts(&Today::of(&agent.ledger, at_ms))) }
        }
    }
}

fn or_not_yet(wall_ms: Option<i64>, at_ms: i64) -> Markup {
    match wall_ms {
        Some(wall_ms) => words::ago(wall_ms, at_ms),
        None => html! { span.quiet { "not yet" } },
    }
}

fn held(spool: &SpoolReport, at_ms: i64) -> Markup {
    html! {
        @if spool.waiting == 0 {
            "nothing"
        } @else {
            b { (words::counted(spool.waiting, "line")) }
            small { (words::bytes(spool.waiting_bytes)) }
            @if let Some(oldest) = spool.oldest_ms {
                small { "oldest: " (words::ago(oldest, at_ms)) }
            }
        }
        @if spool.full { small.bad { "The spool is full: reading waits." } }
        @if spool.aside > 0 { small { (words::counted(spool.aside, "record")) " set aside" } }
        @if spool.damaged_lines > 0 { small.bad { (words::counted(spool.damaged_lines, "line")) " lost to damage" } }
    }
}

/// `certificate expires on 2027-03-01`
fn expiry(ending: &Ending, at_ms: i64) -> Markup {
    let what = match ending.kind {
        EndingKind::AppCertificate => "app certificate",
        EndingKind::ClientSecret => "client secret",
        EndingKind::SiemCertificate => "SIEM client certificate",
    };
    let verb = if ending.ends_ms < at_ms {
        "expired"
    } else {
        "expires"
    };
    html! {
        small .bad[ending.warning(at_ms).is_some()] {
            (what) " " (verb) " on " (words::moment(ending.ends_ms))
        }
    }
}

fn behind(lag_ms: i64) -> String {
    match words::coarse(lag_ms) {
        Some(span) => format!("lag {span}"),
        None => "no lag".to_owned(),
    }
}

fn streams(agent: &AgentReport) -> String {
    let on = agent.streams.iter().filter(|stream| stream.counts.enabled);
    let names: Vec<String> = on.map(|stream| words::stream(&stream.name)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match words::listed(&names) {
        none if none.is_empty() => "no stream is on".to_owned(),
        names => names,
    }
}

fn share(group: &GroupAssignment) -> Markup {
    html! {
        small {
            (group.in_words())
            @if let Some(lag) = groups::lag(&group.report) { ", " (lag) }
        }
    }
}

fn counts(today: &Today) -> Markup {
    html! {
        dl.counts {
            div { dt { "read" } dd { (words::count(today.read)) } }
            div { dt { "sent" } dd { (words::count(today.sent)) } }
            div .bad[today.aside > 0] { dt { "set aside" } dd { (words::count(today.aside)) } }
        }
    }
}
