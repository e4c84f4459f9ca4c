//! A reader of CEF that allows what the standard allows and nothing else, to hold siembox's lines
//! against. It was written from the standard ("Common Event Format", revisions 16 to 25) and knows
//! nothing of siembox.
//!
//! The rules: `CEF:Version|Vendor|Product|Device Version|Class ID|Name|Severity|Extension`; in the
//! header `\|` and `\\`, no line breaks; in the extension `key=value` pairs with blanks between
//! them, `\=`, `\\`, `\n` and `\r` in values, blanks inside a value but not at its end; one blank
//! may stand before the first pair.

use std::fmt;

/// A line taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cef {
    /// What stands before `CEF:`, without the blank at its end.
    pub prefix: String,
    /// The seven fields of the header, unescaped: version, vendor, product, device version, class,
    /// name, severity.
    pub header: [String; 7],
    /// Keys and unescaped values, in the line's order.
    pub extension: Vec<(String, String)>,
}

/// What the standard does not allow, and where (byte of the line).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCef {
    /// What is wrong.
    pub what: &'static str,
    /// Byte of the header or extension where it shows.
    pub at: usize,
}

impl fmt::Display for NotCef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.what, self.at)
    }
}

impl Cef {
    /// Reads a line.
    ///
    /// # Errors
    /// At the first thing that the standard does not allow.
    pub fn read(line: &str) -> Result<Self, NotCef> {
        if let Some((at, _)) = line.char_indices().find(|(_, c)| c.is_control()) {
            return Err(NotCef {
                what: "a control character",
                at,
            });
        }
        let start = line.find("CEF:").ok_or(NotCef {
            what: "no CEF:",
            at: 0,
        })?;
        let (header, extension) = header(&line[start + 4..])?;
        if header[0].is_empty() || !header[0].bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(NotCef {
                what: "a version that is no number",
                at: start,
            });
        }
        if !severity_is_legal(&header[6]) {
            return Err(NotCef {
                what: "a severity that is none",
                at: start,
            });
        }
        let prefix = line[..start]
            .strip_suffix(' ')
            .unwrap_or(&line[..start])
            .to_owned();
        Ok(Self {
            prefix,
            header,
            extension: pairs(extension.strip_prefix(' ').unwrap_or(extension))?,
        })
    }

    /// The value of a key.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&str> {
        let pair = self.extension.iter().find(|(name, _)| name == key)?;
        Some(&pair.1)
    }
}

fn severity_is_legal(severity: &str) -> bool {
    let words = ["Unknown", "Low", "Medium", "High", "Very-High"];
    words.contains(&severity) || severity.parse::<u8>().is_ok_and(|number| number <= 10)
}

/// The seven fields, and what is behind them.
fn header(text: &str) -> Result<([String; 7], &str), NotCef> {
    let mut fields: [String; 7] = Default::default();
    let mut field = 0;
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        match (escaped, character) {
            (true, '|' | '\\') => {
                fields[field].push(character);
                escaped = false;
            }
            (true, _) => {
                return Err(NotCef {
                    what: "an escape that the header does not have",
                    at,
                });
            }
            (false, '\\') => escaped = true,
            (false, '|') => {
                field += 1;
                if field == 7 {
                    return Ok((fields, &text[at + 1..]));
                }
            }
            (false, _) => fields[field].push(character),
        }
    }
    Err(NotCef {
        what: "a header of fewer than seven fields",
        at: text.len(),
    })
}

/// The pairs of an extension. A key is the word right before an `=` that has no backslash before
/// it.
fn pairs(text: &str) -> Result<Vec<(String, String)>, NotCef> {
    let equals = unescaped_equals(text)?;
    let mut pairs: Vec<(String, String)> = Vec::new();
    if equals.is_empty() && !text.is_empty() {
        return Err(NotCef {
            what: "text without a key",
            at: 0,
        });
    }
    for (nth, &equal) in equals.iter().enumerate() {
        let key_at = match nth {
            0 => 0,
            _ => text[..equal].rfind(' ').map_or(0, |blank| blank + 1),
        };
        if nth > 0 && key_at <= equals[nth - 1] {
            return Err(NotCef {
                what: "an = inside a value",
                at: equal,
            });
        }
        let end = match equals.get(nth + 1) {
            // up to the blank before the next key
            Some(&next) => text[..next].rfind(' ').filter(|&blank| blank > equal),
            None => Some(text.len()),
        };
        let end = end.ok_or(NotCef {
            what: "an = inside a value",
            at: equal,
        })?;
        let (key, value) = (&text[key_at..equal], &text[equal + 1..end]);
        if key.is_empty()
            || !key
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            return Err(NotCef {
                what: "a key that is none",
                at: key_at,
            });
        }
        if value.ends_with(' ') {
            return Err(NotCef {
                what: "a blank at the end of a value",
                at: end,
            });
        }
        if pairs.iter().any(|(known, _)| known == key) {
            return Err(NotCef {
                what: "a key that was there before",
                at: key_at,
            });
        }
        pairs.push((key.to_owned(), unescaped(value)));
    }
    Ok(pairs)
}

/// Where the `=` are that end a key; checks all escapes on the way.
fn unescaped_equals(text: &str) -> Result<Vec<usize>, NotCef> {
    let mut equals = Vec::new();
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        match (escaped, character) {
            (true, '\\' | '=' | 'n' | 'r') => escaped = false,
            (true, _) => {
                return Err(NotCef {
                    what: "an escape that the extension does not have",
                    at,
                });
            }
            (false, '\\') => escaped = true,
            (false, '=') => equals.push(at),
            (false, _) => {}
        }
    }
    if escaped {
        return Err(NotCef {
            what: "a backslash at the end",
            at: text.len(),
        });
    }
    Ok(equals)
}

/// A value whose escapes were checked.
fn unescaped(value: &str) -> String {
    let mut text = String::new();
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        text.push(match (character, character == '\\') {
            (_, true) => match characters.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some(other) => other,
                None => '\\',
            },
            (plain, false) => plain,
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_standard_allows() {
        let line = r"Sep 19 08:26:10 host CEF:0|se\|cu|a\\b|1.0|100|det = x|10|src=10.0.0.1 act=blocked a | \= b \\ \n\r dst= c6a1=x";
        let cef = Cef::read(line).unwrap();
        assert_eq!(cef.prefix, "Sep 19 08:26:10 host");
        assert_eq!(
            cef.header,
            ["0", "se|cu", "a\\b", "1.0", "100", "det = x", "10"]
        );
        let pairs = [
            ("src", "10.0.0.1"),
            ("act", "blocked a | = b \\ \n\r"),
            ("dst", ""),
            ("c6a1", "x"),
        ];
        assert_eq!(
            cef.extension,
            pairs.map(|(key, value)| (key.to_owned(), value.to_owned()))
        );
        assert_eq!(cef.value("dst"), Some(""));
        assert!(
            Cef::read("CEF:0|a|b|c|d|e|0|")
                .unwrap()
                .extension
                .is_empty()
        );
    }

    #[test]
    fn refuses_everything_else() {
        for (line, what) in [
            ("hello", "no CEF:"),
            ("CEF:x|a|b|c|d|e|0|", "a version that is no number"),
            ("CEF:0|a|b|c|d|e|11|", "a severity that is none"),
            ("CEF:0|a|b|c|d|e", "a header of fewer than seven fields"),
            (
                r"CEF:0|a\=|b|c|d|e|0|",
                "an escape that the header does not have",
            ),
            (
                r"CEF:0|a|b|c|d|e|0|a=\|",
                "an escape that the extension does not have",
            ),
            (r"CEF:0|a|b|c|d|e|0|a=x\", "a backslash at the end"),
            ("CEF:0|a|b|c|d|e|0|hello", "text without a key"),
            ("CEF:0|a|b|c|d|e|0|a=x?y=z b=1", "an = inside a value"),
            ("CEF:0|a|b|c|d|e|0|a=x y?z=z b=1", "a key that is none"),
            (
                "CEF:0|a|b|c|d|e|0|a=x  b=1",
                "a blank at the end of a value",
            ),
            ("CEF:0|a|b|c|d|e|0|a=x ", "a blank at the end of a value"),
            ("CEF:0|a|b|c|d|e|0|a=x a=y", "a key that was there before"),
            ("CEF:0|a|b|c|d|e|0|  a=x", "a key that is none"),
            ("CEF:0|a|b|c|d|e|0|a=x\ty", "a control character"),
        ] {
            assert_eq!(Cef::read(line).unwrap_err().what, what, "{line}");
        }
    }
}
