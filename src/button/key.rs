//! A button that the kernel gives as a key of its input events: plain reads of `struct
//! input_event`.
//!
//! Every device that has the key is listened to, as far as it is there at the start: a power key
//! may be on the board, and on a keyboard.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};

use super::ButtonError;
use super::contact::Contact;

/// `struct input_event` on 64-bit machines: seconds and microseconds (8 bytes each), type, code (2
/// each), value (4).
const EVENT: usize = 24;
/// The type of keys.
const EV_KEY: u16 = 1;
/// The value of a key that is let go; 1 is pressed, 2 is still pressed.
const UP: i32 = 0;

/// A key of input devices.
pub(super) struct KeyContact {
    levels: Receiver<bool>,
    begun: bool,
}

impl KeyContact {
    /// Opens the devices that have the key; one is enough.
    pub(super) fn open(code: u16, root: &Path) -> Result<Self, ButtonError> {
        let (tell, levels) = channel();
        let mut wrong = ButtonError::NoKey { code };
        let mut open = 0;
        for path in find(code, root) {
            match File::open(&path) {
                Ok(device) => {
                    let tell = tell.clone();
                    super::thread("key", move || watch(device, code, &tell))?;
                    open += 1;
                }
                Err(cause) => wrong = ButtonError::Device { path, cause },
            }
        }
        match open {
            0 => Err(wrong),
            _ => Ok(Self {
                levels,
                begun: false,
            }),
        }
    }
}

impl Contact for KeyContact {
    fn next(&mut self) -> io::Result<bool> {
        // the devices tell of changes only: it is up until it goes down
        if !std::mem::replace(&mut self.begun, true) {
            return Ok(false);
        }
        let level = self.levels.recv();
        // all of them are gone
        level.map_err(|_| io::ErrorKind::UnexpectedEof.into())
    }
}

/// Tells each level of the key, until the device goes or nobody hears it.
fn watch(mut device: impl Read, code: u16, tell: &Sender<bool>) {
    let mut event = [0; EVENT];
    while device.read_exact(&mut event).is_ok() {
        if let Some(pressed) = level(&event, code)
            && tell.send(pressed).is_err()
        {
            return;
        }
    }
}

/// What an event says of this key.
fn level(event: &[u8; EVENT], code: u16) -> Option<bool> {
    let [.., t0, t1, c0, c1, v0, v1, v2, v3] = *event;
    let (kind, of) = (u16::from_ne_bytes([t0, t1]), u16::from_ne_bytes([c0, c1]));
    let value = i32::from_ne_bytes([v0, v1, v2, v3]);
    (kind == EV_KEY && of == code).then_some(value != UP)
}

/// The devices whose capabilities name the key.
fn find(code: u16, root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root.join("sys/class/input"))
        .into_iter()
        .flatten()
        .flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let has = |name: &String| {
        let path = root
            .join("sys/class/input")
            .join(name)
            .join("device/capabilities/key");
        name.starts_with("event")
            && fs::read_to_string(path).is_ok_and(|text| names_key(&text, code))
    };
    let with_it = names.filter(has);
    with_it
        .map(|name| root.join("dev/input").join(name))
        .collect()
}

/// Does the kernel's bitmap, words of 64 bits in hexadecimal with the highest first, name the key?
fn names_key(bitmap: &str, code: u16) -> bool {
    let word = bitmap.split_whitespace().rev().nth(usize::from(code / 64));
    let word = word
        .and_then(|word| u64::from_str_radix(word, 16).ok())
        .unwrap_or(0);
    word >> (code % 64) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: u16, code: u16, value: i32) -> Vec<u8> {
        let mut bytes = vec![7; 16];
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(code.to_ne_bytes());
        bytes.extend(value.to_ne_bytes());
        bytes
    }

    #[test]
    fn the_device_with_the_key_is_found_and_read() {
        let root = tempfile::tempdir().unwrap();
        for (number, bitmap) in [
            (
                0,
                "402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe",
            ),
            (10, "8000000000000 0"),
            (2, "10000000000000 0"),
        ] {
            let folder = root
                .path()
                .join(format!("sys/class/input/event{number}/device/capabilities"));
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("key"), bitmap).unwrap();
        }
        // KEY_POWER, bit 52 of the second word, is on the keyboard (event0) too
        let device = |number: u32| root.path().join(format!("dev/input/event{number}"));
        let mut found = find(116, root.path());
        found.sort();
        assert_eq!(found, [device(0), device(2)]);
        let refused = |code| {
            KeyContact::open(code, root.path())
                .err()
                .map(|error| error.to_string())
                .unwrap()
        };
        assert!(refused(700).contains("no input device has key 700"));
        assert!(
            refused(116).contains("dev/input/event"),
            "neither is there: {}",
            refused(116)
        );
        fs::create_dir_all(root.path().join("dev/input")).unwrap();
        let events = [
            event(1, 30, 1),
            event(1, 116, 1),
            event(0, 0, 0),
            event(1, 116, 2),
            event(1, 116, 0),
        ]
        .concat();
        fs::write(device(2), events).unwrap();
        let mut key = KeyContact::open(116, root.path()).unwrap();
        let levels: Vec<bool> = std::iter::from_fn(|| key.next().ok()).collect();
        assert_eq!(levels, [false, true, true, false]);
    }
}
