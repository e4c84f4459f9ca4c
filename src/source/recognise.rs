//! Activity or alert? The API answers each under its own address; a file of records doesn't say.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::json::Text;

/// What a record looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// It has a key that only activities have.
    Activity,
    /// It has a key that only alerts have.
    Alert,
    /// It is an object with neither.
    Unknown,
}

/// Keys that only activities have, and that every known one has some of.
const ACTIVITY: &[&str] = &[
    "appId",
    "created",
    "description_metadata",
    "eventType",
    "eventTypeName",
    "mainInfo",
];
/// Keys that only alerts have.
const ALERT: &[&str] = &[
    "entities",
    "idValue",
    "resolutionStatusValue",
    "severityValue",
    "statusValue",
    "title",
];

/// Tells an activity from an alert by its keys. A text that is no JSON object is told by the words in it, so that
/// reading it as what it was meant to be can say what is wrong with it.
#[must_use]
pub fn shape(raw: &str) -> Shape {
    if let Ok(Keys(shape)) = serde_json::from_str(raw) {
        return shape;
    }
    let is_alert = ALERT.iter().any(|key| raw.contains(&format!("\"{key}\"")));
    if is_alert {
        Shape::Alert
    } else {
        Shape::Activity
    }
}

struct Keys(Shape);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Keys;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
                let mut shape = Shape::Unknown;
                while let Some((key, _)) = map.next_entry::<Text<'_>, IgnoredAny>()? {
                    if ACTIVITY.contains(&&*key.0) {
                        shape = Shape::Activity;
                    } else if shape == Shape::Unknown && ALERT.contains(&&*key.0) {
                        shape = Shape::Alert;
                    }
                }
                Ok(Keys(shape))
            }
        }
        from.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        for (raw, expected) in [
            (
                r#"{"_id": "1", "timestamp": 1, "eventTypeName": null}"#,
                Shape::Activity,
            ),
            (r#"{"mainInfo": {}, "title": "x"}"#, Shape::Activity),
            (
                r#"{"_id": "1", "timestamp": 1, "idValue": 1}"#,
                Shape::Alert,
            ),
            (r#"{"title": "x", "x": "\ud83d"}"#, Shape::Alert),
            (r#"{"_id": "1", "timestamp": 1}"#, Shape::Unknown),
            (
                r#"{"filters": [{"error": "x"}], "error": true}"#,
                Shape::Unknown,
            ),
            ("7", Shape::Activity),
            (r#"{"idValue": 1, "#, Shape::Alert),
            (r#"{"appId": 1, "#, Shape::Activity),
        ] {
            assert_eq!(shape(raw), expected, "{raw}");
        }
    }
}
