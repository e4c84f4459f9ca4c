//! Foreign text: messages of the API, Entra, a proxy, the SIEM, a certificate or any other peer.
//!
//! A peer may repeat what we sent it, our token included, and what it says ends in logs, notices
//! and pages. So it comes in through one type, [`ForeignText`]: bounded, printable, and without any
//! secret that this process knows. What a secret is, [`know`] is told by whoever reads or makes
//! one, before it is used. The log, the notices and the support bundle ask [`without_secrets`] once
//! more before they write, in case a text came in by another way.

mod forms;
mod known;
mod view;

use std::borrow::Cow;
use std::fmt;

pub use known::{know, know_passing};

/// Stands where a secret stood.
pub const REMOVED: &str = "(removed)";

/// Characters of a foreign text that are kept, unless its reader says otherwise.
const MOST: usize = 200;
/// Bytes of a foreign text that are looked at. More than [`MOST`] characters of any text fit.
const LOOKED_AT: usize = 16 * 1024;
/// A shorter secret is only taken out of foreign text: our own words may hold it by chance.
const SHORTEST_IN_OUR_WORDS: usize = 8;

/// What somebody else says, fit for a log and for everybody's eyes: one line of printable
/// characters, bounded, and without our secrets, plain or encoded (base64, hexadecimal, percent,
/// JSON, HTML).
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct ForeignText(String);

// === impl ForeignText ===

impl ForeignText {
    /// At most 200 characters of it. White space becomes one space, other control characters and
    /// what is no UTF-8 are escaped (`\x07`).
    #[must_use]
    pub fn new(bytes: impl AsRef<[u8]>) -> Self {
        Self::bounded(bytes, MOST)
    }

    /// As [`ForeignText::new`], with another bound of characters.
    #[must_use]
    pub fn bounded(bytes: impl AsRef<[u8]>, most: usize) -> Self {
        let bytes = bytes.as_ref();
        let bytes = &bytes[..bytes.len().min(LOOKED_AT)];
        // the secrets first: a cut or an escape in the middle of one would hide the rest of it
        let text = known::without(bytes, 0);
        Self(printable(&text, most))
    }

    /// As [`ForeignText::new`], but only the first line that is not empty: for pages of HTML.
    #[must_use]
    pub fn first_line(bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        let bytes = &bytes[..bytes.len().min(LOOKED_AT)];
        let text = known::without(bytes, 0);
        let mut lines = text.split(|byte| matches!(byte, b'\n' | b'\r'));
        let line = lines.find(|line| !line.trim_ascii().is_empty());
        Self(printable(line.unwrap_or_default(), MOST))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Is nothing left to be shown?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// In quotes, as texts for operators have it: `record "r1" cannot be read`.
impl fmt::Debug for ForeignText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for ForeignText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for ForeignText {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// A text of our own without the secrets that got into it by a way that has no [`ForeignText`].
/// Secrets of less than 8 characters stay: our own words may hold them by chance.
#[must_use]
pub fn without_secrets(text: &str) -> Cow<'_, str> {
    match known::without(text.as_bytes(), SHORTEST_IN_OUR_WORDS) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// The beginning of it in printable characters.
fn printable(bytes: &[u8], most: usize) -> String {
    let mut text = Bounded {
        text: String::new(),
        left: most,
    };
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_whitespace() {
                if !text.text.is_empty() && !text.text.ends_with(' ') {
                    text.push(" ");
                }
            } else if !is_invisible(c) {
                text.push(c.encode_utf8(&mut [0; 4]));
            } else if u32::from(c) < 0x100 {
                text.push(&format!("\\x{:02x}", u32::from(c)));
            } else {
                text.push(&c.escape_unicode().to_string());
            }
        }
        for byte in chunk.invalid() {
            text.push(&format!("\\x{byte:02x}"));
        }
    }
    let mut text = text.text;
    text.truncate(text.trim_end().len());
    text
}

/// A text with room for so many characters more. What does not fit as a whole ends it.
struct Bounded {
    text: String,
    left: usize,
}

impl Bounded {
    fn push(&mut self, part: &str) {
        match self.left.checked_sub(part.chars().count()) {
            Some(left) => {
                self.text.push_str(part);
                self.left = left;
            }
            None => self.left = 0,
        }
    }
}

/// Controls, and the characters that turn, join or hide the text around them.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
pub(crate) mod tests;
