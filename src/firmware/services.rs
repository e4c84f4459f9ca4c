//! Services of the box: settings from the card, the network, its clock and its name.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;

use super::SIEMBOX;
use super::child::Child;
use super::esp::Esp;
use super::log::Log;
use crate::network::{Firewall, LinkWatch, Network, NetworkTools, Nic};
use crate::provision::{self, ProvisionResult};
use crate::settings::{Interface, NetworkSettings, Overrides, PageSettings, Settings};

/// What asks for an address, and what it tells: both siembox's own doing.
const BUSYBOX: &str = "/bin/busybox";
const LEASE: &str = "/bin/siembox-lease";
/// Name of the child that asks for an address.
pub const DHCP: &str = "dhcp";
const CLOCK: &str = "clock";
const ANNOUNCE: &str = "announce";
/// The children that live as long as the network does: [`Up::children`] are of these names.
pub const NETWORK: &[&str] = &[DHCP, CLOCK, ANNOUNCE];
const SIEMBOX_PROGRAM: &str = "/bin/siembox";

/// Takes in what a person put on the ESP. That is made writable only where something lies there.
#[must_use]
pub fn take_in(esp: &Esp, etc: &Path) -> ProvisionResult {
    if !provision::is_due(esp.place(), etc) {
        return ProvisionResult::Nothing;
    }
    esp.written(|place| Ok(provision::take_in(place, etc)))
        .unwrap_or_else(|cause| ProvisionResult::Failed {
            why: format!(
                "the boot partition cannot be written: {cause}; cure: flash the card \
                again, or use another one"
            ),
        })
}

/// The network that is up.
#[derive(Debug)]
pub struct Up {
    /// Children that serve it: DHCP, time, name.
    pub children: Vec<Child>,
    /// Watches the cable.
    pub cable: LinkWatch,
    /// The settings that it was made for.
    pub wanted: NetworkSettings,
}

/// Brings the network up as the settings say, in place of the one that is up, and closes the
/// firewall. Settings that are broken, or not there, count as none: somebody has to reach the page
/// to mend them.
#[must_use]
pub fn network(settings: &Path, log: &Log) -> Up {
    let none = || (NetworkSettings::default(), PageSettings::on_firmware());
    let (wanted, page) = read(settings).unwrap_or_else(none);
    let firewall = firewall(&page, wanted.mdns);
    let network = Network::up(&NetworkTools::of_the_box(), &wanted, &firewall);
    for trouble in &network.troubles {
        log.say(format!("network: {trouble}"));
    }
    for remark in &network.plan.setting.remarks {
        log.say(format!("network: {remark}"));
    }
    let dhcp = network.plan.dhcp_client(Path::new(LEASE));
    let dhcp = dhcp.map(|words| Child::new(DHCP, BUSYBOX).with(words));
    let name = network.plan.setting.mdns.then(|| Child {
        user: Some(SIEMBOX),
        ..own(ANNOUNCE, settings)
    });
    let children = dhcp.into_iter().chain([own(CLOCK, settings)]).chain(name);
    let is_free = wanted.interface == Interface::Auto;
    Up {
        children: children.collect(),
        cable: LinkWatch::new(&network.plan.setting, is_free, &cards()),
        wanted,
    }
}

/// The network cards there are now.
#[must_use]
pub fn cards() -> Vec<Nic> {
    Nic::all(&NetworkTools::of_the_box().sys)
}

/// What is let in: the page, and who asks for the box's name.
fn firewall(page: &PageSettings, mdns: bool) -> Firewall {
    let listening = page.listen.iter().chain(&page.https_listen);
    let tcp = listening
        .filter(|address| page.enabled && !address.ip().is_loopback())
        .map(SocketAddr::port);
    Firewall {
        tcp: tcp.collect(),
        mdns,
    }
}

/// The settings file has changed. Opens and closes the firewall anew, as the page may be elsewhere
/// now; true where the network itself is to be another one. A broken file changes nothing: siembox
/// goes on with what it had, too.
#[must_use]
pub fn shut_anew(settings: &Path, wanted: &NetworkSettings, log: &Log) -> bool {
    let Some((network, page)) = read(settings) else {
        return false;
    };
    if network != *wanted {
        return true;
    }
    let shut = NetworkTools::of_the_box().shut(&firewall(&page, wanted.mdns));
    if let Err(trouble) = shut {
        log.say(format!("network: {trouble}"));
    }
    false
}

/// A command of siembox that serves the box.
fn own(command: &'static str, settings: &Path) -> Child {
    let words = [command, "--firmware", "--config"].map(OsString::from);
    let words = words.into_iter().chain([settings.into()]);
    Child::new(command, SIEMBOX_PROGRAM).with(words)
}

/// The settings, where they are in order.
fn read(path: &Path) -> Option<(NetworkSettings, PageSettings)> {
    let given = Overrides {
        on_firmware: true,
        ..Overrides::default()
    };
    let loaded = Settings::load(path, &given).ok()?;
    Some((loaded.settings.network, loaded.settings.page))
}
