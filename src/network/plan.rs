//! Plans the network: from settings and interfaces to commands and files, as values. Pure.

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::interface::{Nic, pick};
use super::names;
use crate::settings::{Addressing, NetworkSettings};

/// The network as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What the other processes are told.
    pub setting: Setting,
    /// In this order. One that fails stops none behind it.
    pub steps: Vec<NetworkStep>,
    /// The text of `resolv.conf` until DHCP says more.
    pub resolv_conf: String,
    /// The text of `hosts`.
    pub hosts: String,
    /// Is a DHCP client to run?
    pub dhcp: bool,
}

/// What holds on this box, for the other processes: `/run/siembox/network`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// The box's name.
    pub hostname: String,
    /// The card with the cable; `None` where there is none.
    #[serde(default)]
    pub card: Option<String>,
    /// The card, or the VLAN on it; `None` where there is no card.
    pub interface: Option<String>,
    /// Fixed addresses with their networks, `192.0.2.10/24`; empty with DHCP.
    pub addresses: Vec<String>,
    /// Routers of the settings; empty with DHCP.
    pub gateways: Vec<IpAddr>,
    /// Name servers of the settings; they win over DHCP's.
    pub dns: Vec<IpAddr>,
    /// Domain of the settings; it wins over DHCP's.
    pub search: Option<String>,
    /// Does it answer to `hostname.local`?
    pub mdns: bool,
    /// What is not as the settings ask, with its cure.
    pub remarks: Vec<String>,
}

/// One command of busybox: `["ip", "link", "set", "eth0", "up"]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkStep(pub Vec<String>);

// === impl Step ===

impl NetworkStep {
    pub(super) fn ip(words: &[&str]) -> Self {
        let words = std::iter::once(&"ip").chain(words);
        Self(words.map(|&word| word.to_owned()).collect())
    }

    fn ipv6(card: &str, is_on: bool) -> Self {
        let key = format!("net/ipv6/conf/{card}/disable_ipv6={}", u8::from(!is_on));
        Self(vec!["sysctl".to_owned(), "-w".to_owned(), key])
    }
}

// === impl Plan ===

impl Plan {
    /// What `settings` ask for, with these cards.
    #[must_use]
    pub fn of(settings: &NetworkSettings, cards: &[Nic]) -> Self {
        let (card, remark) = pick(cards, &settings.interface);
        let mut steps = vec![NetworkStep::ip(&["link", "set", "lo", "up"])];
        // a card that only waits for a cable is up too, and would take an address from any router
        // there
        let others = cards
            .iter()
            .filter(|other| !other.is_wireless && Some(*other) != card);
        steps.extend(
            others
                .clone()
                .map(|other| NetworkStep::ipv6(&other.name, false)),
        );
        let interface = card.map(|card| {
            let up = NetworkStep::ip(&["link", "set", &card.name, "up"]);
            match settings.vlan {
                None => {
                    // it may have waited before
                    steps.extend(
                        others
                            .clone()
                            .next()
                            .map(|_| NetworkStep::ipv6(&card.name, true)),
                    );
                    steps.push(up);
                    card.name.clone()
                }
                Some(vlan) => {
                    // else it looks for routers outside the VLAN too, and takes an address there
                    steps.push(NetworkStep::ipv6(&card.name, false));
                    steps.push(up);
                    let name = format!("vlan{vlan}");
                    let number = vlan.to_string();
                    steps.push(NetworkStep::ip(&[
                        "link", "add", "link", &card.name, "name", &name, "type", "vlan", "id",
                        &number,
                    ]));
                    steps.push(NetworkStep::ip(&["link", "set", &name, "up"]));
                    name
                }
            }
        });
        let mut setting = Setting {
            hostname: settings.hostname.clone(),
            card: card.map(|card| card.name.clone()),
            interface,
            dns: settings.dns.clone(),
            search: settings.search.clone(),
            mdns: settings.mdns,
            remarks: remark.into_iter().collect(),
            ..Setting::default()
        };
        if let Addressing::Fixed {
            addresses,
            gateways,
        } = &settings.addressing
        {
            setting.addresses = addresses.iter().map(ToString::to_string).collect();
            setting.gateways.clone_from(gateways);
            if let Some(interface) = &setting.interface {
                steps.extend(fixed(interface, &setting.addresses, gateways));
            }
        }
        Self {
            steps,
            resolv_conf: names::resolv_conf(&setting.dns, setting.search.as_deref()),
            hosts: names::hosts(&setting.hostname),
            dhcp: settings.addressing == Addressing::Dhcp && setting.interface.is_some(),
            setting,
        }
    }

    /// The arguments of the DHCP client (`busybox`), where one is to run. It stays in the
    /// foreground and never gives up; what it hears goes to `script` ([`super::tell`]).
    #[must_use]
    pub fn dhcp_client(&self, script: &Path) -> Option<Vec<OsString>> {
        let interface = self.setting.interface.as_ref().filter(|_| self.dhcp)?;
        let hostname = format!("hostname:{}", self.setting.hostname);
        // three questions 3 s apart, then again after 10 s: a switch that learns its port takes
        // half a minute
        let words = [
            "udhcpc", "-f", "-i", interface, "-x", &hostname, "-V", "siembox", "-O", "ntpsrv",
            "-O", "search", "-t", "3", "-T", "3", "-A", "10", "-s",
        ];
        let words = words.into_iter().map(OsString::from);
        Some(words.chain([script.as_os_str().to_owned()]).collect())
    }
}

// === impl Setting ===

impl Setting {
    /// Takes down what this has set up, before another takes its place. What a step does not find
    /// any more needs no undoing.
    #[must_use]
    pub fn undone(&self) -> Vec<NetworkStep> {
        let Some(interface) = &self.interface else {
            return Vec::new();
        };
        if let Some(card) = self.card.as_ref().filter(|card| *card != interface) {
            let vlan_gone = NetworkStep::ip(&["link", "del", interface]);
            return vec![vlan_gone, NetworkStep::ipv6(card, true)];
        }
        // without an address the kernel forgets the IPv4 routes too; the IPv6 addresses that
        // routers gave stay
        let mut steps = vec![NetworkStep::ip(&["-4", "addr", "flush", "dev", interface])];
        for address in self.addresses.iter().filter(|text| text.contains(':')) {
            steps.push(NetworkStep::ip(&["addr", "del", address, "dev", interface]));
        }
        for gateway in self.gateways.iter().filter(|gateway| gateway.is_ipv6()) {
            let gateway = gateway.to_string();
            steps.push(NetworkStep::ip(&[
                "-6", "route", "del", "default", "via", &gateway, "dev", interface,
            ]));
        }
        steps
    }
}

/// Old addresses go first: the plan may be carried out again with others.
fn fixed(interface: &str, addresses: &[String], gateways: &[IpAddr]) -> Vec<NetworkStep> {
    let flush = NetworkStep::ip(&["-4", "addr", "flush", "dev", interface]);
    let addresses = addresses
        .iter()
        .map(|address| NetworkStep::ip(&["addr", "replace", address, "dev", interface]));
    let gateways = gateways.iter().map(|gateway| {
        let family = if gateway.is_ipv4() { "-4" } else { "-6" };
        let gateway = gateway.to_string();
        NetworkStep::ip(&[
            family, "route", "replace", "default", "via", &gateway, "dev", interface,
        ])
    });
    std::iter::once(flush)
        .chain(addresses)
        .chain(gateways)
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::settings::{Overrides, Settings};

    fn plan(network: &str, cards: &[&str]) -> Plan {
        let text = format!("[network]\n{network}");
        let settings = Settings::read(&text, Path::new("x"), &Overrides::default()).unwrap();
        let cards = cards.iter().map(|name| Nic {
            name: (*name).to_owned(),
            is_wireless: false,
            has_carrier: true,
        });
        Plan::of(&settings.settings.network, &cards.collect::<Vec<_>>())
    }

    fn steps(plan: &Plan) -> Vec<String> {
        plan.steps.iter().map(|step| step.0.join(" ")).collect()
    }

    #[test]
    fn by_itself_it_asks_a_dhcp_server() {
        let plan = plan("", &["eth0"]);
        assert_eq!(steps(&plan), ["ip link set lo up", "ip link set eth0 up"]);
        let words = plan.dhcp_client(Path::new("/bin/siembox-lease")).unwrap();
        let words: Vec<&str> = words.iter().map(|word| word.to_str().unwrap()).collect();
        assert_eq!(
            words.join(" "),
            "udhcpc -f -i eth0 -x hostname:siembox -V siembox -O ntpsrv -O search -t 3 -T 3 -A 10 -s /bin/siembox-lease"
        );
        assert_eq!(plan.resolv_conf, "options timeout:3 attempts:2\n");
        assert!(plan.hosts.contains("127.0.1.1 siembox siembox.local\n"));
    }

    #[test]
    fn fixed_addresses_are_set_as_they_stand() {
        let plan = plan(
            "hostname = \"bridge\"\nvlan = 20\naddress = [\"192.0.2.10/24\", \"2001:db8::10/64\"]\n\
             gateway = [\"192.0.2.1\", \"fe80::1\"]\ndns = [\"192.0.2.53\"]\nsearch = \"corp.example\"",
            &["eth0"],
        );
        assert_eq!(
            steps(&plan),
            [
                "ip link set lo up",
                "sysctl -w net/ipv6/conf/eth0/disable_ipv6=1",
                "ip link set eth0 up",
                "ip link add link eth0 name vlan20 type vlan id 20",
                "ip link set vlan20 up",
                "ip -4 addr flush dev vlan20",
                "ip addr replace 192.0.2.10/24 dev vlan20",
                "ip addr replace 2001:db8::10/64 dev vlan20",
                "ip -4 route replace default via 192.0.2.1 dev vlan20",
                "ip -6 route replace default via fe80::1 dev vlan20",
            ]
        );
        assert_eq!(
            plan.resolv_conf,
            "search corp.example\nnameserver 192.0.2.53\noptions timeout:3 attempts:2\n"
        );
        assert_eq!(plan.dhcp_client(Path::new("x")), None);
        assert_eq!(plan.setting.interface.as_deref(), Some("vlan20"));
    }

    #[test]
    fn of_several_cards_one_has_addresses() {
        let plan = plan("interface = \"eth1\"", &["eth0", "eth1"]);
        assert_eq!(
            steps(&plan),
            [
                "ip link set lo up",
                "sysctl -w net/ipv6/conf/eth0/disable_ipv6=1",
                "sysctl -w net/ipv6/conf/eth1/disable_ipv6=0",
                "ip link set eth1 up",
            ]
        );
    }

    #[test]
    fn what_was_set_up_can_be_taken_down() {
        let undone = |network: &str| {
            let steps = plan(network, &["eth0"]).setting.undone();
            steps
                .iter()
                .map(|step| step.0.join(" "))
                .collect::<Vec<_>>()
        };
        assert_eq!(undone(""), ["ip -4 addr flush dev eth0"]);
        assert_eq!(
            undone("vlan = 20"),
            [
                "ip link del vlan20",
                "sysctl -w net/ipv6/conf/eth0/disable_ipv6=0"
            ]
        );
        assert_eq!(
            undone(
                "address = [\"192.0.2.10/24\", \"2001:db8::10/64\"]\ngateway = [\"192.0.2.1\", \"fe80::1\"]"
            ),
            [
                "ip -4 addr flush dev eth0",
                "ip addr del 2001:db8::10/64 dev eth0",
                "ip -6 route del default via fe80::1 dev eth0",
            ]
        );
        assert_eq!(Setting::default().undone(), []);
    }

    #[test]
    fn without_a_card_there_is_only_the_loopback() {
        for settings in ["", "address = \"192.0.2.10/24\""] {
            let plan = plan(settings, &[]);
            assert_eq!(steps(&plan), ["ip link set lo up"]);
            assert_eq!(plan.dhcp_client(Path::new("x")), None);
            assert_eq!(plan.setting.remarks.len(), 1);
        }
    }
}
