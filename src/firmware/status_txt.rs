//! The text of STATUS.TXT, which lies on the card for whoever takes it out of a box that can't be
//! reached: plain ASCII with Windows' line ends, at most 4 KB, so that any editor of any laptop
//! shows it.
//!
//! Pure. What it says of others' words (errors, names) is bounded and without control characters.
//! It is worth a write only where its meaning changes ([`changed`]): no flash is worn by counters
//! and clocks.

mod facts;
mod plain;

use std::fmt::Write;

pub use facts::{AgentFacts, BoxFacts, DataFacts};

use crate::clock::in_words;
use crate::provision::ProvisionResult;
use plain::{ONE_NAME, ONE_TROUBLE, bounded, heading, tame, wrapped};

/// Bounds of lists, items.
const AGENTS: usize = 6;
const TROUBLES: usize = 4;
/// Of all findings together, characters.
const FINDINGS: usize = 1_000;

/// Does it say something else now? Times, counts, and the numbers within an error ("next try in 8
/// s") are no news.
#[must_use]
pub fn changed(old: &BoxFacts, new: &BoxFacts) -> bool {
    old.meaning() != new.meaning()
}

/// The text: ASCII, CRLF, at most 4 KB.
#[must_use]
pub fn text(facts: &BoxFacts) -> String {
    let mut out = String::new();
    // writing to a String never fails
    let _ = writeln!(
        out,
        "siembox {} on {}\nWritten {} (by this box's clock)\n",
        tame(&facts.version, ONE_NAME),
        tame(&facts.board, ONE_NAME),
        in_words(facts.at_ms)
    );
    let _ = writeln!(out, "STATE: {}", tame(&facts.state, ONE_NAME));
    wrapped(&mut out, "", &tame(&facts.means, 2 * ONE_TROUBLE));
    card(&mut out, facts);
    reach(&mut out, facts);
    heading(&mut out, "CLOCK AND DATA");
    wrapped(
        &mut out,
        "  ",
        &format!("clock: {}", tame(&facts.clock.in_words(), ONE_TROUBLE)),
    );
    wrapped(
        &mut out,
        "  ",
        &format!("data partition: {}", facts.data.in_words()),
    );
    agents(&mut out, &facts.agents);
    if !facts.troubles.is_empty() {
        heading(&mut out, "BOX FAULTS");
    }
    for trouble in facts.troubles.iter().take(TROUBLES) {
        wrapped(&mut out, "  ", &tame(trouble, ONE_TROUBLE));
    }
    heading(&mut out, "TO CHANGE SETTINGS WITH THIS CARD");
    wrapped(
        &mut out,
        "  ",
        "Put siembox.toml here, together with the token and certificates that it names, and start \
            the box with the card in it. Files that the box applies are wiped from the card.",
    );
    bounded(&out)
}

fn card(out: &mut String, facts: &BoxFacts) {
    let Some((taken, at_ms)) = &facts.card else {
        return;
    };
    let (title, lines) = match taken {
        ProvisionResult::Nothing => return,
        ProvisionResult::Settings { files, warnings } => {
            let files = format!(
                "applied {}, and wiped here: {}",
                in_words(*at_ms),
                files.join(", ")
            );
            let doubts = warnings.iter().map(|doubt| format!("doubtful: {doubt}"));
            let lines: Vec<String> = std::iter::once(files).chain(doubts).collect();
            ("FILES FROM THIS CARD", lines)
        }
        ProvisionResult::Refused { why } => {
            let found = why.lines().map(str::to_owned);
            let lines: Vec<String> = found
                .chain(["Nothing was changed. Fix the file here, and restart the box.".to_owned()])
                .collect();
            ("THE FILES ON THIS CARD WERE NOT APPLIED", lines)
        }
        ProvisionResult::Failed { why } => ("THE FILES ON THIS CARD", vec![why.clone()]),
    };
    heading(out, title);
    let mut left = FINDINGS;
    for line in &lines {
        let line = tame(line, ONE_TROUBLE.min(left));
        left = left.saturating_sub(line.len());
        if left == 0 {
            out.push_str("  ...\n");
            break;
        }
        wrapped(out, "  ", &line);
    }
}

fn reach(out: &mut String, facts: &BoxFacts) {
    heading(out, "HOW TO REACH IT");
    let pages = facts.pages();
    match (&facts.network, facts.has_address()) {
        (None, _) => out.push_str("  the network is not up yet\n"),
        (Some(network), false) => {
            let interface = network
                .interface
                .as_deref()
                .unwrap_or("no network interface");
            let why = format!(
                "no address yet ({interface}): check the cable and the DHCP server, or set address \
                    = \"...\" in [network] of siembox.toml."
            );
            wrapped(out, "  ", &tame(&why, ONE_TROUBLE));
        }
        (Some(_), true) => {
            if let Some(lease) = &facts.lease {
                wrapped(out, "  ", &tame(&lease.in_words(), ONE_TROUBLE));
            }
        }
    }
    for remark in facts
        .network
        .iter()
        .flat_map(|network| &network.remarks)
        .take(TROUBLES)
    {
        wrapped(out, "  ", &tame(remark, ONE_TROUBLE));
    }
    for page in pages.iter().take(8) {
        let _ = writeln!(out, "  {}", tame(page, 2 * ONE_NAME));
    }
    if !facts.fingerprint.is_empty() {
        // in two lines, as it is to be compared by eye
        let shown = tame(&facts.fingerprint, 120);
        let half = shown
            .match_indices(':')
            .nth(15)
            .map_or(shown.len(), |(at, _)| at + 1);
        let (first, second) = shown.split_at(half);
        let _ = writeln!(
            out,
            "  The browser does not know the certificate. Its SHA-256 is"
        );
        for line in [first, second].iter().filter(|line| !line.is_empty()) {
            let _ = writeln!(out, "    {line}");
        }
    }
    match facts.claimed {
        Some(false) => wrapped(
            out,
            "  ",
            "The box has no administrator yet: open the https address above, /setup, and set the \
                administrator's password.",
        ),
        Some(true) if facts.has_button => wrapped(
            out,
            "  ",
            "The box has an administrator. If the password is forgotten: hold the button for 10 \
                seconds, then set a new one.",
        ),
        _ => {}
    }
}

fn agents(out: &mut String, agents: &[AgentFacts]) {
    heading(out, "AGENTS");
    if agents.is_empty() {
        out.push_str("  none is set up yet; siembox reads and sends nothing\n");
    }
    for agent in agents.iter().take(AGENTS) {
        let _ = writeln!(
            out,
            "  {}: {}",
            tame(&agent.name, ONE_NAME),
            tame(&agent.state, ONE_NAME)
        );
        for trouble in agent.troubles.iter().take(2) {
            wrapped(out, "    ", &tame(trouble, ONE_TROUBLE));
        }
    }
    if let Some(more) = agents.len().checked_sub(AGENTS).filter(|more| *more > 0) {
        let _ = writeln!(out, "  and {more} more: see the page");
    }
}

#[cfg(test)]
mod tests;
