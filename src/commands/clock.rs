//! `siembox clock`: keeps the clock of siembox's own firmware.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jiff::SignedDuration;

use crate::cli::{ClockArgs, Exit, SetupArguments};
use crate::network::{self, Lease, Setting};
use crate::settings::{ClockSettings, LogSettings, TimeServer};
use crate::timekeeping::{self, ClockPort, DateBounds, SyncLoop, TimeAnswer, ask, groups};
use crate::{clock, log, random, run_file};

/// What the image says of itself.
const FIRMWARE: &str = "/etc/siembox/firmware.toml";
/// How often it is looked whether the network has changed, while no server has an answer and after.
const LOOK: Duration = Duration::from_millis(250);
const CALM_LOOK: Duration = Duration::from_secs(5);
/// So long a DHCP server is waited for before the pool is asked in vain.
const LEASE_WAIT: Duration = Duration::from_secs(30);

/// Asks time servers and sets the clock, until it is stopped.
pub fn clock(args: ClockArgs) -> Exit {
    let settings = args.setup.load_or_begin().map(|loaded| loaded.settings);
    let settings = settings.map(|settings| settings.log);
    if let Err(error) = log::init(&settings.unwrap_or_else(|_| LogSettings::default()), None) {
        eprintln!("siembox: {error}");
        return Exit::Software;
    }
    let file = std::env::var_os(timekeeping::VARIABLE);
    let file = file.map_or_else(|| PathBuf::from(timekeeping::FILE), PathBuf::from);
    let built = std::fs::read_to_string(FIRMWARE).unwrap_or_default();
    let bounds = DateBounds::of_firmware(&built);
    let mut keeper = SyncLoop::new(bounds, run_file::heard(&file).unwrap_or_default());
    wait_for_a_network();
    loop {
        let fingerprint = fingerprint();
        let lease: Option<Lease> = run_file::heard(Path::new(network::path::LEASE));
        let groups = groups(&settings_now(&args.setup), lease.as_ref());
        let round = keeper.round(&Wire, &groups, random::any());
        match (round.line.as_str(), round.is_trouble) {
            ("", _) => {}
            (line, true) => tracing::warn!("{line}"),
            (line, false) => tracing::info!("{line}"),
        }
        if let Err(error) = run_file::say(&file, &round.word) {
            tracing::error!("{} cannot be written: {error}", file.display());
        }
        if args.once {
            return if round.is_trouble {
                Exit::NotAllWell
            } else {
                Exit::Done
            };
        }
        let look = if round.is_trouble { LOOK } else { CALM_LOOK };
        sleep_until_changed(round.wait, look, fingerprint);
    }
}

/// Settings that are broken at the moment name no server.
fn settings_now(setup: &SetupArguments) -> ClockSettings {
    let loaded = setup.load_or_begin();
    loaded.map_or_else(|_| ClockSettings::default(), |loaded| loaded.settings.clock)
}

/// With DHCP, there is nobody to ask before the first lease.
fn wait_for_a_network() {
    let begun = clock::now().steady;
    let is_there = || {
        let setting: Option<Setting> = run_file::heard(Path::new(network::path::NETWORK));
        setting.is_none_or(|setting| !setting.addresses.is_empty())
            || Path::new(network::path::LEASE).exists()
    };
    while !is_there() && clock::now().steady < begun + LEASE_WAIT {
        std::thread::sleep(LOOK);
    }
}

/// Changes when the network does: a new lease, other settings.
fn fingerprint() -> [Option<SystemTime>; 2] {
    let changed = |path: &str| {
        std::fs::metadata(path)
            .and_then(|data| data.modified())
            .ok()
    };
    [
        changed(network::path::LEASE),
        changed(network::path::NETWORK),
    ]
}

fn sleep_until_changed(wait: Duration, look: Duration, before: [Option<SystemTime>; 2]) {
    let begun = clock::now().steady;
    while clock::now().steady < begun + wait && fingerprint() == before {
        std::thread::sleep(look.min(wait));
    }
}

/// The real servers and the real clock.
struct Wire;

impl ClockPort for Wire {
    fn now_ms(&self) -> i64 {
        clock::now_ms()
    }

    fn ask(&self, servers: &[TimeServer]) -> Vec<Result<TimeAnswer, String>> {
        std::thread::scope(|scope| {
            let asked = servers.iter().map(|server| scope.spawn(|| ask(server)));
            let asked: Vec<_> = asked.collect();
            let heard = asked.into_iter().map(|asked| match asked.join() {
                Ok(answer) => answer.map_err(|error| error.to_string()),
                Err(_) => Err("internal error".to_owned()),
            });
            heard.collect()
        })
    }

    fn set(&self, offset: SignedDuration) -> io::Result<()> {
        clock::put_on(offset)
    }
}
