//! The forms that one value takes in rows of hunting (successors §3.3): bool, 0/1, `"0"`; null,
//! `""`, `{}`; objects or JSON text; keys in other cases.

use serde_json::{Map, Value, json};

use super::{List, Type, member};

/// How the values of a row are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Graph today: 0/1 with the side key `X@odata.type`, `{}` for an empty dynamic.
    Graph,
    /// true and false, null for nothing, dynamics as they are.
    Plain,
    /// `"0"`, `""` for nothing, dynamics as JSON text, `Isp`.
    Texts,
    /// Keys that begin small (`timestamp`), 0/1, `""` for a text that is not there.
    SmallKeys,
    /// A test gave the row; it is served so.
    AsGiven,
}

impl Form {
    /// One of the forms, by a record's seed: half of all are Graph's of today.
    #[must_use]
    pub fn drawn(seed: u64) -> Self {
        match seed >> 32 & 7 {
            0..4 => Self::Graph,
            4 | 5 => Self::Plain,
            6 => Self::Texts,
            _ => Self::SmallKeys,
        }
    }

    /// A whole row in this form. Records of collections are left as they are.
    #[must_use]
    pub fn of_row(self, list: List, row: &Value) -> Value {
        let Value::Object(members) = row else {
            return row.clone();
        };
        if self == Self::AsGiven || !list.is_table() {
            return row.clone();
        }
        let mut out = Map::new();
        for column in list.columns() {
            let value = member(row, column.name).cloned().unwrap_or_default();
            self.put(column.name, column.kind, value, &mut out);
        }
        let is_extra = |key: &str| !list.columns().iter().any(|column| column.name == key);
        for (key, value) in members.iter().filter(|(key, _)| is_extra(key)) {
            out.insert(key.clone(), value.clone());
        }
        Value::Object(out)
    }

    /// Puts one value into a row.
    pub fn put(self, name: &str, kind: Type, value: Value, row: &mut Map<String, Value>) {
        let key = match (self, name) {
            (Self::Texts, "ISP") => "Isp".to_owned(),
            (Self::SmallKeys, _) => {
                let (first, rest) = name.split_at(1);
                first.to_lowercase() + rest
            }
            _ => name.to_owned(),
        };
        let value = match (self, kind, value) {
            (Self::AsGiven | Self::Plain, _, value) => value,
            (Self::Graph | Self::SmallKeys, Type::Flag, Value::Bool(flag)) => {
                if self == Self::Graph {
                    row.insert(format!("{key}@odata.type"), json!("#SByte"));
                }
                json!(u8::from(flag))
            }
            (Self::Texts, Type::Flag, Value::Bool(flag)) => json!(u8::from(flag).to_string()),
            (Self::Graph | Self::SmallKeys, Type::Dynamic, Value::Null) => json!({}),
            (Self::Texts | Self::SmallKeys, Type::Text, Value::Null) => json!(""),
            (Self::Texts, Type::Dynamic | Type::Int, Value::Null) => json!(""),
            (Self::Texts, Type::Dynamic, dynamic) => json!(dynamic.to_string()),
            (_, _, value) => value,
        };
        row.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_says_the_same_in_its_way() {
        let row = json!({
            "IsAdminOperation": true, "IPTags": null, "RawEventData": {"UserId": "a"}, "City": null,
            "ISP": "x",
        });
        let formed = |form: Form| form.of_row(List::CloudAppEvents, &row);
        let graph = formed(Form::Graph);
        assert_eq!(graph["IsAdminOperation"], 1);
        assert_eq!(graph["IsAdminOperation@odata.type"], "#SByte");
        assert_eq!(graph["IPTags"], json!({}));
        assert_eq!(formed(Form::Plain)["IsAdminOperation"], true);
        let texts = formed(Form::Texts);
        assert_eq!(texts["IsAdminOperation"], "1");
        assert_eq!((&texts["City"], &texts["Isp"]), (&json!(""), &json!("x")));
        assert_eq!(texts["RawEventData"], "{\"UserId\":\"a\"}");
        assert_eq!(formed(Form::SmallKeys)["isAdminOperation"], 1);
    }
}
