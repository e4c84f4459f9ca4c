//! A text, also where a number stands.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};

use crate::source::json::lenient_object::otherwise_default;

/// Text, or a number as its digits; empty for anything else.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(in crate::source) struct Text<'a>(pub Cow<'a, str>);

impl<'a> Text<'a> {
    /// The text where it says something: not empty, and not the word "null" that the API writes for
    /// nothing.
    pub fn said(self) -> Option<Cow<'a, str>> {
        match self.0.trim() {
            "" | "null" => None,
            _ => Some(self.0),
        }
    }

    /// Like [`Text::said`], with nothing as an empty text.
    pub fn or_empty(self) -> Cow<'a, str> {
        self.said().unwrap_or_default()
    }
}

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(number.to_string())))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(number.to_string())))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(number.to_string())))
            }
            otherwise_default!('de: scalars);
            otherwise_default!('de: list);
            otherwise_default!('de: map);
        }
        from.deserialize_any(Any)
    }
}
