//! The text of STATUS.TXT, which lies on the card for whoever takes it out of a box that can't be reached: plain ASCII with
//! Windows' line ends, at most 4 KB, so that any editor of any laptop shows it.
//!
//! Pure. What it says of others' words (errors, names) is bounded and without control characters. It is worth a write only
//! where its meaning changes ([`changed`]): no flash is worn by counters and clocks.

use std::fmt::Write;
use std::net::IpAddr;

use crate::clock::in_words;
use crate::network::{Lease, Setting};
use crate::provision::Taken;
use crate::status::Snapshot;
use crate::timekeeping::Word;

/// All that stands in the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// Version of the firmware.
    pub version: String,
    /// The board's name for people.
    pub board: String,
    /// When it is written, milliseconds since 1970.
    pub at_ms: i64,
    /// The state in a word or two: "Connected", "Starting".
    pub state: String,
    /// What that means and what to do, in sentences.
    pub means: String,
    /// Name, card and fixed addresses; `None` where the network is not up yet.
    pub network: Option<Setting>,
    /// What DHCP lent.
    pub lease: Option<Lease>,
    /// Port of the page without TLS; none where it is off.
    pub http_port: Option<u16>,
    /// The same with TLS.
    pub https_port: Option<u16>,
    /// SHA-256 of the page's certificate; empty where there is none yet.
    pub fingerprint: String,
    /// Has it an administrator already? `None` where that is not known.
    pub claimed: Option<bool>,
    /// Has the board a button, by which a forgotten password is released?
    pub has_button: bool,
    /// Where the time comes from.
    pub clock: Word,
    /// How it stands with the data partition.
    pub data: Data,
    /// The agents in the order of the settings.
    pub agents: Vec<Agent>,
    /// What became of the files on the card, and when, milliseconds since 1970.
    pub card: Option<(Taken, i64)>,
    /// What else is wrong with the box, each with its cure; the gravest first.
    pub troubles: Vec<String>,
}

/// The data partition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Data {
    /// Bytes of it; 0 where there is none.
    pub size: u64,
    /// Of them, free.
    pub free: u64,
    /// What is wrong with it, with the cure.
    pub damage: Option<String>,
}

/// One agent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agent {
    /// Its name.
    pub name: String,
    /// "Connected", "Paused".
    pub state: String,
    /// What is wrong on the cloud's side and on the SIEM's, in that order.
    pub troubles: Vec<String>,
}

const LONGEST: usize = 4096;
const COLUMNS: usize = 76;
/// Bounds of what others say, characters and items.
const ONE_TROUBLE: usize = 400;
const ONE_NAME: usize = 64;
const AGENTS: usize = 6;
const TROUBLES: usize = 4;
const FINDINGS: usize = 1_000;
/// So much free is as good as full: a tenth of a spool's smallest bound.
const FULL: u64 = 6_000_000;

// === impl Agent ===

impl Agent {
    /// All of a snapshot.
    #[must_use]
    pub fn all(snapshot: &Snapshot) -> Vec<Self> {
        let agents = snapshot.agents.iter().map(|agent| Self {
            name: agent.name.clone(),
            state: match agent.paused {
                true => format!("{}, paused", agent.state.in_words()),
                false => agent.state.in_words().to_owned(),
            },
            troubles: [&agent.cloud.trouble, &agent.siem.trouble]
                .into_iter()
                .flatten()
                .cloned()
                .collect(),
        });
        agents.collect()
    }
}

// === impl Data ===

impl Data {
    fn is_full(&self) -> bool {
        self.size > 0 && self.free < FULL
    }

    fn in_words(&self) -> String {
        let mb = |bytes: u64| bytes / 1_000_000;
        match (&self.damage, self.size) {
            (None, 0) => "none: nothing is kept over a power cut".to_owned(),
            (Some(damage), 0) => tame(damage, ONE_TROUBLE),
            (damage, size) => {
                let full = if self.is_full() {
                    ", FULL: reading waits; see to the SIEM, or take a larger card"
                } else {
                    ""
                };
                let damage = damage.as_deref().map(|damage| format!("; {damage}"));
                let damage = damage.unwrap_or_default();
                let text = format!("{} MB, {} MB free{full}{damage}", mb(size), mb(self.free));
                tame(&text, ONE_TROUBLE)
            }
        }
    }
}

// === impl Facts ===

impl Facts {
    /// The box's addresses, without their networks.
    fn addresses(&self) -> Vec<IpAddr> {
        let fixed = self.network.iter().flat_map(|setting| &setting.addresses);
        let lent = self.lease.iter().map(|lease| &lease.address);
        let bare = fixed.chain(lent).filter_map(|address| {
            let bare = address.split('/').next()?;
            bare.parse().ok()
        });
        bare.collect()
    }

    /// Where a browser finds the page, HTTPS first.
    #[must_use]
    pub fn pages(&self) -> Vec<String> {
        let name = self.network.as_ref().filter(|network| network.mdns);
        let name = name.map(|network| format!("{}.local", network.hostname));
        let hosts = self.addresses().into_iter().map(|address| match address {
            IpAddr::V4(v4) => v4.to_string(),
            IpAddr::V6(v6) => format!("[{v6}]"),
        });
        let hosts: Vec<String> = hosts.chain(name.filter(|_| self.has_address())).collect();
        let ports = [
            ("https", self.https_port, 443),
            ("http", self.http_port, 80),
        ];
        let urls = ports.into_iter().flat_map(|(scheme, port, usual)| {
            let hosts = hosts.iter();
            let port = port.map(|port| match port == usual {
                true => String::new(),
                false => format!(":{port}"),
            });
            hosts.filter_map(move |host| Some(format!("{scheme}://{host}{}/", port.as_ref()?)))
        });
        urls.collect()
    }

    fn has_address(&self) -> bool {
        !self.addresses().is_empty()
    }

    /// What is compared: nothing that changes by itself.
    fn meaning(&self) -> Self {
        let words = |list: &[String]| list.iter().map(|text| without_numbers(text)).collect();
        Self {
            at_ms: 0,
            lease: self.lease.clone().map(|lease| Lease {
                seconds: None,
                ..lease
            }),
            clock: Word {
                at_ms: 0,
                // which of a pool answered is no news, nor who fell silent later
                server: None,
                asked: match self.clock.is_plausible() {
                    true => Vec::new(),
                    false => self.clock.asked.clone(),
                },
                ..self.clock
            },
            data: Data {
                free: u64::from(self.data.is_full()),
                damage: self.data.damage.as_deref().map(without_numbers),
                ..self.data
            },
            agents: self
                .agents
                .iter()
                .map(|agent| Agent {
                    troubles: words(&agent.troubles),
                    ..agent.clone()
                })
                .collect(),
            troubles: words(&self.troubles),
            ..self.clone()
        }
    }
}

/// Does it say something else now? Times, counts, and the numbers within an error ("next try in 8 s") are no news.
#[must_use]
pub fn changed(old: &Facts, new: &Facts) -> bool {
    old.meaning() != new.meaning()
}

/// The text: ASCII, CRLF, at most 4 KB.
#[must_use]
pub fn text(facts: &Facts) -> String {
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
        heading(&mut out, "WHAT IS WRONG WITH THE BOX");
    }
    for trouble in facts.troubles.iter().take(TROUBLES) {
        wrapped(&mut out, "  ", &tame(trouble, ONE_TROUBLE));
    }
    heading(&mut out, "TO CHANGE SETTINGS WITH THIS CARD");
    wrapped(
        &mut out,
        "  ",
        "Put siembox.toml here, with the token and certificates that it names beside it, and start the box with the card in it. What is taken in is wiped from the card.",
    );
    bounded(&out)
}

fn card(out: &mut String, facts: &Facts) {
    let Some((taken, at_ms)) = &facts.card else {
        return;
    };
    let (title, lines) = match taken {
        Taken::Nothing => return,
        Taken::Settings { files, warnings } => {
            let files = format!(
                "taken in {}, and wiped here: {}",
                in_words(*at_ms),
                files.join(", ")
            );
            let doubts = warnings.iter().map(|doubt| format!("doubtful: {doubt}"));
            let lines: Vec<String> = std::iter::once(files).chain(doubts).collect();
            ("FILES FROM THIS CARD", lines)
        }
        Taken::Refused { why } => {
            let found = why.lines().map(str::to_owned);
            let lines: Vec<String> = found
                .chain([
                    "Nothing was changed. Mend the file here, and start the box again.".to_owned(),
                ])
                .collect();
            ("THE FILES ON THIS CARD WERE NOT TAKEN IN", lines)
        }
        Taken::Failed { why } => ("THE FILES ON THIS CARD", vec![why.clone()]),
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

fn reach(out: &mut String, facts: &Facts) {
    heading(out, "HOW TO REACH IT");
    let pages = facts.pages();
    match (&facts.network, facts.has_address()) {
        (None, _) => out.push_str("  the network is not up yet\n"),
        (Some(network), false) => {
            let interface = network.interface.as_deref().unwrap_or("no network card");
            let why = format!(
                "no address yet ({interface}): is there a cable in it, and a DHCP server? Else put address = \"...\" into [network] of siembox.toml."
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
            "  The browser does not know its certificate. Its SHA-256 is"
        );
        for line in [first, second].iter().filter(|line| !line.is_empty()) {
            let _ = writeln!(out, "    {line}");
        }
    }
    match facts.claimed {
        Some(false) => wrapped(
            out,
            "  ",
            "Nobody has claimed it yet: open the https address above, /setup, and choose the administrator's password.",
        ),
        Some(true) if facts.has_button => wrapped(
            out,
            "  ",
            "It has an administrator. If the password is forgotten: hold the button for 10 seconds, then choose a new one.",
        ),
        _ => {}
    }
}

fn agents(out: &mut String, agents: &[Agent]) {
    heading(out, "AGENTS");
    if agents.is_empty() {
        out.push_str("  none is set up yet, so nothing is read and nothing is sent\n");
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

// --- text

fn heading(out: &mut String, title: &str) {
    let _ = writeln!(out, "\n{title}");
}

/// In lines of a screen's width, each behind `indent`.
fn wrapped(out: &mut String, indent: &str, text: &str) {
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if !line.is_empty() && indent.len() + line.len() + 1 + word.len() > COLUMNS {
            let _ = writeln!(out, "{indent}{line}");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        let _ = writeln!(out, "{indent}{line}");
    }
}

/// Plain ASCII of at most so many characters, in one line.
fn tame(text: &str, longest: usize) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\u{2026}' => out.push_str("..."),
            '\u{2013}' | '\u{2014}' => out.push('-'),
            '\u{2018}' | '\u{2019}' => out.push('\''),
            '\u{201c}' | '\u{201d}' => out.push('"'),
            c if c.is_control() || c.is_whitespace() => out.push(' '),
            c if c.is_ascii() => out.push(c),
            _ => out.push('?'),
        }
        if out.len() > longest {
            out.truncate(longest.saturating_sub(3));
            out.push_str("...");
            break;
        }
    }
    out
}

fn without_numbers(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// With Windows' line ends, and cut where all together is too long.
fn bounded(text: &str) -> String {
    const CUT: &str = "...\r\n";
    let mut out = String::with_capacity(LONGEST);
    for line in text.lines() {
        if out.len() + line.len() + 2 + CUT.len() > LONGEST {
            out.push_str(CUT);
            break;
        }
        out.push_str(line);
        out.push_str("\r\n");
    }
    out
}

#[cfg(test)]
mod tests;
