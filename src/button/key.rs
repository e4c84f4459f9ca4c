//! A button that the kernel gives as a key of its input events: plain reads of `struct input_event`.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::ButtonError;
use super::contact::Contact;

/// `struct input_event` on 64-bit machines: seconds and microseconds (8 bytes each), type, code (2 each), value (4).
const EVENT: usize = 24;
/// The type of keys.
const EV_KEY: u16 = 1;
/// The value of a key that is let go; 1 is pressed, 2 is still pressed.
const UP: i32 = 0;

/// A key of an input device.
pub(super) struct KeyContact {
    device: File,
    code: u16,
    begun: bool,
}

impl KeyContact {
    /// Opens the device that has the key.
    pub(super) fn open(code: u16, root: &Path) -> Result<Self, ButtonError> {
        let path = find(code, root).ok_or(ButtonError::NoKey { code })?;
        let device = File::open(&path).map_err(|cause| ButtonError::Device { path, cause })?;
        Ok(Self {
            device,
            code,
            begun: false,
        })
    }
}

impl Contact for KeyContact {
    fn next(&mut self) -> io::Result<bool> {
        // the device tells of changes only: it is up until it goes down
        if !std::mem::replace(&mut self.begun, true) {
            return Ok(false);
        }
        let mut event = [0; EVENT];
        loop {
            self.device.read_exact(&mut event)?;
            if let Some(pressed) = level(&event, self.code) {
                return Ok(pressed);
            }
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

/// The device that has the key and the fewest others: a keyboard may have a power key too, and is not meant.
fn find(code: u16, root: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(root.join("sys/class/input")).ok()?.flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let numbers = names.filter_map(|name| name.strip_prefix("event")?.parse::<u32>().ok());
    let keys = |number: u32| {
        let path = root.join(format!(
            "sys/class/input/event{number}/device/capabilities/key"
        ));
        let words = words(&fs::read_to_string(path).ok()?);
        names_key(&words, code).then(|| words.iter().map(|word| word.count_ones()).sum::<u32>())
    };
    let with_it = numbers.filter_map(|number| Some((keys(number)?, number)));
    let (_, number) = with_it.min()?;
    Some(root.join(format!("dev/input/event{number}")))
}

/// The kernel's bitmap: words of 64 bits in hexadecimal, here with the lowest first.
fn words(bitmap: &str) -> Vec<u64> {
    let words = bitmap.split_whitespace().rev();
    words
        .map(|word| u64::from_str_radix(word, 16).unwrap_or(0))
        .collect()
}

fn names_key(words: &[u64], code: u16) -> bool {
    let word = words.get(usize::from(code / 64)).copied().unwrap_or(0);
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
        assert_eq!(
            find(116, root.path()),
            Some(root.path().join("dev/input/event2"))
        );
        assert_eq!(find(700, root.path()), None);
        let no_key = KeyContact::open(700, root.path())
            .err()
            .map(|error| error.to_string());
        assert!(no_key.unwrap().contains("no input device has key 700"));
        fs::create_dir_all(root.path().join("dev/input")).unwrap();
        let events = [
            event(1, 30, 1),
            event(1, 116, 1),
            event(0, 0, 0),
            event(1, 116, 2),
            event(1, 116, 0),
        ]
        .concat();
        fs::write(root.path().join("dev/input/event2"), events).unwrap();
        let mut key = KeyContact::open(116, root.path()).unwrap();
        let levels: Vec<bool> = std::iter::from_fn(|| key.next().ok()).collect();
        assert_eq!(levels, [false, true, true, false]);
    }
}
