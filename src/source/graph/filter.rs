//! The settings' filters as OData: `{"severity":{"neq":["low"]}}` is `severity ne 'low'`.

use serde_json::{Map, Value};

/// The filters, each a condition, all of which must hold.
pub(super) fn conditions(filters: &Map<String, Value>) -> Vec<String> {
    let of_field = |(field, operators): (&String, &Value)| {
        let operators = operators.as_object().into_iter().flatten();
        let condition = |(operator, value): (&String, &Value)| condition(field, operator, value);
        operators.filter_map(condition).collect::<Vec<_>>()
    };
    filters.iter().flat_map(of_field).collect()
}

/// `None` of an operator without a value: it leaves nothing out.
fn condition(field: &str, operator: &str, value: &Value) -> Option<String> {
    let (compare, join) = match operator {
        "neq" => ("ne", " and "),
        _ => ("eq", " or "),
    };
    let values = value.as_array().map_or(std::slice::from_ref(value), |v| v);
    let each: Vec<String> = (values.iter())
        .map(|value| format!("{field} {compare} {}", literal(value)))
        .collect();
    match each.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        _ => Some(format!("({})", each.join(join))),
    }
}

/// A text in quotes, a quote in it twice; all else as in JSON.
fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn any_of_these_and_none_of_those() {
        for (filters, said) in [
            (json!({}), vec![]),
            (
                json!({"serviceSource": {"eq": ["a", "b"]}}),
                vec!["(serviceSource eq 'a' or serviceSource eq 'b')"],
            ),
            (
                json!({"severity": {"neq": ["low", "informational"]}}),
                vec!["(severity ne 'low' and severity ne 'informational')"],
            ),
            (
                json!({"status": {"eq": ["new"]}, "assignedTo": {"neq": "O'Hara"}}),
                vec!["assignedTo ne 'O''Hara'", "status eq 'new'"],
            ),
            (
                json!({"severity": {"eq": ["high"], "neq": []}, "assignedTo": {"eq": [null]}}),
                vec!["assignedTo eq null", "severity eq 'high'"],
            ),
        ] {
            let Value::Object(filters) = filters else {
                panic!("{filters}")
            };
            let mut is = conditions(&filters);
            is.sort();
            assert_eq!(is, said);
        }
    }
}
