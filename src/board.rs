//! Boards are data: a file in `board/` for each says what is wired where, what the kernel needs,
//! and how much there is of everything. The same files are read by the image builder, so a board is
//! described once.
//!
//! Text becomes a [`BoardProfile`] in one pass (`read`, pure, with the settings' own reader, so a
//! wrong file says line, column, key, what was found and what is allowed). Which board this is, is
//! told by what the kernel knows of it ([`recognise()`], pure).

mod profile;
mod read;
mod recognise;

pub use profile::{
    BoardProfile, Boot, Button, ButtonWiring, GpioLine, LampColour, LampWiring, Lamps, Tried,
    Wiring,
};
pub use read::parse;
pub use recognise::{MachineFacts, Recognised, recognise};

macro_rules! embedded {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("../board/", $name, ".toml")))),+]
    };
}

/// Name and text of each profile; boards before the fallbacks of their machine.
const FILES: [(&str, &str); 8] = embedded![
    "qemu-aarch64",
    "qemu-x86_64",
    "raspberry-pi-3",
    "raspberry-pi-4",
    "rock64",
    "pine64-lts",
    "generic-aarch64",
    "generic-x86_64",
];

/// All boards there are. A test reads every file, so none is left out.
#[must_use]
pub fn all() -> Vec<BoardProfile> {
    FILES
        .into_iter()
        .filter_map(|(name, text)| parse(text, name).ok())
        .collect()
}

/// The board of this name: that of its file without `.toml`.
#[must_use]
pub fn named(name: &str) -> Option<BoardProfile> {
    let (name, text) = FILES.into_iter().find(|(known, _)| *known == name)?;
    parse(text, name).ok()
}

/// The names there are.
pub fn names() -> impl Iterator<Item = &'static str> {
    FILES.into_iter().map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::profile::Machine;
    use super::*;

    #[test]
    fn every_file_is_embedded_and_right() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/board");
        let mut there: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| name.strip_suffix(".toml").map(str::to_owned))
            .collect();
        let mut embedded: Vec<&str> = names().collect();
        there.sort();
        embedded.sort_unstable();
        assert_eq!(there, embedded);
        for (name, text) in FILES {
            let profile = parse(text, name).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(profile.name, name);
            assert_eq!(named(name), Some(profile));
        }
        assert_eq!(all().len(), FILES.len());
        assert_eq!(named("toaster"), None);
    }

    #[test]
    fn each_mark_is_one_boards_only_and_each_machine_has_one_fallback() {
        let boards = all();
        for (place, board) in boards.iter().enumerate() {
            for other in &boards[place + 1..] {
                for mark in &board.recognise.compatible {
                    assert!(
                        !other.recognise.compatible.contains(mark),
                        "{mark}: {} and {}",
                        board.name,
                        other.name
                    );
                }
                for mark in &board.recognise.dmi {
                    for also in &other.recognise.dmi {
                        let machines = board.machine == other.machine;
                        let begins = |a: &str, b: &str| a.starts_with(b) || b.starts_with(a);
                        assert!(
                            !(machines
                                && begins(&mark.vendor, &also.vendor)
                                && begins(&mark.product, &also.product)),
                            "{mark:?}: {} and {}",
                            board.name,
                            other.name
                        );
                    }
                }
            }
        }
        for machine in [Machine::Aarch64, Machine::X86_64] {
            let fallbacks = boards
                .iter()
                .filter(|board| board.machine == machine && board.is_fallback());
            assert_eq!(fallbacks.count(), 1, "{machine}");
        }
    }
}
