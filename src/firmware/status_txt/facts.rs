//! The content of STATUS.TXT, before it is text.

use std::net::IpAddr;

use super::plain::{ONE_TROUBLE, tame};
use crate::network::{Lease, Setting};
use crate::provision::ProvisionResult;
use crate::status::Snapshot;
use crate::timekeeping::ClockState;

/// All that stands in the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BoxFacts {
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
    /// Lease of DHCP.
    pub lease: Option<Lease>,
    /// Port of the page without TLS; none where it is off.
    pub http_port: Option<u16>,
    /// The same with TLS.
    pub https_port: Option<u16>,
    /// SHA-256 of the page's certificate; empty where there is none yet.
    pub fingerprint: String,
    /// True if the box has an administrator; `None` if that is not known.
    pub claimed: Option<bool>,
    /// Has the board a button, by which a forgotten password is released?
    pub has_button: bool,
    /// Source of the time.
    pub clock: ClockState,
    /// State of the data partition.
    pub data: DataFacts,
    /// The agents in the order of the settings.
    pub agents: Vec<AgentFacts>,
    /// What became of the files on the card, and when, milliseconds since 1970.
    pub card: Option<(ProvisionResult, i64)>,
    /// What else is wrong with the box, each with its cure; the gravest first.
    pub troubles: Vec<String>,
}

/// The data partition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DataFacts {
    /// Bytes of it; 0 where there is none.
    pub size: u64,
    /// Of them, free.
    pub free: u64,
    /// What is wrong with it, with the cure.
    pub damage: Option<String>,
}

/// One agent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentFacts {
    /// Its name.
    pub name: String,
    /// "Connected", "Paused".
    pub state: String,
    /// What is wrong on the cloud's side and on the SIEM's, in that order.
    pub troubles: Vec<String>,
}

/// So much free is as good as full: a tenth of a spool's smallest bound.
const FULL: u64 = 6_000_000;

// === impl Agent ===

impl AgentFacts {
    /// All of a snapshot, and the spools that belong to none of them.
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
        let orphans = snapshot.orphans.iter().map(|orphan| Self {
            name: orphan.name.clone(),
            state: "an orphaned spool".to_owned(),
            troubles: vec![orphan.in_words()],
        });
        agents.chain(orphans).collect()
    }
}

// === impl Data ===

impl DataFacts {
    fn is_full(&self) -> bool {
        self.size > 0 && self.free < FULL
    }

    pub(super) fn in_words(&self) -> String {
        let mb = |bytes: u64| bytes / 1_000_000;
        match (&self.damage, self.size) {
            (None, 0) => "none: a power cut loses all data".to_owned(),
            (Some(damage), 0) => tame(damage, ONE_TROUBLE),
            (damage, size) => {
                let full = if self.is_full() {
                    ", FULL: reading waits; fix the connection to the SIEM, or use a larger card"
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

impl BoxFacts {
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

    pub(super) fn has_address(&self) -> bool {
        !self.addresses().is_empty()
    }

    /// The facts that are compared: none that changes by itself.
    pub(super) fn meaning(&self) -> Self {
        let words = |list: &[String]| list.iter().map(|text| without_numbers(text)).collect();
        Self {
            at_ms: 0,
            lease: self.lease.clone().map(|lease| Lease {
                seconds: None,
                ..lease
            }),
            clock: ClockState {
                at_ms: 0,
                // which of a pool answered is no news, nor who fell silent later
                server: None,
                asked: match self.clock.is_plausible() {
                    true => Vec::new(),
                    false => self.clock.asked.clone(),
                },
                ..self.clock
            },
            data: DataFacts {
                free: u64::from(self.data.is_full()),
                damage: self.data.damage.as_deref().map(without_numbers),
                ..self.data
            },
            agents: self
                .agents
                .iter()
                .map(|agent| AgentFacts {
                    troubles: words(&agent.troubles),
                    ..agent.clone()
                })
                .collect(),
            troubles: words(&self.troubles),
            ..self.clone()
        }
    }
}

fn without_numbers(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}
