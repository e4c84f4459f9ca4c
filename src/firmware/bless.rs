//! Marking the firmware good. systemd-boot counts its tries in the name of the file: `siembox_0.2.0+3.efi` became
//! `siembox_0.2.0+2-1.efi` before it was started, and one whose tries are used up is passed over for an older one. Whoever runs
//! well takes the count off. Where the board's own boot loader starts the kernel (Raspberry Pi), nothing is counted.
//!
//! Well means that siembox answers, all its own parts live, and what it keeps is on the disk. Never that the network, the cloud
//! or the SIEM can be reached: a pulled cable must not bring old firmware back. What becomes of a firmware that does not get
//! well: [`super::trial`].

use std::io;
use std::time::Duration;

use super::efi_file::{EfiFile, FOLDER};
use super::esp::Esp;

/// siembox has to do well for so long without a break.
pub const AFTER: Duration = Duration::from_secs(60);

/// Takes the count off the file of this version. None where there is none with a count: after the first time, and on boards without
/// systemd-boot.
///
/// # Errors
/// What the disk said: the file keeps its count, and the next call tries again.
pub fn bless(esp: &Esp, version: &str) -> io::Result<Option<String>> {
    let files = EfiFile::all(esp.place())?;
    let Some(file) = counted(&files, version) else {
        return Ok(None);
    };
    let good = file.good_name();
    esp.written(|place| {
        let folder = place.join(FOLDER);
        std::fs::rename(folder.join(&file.name), folder.join(&good))
    })?;
    Ok(Some(good))
}

/// This version's file with a count.
pub(super) fn counted<'a>(files: &'a [EfiFile], version: &str) -> Option<&'a EfiFile> {
    files
        .iter()
        .find(|file| file.version == version && file.tries.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_count_off_its_own_file_only() {
        let names = [
            "siembox_0.3.0+3.efi",
            "siembox_0.2.0+2-1.efi",
            "siembox_0.1.0.efi",
        ];
        let files: Vec<EfiFile> = names.into_iter().filter_map(EfiFile::parse).collect();
        let good = |version| counted(&files, version).map(EfiFile::good_name);
        assert_eq!(good("0.2.0").as_deref(), Some("siembox_0.2.0.efi"));
        assert_eq!(good("0.1.0"), None, "it has none any more");
        assert_eq!(good("0.0.9"), None);
    }
}
