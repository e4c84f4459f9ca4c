//! The events of the DHCP client: busybox's `udhcpc` starts `siembox-lease WORD` at each one, with
//! the server's data in environment variables. Any machine on the local network can be that server,
//! so each value is read as an address or a name, in a bounded number, and others are left out.

use std::net::{IpAddr, Ipv4Addr};

use serde::{Deserialize, Serialize};

use super::plan::NetworkStep;
use super::{Setting, names};
use crate::foreign::ForeignText;
use crate::settings::Cidr;

/// What a DHCP server lent: `/run/siembox/lease`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The card.
    pub interface: String,
    /// With its network: `192.0.2.10/24`.
    pub address: String,
    /// The way out, where one was named.
    pub router: Option<Ipv4Addr>,
    /// Name servers, at most 3.
    pub dns: Vec<IpAddr>,
    /// Time servers, at most 4.
    pub ntp: Vec<IpAddr>,
    /// The domain of this network.
    pub domain: Option<String>,
    /// Who lent it.
    pub server: Option<Ipv4Addr>,
    /// For how long, seconds.
    pub seconds: Option<u32>,
}

/// One turn of the DHCP client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DhcpTurn {
    /// There is no lease, or no longer: the address goes.
    Gone {
        /// The card.
        interface: String,
    },
    /// A lease, new or renewed.
    Lent(Lease),
    /// Nothing to do, but to be said.
    Nothing {
        /// In words for the log.
        why: String,
    },
}

const MOST_TIME_SERVERS: usize = 4;

// === impl Turn ===

impl DhcpTurn {
    /// Reads a turn. `variable` gives the environment's values.
    ///
    /// # Errors
    /// In words for the log: what is missing or can't be.
    pub fn read(word: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let interface = variable("interface")
            .filter(|name| is_interface(name))
            .ok_or("the DHCP client named no network interface")?;
        match word {
            "deconfig" => Ok(Self::Gone { interface }),
            "bound" | "renew" => Lease::read(interface, variable).map(Self::Lent),
            "leasefail" => Ok(Self::Nothing {
                why: format!(
                    "no DHCP server answers on {interface}; siembox retries (cure: a cable, a DHCP \
                        server, or address = \"…\" in [network])"
                ),
            }),
            "nak" => Ok(Self::Nothing {
                why: format!(
                    "the DHCP server withdrew its lease on {interface}; requesting another one"
                ),
            }),
            other => Err(format!(
                "the DHCP client reports {}, which is unknown",
                ForeignText::bounded(other, 20)
            )),
        }
    }

    /// What is to be done about it; `before` is the lease that there was.
    #[must_use]
    pub fn steps(&self, before: Option<&Lease>) -> Vec<NetworkStep> {
        match self {
            Self::Nothing { .. } => Vec::new(),
            Self::Gone { interface } => vec![
                NetworkStep::ip(&["link", "set", interface, "up"]),
                NetworkStep::ip(&["-4", "addr", "flush", "dev", interface]),
            ],
            Self::Lent(lease) => lease.steps(before),
        }
    }
}

// === impl Lease ===

impl Lease {
    fn read(interface: String, variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let address: Ipv4Addr = one(&variable, "ip").ok_or("the DHCP server gave no address")?;
        // "mask" is the length, "subnet" the same as an address
        let prefix = one::<u8>(&variable, "mask")
            .filter(|prefix| (1..=32).contains(prefix))
            .or_else(|| one(&variable, "subnet").and_then(prefix_of))
            .unwrap_or(32);
        let address = Cidr::new(address.into(), prefix).ok_or_else(|| {
            format!("the DHCP server gave {address}, which is not a host address")
        })?;
        let router = several(&variable, "router", 1).into_iter().next();
        let domain = ["domain", "search"]
            .into_iter()
            .filter_map(|name| one::<String>(&variable, name))
            .find(|name| is_domain(name));
        let ip = |address: Ipv4Addr| IpAddr::V4(address);
        Ok(Self {
            interface,
            address: address.to_string(),
            router: router.filter(|router| address.address() != IpAddr::V4(*router)),
            dns: several(&variable, "dns", names::MOST_SERVERS)
                .into_iter()
                .map(ip)
                .collect(),
            ntp: several(&variable, "ntpsrv", MOST_TIME_SERVERS)
                .into_iter()
                .map(ip)
                .collect(),
            domain,
            server: several(&variable, "serverid", 1).into_iter().next(),
            seconds: one(&variable, "lease"),
        })
    }

    fn steps(&self, before: Option<&Self>) -> Vec<NetworkStep> {
        let interface = self.interface.as_str();
        let mut steps = Vec::new();
        // a renewed lease must not interrupt the stream to the SIEM
        if before.is_none_or(|before| before.address != self.address) {
            steps.push(NetworkStep::ip(&["-4", "addr", "flush", "dev", interface]));
        }
        steps.push(NetworkStep::ip(&[
            "addr",
            "replace",
            &self.address,
            "dev",
            interface,
        ]));
        if let Some(router) = self.router {
            let is_beside = Cidr::parse(&self.address).is_ok_and(|own| own.reaches(router.into()));
            let router = router.to_string();
            if !is_beside {
                steps.push(NetworkStep::ip(&[
                    "route", "replace", &router, "dev", interface,
                ]));
            }
            steps.push(NetworkStep::ip(&[
                "route", "replace", "default", "via", &router, "dev", interface,
            ]));
        }
        steps
    }

    /// In words for the log and the status file.
    #[must_use]
    pub fn in_words(&self) -> String {
        let router = self
            .router
            .map_or("no router".to_owned(), |router| format!("router {router}"));
        let names = |list: &[IpAddr], none: &str| match list {
            [] => none.to_owned(),
            some => some
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" "),
        };
        format!(
            "{} has {} by DHCP, {router}, DNS {}, time {}",
            self.interface,
            self.address,
            names(&self.dns, "none"),
            names(&self.ntp, "not named")
        )
    }
}

/// The text of `resolv.conf`: what the settings say wins.
#[must_use]
pub fn resolv_conf(setting: &Setting, lease: Option<&Lease>) -> String {
    let dns = match (&setting.dns[..], lease) {
        ([], Some(lease)) => &lease.dns,
        _ => &setting.dns,
    };
    let search = setting
        .search
        .as_deref()
        .or(lease.and_then(|lease| lease.domain.as_deref()));
    names::resolv_conf(dns, search)
}

// --- reading

/// No value is longer than a list of all that is taken.
const MAX_BYTES: usize = 1024;

/// The door of all that the server says.
fn words(variable: impl Fn(&str) -> Option<String>, name: &str) -> Vec<String> {
    let value = variable(name).filter(|value| value.len() <= MAX_BYTES);
    let value = ForeignText::bounded(value.unwrap_or_default(), MAX_BYTES);
    let words = value.as_str().split_ascii_whitespace();
    words.map(str::to_owned).collect()
}

fn one<T: std::str::FromStr>(variable: impl Fn(&str) -> Option<String>, name: &str) -> Option<T> {
    words(variable, name).first()?.parse().ok()
}

/// Addresses of machines, none twice.
fn several(variable: impl Fn(&str) -> Option<String>, name: &str, most: usize) -> Vec<Ipv4Addr> {
    let mut found = Vec::new();
    for word in words(variable, name) {
        let address: Option<Ipv4Addr> = word.parse().ok();
        let fits = address.filter(|address| {
            Cidr::new((*address).into(), 32).is_some() && !found.contains(address)
        });
        if found.len() < most {
            found.extend(fits);
        }
    }
    found
}

/// 255.255.255.0 → 24; what has holes is none.
fn prefix_of(mask: Ipv4Addr) -> Option<u8> {
    let bits = mask.to_bits();
    let length = bits.leading_ones();
    let whole = bits.count_ones() == length && length > 0;
    whole.then(|| u8::try_from(length).ok()).flatten()
}

fn is_interface(name: &str) -> bool {
    (1..=15).contains(&name.len())
        && !name.starts_with(['-', '.'])
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// Goes into `resolv.conf`, so nothing but a plain name may.
fn is_domain(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    name.len() <= 253 && name.strip_suffix('.').unwrap_or(name).split('.').all(label)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn turn(word: &str, variables: &[(&str, &str)]) -> Result<DhcpTurn, String> {
        DhcpTurn::read(word, |name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn lent(variables: &[(&str, &str)]) -> Lease {
        let all = [("interface", "eth0"), ("ip", "192.0.2.10")];
        let all: Vec<_> = variables.iter().copied().chain(all).collect();
        match turn("bound", &all).unwrap() {
            DhcpTurn::Lent(lease) => lease,
            other => panic!("{other:?}"),
        }
    }

    fn steps(turn: &DhcpTurn, before: Option<&Lease>) -> Vec<String> {
        let steps = turn.steps(before).into_iter();
        steps.map(|step| step.0.join(" ")).collect()
    }

    #[test]
    fn a_lease_becomes_an_address_a_route_and_names() {
        let lease = lent(&[
            ("mask", "24"),
            ("subnet", "255.255.255.0"),
            ("router", "192.0.2.1 192.0.2.2"),
            (
                "dns",
                "192.0.2.53 192.0.2.53 192.0.2.54 192.0.2.55 192.0.2.56",
            ),
            ("ntpsrv", "192.0.2.123"),
            ("domain", "corp.example"),
            ("lease", "3600"),
        ]);
        assert_eq!(
            lease.in_words(),
            "eth0 has 192.0.2.10/24 by DHCP, router 192.0.2.1, DNS 192.0.2.53 192.0.2.54 192.0.2.55, time 192.0.2.123"
        );
        let bound = DhcpTurn::Lent(lease.clone());
        let renewed = [
            "ip addr replace 192.0.2.10/24 dev eth0",
            "ip route replace default via 192.0.2.1 dev eth0",
        ];
        assert_eq!(steps(&bound, Some(&lease)), renewed);
        let first = steps(&bound, None);
        assert_eq!(first[0], "ip -4 addr flush dev eth0");
        assert_eq!(first[1..], renewed);
        let text = resolv_conf(&Setting::default(), Some(&lease));
        assert!(
            text.starts_with("search corp.example\nnameserver 192.0.2.53\nnameserver 192.0.2.54\n"),
            "{text}"
        );
        let own = Setting {
            dns: vec!["198.51.100.1".parse().unwrap()],
            search: Some("own.example".to_owned()),
            ..Setting::default()
        };
        let text = resolv_conf(&own, Some(&lease));
        assert!(
            text.starts_with("search own.example\nnameserver 198.51.100.1\noptions"),
            "{text}"
        );
    }

    #[test]
    fn a_router_beside_the_network_gets_a_route_of_its_own() {
        let lease = lent(&[("mask", "32"), ("router", "198.51.100.1")]);
        assert_eq!(
            steps(&DhcpTurn::Lent(lease), None)[2..],
            [
                "ip route replace 198.51.100.1 dev eth0",
                "ip route replace default via 198.51.100.1 dev eth0"
            ]
        );
    }

    #[test]
    fn what_is_no_address_is_left_out() {
        let lease = lent(&[
            ("mask", "99"),
            ("subnet", "255.0.255.0"),
            ("router", "$(reboot)"),
            ("dns", "0.0.0.0 ; 224.0.0.1 127.0.0.1 192.0.2.53\noptions"),
            ("ntpsrv", "ntp.example"),
            ("domain", "corp.example\nnameserver 203.0.113.1"),
            ("lease", "-1"),
        ]);
        assert_eq!(lease.address, "192.0.2.10/32");
        assert_eq!(
            (lease.router, lease.ntp.len(), lease.seconds),
            (None, 0, None)
        );
        assert_eq!(lease.dns, ["192.0.2.53".parse::<IpAddr>().unwrap()]);
        // only the first word is looked at, and it is a plain name
        assert_eq!(lease.domain.as_deref(), Some("corp.example"));
        for (word, variables, said) in [
            ("bound", &[("interface", "eth0")][..], "no address"),
            (
                "bound",
                &[("interface", "eth0"), ("ip", "127.0.0.1")],
                "is not a host address",
            ),
            ("bound", &[("ip", "192.0.2.1")], "no network interface"),
            (
                "bound",
                &[("interface", "-h"), ("ip", "192.0.2.1")],
                "no network interface",
            ),
            ("explode", &[("interface", "eth0")], "is unknown"),
        ] {
            let error = turn(word, variables).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn a_lease_that_ends_takes_the_address_along() {
        let gone = turn("deconfig", &[("interface", "eth0")]).unwrap();
        assert_eq!(
            steps(&gone, None),
            ["ip link set eth0 up", "ip -4 addr flush dev eth0"]
        );
        for word in ["leasefail", "nak"] {
            let nothing = turn(word, &[("interface", "eth0")]).unwrap();
            assert_eq!(steps(&nothing, None), [""; 0]);
        }
    }

    proptest! {
        #[test]
        fn nothing_but_addresses_and_names_comes_through(value in "[0-9a-z .\n;$\"/-]{0,40}", length in "[0-9./]{0,16}") {
            let variables = [("mask", length.as_str()), ("subnet", &length), ("router", &value), ("dns", &value), ("domain", &value)];
            let lease = lent(&variables);
            let text = resolv_conf(&Setting::default(), Some(&lease));
            for line in text.lines() {
                let words: Vec<&str> = line.split(' ').collect();
                let fits = match words[..] {
                    ["nameserver", address] => address.parse::<IpAddr>().is_ok(),
                    ["search", name] => is_domain(name),
                    ["options", ..] => true,
                    _ => false,
                };
                prop_assert!(fits, "{line:?}");
            }
            for step in DhcpTurn::Lent(lease).steps(None) {
                prop_assert!(step.0.iter().all(|word| !word.contains(char::is_whitespace)));
            }
        }
    }
}
