//! Takes a CEF line of ours apart into its fields, to compare two of them.

use std::collections::BTreeMap;

/// The names of the header's fields, in their order (CEF, revision 25).
const HEADER: [&str; 7] = [
    "version",
    "vendor",
    "product",
    "device version",
    "id",
    "name",
    "severity",
];

/// The fields of a line by their names: those of the header, and the keys of the extension.
pub(super) fn fields(line: &str) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    let Some(at) = line.find("CEF:") else {
        return fields;
    };
    let mut rest = &line[at + "CEF:".len()..];
    for name in HEADER {
        let (field, behind) = head(rest);
        fields.insert(name.to_owned(), field.to_owned());
        rest = behind;
    }
    extension(rest, &mut fields);
    fields
}

/// Up to the next bar that is not escaped, and what stands behind it.
fn head(text: &str) -> (&str, &str) {
    let mut escaped = false;
    for (at, sign) in text.char_indices() {
        match sign {
            '|' if !escaped => return (&text[..at], &text[at + 1..]),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    (text, "")
}

/// `key=value key=value`: a key stands at the begin or behind a blank, before an equals sign that
/// is not escaped.
fn extension(text: &str, fields: &mut BTreeMap<String, String>) {
    let mut begins: Vec<(usize, usize)> = Vec::new();
    for (equals, _) in text.match_indices('=') {
        let key_at = text[..equals].rfind(' ').map_or(0, |blank| blank + 1);
        let key = &text[key_at..equals];
        let is_key = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if is_key {
            begins.push((key_at, equals));
        }
    }
    for (nth, (key_at, equals)) in begins.iter().enumerate() {
        let end = begins.get(nth + 1).map_or(text.len(), |next| next.0);
        let value = text[equals + 1..end].trim_end_matches(' ');
        fields.insert(text[*key_at..*equals].to_owned(), value.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_its_header_and_its_keys() {
        let line = r"<109>2026-11-10T10:31:05.239Z siembox CEF:0|MCAS|SIEM_Agent|0.207.251|EVENT_CATEGORY_LOGIN|Log \| on|0|externalId=1 rt=2 msg=a \= b = c suser= cs1Label=portalURL cs1=https://x/?id\=eq(1,) c6a1Label=";
        let found = fields(line);
        for (key, value) in [
            ("vendor", "MCAS"),
            ("id", "EVENT_CATEGORY_LOGIN"),
            ("name", r"Log \| on"),
            ("severity", "0"),
            ("externalId", "1"),
            ("rt", "2"),
            ("msg", r"a \= b = c"),
            ("suser", ""),
            ("cs1", r"https://x/?id\=eq(1,)"),
            ("c6a1Label", ""),
        ] {
            assert_eq!(found.get(key).map(String::as_str), Some(value), "{key}");
        }
        assert_eq!(fields("no line").len(), 0);
    }
}
