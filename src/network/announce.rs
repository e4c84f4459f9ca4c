//! Announces the box on the local network by mDNS: its name `siembox.local`, and the page as a
//! service.
//!
//! mdns-sd does the work: it looks whether another machine has the name already, answers, and
//! follows each change of the addresses.

use mdns_sd::{DaemonEvent, Error, IfKind, Receiver, ServiceDaemon, ServiceInfo};

use super::Setting;
use crate::settings::PageSettings;

/// What is announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// Without `.local`.
    pub hostname: String,
    /// The card; others hear nothing. `None`: all.
    pub interface: Option<String>,
    /// Service and port: `_https._tcp` at 443.
    pub services: Vec<(&'static str, u16)>,
}

/// What came of it, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnouncementOutcome {
    /// One line.
    pub line: String,
    /// Should somebody look?
    pub is_trouble: bool,
}

/// An announcement that is being made; it ends with this.
pub struct Announcing {
    daemon: ServiceDaemon,
    events: Receiver<DaemonEvent>,
    hostname: String,
    /// The box's own name was said once.
    told: bool,
}

/// How often it is looked whether the addresses have changed, seconds.
const LOOK: u32 = 10;
const SERVICES: [&str; 2] = ["_https._tcp", "_http._tcp"];
/// The firmware's page, where the settings have it for this machine alone.
const USUAL: [u16; 2] = [443, 80];

// === impl Announcement ===

impl Announcement {
    /// What is to be announced; `None` where the settings want it quiet.
    #[must_use]
    pub fn of(setting: &Setting, page: &PageSettings) -> Option<Self> {
        let listening = [&page.https_listen, &page.listen];
        let ports = listening.into_iter().zip(USUAL).map(|(listen, usual)| {
            let open = listen.iter().find(|address| !address.ip().is_loopback());
            match open {
                Some(address) => Some(address.port()),
                // on the box, the default is the usual port for everybody
                None => (!listen.is_empty()).then_some(usual),
            }
        });
        let services = SERVICES.into_iter().zip(ports);
        let services = services.filter_map(|(service, port)| Some((service, port?)));
        setting.mdns.then(|| Self {
            hostname: setting.hostname.clone(),
            interface: setting.interface.clone(),
            services: services.filter(|_| page.enabled).collect(),
        })
    }
}

// === impl Announcing ===

impl Announcing {
    /// Begins.
    ///
    /// # Errors
    /// When the port of mDNS (UDP 5353) can't be had, or a name is none.
    pub fn begin(what: &Announcement) -> Result<Self, Error> {
        let daemon = ServiceDaemon::new()?;
        daemon.set_ip_check_interval(LOOK)?;
        let events = daemon.monitor()?;
        if let Some(interface) = &what.interface {
            daemon.disable_interface(IfKind::All)?;
            daemon.enable_interface(IfKind::Name(interface.clone()))?;
        }
        let host = format!("{}.local.", what.hostname);
        // the name is answered for as long as one service stands on it
        let bare = [("_siembox._tcp", 9)];
        let services = match &what.services[..] {
            [] => &bare[..],
            some => some,
        };
        for (service, port) in services {
            let kind = format!("{service}.local.");
            let none = None::<std::collections::HashMap<String, String>>;
            let info = ServiceInfo::new(&kind, &what.hostname, &host, "", *port, none)?;
            daemon.register(info.enable_addr_auto())?;
        }
        Ok(Self {
            daemon,
            events,
            hostname: what.hostname.clone(),
            told: false,
        })
    }

    /// Waits for something to say; `None` where it has ended, which it should not.
    pub fn hear(&mut self) -> Option<AnnouncementOutcome> {
        loop {
            let event = self.events.recv().ok()?;
            if let Some(said) = self.in_words(event) {
                return Some(said);
            }
        }
    }

    fn in_words(&mut self, event: DaemonEvent) -> Option<AnnouncementOutcome> {
        let name = format!("{}.local", self.hostname);
        match event {
            DaemonEvent::Announce(..) if !self.told => {
                self.told = true;
                Some(AnnouncementOutcome {
                    line: format!("announces {name} on the local network"),
                    is_trouble: false,
                })
            }
            // one for the host and one for each service: the host's is the one that matters
            DaemonEvent::NameChange(change) if change.original.starts_with(&format!("{name}.")) => {
                let now = change.new_name.trim_end_matches('.').to_owned();
                Some(AnnouncementOutcome {
                    line: format!(
                        "another machine uses {name}, so this one uses {now:.80}; cure: give each \
                            box its own hostname in [network]"
                    ),
                    is_trouble: true,
                })
            }
            DaemonEvent::Error(error) => Some(AnnouncementOutcome {
                line: format!("mDNS: {error}"),
                is_trouble: true,
            }),
            _ => None,
        }
    }
}

/// Others forget the name at once.
impl Drop for Announcing {
    fn drop(&mut self) {
        if let Ok(done) = self.daemon.shutdown() {
            let _ = done.recv_timeout(std::time::Duration::from_secs(2));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;

    use super::*;
    use crate::settings::{Overrides, Settings};

    #[test]
    fn the_page_is_announced_where_it_listens() {
        let setting = Setting {
            hostname: "siembox".to_owned(),
            mdns: true,
            ..Setting::default()
        };
        for (page, services) in [
            ("", &[("_https._tcp", 443), ("_http._tcp", 80)][..]),
            (
                "https_listen = \"0.0.0.0:8443\"",
                &[("_https._tcp", 8443), ("_http._tcp", 80)],
            ),
            (
                "https_listen = []\nlisten = [\"127.0.0.1:1\", \"[::]:8080\"]",
                &[("_http._tcp", 8080)],
            ),
        ] {
            let text = format!("[page]\n{page}\n");
            let loaded = Settings::read(&text, Path::new("x"), &Overrides::default()).unwrap();
            let what = Announcement::of(&setting, &loaded.settings.page).unwrap();
            assert_eq!(what.services, services, "{page}");
        }
        let quiet = Setting {
            mdns: false,
            ..setting
        };
        assert_eq!(Announcement::of(&quiet, &PageSettings::default()), None);
    }
}
