//! What systemd-boot leaves behind for whoever it has started: EFI variables,
//! <https://systemd.io/BOOT_LOADER_INTERFACE>.

use std::path::Path;

/// The boot loader's own variables.
const VENDOR: &str = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";

/// The text in one of them; none on boards without EFI.
#[must_use]
pub fn word(sys: &Path, name: &str) -> Option<String> {
    let variables = sys.join("firmware/efi/efivars");
    text(&std::fs::read(variables.join(format!("{name}-{VENDOR}"))).ok()?)
}

/// The name of the file whose starts were counted when it was started, as the count stands since.
/// None where nothing is counted: the file has proved itself, or has no tries left.
#[must_use]
pub fn counted_file(sys: &Path) -> Option<String> {
    let path = word(sys, "LoaderBootCountPath")?;
    Some(path.rsplit('\\').next()?.to_owned())
}

/// Four bytes of attributes, then UTF-16 with a zero.
fn text(value: &[u8]) -> Option<String> {
    let letters = value.get(4..)?.chunks_exact(2);
    let letters = letters.map(|two| u16::from_le_bytes([two[0], two[1]]));
    let letters: Vec<u16> = letters.take_while(|letter| *letter != 0).collect();
    String::from_utf16(&letters).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reads_the_boot_loaders_words() {
        let sys = tempfile::tempdir().unwrap();
        let folder = sys.path().join("firmware/efi/efivars");
        assert_eq!(counted_file(sys.path()), None, "a board without EFI");
        std::fs::create_dir_all(&folder).unwrap();
        let path = "\\EFI\\Linux\\siembox_0.2.0+2-1.efi";
        let mut value = vec![6, 0, 0, 0];
        value.extend(path.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
        let file = folder.join(format!("LoaderBootCountPath-{VENDOR}"));
        std::fs::write(&file, &value).unwrap();
        assert_eq!(
            counted_file(sys.path()).as_deref(),
            Some("siembox_0.2.0+2-1.efi")
        );
        for wrong in [&[][..], &[6, 0, 0], &[6, 0, 0, 0, 0, 0xd8]] {
            std::fs::write(&file, wrong).unwrap();
            assert_eq!(counted_file(sys.path()), None);
        }
    }
}
