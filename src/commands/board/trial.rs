//! Tests lamps and button together with the person at the board: siembox switches them and asks
//! what that person sees.

use std::io::{self, BufRead, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::board::BoardProfile;
use crate::button::{self, Contact};
use crate::led;

/// Who is asked to press the button has so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// Tries each lamp and the button. False where one of them does not do.
///
/// # Errors
/// Where the terminal can't be used.
pub(super) fn run(
    profile: &BoardProfile,
    root: &Path,
    answers: &mut dyn BufRead,
    out: &mut dyn Write,
) -> io::Result<bool> {
    writeln!(out)?;
    let lamps = &profile.lamps.each;
    let mut well = true;
    for (place, lamp) in lamps.iter().enumerate() {
        let name = format!("lamp {} of {}: {}", place + 1, lamps.len(), lamp.colour);
        let mut light = match led::open(lamp, &root.join("sys")) {
            Ok(light) => light,
            Err(error) => {
                writeln!(out, "{name}: FAILED: {error}")?;
                well = false;
                continue;
            }
        };
        if let Err(what) = light.set(true) {
            writeln!(out, "{name}: FAILED: {what}")?;
            well = false;
            continue;
        }
        write!(
            out,
            "{name}: is this lamp lit, and no other? [Enter for yes, n for no] "
        )?;
        out.flush()?;
        let lit = yes(answers)?;
        let dark = light.set(false);
        match (lit, dark) {
            (true, Ok(())) => {}
            (true, Err(what)) => writeln!(out, "{name}: FAILED: cannot be switched off: {what}")?,
            (false, _) => writeln!(
                out,
                "{name}: FAILED: correct {} in board/{}.toml: colour, line, or active_low",
                lamp.wiring, profile.name
            )?,
        }
        well &= lit;
    }
    let Some(button) = &profile.button else {
        writeln!(out, "no button")?;
        return Ok(well);
    };
    let contact = match button::open(button, root) {
        Ok(contact) => contact,
        Err(error) => {
            writeln!(out, "button: FAILED: {error}")?;
            return Ok(false);
        }
    };
    writeln!(
        out,
        "button: press and release it within {} s",
        PATIENCE.as_secs()
    )?;
    out.flush()?;
    let levels = levels(contact);
    let came = |wanted: bool| loop {
        match levels.recv_timeout(PATIENCE) {
            Ok(level) if level == wanted => return true,
            Ok(_) => {}
            Err(_) => return false,
        }
    };
    // up, down, up: a line that is wired the other way round is down at first
    let seen = match (came(false), came(true) && came(false)) {
        (true, true) => Ok("pressed and released"),
        (true, false) => {
            Err("no press was detected: correct line, key or active_low in the board's profile")
        }
        (false, _) => {
            Err("it reads as pressed all the time: correct active_low in the board's profile")
        }
    };
    match seen {
        Ok(words) => writeln!(out, "button: {words}")?,
        Err(why) => writeln!(out, "button: FAILED: {why}")?,
    }
    Ok(well && seen.is_ok())
}

/// Enter, `y` or `yes`. The end of the answers is a no.
fn yes(answers: &mut dyn BufRead) -> io::Result<bool> {
    let mut answer = String::new();
    let read = answers.read_line(&mut answer)?;
    Ok(read > 0
        && matches!(
            answer.trim().to_ascii_lowercase().as_str(),
            "" | "y" | "yes"
        ))
}

/// The contact's levels, from a thread that ends with it.
fn levels(mut contact: Box<dyn Contact>) -> Receiver<bool> {
    let (tell, told) = channel();
    let watch = move || {
        while let Ok(level) = contact.next() {
            if tell.send(level).is_err() {
                return;
            }
        }
    };
    // without a thread nobody tells, which shows as no press
    let _ = std::thread::Builder::new()
        .name("button".to_owned())
        .spawn(watch);
    told
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::board::{Button, ButtonWiring, LampColour, LampWiring, Wiring};

    fn event(value: i32) -> Vec<u8> {
        let mut bytes = vec![0; 16];
        bytes.extend(1_u16.to_ne_bytes());
        bytes.extend(116_u16.to_ne_bytes());
        bytes.extend(value.to_ne_bytes());
        bytes
    }

    #[test]
    fn lamps_are_lit_one_by_one_and_the_button_is_heard() {
        let root = tempfile::tempdir().unwrap();
        let lamp = |name: &str| {
            let folder = root.path().join("sys/class/leds").join(name);
            fs::create_dir_all(&folder).unwrap();
            for (file, text) in [
                ("trigger", "none"),
                ("max_brightness", "1"),
                ("brightness", "0"),
            ] {
                fs::write(folder.join(file), text).unwrap();
            }
            LampWiring {
                colour: LampColour::Green,
                wiring: Wiring::Class(name.to_owned()),
            }
        };
        let mut profile = BoardProfile {
            name: "toaster".to_owned(),
            ..BoardProfile::default()
        };
        profile.lamps.each = vec![lamp("a"), lamp("b")];
        profile.button = Some(Button {
            press: ButtonWiring::Key(116),
        });
        let keys = root
            .path()
            .join("sys/class/input/event0/device/capabilities");
        fs::create_dir_all(&keys).unwrap();
        fs::write(keys.join("key"), "10000000000000 0").unwrap();
        fs::create_dir_all(root.path().join("dev/input")).unwrap();
        let device = root.path().join("dev/input/event0");
        fs::write(&device, [event(1), event(0)].concat()).unwrap();
        let try_it = |profile: &BoardProfile, answers: &str| {
            let mut out = Vec::new();
            let well = run(profile, root.path(), &mut answers.as_bytes(), &mut out).unwrap();
            (well, String::from_utf8(out).unwrap())
        };
        let (well, said) = try_it(&profile, "\ny\n");
        assert!(well, "{said}");
        assert!(
            said.contains("lamp 2 of 2: green") && said.contains("button: pressed and released"),
            "{said}"
        );
        let (well, said) = try_it(&profile, "\nn\n");
        assert!(
            !well && said.contains("correct /sys/class/leds/b in board/toaster.toml"),
            "{said}"
        );
        fs::write(&device, event(1)).unwrap();
        let (well, said) = try_it(&profile, "\n\n");
        assert!(!well && said.contains("no press was detected"), "{said}");
        profile.lamps.each[0].wiring = Wiring::Class("c".to_owned());
        profile.button = None;
        let (well, said) = try_it(&profile, "\n");
        assert!(
            !well && said.contains("the kernel's lamps are a, b: correct \"led\""),
            "{said}"
        );
    }
}
