//! Reads the JSON of a token endpoint, and of a token.

use serde::de::Deserialize;

/// JSON that may have a byte order mark before it and anything behind it.
pub(super) fn lenient<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Option<T> {
    let text = std::str::from_utf8(json)
        .ok()?
        .trim_start_matches('\u{feff}');
    T::deserialize(&mut serde_json::Deserializer::from_str(text)).ok()
}
