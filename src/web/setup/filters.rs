//! Filters between the page and the settings file: those with a field of their own, and the others
//! as text.

use toml_edit::{Array, DocumentMut, InlineTable, Value};

use super::fields::{FieldKind, SetupField, ValueKind};

/// The values of one filter, from what was typed. None where nothing was.
///
/// # Errors
/// In words, for beside the field.
pub(super) fn values(holds: ValueKind, typed: &str) -> Result<Option<Value>, String> {
    let words = typed.split([',', '\n']).map(str::trim);
    let mut array = Array::new();
    for word in words.filter(|word| !word.is_empty()) {
        match holds {
            ValueKind::Words => array.push(word),
            ValueKind::Numbers => match word.parse::<i64>() {
                Ok(number) => array.push(number),
                Err(_) => {
                    return Err(format!(
                        "found {word:?}; allowed: whole numbers, with commas or line ends between"
                    ));
                }
            },
        }
    }
    Ok((!array.is_empty()).then_some(Value::Array(array)))
}

/// The picked values of one filter, with blanks between. None where none was.
pub(super) fn picks(holds: ValueKind, typed: &str) -> Option<Value> {
    let words = typed.split_ascii_whitespace();
    let array: Array = match holds {
        ValueKind::Numbers => words.filter_map(|word| word.parse::<i64>().ok()).collect(),
        ValueKind::Words => words.collect(),
    };
    (!array.is_empty()).then_some(Value::Array(array))
}

/// The other filters of a stream, from what was typed: lines as the settings file has them.
///
/// # Errors
/// In words, where they are no TOML.
pub(super) fn others(typed: &str) -> Result<InlineTable, String> {
    let document: DocumentMut = typed
        .parse()
        .map_err(|error: toml_edit::TomlError| format!("not TOML: {}", error.message()))?;
    Ok(document.as_table().clone().into_inline_table())
}

/// Takes a stream's table of filters apart: what its fields show, and the rest as text.
pub(super) fn apart(
    stream_filters: &InlineTable,
    fields: &[&'static SetupField],
) -> (Vec<(&'static str, String)>, String) {
    let mut shown = Vec::new();
    let mut rest = String::new();
    for (name, condition) in stream_filters {
        let field = fields
            .iter()
            .find(|field| field.filter().is_some_and(|(_, filter)| filter == name));
        let text = field.and_then(|field| Some((field.key, text(field, condition)?)));
        match text {
            Some(text) => shown.push(text),
            None => {
                let mut line = DocumentMut::new();
                line.insert(name, toml_edit::value(condition.clone().decorated(" ", "")));
                rest += &line.to_string();
            }
        }
    }
    (shown, rest.trim_end().to_owned())
}

/// The text of a field, where the condition is one that it can show: nothing but `eq` with a list
/// of its kind, or one value.
fn text(field: &SetupField, condition: &Value) -> Option<String> {
    let table = condition
        .as_inline_table()
        .filter(|table| table.len() == 1)?;
    let one = table.get("eq")?;
    let list: Vec<&Value> = match one {
        Value::Array(list) => list.iter().collect(),
        one => vec![one],
    };
    let words = list.into_iter().map(|value| match field.kind {
        FieldKind::Values(ValueKind::Words) => value
            .as_str()
            .filter(|word| !word.contains([',', '\n']))
            .map(str::to_owned),
        FieldKind::Values(ValueKind::Numbers) => {
            value.as_integer().map(|number| number.to_string())
        }
        FieldKind::Picks(holds, all) => {
            let word = match holds {
                ValueKind::Numbers => value.as_integer()?.to_string(),
                ValueKind::Words => value.as_str()?.to_owned(),
            };
            all.iter().any(|(known, _)| *known == word).then_some(word)
        }
        _ => None,
    });
    let words: Vec<String> = words.collect::<Option<_>>()?;
    let between = if matches!(field.kind, FieldKind::Picks(..)) {
        " "
    } else {
        "\n"
    };
    Some(words.join(between))
}

/// A condition for one filter: `{ eq = … }`.
pub(super) fn eq(value: Value) -> Value {
    let mut table = InlineTable::new();
    table.insert("eq", value);
    Value::InlineTable(table)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::web::setup::fields::SetupSource;

    fn fields(table: &'static str) -> Vec<&'static SetupField> {
        SetupField::all(SetupSource::CloudApps)
            .filter(|field| field.filter().is_some_and(|(of, _)| of == table))
            .collect()
    }

    #[test]
    fn what_a_field_can_show_it_shows_and_the_rest_is_text() {
        let table = others(
            "severity = { eq = [1, 2] }\n\"entity.policy\" = { neq = [\"a\"] }\nalertOpen = { eq = true }\n\"entity.service\" = { eq = 11161 }",
        )
        .unwrap();
        let (shown, rest) = apart(&table, &fields("alerts.filters"));
        assert_eq!(
            shown,
            [
                ("alerts.filters.severity", "1 2".to_owned()),
                ("alerts.filters.entity.service", "11161".to_owned())
            ]
        );
        assert_eq!(
            rest,
            "\"entity.policy\" = { neq = [\"a\"] }\nalertOpen = { eq = true }"
        );
        assert_eq!(others(&rest).unwrap().len(), 2);
    }

    #[test]
    fn lists_are_typed_with_commas_or_lines() {
        let list =
            |holds, typed| values(holds, typed).map(|list| list.map(|list| list.to_string()));
        assert_eq!(
            list(ValueKind::Words, " a, b\n\nc "),
            Ok(Some(r#"["a", "b", "c"]"#.into()))
        );
        assert_eq!(
            list(ValueKind::Numbers, "11161,20893"),
            Ok(Some("[11161, 20893]".into()))
        );
        assert_eq!(list(ValueKind::Words, " \n"), Ok(None));
        assert!(
            list(ValueKind::Numbers, "Office")
                .unwrap_err()
                .contains("Office")
        );
    }

    #[test]
    fn what_is_no_toml_is_told() {
        assert!(others("severity = ").unwrap_err().starts_with("not TOML"));
    }
}
