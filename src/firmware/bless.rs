//! Marks the firmware good. systemd-boot counts its tries in the name of the file:
//! `siembox_0.2.0+3.efi` became `siembox_0.2.0+2-1.efi` before it was started, and one whose tries
//! are used up is passed over for an older one. Whoever runs well takes the count off. Where the
//! board's own boot loader starts the kernel (Raspberry Pi), nothing is counted.
//!
//! Well means that siembox answers, all its own parts live, and what it keeps is on the disk. Never
//! that the network, the cloud or the SIEM can be reached: a pulled cable must not bring old
//! firmware back. What becomes of a firmware that does not get well: [`super::boot_counting`].

use std::io;
use std::path::Path;
use std::time::Duration;

use super::boot_loader;
use super::efi_file::{EfiFile, FOLDER};
use super::esp::Esp;

/// siembox has to do well for so long without a break.
pub const AFTER: Duration = Duration::from_secs(60);

/// Takes the count off the file that runs, where it has one. Its name then.
///
/// # Errors
/// What the disk said: the file keeps its count, and the next start tries again.
pub fn bless(esp: &Esp, version: &str) -> io::Result<Option<String>> {
    let files = EfiFile::all(esp.place())?;
    let counted = boot_loader::counted_file(Path::new("/sys"));
    let Some(file) = on_trial(&files, version, counted.as_deref()) else {
        return Ok(None);
    };
    let good = file.good_name();
    esp.written(|place| {
        let folder = place.join(FOLDER);
        std::fs::rename(folder.join(&file.name), folder.join(&good))
    })?;
    Ok(Some(good))
}

/// Of these files the one that runs, where it has a count: the one that the boot loader has
/// `counted`. Where it does not say, it is the one of the running version, unless another one of
/// that version has proved itself already.
pub(super) fn on_trial<'a>(
    files: &'a [EfiFile],
    version: &str,
    counted: Option<&str>,
) -> Option<&'a EfiFile> {
    if let Some(name) = counted {
        return files
            .iter()
            .find(|file| file.name.eq_ignore_ascii_case(name));
    }
    let mut own = files.iter().filter(|file| file.version == version);
    let has_proved = own.clone().any(|file| file.tries.is_none());
    own.next().filter(|_| !has_proved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_count_off_the_file_that_runs() {
        let good = |names: &[&str], counted: Option<&str>| {
            let files: Vec<EfiFile> = names
                .iter()
                .filter_map(|name| EfiFile::parse(name))
                .collect();
            on_trial(&files, "2", counted).map(|file| file.name.clone())
        };
        let newer = ["siembox_3+3.efi", "siembox_2+2-1.efi", "siembox_1.efi"];
        assert_eq!(good(&newer, None).as_deref(), Some("siembox_2+2-1.efi"));
        assert_eq!(good(&newer[2..], None), None);
        assert_eq!(good(&["siembox_2.efi"], None), None, "it has none any more");
        // the only one, which has used up its tries and does well in the end
        let late = ["siembox_2+0-3.efi"];
        assert_eq!(good(&late, None).as_deref(), Some("siembox_2+0-3.efi"));
        // two of one version: the boot loader knows which
        let twice = ["siembox_2.efi", "siembox_2+2-1.efi"];
        assert_eq!(good(&twice, None), None);
        assert_eq!(
            good(&twice, Some("SIEMBOX_2+2-1.EFI")).as_deref(),
            Some("siembox_2+2-1.efi")
        );
        assert_eq!(good(&twice, Some("siembox_2+1-2.efi")), None, "it is gone");
    }
}
