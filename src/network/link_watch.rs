//! Watches the cable after the start: plugged in again, or into another interface. A DHCP client
//! notices neither by itself for hours.

use super::interface::Nic;
use super::plan::Setting;

/// What became of the cable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkChange {
    /// It is back, perhaps in another network: the DHCP client is to begin anew.
    CableBack,
    /// Another card has one, and ours has none: the network is to be brought up again.
    OtherCard(String),
}

/// Looks at the cards now and then.
#[derive(Debug)]
pub struct LinkWatch {
    card: Option<String>,
    /// May another card be taken?
    is_free: bool,
    had_carrier: bool,
    /// Looks in a row in which another card had a cable and ours none: a switch that starts again
    /// is not to move us.
    without: u32,
}

/// So many looks in a row, before another card is taken.
const PATIENCE: u32 = 5;

// === impl Watch ===

impl LinkWatch {
    /// Of the network that is up; `is_free` where the settings say `interface = "auto"`.
    #[must_use]
    pub fn new(setting: &Setting, is_free: bool, cards: &[Nic]) -> Self {
        let mut watch = Self {
            card: setting.card.clone(),
            is_free,
            had_carrier: true,
            without: 0,
        };
        watch.had_carrier = watch.has_carrier(cards);
        watch
    }

    /// What has changed since the last look.
    pub fn look(&mut self, cards: &[Nic]) -> Option<LinkChange> {
        let has = self.has_carrier(cards);
        let had = std::mem::replace(&mut self.had_carrier, has);
        if has && !had {
            self.without = 0;
            return Some(LinkChange::CableBack);
        }
        let mut wired = cards.iter().filter(|card| !card.is_wireless);
        let other = wired
            .find(|card| card.has_carrier)
            .filter(|_| self.is_free && !has);
        self.without = other.map_or(0, |_| self.without + 1);
        other
            .filter(|_| self.without >= PATIENCE)
            .map(|card| LinkChange::OtherCard(card.name.clone()))
    }

    fn has_carrier(&self, cards: &[Nic]) -> bool {
        let ours = cards
            .iter()
            .find(|card| Some(&card.name) == self.card.as_ref());
        ours.is_some_and(|card| card.has_carrier)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cards(carriers: [bool; 2]) -> Vec<Nic> {
        let card = |(name, has_carrier): (&str, bool)| Nic {
            name: name.to_owned(),
            is_wireless: false,
            has_carrier,
        };
        ["eth0", "eth1"]
            .into_iter()
            .zip(carriers)
            .map(card)
            .collect()
    }

    fn watch(is_free: bool) -> LinkWatch {
        let setting = Setting {
            card: Some("eth0".to_owned()),
            ..Setting::default()
        };
        LinkWatch::new(&setting, is_free, &cards([true, false]))
    }

    #[test]
    fn a_cable_that_comes_back_is_said_once() {
        let mut watch = watch(true);
        for (carriers, change) in [
            ([true, false], None),
            ([false, false], None),
            ([true, false], Some(LinkChange::CableBack)),
            ([true, true], None),
        ] {
            assert_eq!(watch.look(&cards(carriers)), change);
        }
    }

    #[test]
    fn another_card_is_taken_only_after_a_while_and_only_where_it_may() {
        for is_free in [true, false] {
            let mut watch = watch(is_free);
            let looks: Vec<_> = (0..5).map(|_| watch.look(&cards([false, true]))).collect();
            assert_eq!(looks[..4], [const { None }; 4]);
            let other = is_free.then(|| LinkChange::OtherCard("eth1".to_owned()));
            assert_eq!(looks[4], other);
        }
    }
}
