//! A new firmware is on trial until it is marked good ([`super::bless`]). systemd-boot takes the
//! older one again after three starts, but only where somebody starts the box: a kernel that panics
//! does so by itself, a siembox that merely never gets well would stay for ever. So a firmware on
//! trial that is not well in time starts the box again, for as long as there is another one to go
//! back to. The only one stays: it may yet get well, and its page or STATUS.TXT says what is wrong.

use std::time::Duration;

use super::bless::on_trial;
use super::efi_file::{EfiFile, FOLDER};

/// Time enough for the slowest boot, a check of a large card and the opening of a full spool. Three
/// times this is how long a box is away at most.
pub const WITHIN: Duration = Duration::from_secs(10 * 60);

/// State of boot counting, from the files on the ESP after the boot loader has counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BootTrial {
    /// The running firmware is counted, and there is another one.
    is_on: bool,
    /// A newer firmware that was given up, with the cure.
    given_up: Option<String>,
}

// === impl Trial ===

impl BootTrial {
    /// Of the running version among these files; `counted`: the file that the boot loader has
    /// counted.
    #[must_use]
    pub fn of(files: &[EfiFile], version: &str, counted: Option<&str>) -> Self {
        let own = on_trial(files, version, counted);
        let goes_back = |own: &EfiFile| {
            files
                .iter()
                .any(|other| other != own && !other.is_used_up())
        };
        let newer = files.iter().filter(|file| {
            let before_ours = file.is_newer_than(version) || file.version == version;
            file.is_used_up() && before_ours && Some(*file) != own
        });
        Self {
            is_on: own.is_some_and(goes_back),
            // the first by name, whatever the order on the disk
            given_up: newer
                .min_by(|a, b| a.name.cmp(&b.name))
                .map(|file| in_words(file, version)),
        }
    }

    /// Must another firmware come back? `up`: since the box was started; `well_for`: how long
    /// siembox has done well.
    #[must_use]
    pub fn is_lost(&self, up: Duration, well_for: Duration) -> bool {
        self.is_on && up >= WITHIN && well_for.is_zero()
    }

    /// What people should know of a newer firmware that was given up.
    #[must_use]
    pub fn given_up(&self) -> Option<&str> {
        self.given_up.as_deref()
    }
}

fn in_words(file: &EfiFile, running: &str) -> String {
    let EfiFile { name, version, .. } = file;
    let done = file.tries.map_or(0, |tries| tries.done);
    if version == running {
        return format!(
            "Another file of firmware {version} failed {done} starts, so the previous one runs. \
                Remove {FOLDER}/{name} from the boot partition, or replace it."
        );
    }
    format!(
        "A newer firmware, {version}, failed {done} starts, so the older one, {running}, runs. \
            Remove {FOLDER}/{name} from the boot partition, or replace it."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(names: &[&str], version: &str) -> BootTrial {
        let files: Vec<EfiFile> = names
            .iter()
            .filter_map(|name| EfiFile::parse(name))
            .collect();
        assert_eq!(files.len(), names.len());
        BootTrial::of(&files, version, None)
    }

    #[test]
    fn is_lost_only_where_there_is_something_to_go_back_to() {
        for (files, is_on) in [
            (&["siembox_2.efi", "siembox_1.efi"][..], false),
            (&["siembox_2+2-1.efi", "siembox_1.efi"], true),
            // its last try
            (&["siembox_2+0-3.efi", "siembox_1.efi"], true),
            // nobody has marked the other one good either, but it may be started
            (&["siembox_2+2-1.efi", "siembox_1+2-1.efi"], true),
            (&["siembox_2+2-1.efi", "siembox_1+0-3.efi"], false),
            (&["siembox_2+2-1.efi"], false),
            (&["siembox_2+0-9.efi"], false),
            (&["siembox_1.efi"], false),
            (&[], false),
        ] {
            assert_eq!(trial(files, "2").is_on, is_on, "{files:?}");
        }
    }

    #[test]
    fn has_ten_minutes_to_get_well() {
        let second = Duration::from_secs(1);
        let minutes = |n: u64| Duration::from_secs(60 * n);
        let trial = trial(&["siembox_2+2-1.efi", "siembox_1.efi"], "2");
        assert!(!trial.is_lost(WITHIN - second, Duration::ZERO));
        assert!(trial.is_lost(WITHIN, Duration::ZERO));
        assert!(
            trial.is_lost(minutes(15), Duration::ZERO),
            "it came and went"
        );
        assert!(!trial.is_lost(WITHIN, second), "it is getting well");
        assert!(!BootTrial::default().is_lost(minutes(60), Duration::ZERO));
    }

    #[test]
    fn what_was_given_up_is_named_with_the_cure() {
        let back = trial(&["siembox_9.9.9+0-3.efi", "siembox_0.1.0.efi"], "0.1.0");
        let words = back.given_up().unwrap_or_default();
        assert_eq!(
            words,
            "A newer firmware, 9.9.9, failed 3 starts, so the older one, 0.1.0, runs. Remove \
                EFI/Linux/siembox_9.9.9+0-3.efi from the boot partition, or replace it."
        );
        let same = trial(&["siembox_0.1.0+0-3.efi", "siembox_0.1.0.efi"], "0.1.0");
        let words = same.given_up().unwrap_or_default();
        assert!(
            words.starts_with("Another file of firmware 0.1.0"),
            "{words}"
        );
        for files in [
            ["siembox_0.0.9+0-3.efi", "siembox_0.1.0.efi"],
            ["siembox_9.9.9+1-2.efi", "siembox_0.1.0.efi"],
            ["siembox_0.1.0+0-3.efi", "siembox_0.0.9.efi"],
        ] {
            assert_eq!(trial(&files, "0.1.0").given_up(), None, "{files:?}");
        }
    }
}
