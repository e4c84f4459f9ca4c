//! `[network]`: the network of siembox's own firmware. On other machines their system sees to it,
//! and this is read, checked and left alone.

use std::fmt;
use std::net::IpAddr;

use toml_edit::Value;

use super::Refusal;
use super::host::host;
use super::section::Section;

/// `[network]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkSettings {
    /// `hostname`: one label, small letters; with mDNS it is found as `hostname.local`. "siembox"
    pub hostname: String,
    /// `interface`: the network card. "auto"
    pub interface: Interface,
    /// `vlan`: 1 to 4094. None
    pub vlan: Option<u16>,
    /// `address` and `gateway`. "dhcp"
    pub addressing: Addressing,
    /// `dns`: name servers instead of those that DHCP names, at most 3 (what resolvers read). None
    pub dns: Vec<IpAddr>,
    /// `search`: the domain in which bare names are looked up, instead of DHCP's. None
    pub search: Option<String>,
    /// `mdns`: does it answer to `hostname.local`? true
    pub mdns: bool,
}

/// Which network card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interface {
    /// The first wired one with a cable in it, else the first.
    Auto,
    /// This one: 1 to 15 characters, as Linux has them.
    Named(String),
}

/// Where addresses come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Addressing {
    /// From a DHCP server (IPv4); IPv6 by what the routers announce.
    Dhcp,
    /// From the settings.
    Fixed {
        /// 1 to 8, none twice.
        addresses: Vec<Cidr>,
        /// At most one of each family, each in the network of an address or link-local.
        gateways: Vec<IpAddr>,
    },
}

/// An address with the length of its network: `192.0.2.10/24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    address: IpAddr,
    prefix: u8,
}

// === impl NetworkSettings ===

impl Default for NetworkSettings {
    fn default() -> Self {
        Self {
            hostname: "siembox".to_owned(),
            interface: Interface::Auto,
            vlan: None,
            addressing: Addressing::Dhcp,
            dns: Vec::new(),
            search: None,
            mdns: true,
        }
    }
}

// === impl Cidr ===

impl Cidr {
    /// An address that one machine can have, in a network of 1 to 32 (IPv6: 128) bits.
    #[must_use]
    pub fn new(address: IpAddr, prefix: u8) -> Option<Self> {
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let cidr = Self { address, prefix };
        let is_broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
        let one_machine = !address.is_unspecified()
            && !address.is_multicast()
            && !address.is_loopback()
            && !is_broadcast;
        ((1..=longest).contains(&prefix) && one_machine).then_some(cidr)
    }

    /// Reads `192.0.2.10/24`.
    ///
    /// # Errors
    /// Says what is allowed.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let (address, prefix) = text
            .split_once('/')
            .ok_or_else(|| Refusal::because(text, "the prefix length is missing", ONE_ADDRESS))?;
        let digits_only = prefix.bytes().all(|b| b.is_ascii_digit());
        let read = address.parse().ok().zip(prefix.parse().ok());
        read.filter(|_| digits_only)
            .and_then(|(address, prefix)| Self::new(address, prefix))
            .ok_or_else(|| Refusal::found(text, ONE_ADDRESS))
    }

    /// The address alone.
    #[must_use]
    pub const fn address(self) -> IpAddr {
        self.address
    }

    /// Is that address in the same network?
    #[must_use]
    pub fn reaches(self, other: IpAddr) -> bool {
        let same_bits = |one: u128, other: u128, width: u32| {
            let host = width - u32::from(self.prefix);
            one.checked_shr(host) == other.checked_shr(host)
        };
        match (self.address, other) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                same_bits(own.to_bits().into(), other.to_bits().into(), 32)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => same_bits(own.to_bits(), other.to_bits(), 128),
            _ => false,
        }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

// --- reading

const MOST_ADDRESSES: usize = 8;
const MOST_DNS: usize = 3;
const ONE_ADDRESS: &str = "an address with its prefix length, \"192.0.2.10/24\" or \
    \"2001:db8::10/64\"";
const ADDRESS: &str = "\"dhcp\", an address with its prefix length, \"192.0.2.10/24\" or \
    \"2001:db8::10/64\", or a list of 1 to 8 different ones";
const GATEWAY: &str = "the router's IP address, or a list of at most one IPv4 and one IPv6 address";
const DNS: &str = "a list of at most 3 IP addresses, [\"192.0.2.1\"]";
const HOSTNAME: &str = "1 to 63 of a-z, 0-9 and -, not starting or ending with -";
const INTERFACE: &str = "\"auto\", or the name of a network interface, \"eth0\": 1 to 15 letters, digits, dots, - and \
        _";

pub(super) fn read(section: Section) -> NetworkSettings {
    let default = NetworkSettings::default();
    let settings = NetworkSettings {
        hostname: section
            .text("hostname", hostname)
            .unwrap_or(default.hostname),
        interface: section
            .text("interface", interface)
            .unwrap_or(default.interface),
        vlan: section.number("vlan", 1..=4094),
        addressing: addressing(&section),
        dns: one_or_list(&section, "dns", 0..=MOST_DNS, DNS, ip).unwrap_or_default(),
        search: section.text("search", |text| {
            host(text)
                .ok()
                .filter(|name| name.parse::<IpAddr>().is_err())
                .ok_or_else(|| Refusal::found(text, "a domain, \"corp.example\""))
        }),
        mdns: section.flag("mdns").unwrap_or(default.mdns),
    };
    warn_of_gaps(&section, &settings);
    section.close();
    settings
}

fn addressing(section: &Section) -> Addressing {
    let written = section.item("address");
    let gateways = one_or_list(section, "gateway", 0..=2, GATEWAY, ip);
    if written.is_none_or(|item| item.as_str() == Some("dhcp")) {
        if section.has("gateway") {
            section.refuse(
                "gateway",
                "is set without a static address, and DHCP names the gateway; allowed: only with \
                    address = \"192.0.2.10/24\"",
            );
        }
        return Addressing::Dhcp;
    }
    let addresses = one_or_list(section, "address", 1..=MOST_ADDRESSES, ADDRESS, |text| {
        Cidr::parse(text)
    });
    // what was refused above never becomes settings
    let Some(addresses) = addresses else {
        return Addressing::Dhcp;
    };
    let twice = addresses.iter().enumerate().find(|(at, cidr)| {
        let before = &addresses[..*at];
        before.iter().any(|other| other.address == cidr.address)
    });
    if let Some((_, cidr)) = twice {
        section.refuse(
            "address",
            &format!("{} is listed twice; allowed: {ADDRESS}", cidr.address),
        );
    }
    let gateways = gateways.unwrap_or_default();
    refuse_gateways(section, &addresses, &gateways);
    Addressing::Fixed {
        addresses,
        gateways,
    }
}

fn refuse_gateways(section: &Section, addresses: &[Cidr], gateways: &[IpAddr]) {
    if let [one, other] = gateways
        && one.is_ipv4() == other.is_ipv4()
    {
        section.refuse(
            "gateway",
            &format!("{one} and {other} are of the same family; allowed: {GATEWAY}"),
        );
    }
    for gateway in gateways {
        let is_link_local = matches!(gateway, IpAddr::V6(v6) if v6.is_unicast_link_local());
        let own = addresses.iter().any(|cidr| cidr.address == *gateway);
        if own {
            section.refuse(
                "gateway",
                &format!("{gateway} is this machine's own address; allowed: the router's"),
            );
        } else if !is_link_local && !addresses.iter().any(|cidr| cidr.reaches(*gateway)) {
            section.refuse(
                "gateway",
                &format!(
                    "{gateway} is not in the network of any address here and cannot be reached; \
                        allowed: a router in one of these networks (check the number after the /)"
                ),
            );
        }
    }
}

/// What is right in itself and leads nowhere.
fn warn_of_gaps(section: &Section, settings: &NetworkSettings) {
    let Addressing::Fixed { gateways, .. } = &settings.addressing else {
        return;
    };
    if gateways.is_empty() && !section.has("gateway") {
        section.warn(
            "address",
            "is set without a gateway, so nothing outside its own network can \
            be reached; cure: gateway = \"…\", the router's address",
        );
    }
    if settings.dns.is_empty() && !section.has("dns") {
        section.warn(
            "address",
            "is set without dns, so no name can be resolved, not even that of \
            the cloud (unless a proxy resolves it); cure: dns = [\"…\"], the name servers' \
            addresses",
        );
    }
}

/// One text or a list of them.
fn one_or_list<T>(
    section: &Section,
    key: &'static str,
    bounds: std::ops::RangeInclusive<usize>,
    allowed: &str,
    parse: impl Fn(&str) -> Result<T, Refusal>,
) -> Option<Vec<T>> {
    let item = section.item(key)?;
    if item.is_str() {
        return section.text(key, parse).map(|one| vec![one]);
    }
    let listed = section.list(key, allowed, |value: &Value| {
        value.as_str().and_then(|text| parse(text).ok())
    })?;
    if bounds.contains(&listed.len()) {
        return Some(listed);
    }
    section.refuse_item(key, item, allowed);
    None
}

fn ip(text: &str) -> Result<IpAddr, Refusal> {
    let address: Option<IpAddr> = text.parse().ok();
    address
        .filter(|address| !address.is_unspecified() && !address.is_multicast())
        .ok_or_else(|| Refusal::found(text, "an IP address"))
}

fn hostname(text: &str) -> Result<String, Refusal> {
    let fits = (1..=63).contains(&text.len())
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && text.bytes().any(|b| !b.is_ascii_digit());
    if fits {
        return Ok(text.to_owned());
    }
    Err(Refusal::found(text, HOSTNAME))
}

fn interface(text: &str) -> Result<Interface, Refusal> {
    let fits = (1..=15).contains(&text.len())
        && !text.starts_with(['-', '.'])
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    match text {
        "auto" => Ok(Interface::Auto),
        _ if fits => Ok(Interface::Named(text.to_owned())),
        _ => Err(Refusal::found(text, INTERFACE)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_network_ends_where_its_bits_do() {
        for (cidr, other, reached) in [
            ("192.0.2.10/24", "192.0.2.254", true),
            ("192.0.2.10/24", "192.0.3.1", false),
            ("192.0.2.10/32", "192.0.2.11", false),
            ("192.0.2.10/1", "10.0.0.1", false),
            ("10.0.0.10/1", "127.255.255.255", true),
            ("2001:db8::10/64", "2001:db8::1", true),
            ("2001:db8::10/64", "2001:db8:0:1::1", false),
            ("2001:db8::10/128", "2001:db8::10", true),
            ("2001:db8::10/64", "192.0.2.1", false),
        ] {
            let cidr = Cidr::parse(cidr).unwrap();
            assert_eq!(
                cidr.reaches(other.parse().unwrap()),
                reached,
                "{cidr} {other}"
            );
        }
    }

    #[test]
    fn what_no_machine_can_have_is_refused() {
        for wrong in [
            "192.0.2.10",
            "192.0.2.10/0",
            "192.0.2.10/33",
            "192.0.2.10/+8",
            "192.0.2.10/",
            "0.0.0.0/8",
            "255.255.255.255/8",
            "127.0.0.1/8",
            "224.0.0.1/4",
            "::/64",
            "ff02::1/64",
            "2001:db8::1/129",
            "siembox/24",
        ] {
            assert!(Cidr::parse(wrong).is_err(), "{wrong}");
        }
        for wrong in [
            "",
            "-a",
            "a-",
            "Siembox",
            "a.b",
            "a_b",
            "12",
            &"a".repeat(64),
        ] {
            assert!(hostname(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "..", ".", "-f", "eth0/1", "eth 0", "abcdefghijklmnop"] {
            assert!(interface(wrong).is_err(), "{wrong}");
        }
    }
}
