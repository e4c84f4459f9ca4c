//! A snapshot as text for a terminal: the state first, then each agent's two sides, then what to
//! look at.

mod group;

use std::fmt::Write;
use std::time::Duration;

use self::group::group_text;
use super::ledger::{NARROWEST, ledger_text};
use super::{AgentReport, Condition, LinkReport, Snapshot, StreamCounts};
use crate::certificate::Ending;
use crate::clock::{in_words, span_in_words};
use crate::orphan::Orphan;

/// How many notices are shown.
const NOTICES: usize = 10;
/// What an agent is called that reads nothing on purpose.
const PAUSED: &str = "Paused";

/// The snapshot for people.
#[must_use]
pub fn text(snapshot: &Snapshot) -> String {
    let mut out = String::new();
    let up = span(snapshot.at_ms - snapshot.started_ms);
    // writing to a String never fails
    let paused = snapshot.agents.iter().filter(|agent| agent.paused).count();
    let state = match (paused, snapshot.agents.len()) {
        (0, _) => snapshot.state.in_words().to_owned(),
        (some, all) if some == all && snapshot.condition == Condition::Paused => PAUSED.to_owned(),
        (some, all) => format!("{}, {some} of {all} paused", snapshot.state.in_words()),
    };
    let _ = writeln!(
        out,
        "{state} (siembox {}, running for {up})",
        snapshot.siembox
    );
    for address in &snapshot.page {
        let _ = writeln!(out, "page {address}");
    }
    if !snapshot.page_fingerprint.is_empty() {
        let _ = writeln!(
            out,
            "page certificate SHA-256 {}",
            snapshot.page_fingerprint
        );
    }
    if !snapshot.late.is_empty() {
        let late = snapshot.late.join(", ");
        let _ = writeln!(out, "no sign of life from: {late}");
    }
    if snapshot.agents.is_empty() {
        out.push_str(
            "\nno agent is set up; siembox reads and sends nothing: add an agent on the \
            page, or an [[agent]] in the settings\n",
        );
    }
    for agent in &snapshot.agents {
        agent_text(&mut out, agent, snapshot.at_ms);
    }
    for orphan in &snapshot.orphans {
        orphan_text(&mut out, orphan, snapshot.at_ms);
    }
    if !snapshot.notices.is_empty() {
        let _ = writeln!(out, "\nnotices");
    }
    for notice in snapshot.notices.iter().take(NOTICES) {
        let over = notice
            .over_ms
            .map_or(String::new(), |over| format!(", ended {}", in_words(over)));
        let times = if notice.times > 1 {
            format!(", {} times", notice.times)
        } else {
            String::new()
        };
        let agent = if notice.agent.is_empty() {
            "siembox"
        } else {
            &notice.agent
        };
        let _ = writeln!(
            out,
            "  {} {agent}: {}{times}{over}\n    {}",
            in_words(notice.last_ms),
            notice.title,
            notice.text.replace('\n', "\n    ")
        );
    }
    out
}

fn agent_text(out: &mut String, agent: &AgentReport, at_ms: i64) {
    let state = match agent.paused {
        true if agent.condition == Condition::Paused => PAUSED.to_owned(),
        true => format!("{}, paused", agent.state.in_words()),
        false => agent.state.in_words().to_owned(),
    };
    let _ = writeln!(out, "\nagent {}: {state}", agent.name);
    let cloud = if agent.paused {
        "paused, nothing is read"
    } else {
        agent.cloud.state.in_words()
    };
    link_text(out, "cloud", &agent.cloud, cloud, at_ms);
    for ending in &agent.expiries {
        expiry_text(out, ending, at_ms);
    }
    let names = agent.streams.iter().map(|stream| stream.name.len());
    let width = names.fold(NARROWEST, usize::max);
    for stream in &agent.streams {
        stream_text(out, (&stream.name, width), &stream.counts);
        if let Some(group) = &stream.group {
            group_text(out, group, at_ms);
        }
    }
    let spool = &agent.spool;
    let oldest = spool.oldest_ms.map_or(String::new(), |oldest| {
        format!(", the oldest for {}", span(at_ms - oldest))
    });
    let full = if spool.full {
        ", FULL: reading waits"
    } else {
        ""
    };
    let _ = write!(
        out,
        "  spool      {} lines wait ({:.1} MB){oldest}, {:.1} MB on disk{full}",
        spool.waiting,
        mb(spool.waiting_bytes),
        mb(spool.disk_bytes)
    );
    for (count, what) in [
        (spool.aside, "records set aside"),
        (spool.damaged_lines, "lines lost to damage"),
    ] {
        if count > 0 {
            let _ = write!(out, ", {count} {what}");
        }
    }
    out.push('\n');
    if let Some(replay) = &agent.replay {
        let _ = writeln!(
            out,
            "  replay     {} to {}:{}",
            in_words(replay.request.from_ms),
            in_words(replay.request.to_ms),
            crate::replay::line(&replay.progress, Duration::ZERO)
        );
    }
    let siem = agent.siem.state.in_words();
    link_text(out, "SIEM", &agent.siem, siem, at_ms);
    let cut = if agent.lines.cut > 0 {
        format!(", {} cut", agent.lines.cut)
    } else {
        String::new()
    };
    let _ = writeln!(
        out,
        "  lines      {} sent, {} proved{cut}",
        agent.lines.sent, agent.lines.proved
    );
    ledger_text(out, &agent.ledger);
}

fn orphan_text(out: &mut String, orphan: &Orphan, at_ms: i64) {
    let oldest = orphan.oldest_ms.map_or(String::new(), |oldest| {
        format!(", the oldest for {}", span(at_ms - oldest))
    });
    let _ = writeln!(
        out,
        "\norphaned spool {}: {} ({:.1} MB){oldest}, {:.1} MB on disk",
        orphan.name,
        orphan.contents(),
        mb(orphan.waiting_bytes),
        mb(orphan.disk_bytes)
    );
    if let Some(agent) = &orphan.sends_to {
        let _ = writeln!(out, "  being sent with the SIEM settings of agent {agent}");
    }
    if let Some(trouble) = &orphan.trouble {
        let _ = writeln!(out, "  {trouble}");
    }
}

fn link_text(out: &mut String, name: &str, link: &LinkReport, state: &str, at_ms: i64) {
    let contact = link
        .contact_ms
        .map_or("no contact yet".to_owned(), |contact| {
            format!("last contact {} ago", span(at_ms - contact))
        });
    let _ = writeln!(out, "  {name:<10} {}: {state}, {contact}", link.to);
    if let Some(trouble) = &link.trouble {
        let _ = writeln!(out, "             {trouble}");
    }
}

fn expiry_text(out: &mut String, ending: &Ending, at_ms: i64) {
    let is_past = ending.ends_ms < at_ms;
    let verb = if is_past { "expired" } else { "expires" };
    let end = in_words(ending.ends_ms);
    let soon = match ending.warning(at_ms) {
        Some(_) if !is_past => format!(", in {}", span(ending.ends_ms - at_ms)),
        _ => String::new(),
    };
    let what = ending.kind.in_words();
    let _ = writeln!(
        out,
        "  {:<10} {what} ({}) {verb} on {end}{soon}",
        "credential", ending.setting
    );
}

fn stream_text(out: &mut String, (name, width): (&str, usize), counts: &StreamCounts) {
    if !counts.enabled {
        let _ = writeln!(out, "  {name:<width$} off");
        return;
    }
    let _ = write!(
        out,
        "  {name:<width$} {} read, {} spooled",
        counts.read, counts.spooled
    );
    for (count, what) in [
        (counts.repeats, "read before"),
        (counts.left_out, "left out"),
        (counts.set_aside, "set aside"),
    ] {
        if count > 0 {
            let _ = write!(out, ", {count} {what}");
        }
    }
    if let Some(up_to) = counts.read_up_to_ms {
        let _ = write!(out, ", up to {}", in_words(up_to));
    }
    if counts.absent {
        out.push_str(", absent");
    }
    out.push_str(if counts.behind {
        ", more follows\n"
    } else {
        "\n"
    });
}

fn span(ms: i64) -> String {
    span_in_words(Duration::from_millis(u64::try_from(ms).unwrap_or(0)))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "one digit after the point is shown"
)]
fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
