//! Writes values and conditions in KQL. What stands in a text stays in it, whatever it is: nothing
//! but [`text`] puts foreign text into a query.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// How a filter of the settings is written.
#[derive(Debug, Clone, Copy)]
enum Condition {
    /// Is it one of these?
    OneOf(&'static str),
    /// Does it hold of one of these?
    Any(&'static str),
    /// Does it hold of each of these?
    Each(&'static str),
}

/// The operators of the settings, and those of KQL.
const CONDITIONS: [(&str, Condition); 5] = [
    ("eq", Condition::OneOf("in")),
    ("neq", Condition::OneOf("!in")),
    ("contains", Condition::Any("contains")),
    ("ncontains", Condition::Each("!contains")),
    ("startswith", Condition::Any("startswith")),
];

/// A text as a literal.
pub(super) fn text(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    out.push('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            // line breaks of any kind end a literal, and a comment
            '\u{85}' | '\u{2028}' | '\u{2029}' => push_code(c, &mut out),
            c if c.is_control() => push_code(c, &mut out),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// `\u000a`; all of these have four digits.
fn push_code(c: char, out: &mut String) {
    // writing to a String can't fail
    let _ = write!(out, "\\u{:04x}", u32::from(c));
}

/// A moment, milliseconds since 1970, as a literal.
pub(super) fn moment(ms: i64) -> String {
    format!("datetime({})", iso(ms))
}

/// `2026-11-10T10:31:05.239Z`; a moment that no clock shows is the nearest that one does.
pub(super) fn iso(ms: i64) -> String {
    /// The year 1 begins: KQL knows none before it.
    const FIRST: i64 = -62_135_596_800_000;
    let at = jiff::Timestamp::from_millisecond(ms.max(FIRST)).unwrap_or(jiff::Timestamp::MAX);
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// The conditions that these filters of the settings are; the name of one that KQL has no word for
/// otherwise.
pub(super) fn conditions(filters: &Map<String, Value>) -> Result<Vec<String>, String> {
    let mut all = Vec::new();
    for (column, operators) in filters {
        let unknown = |operator: &str| format!("{column}.{operator}");
        if !is_column(column) {
            return Err(column.clone());
        }
        let operators = operators.as_object().ok_or_else(|| column.clone())?;
        for (operator, values) in operators {
            let known = CONDITIONS.iter().find(|(name, _)| name == operator);
            let (_, condition) = known.ok_or_else(|| unknown(operator))?;
            let texts = texts(values).ok_or_else(|| unknown(operator))?;
            all.push(condition.of(column, &texts));
        }
    }
    Ok(all)
}

/// Can it be the name of a column?
fn is_column(name: &str) -> bool {
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    begins && (name.bytes()).all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The values of an operator, one or a list, as literals; `None` where one is no text.
fn texts(values: &Value) -> Option<Vec<String>> {
    let one = |value: &Value| value.as_str().map(text);
    match values {
        Value::Array(values) => values.iter().map(one).collect(),
        value => Some(vec![one(value)?]),
    }
}

impl Condition {
    fn of(self, column: &str, values: &[String]) -> String {
        let each = |operator: &str, joint: &str| {
            let all = values
                .iter()
                .map(|value| format!("{column} {operator} {value}"));
            let all: Vec<String> = all.collect();
            match &all[..] {
                // of nothing "any" is false and "each" is true
                [] => (joint == " and ").to_string(),
                [one] => one.clone(),
                all => format!("({})", all.join(joint)),
            }
        };
        match self {
            Self::OneOf(operator) => format!("{column} {operator} ({})", values.join(", ")),
            Self::Any(operator) => each(operator, " or "),
            Self::Each(operator) => each(operator, " and "),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn written(filters: Value) -> Result<Vec<String>, String> {
        conditions(filters.as_object().unwrap())
    }

    #[test]
    fn each_operator_has_its_words() {
        for (filters, expected) in [
            (
                json!({"ActionType": {"eq": ["a", "b"]}}),
                r#"ActionType in ("a", "b")"#,
            ),
            (
                json!({"ActionType": {"neq": ["x"]}}),
                r#"ActionType !in ("x")"#,
            ),
            (
                json!({"ActionType": {"neq": "x"}}),
                r#"ActionType !in ("x")"#,
            ),
            (
                json!({"IPAddress": {"startswith": ["10.", "192.168."]}}),
                r#"(IPAddress startswith "10." or IPAddress startswith "192.168.")"#,
            ),
            (
                json!({"Application": {"ncontains": ["a", "b"]}}),
                r#"(Application !contains "a" and Application !contains "b")"#,
            ),
            (
                json!({"Application": {"contains": ["a"]}}),
                r#"Application contains "a""#,
            ),
            (json!({"Application": {"contains": []}}), "false"),
            (json!({"Application": {"ncontains": []}}), "true"),
            (json!({"Application": {"eq": []}}), "Application in ()"),
        ] {
            assert_eq!(written(filters).unwrap(), [expected]);
        }
    }

    /// Reads a literal as KQL does; what stands behind it is no part of it.
    fn read(literal: &str) -> (String, &str) {
        let mut out = String::new();
        let mut rest = literal.strip_prefix('"').unwrap().char_indices();
        while let Some((at, c)) = rest.next() {
            match c {
                '"' => return (out, &literal[at + 2..]),
                '\n' | '\r' => panic!("a literal ends with its line"),
                '\\' => match rest.next().unwrap().1 {
                    'u' => {
                        let digits: String = rest.by_ref().take(4).map(|(_, c)| c).collect();
                        let code = u32::from_str_radix(&digits, 16).unwrap();
                        out.push(char::from_u32(code).unwrap());
                    }
                    c => out.push(c),
                },
                c => out.push(c),
            }
        }
        panic!("a literal has an end: {literal}");
    }

    #[test]
    fn no_text_leaves_its_literal() {
        for foreign in [
            r#"x") or true //"#,
            r#"\"#,
            r#"\\""#,
            "a\"\n| union IdentityInfo\n//",
            "a\r\nb",
            "'; drop",
            "```",
            "h@\"x",
            "\u{0}\u{7f}\u{85}\u{2028}\u{2029}",
            "été 🦀",
            "",
        ] {
            assert_eq!(
                read(&text(foreign)),
                (foreign.to_owned(), ""),
                "{foreign:?}"
            );
            let all = written(json!({"ActionType": {"eq": [foreign]}})).unwrap();
            let literal = all[0].strip_prefix("ActionType in (").unwrap();
            assert_eq!(read(literal), (foreign.to_owned(), ")"), "{foreign:?}");
        }
    }

    #[test]
    fn what_is_no_column_operator_or_text_is_refused() {
        for (filters, name) in [
            (json!({"A | take 1": {"eq": ["x"]}}), "A | take 1"),
            (json!({"1A": {"eq": ["x"]}}), "1A"),
            (json!({"": {"eq": ["x"]}}), ""),
            (json!({"A": {"or": ["x"]}}), "A.or"),
            (json!({"A": {"eq": [7]}}), "A.eq"),
            (json!({"A": "x"}), "A"),
        ] {
            assert_eq!(written(filters).unwrap_err(), name);
        }
    }

    #[test]
    fn a_moment_has_three_digits_and_stays_within_the_years_of_kql() {
        assert_eq!(
            moment(1_794_306_665_239),
            "datetime(2026-11-10T10:31:05.239Z)"
        );
        assert_eq!(iso(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(iso(i64::MIN), "0001-01-01T00:00:00.000Z");
        assert_eq!(iso(i64::MAX), "9999-12-30T22:00:00.999Z");
    }
}
