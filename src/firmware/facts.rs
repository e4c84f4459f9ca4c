//! The facts that STATUS.TXT and the console show.

use std::net::SocketAddr;
use std::path::Path;

use super::STREAM;
use super::disk;
use super::given::BootFindings;
use super::health_check::Beat;
use super::paths::DATA_FOLDER;
use super::status_txt::{BoxFacts, DataFacts};
use crate::provision::ProvisionResult;
use crate::status::{Condition, Signal};
use crate::{clock, network, run_file, timekeeping};

const REMADE: &str = "created again at this start, because a factory reset was requested or its \
    content was not recognised: settings and waiting lines are gone; set up the box again";

/// What the box says of itself. `signal`: what the lamps say; none where the box has stopped.
/// `beat`: what siembox last said. `troubles`: what PID 1 itself knows to be wrong.
#[must_use]
pub fn facts(
    given: &BootFindings,
    beat: Option<&Beat>,
    signal: Option<Signal>,
    mut troubles: Vec<String>,
) -> BoxFacts {
    let (state, mut means) = in_words(signal);
    let is_new = beat.is_some_and(|beat| beat.agents.is_empty());
    if is_new && signal == Some(Signal::Condition(Condition::Created)) {
        means = "The box is not set up yet: open the page below in a browser.".to_owned();
    }
    if signal == Some(Signal::Fault) && beat.is_none() && !given.data.is_in_ram() {
        let last = given.log.last_words(STREAM);
        troubles.push(format!("siembox does not start: {last}"));
    }
    let silent = Beat::default();
    let said = beat.unwrap_or(&silent);
    if !said.late.is_empty() {
        troubles.push(format!("No sign of life from: {}", said.late.join(", ")));
    }
    troubles.extend(said.troubles.iter().cloned());
    troubles.extend(lost_watchdog(given));
    let space = disk::space(Path::new(DATA_FOLDER)).unwrap_or_default();
    let is_kept = !given.data.is_in_ram();
    BoxFacts {
        version: given.image.version.clone(),
        board: given.panel.board.title.clone(),
        at_ms: clock::now_ms(),
        state,
        means,
        network: run_file::heard(Path::new(network::path::NETWORK)),
        lease: run_file::heard(Path::new(network::path::LEASE)),
        http_port: port(&said.page, "http"),
        https_port: port(&said.page, "https"),
        fingerprint: said.fingerprint.clone(),
        claimed: beat.map(|beat| beat.claimed),
        has_button: given.panel.board.button.is_some(),
        clock: run_file::heard(Path::new(timekeeping::FILE)).unwrap_or_default(),
        data: DataFacts {
            size: if is_kept { space.size } else { 0 },
            free: space.free,
            damage: match &given.data {
                disk::Data::Ready { .. } => None,
                disk::Data::Remade { .. } => Some(REMADE.to_owned()),
                lost => Some(lost.in_words()),
            },
        },
        agents: said.agents.clone(),
        card: (given.taken.0 != ProvisionResult::Nothing).then(|| given.taken.clone()),
        troubles,
    }
}

/// It is no fault of what the box does, and nothing hangs because of it: it is told here, and
/// nowhere else.
fn lost_watchdog(given: &BootFindings) -> Option<String> {
    let module = &given.panel.board.watchdog.module;
    let is_lost = given.dog.is_none() && !module.is_empty();
    is_lost.then(|| {
        format!(
            "There is no hardware watchdog (driver: {module}). If the box hangs, it does not \
                restart automatically. Cure: unplug it and plug it in again."
        )
    })
}

/// The port at which others reach the page: that of the first address that is not this box's own.
fn port(listening: &[String], scheme: &str) -> Option<u16> {
    let mut addresses = listening.iter().filter_map(|url| {
        let (is, address) = url.split_once("://")?;
        let address: SocketAddr = address.trim_end_matches('/').parse().ok()?;
        (is == scheme && !address.ip().is_loopback()).then_some(address)
    });
    addresses.next().map(|address| address.port())
}

/// The state in a word or two, what it means and what to do.
fn in_words(signal: Option<Signal>) -> (String, String) {
    let Some(signal) = signal else {
        return (
            "Stopped".to_owned(),
            "The box was shut down properly.".to_owned(),
        );
    };
    let meaning = signal.meaning();
    let means = match signal {
        Signal::Fault => "The box has a fault. Its cause and cure are below.".to_owned(),
        _ => format!("{} {}", meaning.means, meaning.cure),
    };
    (meaning.words.to_owned(), means)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signal_has_words() {
        let signals = Signal::ALL.into_iter().map(Some).chain([None]);
        for (words, means) in signals.map(in_words) {
            assert!(
                !words.is_empty() && means.ends_with('.'),
                "{words}: {means}"
            );
        }
    }

    #[test]
    fn the_page_is_where_others_reach_it() {
        let listening = [
            "http://127.0.0.1:8514/",
            "http://0.0.0.0:80/",
            "https://[::]:8443/",
        ];
        let listening = listening.map(str::to_owned);
        assert_eq!(port(&listening, "http"), Some(80));
        assert_eq!(port(&listening, "https"), Some(8443));
        assert_eq!(port(&listening[..1], "http"), None);
    }
}
