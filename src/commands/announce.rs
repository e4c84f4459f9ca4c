//! `siembox announce`: says the box's name on the local network, on siembox's own firmware.

use std::path::Path;

use crate::cli::{AnnounceArgs, Exit};
use crate::network::{self, Announcement, Announcing, Setting};
use crate::settings::{LogSettings, PageSettings};
use crate::{log, run_file};

/// Answers to `<hostname>.local` until it is stopped.
pub fn announce(args: AnnounceArgs) -> Exit {
    // broken settings make the box no less needed: somebody has to reach its page
    let settings = args
        .setup
        .load_or_begin()
        .ok()
        .map(|loaded| loaded.settings);
    let (log, page) = match settings {
        Some(settings) => (settings.log, settings.page),
        None => (LogSettings::default(), PageSettings::default()),
    };
    if let Err(error) = log::init(&log, None) {
        eprintln!("siembox: {error}");
        return Exit::Software;
    }
    let setting: Option<Setting> = run_file::heard(Path::new(network::path::NETWORK));
    let Some(setting) = setting else {
        tracing::error!(
            "the network is not up: {} does not exist",
            network::path::NETWORK
        );
        return Exit::Unavailable;
    };
    let Some(what) = Announcement::of(&setting, &page) else {
        tracing::info!("no mDNS: [network] mdns = false");
        return Exit::Done;
    };
    let mut announcing = match Announcing::begin(&what) {
        Ok(announcing) => announcing,
        Err(error) => {
            tracing::error!(
                "the name {}.local cannot be announced: {error}",
                what.hostname
            );
            return Exit::Unavailable;
        }
    };
    while let Some(said) = announcing.hear() {
        match said.is_trouble {
            true => tracing::warn!("{}", said.line),
            false => tracing::info!("{}", said.line),
        }
    }
    tracing::error!("mDNS ended unexpectedly");
    Exit::Software
}
