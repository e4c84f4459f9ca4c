//! Marking the firmware good. systemd-boot counts its tries in the name of the file: `siembox_0.2.0+3.efi` became
//! `siembox_0.2.0+2-1.efi` before it was started, and one whose tries are used up is passed over for an older one. Whoever runs
//! well takes the count off. Where the board's own boot loader starts the kernel (Raspberry Pi), nothing is counted.
//!
//! Well means that siembox answers and all its own parts live. Never that the network, the cloud or the SIEM can be reached:
//! a pulled cable must not bring old firmware back.

use std::io;
use std::path::Path;
use std::time::Duration;

use super::esp::Esp;

/// siembox has to do well for so long without a break.
pub const AFTER: Duration = Duration::from_secs(60);

/// Takes the count off the file of this version. None where there is none with a count: after the first time, and on boards without
/// systemd-boot.
///
/// # Errors
/// What the disk said: the file keeps its count, and the next call tries again.
pub fn bless(esp: &Esp, version: &str) -> io::Result<Option<String>> {
    let folder = Path::new("EFI/Linux");
    let Some((name, good)) = counted(&esp.place().join(folder), version)? else {
        return Ok(None);
    };
    esp.written(|place| {
        let folder = place.join(folder);
        std::fs::rename(folder.join(&name), folder.join(&good))
    })?;
    Ok(Some(good))
}

/// The name of this version's file with a count, and the one without.
fn counted(folder: &Path, version: &str) -> io::Result<Option<(String, String)>> {
    let entries = match std::fs::read_dir(folder) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        entries => entries?,
    };
    let mut counted = None;
    for entry in entries {
        let name = entry?.file_name();
        let Some(name) = name.to_str() else { continue };
        if let Some(good) = without_count(name, version) {
            counted = Some((name.to_owned(), good));
        }
    }
    Ok(counted)
}

/// `siembox_0.2.0.efi` of `siembox_0.2.0+2-1.efi`; None for a file without a count, or of another version.
fn without_count(name: &str, version: &str) -> Option<String> {
    let stem = name
        .strip_suffix(".efi")
        .or_else(|| name.strip_suffix(".EFI"))?;
    // a version may have a "+" itself (0.2.0+3 is version 0.2.0 with three tries; 0.2.0+build7 is no count)
    let (named, count) = stem.rsplit_once('+')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_count = match count.split_once('-') {
        Some((left, done)) => digits(left) && digits(done),
        None => digits(count),
    };
    (is_count && named == format!("siembox_{version}")).then(|| format!("{named}.efi"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn where_nothing_is_counted_nothing_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let linux = folder.path().join("EFI/Linux");
        assert_eq!(counted(&linux, "0.2.0").unwrap(), None);
        std::fs::create_dir_all(&linux).unwrap();
        assert_eq!(counted(&linux, "0.2.0").unwrap(), None);
        std::fs::write(linux.join("siembox_0.2.0+2-1.efi"), "").unwrap();
        let names = counted(&linux, "0.2.0").unwrap().unwrap();
        assert_eq!(
            names,
            (
                "siembox_0.2.0+2-1.efi".to_owned(),
                "siembox_0.2.0.efi".to_owned()
            )
        );
    }

    #[test]
    fn takes_the_count_off_its_own_file_only() {
        let of = |name| without_count(name, "0.2.0");
        for counted in [
            "siembox_0.2.0+3.efi",
            "siembox_0.2.0+2-1.efi",
            "siembox_0.2.0+0-3.EFI",
        ] {
            assert_eq!(of(counted).as_deref(), Some("siembox_0.2.0.efi"));
        }
        for other in [
            "siembox_0.2.0.efi",
            "siembox_0.1.0+2-1.efi",
            "siembox_0.2.0+.efi",
            "siembox_0.2.0+2-.efi",
            "siembox_0.2.0+build7.efi",
            "siembox_0.2.0+3.efi.new",
            "../siembox_0.2.0+3.efi",
            "",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
        let built = without_count("siembox_0.2.0+b7+3.efi", "0.2.0+b7");
        assert_eq!(built.as_deref(), Some("siembox_0.2.0+b7.efi"));
    }
}
