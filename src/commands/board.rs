//! `siembox board`

mod trial;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use crate::board::{self, BoardProfile, Boot, MachineFacts, Recognised, Tried};
use crate::cli::{BoardArgs, Exit};

/// The system's root; tests have another.
const ROOT: &str = "/";

/// Prints which board this is and what it has; with `--test`, tries lamps and button with whoever
/// sits before it.
pub fn board(args: BoardArgs) -> Exit {
    let root = Path::new(ROOT);
    let Recognised { profile, by } = match args.board {
        Some(profile) => Recognised {
            profile: *profile,
            by: "--board".to_owned(),
        },
        None => board::recognise(&MachineFacts::read(root)),
    };
    let mut out = std::io::stdout().lock();
    // a reader that has gone away (`| head`) is no error
    let _ = out.write_all(text(&profile, &by).as_bytes());
    if !args.test {
        return Exit::Done;
    }
    match trial::run(&profile, root, &mut std::io::stdin().lock(), &mut out) {
        Ok(true) => Exit::Done,
        Ok(false) => Exit::NotAllWell,
        Err(error) => {
            eprintln!("siembox: the terminal cannot be used: {error}");
            Exit::NotAllWell
        }
    }
}

/// What a board has, for people.
fn text(profile: &BoardProfile, by: &str) -> String {
    let mut out = String::new();
    let mut say = |what: &str, words: &str| {
        // writing to a String never fails
        let _ = writeln!(out, "{what:<11} {words}");
    };
    say("board", &format!("{}: {}", profile.name, profile.title));
    say("by", by);
    say(
        "tried",
        match profile.tried {
            Tried::Booted => "its image was started on it",
            Tried::Built => "its image was built but never started on it",
        },
    );
    let lamps = &profile.lamps.each;
    if lamps.is_empty() {
        say("lamps", "none");
    }
    for (place, lamp) in lamps.iter().enumerate() {
        let of = lamps.len();
        say(
            &format!("lamp {} of {of}", place + 1),
            &format!("{}: {}", lamp.colour, lamp.wiring),
        );
    }
    if profile.lamps.rgb {
        say("", "the three are one lamp that mixes colours");
    }
    let button = profile.button.as_ref();
    say(
        "button",
        &button.map_or("none".to_owned(), |button| button.press.to_string()),
    );
    let watchdog = &profile.watchdog;
    say(
        "watchdog",
        format!("{} {}", watchdog.module, watchdog.options).trim_end(),
    );
    say("kernel", &profile.kernel.package);
    say("console", &profile.console);
    say(
        "boot",
        match &profile.boot {
            Boot::Uefi => "UEFI firmware, systemd-boot",
            Boot::RaspberryPi => "the Raspberry Pi's own firmware",
            Boot::UBoot(_) => "U-Boot, from the image",
        },
    );
    let budget = &profile.budget;
    say(
        "budgets",
        &format!(
            "memory {} MB, spool {} MB, logs {} MB, firmware file {} MB",
            budget.ram_mb, budget.spool_mb, budget.log_mb, budget.firmware_mb
        ),
    );
    out
}
