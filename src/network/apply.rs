//! Applies a network plan: runs its commands and writes its files. One that fails is said and
//! passed over.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::dhcp::{DhcpTurn, Lease, resolv_conf};
use super::interface::Nic;
use super::plan::{NetworkStep, Plan, Setting};
use super::{Firewall, path};
use crate::clock::Stopwatch;
use crate::foreign::ForeignText;
use crate::run_file;
use crate::settings::NetworkSettings;

/// Where the programs and the files are: [`NetworkTools::of_the_box`], or a test's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkTools {
    /// busybox, for `ip`.
    pub busybox: PathBuf,
    /// nftables' `nft`.
    pub nft: PathBuf,
    /// `/sys`
    pub sys: PathBuf,
    /// What stands in [`path`] is below here; `/` on the box.
    pub root: PathBuf,
}

/// A step that failed, in words for the log.
#[derive(Debug, thiserror::Error)]
pub enum TroubleAtStep {
    /// A program could not be started.
    #[error("{} cannot be started: {source}; this firmware is incomplete: flash it \
        again", .program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A program ended badly.
    #[error("\"{command}\" failed: {said}")]
    Ended {
        /// As it would be typed.
        command: String,
        /// What it said, in one line of at most 300 characters.
        said: String,
    },
    /// A file could not be written.
    #[error("{} cannot be written: {source}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

/// The network that is up.
#[derive(Debug)]
pub struct Network {
    /// What was planned.
    pub plan: Plan,
    /// What failed on the way; the rest was done all the same.
    pub troubles: Vec<TroubleAtStep>,
}

/// A card knows whether there is a cable in it a moment after it is up: gigabit takes up to 3 s to
/// agree.
const CARRIER_WAIT: Duration = Duration::from_secs(5);
const CARRIER_LOOK: Duration = Duration::from_millis(100);

// === impl Tools ===

impl NetworkTools {
    /// As the firmware has them.
    #[must_use]
    pub fn of_the_box() -> Self {
        Self {
            busybox: PathBuf::from("/bin/busybox"),
            nft: PathBuf::from("/sbin/nft"),
            sys: PathBuf::from("/sys"),
            root: PathBuf::from("/"),
        }
    }

    /// Puts this ruleset in force, in place of the one there was.
    ///
    /// # Errors
    /// Where `nft` does not take it; the old one stays then.
    pub fn shut(&self, firewall: &Firewall) -> Result<(), TroubleAtStep> {
        let words = ["-f".to_owned(), "-".to_owned()];
        run(&self.nft, &words, Some(&firewall.ruleset()))
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    fn run(&self, step: &NetworkStep) -> Result<(), TroubleAtStep> {
        run(&self.busybox, &step.0, None)
    }

    fn put(&self, path: &str, text: &str) -> Result<(), TroubleAtStep> {
        let path = self.at(path);
        run_file::put(&path, text.as_bytes())
            .map_err(|source| TroubleAtStep::Write { path, source })
    }

    fn say<T: serde::Serialize>(&self, path: &str, said: &T) -> Result<(), TroubleAtStep> {
        let path = self.at(path);
        run_file::say(&path, said).map_err(|source| TroubleAtStep::Write { path, source })
    }
}

// === impl Network ===

impl Network {
    /// Closes the firewall, then brings the network up as the settings have it, in place of the one
    /// that is up. Where several cards could be meant, waits at most 5 s for the first that has a
    /// cable. The DHCP client is the caller's to start ([`Plan::dhcp_client`]).
    #[must_use]
    pub fn up(tools: &NetworkTools, settings: &NetworkSettings, firewall: &Firewall) -> Self {
        let mut troubles = Vec::new();
        troubles.extend(tools.shut(firewall).err());
        take_down(tools);
        let plan = Plan::of(settings, &cards(tools, settings));
        troubles.extend(plan.steps.iter().filter_map(|step| tools.run(step).err()));
        let name = Path::new("/proc/sys/kernel/hostname");
        let named = std::fs::write(name, &plan.setting.hostname);
        troubles.extend(named.err().map(|source| TroubleAtStep::Write {
            path: name.to_owned(),
            source,
        }));
        for written in [
            tools.put(path::RESOLV, &plan.resolv_conf),
            tools.put(path::HOSTS, &plan.hosts),
            tools.say(path::NETWORK, &plan.setting),
        ] {
            troubles.extend(written.err());
        }
        Self { plan, troubles }
    }
}

/// Takes down the network that is up, if one is.
fn take_down(tools: &NetworkTools) {
    let before: Option<Setting> = run_file::heard(&tools.at(path::NETWORK));
    for step in before.iter().flat_map(Setting::undone) {
        // one that fails found nothing to undo
        let _ = tools.run(&step);
    }
    let _ = std::fs::remove_file(tools.at(path::LEASE));
}

/// The cards, once it is known which has a cable.
fn cards(tools: &NetworkTools, settings: &NetworkSettings) -> Vec<Nic> {
    let cards = Nic::all(&tools.sys);
    let wired: Vec<&Nic> = cards.iter().filter(|card| !card.is_wireless).collect();
    if wired.len() < 2 || settings.interface != crate::settings::Interface::Auto {
        return cards;
    }
    for card in wired {
        // one that can't is one without a cable
        let _ = tools.run(&NetworkStep::ip(&["link", "set", &card.name, "up"]));
    }
    let begun = Stopwatch::start();
    loop {
        let cards = Nic::all(&tools.sys);
        let found = cards
            .iter()
            .any(|card| card.has_carrier && !card.is_wireless);
        if found || begun.elapsed() >= CARRIER_WAIT {
            return cards;
        }
        std::thread::sleep(CARRIER_LOOK);
    }
}

fn run(program: &Path, words: &[String], input: Option<&str>) -> Result<(), TroubleAtStep> {
    let start = |source| TroubleAtStep::Start {
        program: program.to_owned(),
        source,
    };
    let mut child = Command::new(program)
        .args(words)
        .stdin(if input.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        })
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(start)?;
    if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
        // one that does not read says why at its end
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output().map_err(start)?;
    if output.status.success() {
        return Ok(());
    }
    let said = ForeignText::bounded(&output.stderr, 300);
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    Err(TroubleAtStep::Ended {
        command: format!("{name} {}", words.join(" ")),
        said: if said.is_empty() {
            output.status.to_string()
        } else {
            said.to_string()
        },
    })
}

/// `siembox-lease WORD`, as the DHCP client calls it. `variable` gives the environment's values.
///
/// Returns what to log: what came of it, then what failed.
///
/// # Errors
/// In words for the log, where the turn makes no sense; nothing is done then.
pub fn tell(
    tools: &NetworkTools,
    word: &str,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Vec<String>, String> {
    let turn = DhcpTurn::read(word, variable)?;
    let file = tools.at(path::LEASE);
    let before: Option<Lease> = run_file::heard(&file);
    let steps = turn.steps(before.as_ref());
    let mut troubles: Vec<TroubleAtStep> = Vec::new();
    troubles.extend(steps.iter().filter_map(|step| tools.run(step).err()));
    let setting: Setting = run_file::heard(&tools.at(path::NETWORK)).unwrap_or_default();
    let mut said = Vec::new();
    match &turn {
        DhcpTurn::Nothing { why } => said.push(why.clone()),
        DhcpTurn::Gone { interface } => {
            let removed = std::fs::remove_file(&file);
            if before.is_some() {
                said.push(format!("{interface} has lost its address: requesting one"));
            }
            if let Err(source) = removed
                && source.kind() != io::ErrorKind::NotFound
            {
                troubles.push(TroubleAtStep::Write { path: file, source });
            }
            troubles.extend(tools.put(path::RESOLV, &resolv_conf(&setting, None)).err());
        }
        DhcpTurn::Lent(lease) => {
            troubles.extend(
                tools
                    .put(path::RESOLV, &resolv_conf(&setting, Some(lease)))
                    .err(),
            );
            troubles.extend(tools.say(path::LEASE, lease).err());
            if before.as_ref() != Some(lease) {
                said.push(lease.in_words());
            }
        }
    }
    said.extend(troubles.iter().map(ToString::to_string));
    Ok(said)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_lease_is_said_once() {
        let folder = tempfile::tempdir().unwrap();
        let tools = NetworkTools {
            root: folder.path().to_owned(),
            busybox: "/bin/true".into(),
            ..NetworkTools::of_the_box()
        };
        std::fs::create_dir_all(folder.path().join("run/siembox")).unwrap();
        let variable = |name: &str| match name {
            "interface" => Some("eth0".to_owned()),
            "ip" => Some("10.0.2.15".to_owned()),
            "mask" => Some("24".to_owned()),
            _ => None,
        };
        assert_eq!(tell(&tools, "bound", variable).unwrap().len(), 1);
        // renewed as it was: nothing to say
        assert_eq!(tell(&tools, "renew", variable).unwrap(), [""; 0]);
    }

    /// Of a DHCP server's words, only a plain name is written anywhere, and addresses are shown.
    #[test]
    fn a_dhcp_server_that_repeats_our_secrets_is_heard_without_them() {
        let secrets = [
            "canaryTokenQ7w1Zz09canaryTokenQ7w1Zz09",
            "canary.secret-Xy0123",
        ];
        secrets.iter().copied().for_each(crate::foreign::know);
        let folder = tempfile::tempdir().unwrap();
        let tools = NetworkTools {
            root: folder.path().to_owned(),
            busybox: "/bin/true".into(),
            ..NetworkTools::of_the_box()
        };
        std::fs::create_dir_all(folder.path().join("run/siembox")).unwrap();
        // each option says a harmless word with them, or an address where only that is read
        let said = |secret: &str, name: &str| match name {
            "interface" => Some("eth0".to_owned()),
            "ip" | "router" | "dns" | "ntpsrv" | "serverid" => Some(format!("192.0.2.7 {secret}")),
            // its first word alone is read
            "domain" => Some(secret.split_whitespace().collect()),
            "search" => Some(format!("voice.example {secret}")),
            _ => Some(secret.to_owned()),
        };
        let all = secrets
            .iter()
            .flat_map(|secret| crate::foreign::tests::written(secret));
        for secret in all.chain(secrets.map(str::to_owned)) {
            let variable = |name: &str| said(&secret, name);
            let mut outputs = Vec::new();
            for word in [
                "bound",
                "renew",
                "deconfig",
                "nak",
                "leasefail",
                secret.as_str(),
            ] {
                match tell(&tools, word, variable) {
                    Ok(said) => outputs.extend(said),
                    Err(why) => outputs.push(why),
                }
                let lease: Option<Lease> = run_file::heard(&tools.at(path::LEASE));
                if let Some(lease) = lease {
                    let steps = DhcpTurn::Lent(lease.clone()).steps(None).into_iter();
                    outputs.extend(steps.flat_map(|step| step.0));
                    outputs.push(lease.in_words());
                    let facts = crate::firmware::status_txt::BoxFacts {
                        network: Some(Setting::default()),
                        lease: Some(lease),
                        ..Default::default()
                    };
                    outputs.push(crate::firmware::status_txt::text(&facts));
                }
                for file in [path::LEASE, path::RESOLV] {
                    outputs.extend(std::fs::read_to_string(tools.at(file)).ok());
                }
            }
            let outputs = outputs.join("\n");
            for heard in ["192.0.2.7", "search voice.example"] {
                assert!(outputs.contains(heard), "{outputs}");
            }
            for secret in secrets {
                assert!(!crate::foreign::tests::tells(&outputs, secret), "{outputs}");
            }
        }
    }
}
