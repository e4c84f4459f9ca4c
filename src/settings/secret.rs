//! A value that can't be printed.

/// A token or password. `Debug` shows stars; only [`Secret::reveal`] gives it away.
///
/// It can't be displayed or serialised at all, so it can't slip into a log, a page or a status
/// file:
///
/// ```compile_fail
/// println!("{}", siembox::settings::Secret::new("hunter2"));
/// ```
/// ```compile_fail
/// let _ = serde_json::to_string(&siembox::settings::Secret::new("hunter2"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Pairs that stand around a pasted word: typewriter's, and those that editors make of them.
const QUOTES: [(char, char); 4] = [('"', '"'), ('\'', '\''), ('“', '”'), ('‘', '’')];

/// Said of a token that [`Secret::looks_like_a_token`] doubts.
pub const ODD_TOKEN: &str = "this does not look like a SIEM agent's token (64 to 192 letters, \
    digits and =); check that it was copied completely";

impl Secret {
    /// Takes a secret in, without the white space around it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// Takes in a secret that never has quotes of its own, as tokens and Entra's client secrets:
    /// without the white space around it, and without the quotes that a table, an `.env` file or a
    /// text editor put around that.
    #[must_use]
    pub fn unquoted(text: &str) -> Self {
        let text = text.trim();
        let bare = QUOTES.iter().find_map(|&(begin, end)| {
            let bare = text.strip_prefix(begin)?.strip_suffix(end)?;
            (!bare.is_empty()).then_some(bare)
        });
        Self::new(bare.unwrap_or(text))
    }

    /// Takes an API token in, as [`Secret::unquoted`] does.
    ///
    /// # Errors
    /// Where it is empty or could not stand in a request's header: it was not copied as it is.
    pub fn token(text: &str) -> Result<Self, InvalidToken> {
        let token = Self::unquoted(text);
        let printable = token.0.bytes().all(|b| b.is_ascii_graphic());
        if printable && !token.0.is_empty() {
            Ok(token)
        } else {
            Err(InvalidToken)
        }
    }

    /// Whether it looks like the SIEM agents' tokens: 64 to 192 of `0-9 a-z A-Z =` (reference:
    /// MCAS.psm1). Others may be right as well, so this is for a warning only.
    #[must_use]
    pub fn looks_like_a_token(&self) -> bool {
        looks_like_a_token(&self.0)
    }

    /// The secret itself, for the one header or handshake that needs it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// A token that can't be one, in the old agent's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "Invalid token: it is empty or contains white space or other characters that are not allowed \
        in a token; copy it again or regenerate it in the portal"
)]
pub struct InvalidToken;

/// `^[0-9a-zA-Z=]{64,192}$`
pub(super) fn looks_like_a_token(text: &str) -> bool {
    (64..=192).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'=')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn debug_shows_stars() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "***");
    }

    #[test]
    fn a_token_is_one_printable_word() {
        let real = "ZV9".repeat(30);
        for (written, fits, shape) in [
            (real.as_str(), true, true),
            ("  short== \n", true, false),
            (&format!(" \"{real}\"\r\n"), true, true),
            (&format!("'{real}'"), true, true),
            (&format!("“{real}”"), true, true),
            (&format!("\"{real}"), true, false),
            ("\"\"", true, false),
            ("", false, false),
            (" \n", false, false),
            ("two words", false, false),
            ("bell\u{7}", false, false),
            ("tökén", false, false),
        ] {
            let token = Secret::token(written);
            assert_eq!(token.is_ok(), fits, "{written}");
            assert_eq!(
                token.is_ok_and(|token| token.looks_like_a_token()),
                shape,
                "{written}"
            );
        }
    }
}
