//! The description of the image: `/etc/siembox/firmware.toml`, written when it was built.

use std::path::Path;

use toml_edit::DocumentMut;

/// Where it lies in the initramfs.
pub const PATH: &str = "/etc/siembox/firmware.toml";

/// The image that was booted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Board it was built for; empty where that is not known.
    pub board: String,
    /// Version of the firmware, as in the name of its file on the ESP.
    pub version: String,
    /// When it was built, milliseconds since 1970: no clock that runs it can be older. 0 where that
    /// is not known.
    pub built_ms: i64,
    /// True for a debug image, with a shell and the kernel's messages.
    pub debug: bool,
}

// === impl Image ===

impl Image {
    /// Reads it. What is missing has a harmless value, and is named.
    pub fn read(path: &Path) -> (Self, Option<String>) {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text),
            Err(cause) => (
                Self::unknown(),
                Some(format!(
                    "{}: {cause}: the image is incomplete, flash it again",
                    path.display()
                )),
            ),
        }
    }

    fn parse(text: &str) -> (Self, Option<String>) {
        let document: DocumentMut = match text.parse() {
            Ok(document) => document,
            Err(slip) => return (Self::unknown(), Some(format!("{PATH}: {slip}"))),
        };
        let word = |key: &str| document.get(key).and_then(|item| item.as_str());
        let unknown = Self::unknown();
        let built = word("built").and_then(|text| text.parse::<jiff::Timestamp>().ok());
        let image = Self {
            board: word("board").unwrap_or_default().to_owned(),
            version: word("version").map_or(unknown.version, str::to_owned),
            built_ms: built.map_or(0, |time| time.as_millisecond()),
            debug: document.get("debug").and_then(|item| item.as_bool()) == Some(true),
        };
        let trouble = built.is_none().then(|| {
            format!("{PATH}: no time in \"built\": the clock starts at its last known time")
        });
        (image, trouble)
    }

    fn unknown() -> Self {
        Self {
            board: String::new(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            built_ms: 0,
            debug: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_builder_wrote() {
        let (image, trouble) = Image::parse(
            "board = \"qemu-aarch64\"\nversion = \"0.2.0\"\nbuilt = \"2026-11-26T00:00:00Z\"\ndebug = true\n",
        );
        assert_eq!(trouble, None);
        assert_eq!(image.board, "qemu-aarch64");
        assert_eq!(image.version, "0.2.0");
        assert_eq!(image.built_ms, 1_795_651_200_000);
        assert!(image.debug);
    }

    #[test]
    fn boots_without_it() {
        for text in ["", "board = 3\nbuilt = 4", "not toml"] {
            let (image, trouble) = Image::parse(text);
            assert_eq!(image, Image::unknown(), "{text}");
            assert!(trouble.is_some());
        }
        assert!(Image::read(Path::new("/none/such")).1.is_some());
    }
}
