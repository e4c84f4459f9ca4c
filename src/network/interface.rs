//! The network interfaces of the box, and which one is used.

use std::fs;
use std::path::Path;

use crate::settings::Interface;

/// One network card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nic {
    /// As the kernel calls it: `eth0`.
    pub name: String,
    /// Has it an antenna instead of a socket? siembox joins no wireless network.
    pub is_wireless: bool,
    /// Is there a cable in it, and somebody at its other end? Known only of a card that is up.
    pub has_carrier: bool,
}

/// `ARPHRD_ETHER` (linux/if_arp.h).
const ETHERNET: &str = "1";

// === impl Card ===

impl Nic {
    /// All cards below `sys` (`/sys`), by name; neither the loopback nor what is no ethernet.
    #[must_use]
    pub fn all(sys: &Path) -> Vec<Self> {
        let entries = fs::read_dir(sys.join("class/net"));
        let mut cards: Vec<Self> = entries
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| Self::at(&entry.path()))
            .collect();
        cards.sort_by(|a, b| a.name.cmp(&b.name));
        cards
    }

    fn at(folder: &Path) -> Option<Self> {
        let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
        let name = folder.file_name()?.to_str()?.to_owned();
        // a VLAN's and a bridge's names are made by us or by nobody
        let is_made = folder.join("bridge").exists() || read("uevent").contains("DEVTYPE=vlan");
        (read("type").trim() == ETHERNET && !is_made).then(|| Self {
            name,
            is_wireless: folder.join("wireless").exists() || folder.join("phy80211").exists(),
            has_carrier: read("carrier").trim() == "1",
        })
    }
}

/// The card that is taken, and a remark where it is not the one that was asked for.
pub(super) fn pick<'c>(cards: &'c [Nic], asked: &Interface) -> (Option<&'c Nic>, Option<String>) {
    let wired = || cards.iter().filter(|card| !card.is_wireless);
    let first = wired().find(|card| card.has_carrier).or(wired().next());
    let Interface::Named(name) = asked else {
        return (first, none_of(cards, first));
    };
    match cards.iter().find(|card| card.name == *name) {
        Some(card) if card.is_wireless => (
            first,
            Some(format!(
                "{name} is wireless, and siembox does not support wireless networks{}; cure: a \
                    cable, and interface = \"auto\" in [network]",
                instead(first)
            )),
        ),
        Some(card) => (Some(card), None),
        // a box that can't be reached over a slip of the pen would have to be opened
        None => (
            first,
            Some(format!(
                "there is no network interface {name}{}; there are: {}; cure: interface = \"auto\" \
                    in [network]",
                instead(first),
                listed(cards)
            )),
        ),
    }
}

fn none_of(cards: &[Nic], first: Option<&Nic>) -> Option<String> {
    first.is_none().then(|| match cards {
        [] => "there is no network interface that this firmware supports; cure: another interface, or a \
            firmware for this board"
            .to_owned(),
        _ => format!(
            "there are only wireless network interfaces ({}), and siembox does not support \
                wireless networks; cure: an interface with a cable",
            listed(cards)
        ),
    })
}

fn instead(first: Option<&Nic>) -> String {
    first
        .map(|card| format!(", so {} is used", card.name))
        .unwrap_or_default()
}

fn listed(cards: &[Nic]) -> String {
    let names: Vec<&str> = cards.iter().map(|card| card.name.as_str()).collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn card(name: &str, is_wireless: bool, has_carrier: bool) -> Nic {
        Nic {
            name: name.to_owned(),
            is_wireless,
            has_carrier,
        }
    }

    #[test]
    fn the_first_wired_card_with_a_cable_is_taken() {
        let cards = [
            card("eth0", false, false),
            card("eth1", false, true),
            card("wlan0", true, true),
        ];
        let named = |name: &str| Interface::Named(name.to_owned());
        for (cards, asked, taken, remark) in [
            (&cards[..], Interface::Auto, Some("eth1"), None),
            (&cards[..1], Interface::Auto, Some("eth0"), None),
            (&cards[..], named("eth0"), Some("eth0"), None),
            (
                &cards[..],
                named("eth7"),
                Some("eth1"),
                Some("so eth1 is used; there are: eth0, eth1, wlan0"),
            ),
            (
                &cards[..],
                named("wlan0"),
                Some("eth1"),
                Some("wlan0 is wireless"),
            ),
            (&cards[2..], Interface::Auto, None, Some("only wireless")),
            (&[], Interface::Auto, None, Some("no network interface")),
            (&[], named("eth0"), None, Some("there are: none")),
        ] {
            let (card, said) = pick(cards, &asked);
            assert_eq!(card.map(|card| card.name.as_str()), taken, "{asked:?}");
            assert_eq!(said.is_some(), remark.is_some(), "{said:?}");
            assert!(said.unwrap_or_default().contains(remark.unwrap_or("")));
        }
    }

    #[test]
    fn cards_are_known_by_what_the_kernel_shows() {
        let sys = tempfile::tempdir().unwrap();
        let net = sys.path().join("class/net");
        for (name, kind, carrier) in [
            ("eth1", "1\n", "1\n"),
            ("eth0", "1\n", "0\n"),
            ("lo", "772\n", "1\n"),
            ("wlan0", "1\n", "1\n"),
            ("vlan20", "1\n", "1\n"),
        ] {
            fs::create_dir_all(net.join(name)).unwrap();
            fs::write(net.join(name).join("type"), kind).unwrap();
            fs::write(net.join(name).join("carrier"), carrier).unwrap();
        }
        fs::create_dir(net.join("wlan0/wireless")).unwrap();
        fs::write(
            net.join("vlan20/uevent"),
            "DEVTYPE=vlan\nINTERFACE=vlan20\n",
        )
        .unwrap();
        assert_eq!(
            Nic::all(sys.path()),
            [
                card("eth0", false, false),
                card("eth1", false, true),
                card("wlan0", true, true)
            ]
        );
        assert_eq!(Nic::all(Path::new("/nowhere")), []);
    }
}
