//! The network after the start: reacts to a cable that is plugged in again or into another card,
//! and to changed settings.

use std::path::Path;
use std::time::{Duration, SystemTime};

use super::MainLoop;
use crate::firmware::paths::settings;
use crate::firmware::{services, supervise};
use crate::network::LinkChange;

/// Changes when the file does; none where there is no file.
pub(super) type Fingerprint = Option<(SystemTime, u64)>;

pub(super) fn fingerprint(path: &Path) -> Fingerprint {
    let data = std::fs::metadata(path).ok()?;
    Some((data.modified().ok()?, data.len()))
}

// === impl MainLoop ===

impl MainLoop {
    pub(super) fn look_after_network(&mut self, now: Duration) {
        self.look_after_settings(now);
        match self.given.network.cable.look(&services::cards()) {
            None => {}
            // a DHCP client notices for hours neither that its cable is back nor that it is in
            // another network
            Some(LinkChange::CableBack) => {
                let why = "the cable is back".to_owned();
                self.drive(supervise::ServiceEvent::Stuck(services::DHCP, why), now);
            }
            Some(LinkChange::OtherCard(name)) => {
                let why = format!("{name} has a cable, and the interface in use has none");
                self.bring_up_anew(&why, now);
            }
        }
    }

    fn look_after_settings(&mut self, now: Duration) {
        let fingerprint = fingerprint(&settings());
        // a box that is ending keeps its network for the last words
        if self.settings == fingerprint || self.ending.is_some() {
            return;
        }
        self.settings = fingerprint;
        if services::shut_anew(&settings(), &self.given.network.wanted, &self.given.log) {
            self.bring_up_anew("its settings have changed", now);
        }
    }

    fn bring_up_anew(&mut self, why: &str, now: Duration) {
        let log = &self.given.log;
        log.say(format!("network: {why}: it is started again"));
        self.given.network = services::network(&settings(), log);
        let children = std::mem::take(&mut self.given.network.children);
        let exchange = supervise::ServiceEvent::Exchange(services::NETWORK, children);
        self.drive(exchange, now);
    }
}
