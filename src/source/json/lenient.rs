//! Reads JSON leniently, the way the API means it. Its records have grown for ten years and come
//! from dozens of apps: numbers arrive as text, texts as numbers, objects as `null`, lists as maps,
//! and a key can come twice. None of that may cost a record, so each type here takes any JSON value
//! and keeps what it can use.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use super::lenient_object::otherwise_default;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Text, or a number as its digits; empty for anything else.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(in crate::source) struct Text<'a>(pub Cow<'a, str>);

impl<'a> Text<'a> {
    /// The text where it says something: not empty, and not the word "null" that the API writes for nothing.
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

/// A whole number, also as text or with a fraction (rounded); `None` for anything else.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(in crate::source) struct Number(pub Option<i64>);

impl Number {
    fn of_fraction(number: f64) -> Self {
        // beyond 2^53 a fraction no longer counts in ones: no id and no time is that large
        let exact = number.is_finite() && number.abs() < 9_007_199_254_740_992.0;
        #[allow(clippy::cast_possible_truncation, reason = "bounded above")]
        Self(exact.then(|| number.round() as i64))
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Number;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }
            fn visit_i64<E>(self, number: i64) -> Result<Number, E> {
                Ok(Number(Some(number)))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Number, E> {
                Ok(Number(i64::try_from(number).ok()))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Number, E> {
                Ok(Number::of_fraction(number))
            }
            fn visit_str<E>(self, text: &str) -> Result<Number, E> {
                let text = text.trim();
                Ok(match text.parse() {
                    Ok(number) => Number(Some(number)),
                    Err(_) => text.parse().map_or(Number(None), Number::of_fraction),
                })
            }
            otherwise_default!('de: scalars);
            otherwise_default!('de: list);
            otherwise_default!('de: map);
        }
        from.deserialize_any(Any)
    }
}

/// Yes or no, also as text or number; no for anything else.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(in crate::source) struct LenientFlag(pub bool);

impl<'de> Deserialize<'de> for LenientFlag {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = LenientFlag;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("yes or no")
            }
            fn visit_bool<E>(self, flag: bool) -> Result<LenientFlag, E> {
                Ok(LenientFlag(flag))
            }
            fn visit_unit<E>(self) -> Result<LenientFlag, E> {
                Ok(LenientFlag(false))
            }
            fn visit_i64<E>(self, number: i64) -> Result<LenientFlag, E> {
                Ok(LenientFlag(number != 0))
            }
            fn visit_u64<E>(self, number: u64) -> Result<LenientFlag, E> {
                Ok(LenientFlag(number != 0))
            }
            fn visit_f64<E>(self, number: f64) -> Result<LenientFlag, E> {
                Ok(LenientFlag(number != 0.0))
            }
            fn visit_str<E>(self, text: &str) -> Result<LenientFlag, E> {
                let text = text.trim();
                Ok(LenientFlag(
                    text == "1" || text.eq_ignore_ascii_case("true"),
                ))
            }
            otherwise_default!('de: list);
            otherwise_default!('de: map);
        }
        from.deserialize_any(Any)
    }
}

/// The most elements of a list that are kept.
pub(in crate::source) const MOST_ITEMS: usize = 10_000;

/// The elements of a list, or the values of a map in their order; empty for anything else.
#[derive(Debug)]
pub(in crate::source) struct Items<T> {
    /// At most [`MOST_ITEMS`].
    pub kept: Vec<T>,
    /// How many more there were.
    pub more: usize,
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self {
            kept: Vec::new(),
            more: 0,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Items<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Any<T> {
            type Value = Items<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut items = Items::default();
                while items.kept.len() < MOST_ITEMS {
                    match list.next_element()? {
                        Some(item) => items.kept.push(item),
                        None => return Ok(items),
                    }
                }
                while list.next_element::<IgnoredAny>()?.is_some() {
                    items.more += 1;
                }
                Ok(items)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut items = Items::default();
                while items.kept.len() < MOST_ITEMS {
                    match map.next_entry::<IgnoredAny, T>()? {
                        Some((_, item)) => items.kept.push(item),
                        None => return Ok(items),
                    }
                }
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
                    items.more += 1;
                }
                Ok(items)
            }
            otherwise_default!('de: scalars);
            otherwise_default!('de: numbers);
            otherwise_default!('de: text);
        }
        from.deserialize_any(Any(PhantomData))
    }
}

/// A text, or the texts of a list or map; none for anything else.
#[derive(Debug, Default)]
pub(in crate::source) struct Texts<'a>(pub Items<Text<'a>>);

impl Texts<'_> {
    /// The texts.
    pub fn as_strs(&self) -> impl Iterator<Item = &str> {
        self.0.kept.iter().map(|text| &*text.0)
    }
}

impl<'de> Deserialize<'de> for Texts<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Texts<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or several")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(one(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(one(Cow::Owned(text.to_owned())))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                Items::deserialize(SeqAccessDeserializer::new(list)).map(Texts)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Items::deserialize(MapAccessDeserializer::new(map)).map(Texts)
            }
            otherwise_default!('de: scalars);
            otherwise_default!('de: numbers);
        }
        from.deserialize_any(Any)
    }
}

fn one(text: Cow<'_, str>) -> Texts<'_> {
    Texts(Items {
        kept: vec![Text(text)],
        more: 0,
    })
}

impl<'a, T> Items<T> {
    /// What is kept as texts; where there was more, a last one says how much.
    pub fn texts(self, text: impl Fn(T) -> Option<Cow<'a, str>>) -> Vec<Cow<'a, str>> {
        let more = (self.more > 0).then(|| Cow::Owned(format!("and {} more", self.more)));
        (self.kept.into_iter().filter_map(text))
            .chain(more)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::lenient_object::lenient_object;
    use super::*;

    lenient_object! {
        struct Thing<'a> {
            "name" => name: Text<'a>,
            "many" => many: Items<Text<'a>>,
            "at" => at: Number,
            "yes" => yes: LenientFlag,
        }
    }

    fn thing(json: &str) -> (String, usize, Option<i64>) {
        let thing: Thing<'_> = serde_json::from_str(json).unwrap();
        (
            thing.name.or_empty().into_owned(),
            thing.many.kept.len(),
            thing.at.0,
        )
    }

    #[test]
    fn takes_anything() {
        let nothing = (String::new(), 0, None);
        for json in ["null", "7", "-7.5", "\"x\"", "true", "[1,{}]", "{}"] {
            assert_eq!(thing(json), nothing, "{json}");
        }
        for value in ["null", "true", "{}", "[[]]", "{\"a\":[]}", "\"null\""] {
            let json = format!(r#"{{"name":{value},"at":{value}}}"#);
            assert_eq!(thing(&json), nothing, "{json}");
        }
    }

    #[test]
    fn keeps_what_is_meant() {
        let json = r#"{"name":1,"NAME":"x","name":"b","many":{"0":"a","1":null},"at":"12"}"#;
        assert_eq!(thing(json), ("b".into(), 2, Some(12)));
        assert_eq!(
            thing(r#"{"at":1595096313000.0}"#).2,
            Some(1_595_096_313_000)
        );
        assert_eq!(thing(r#"{"at":"1.6"}"#).2, Some(2));
        assert_eq!(thing(r#"{"at":18446744073709551615}"#).2, None);
        assert_eq!(
            thing(r#"{"at":1e300,"name":2.5,"many":"x"}"#),
            ("2.5".into(), 0, None)
        );
    }

    #[test]
    fn yes_and_no_in_all_their_forms() {
        for (value, yes) in [
            ("true", true),
            ("1", true),
            ("1.0", true),
            ("\"True\"", true),
            ("\"1\"", true),
            ("false", false),
            ("0", false),
            ("null", false),
            ("\"false\"", false),
            ("\"\"", false),
            ("[1]", false),
            ("{}", false),
        ] {
            let json = format!(r#"{{"yes":{value}}}"#);
            let thing: Thing<'_> = serde_json::from_str(&json).unwrap();
            assert_eq!(thing.yes, LenientFlag(yes), "{value}");
        }
    }

    #[test]
    fn of_a_long_list_so_many_are_kept_and_the_rest_is_counted() {
        for json in [
            format!(r#"{{"many":[{}"x"]}}"#, "\"x\",".repeat(MOST_ITEMS + 6)),
            format!(
                r#"{{"many":{{{}"a":"x"}}}}"#,
                "\"a\":\"x\",".repeat(MOST_ITEMS + 6)
            ),
        ] {
            let thing: Thing<'_> = serde_json::from_str(&json).unwrap();
            let texts = thing.many.texts(Text::said);
            assert_eq!(texts.len(), MOST_ITEMS + 1);
            assert_eq!(texts[MOST_ITEMS], "and 7 more");
        }
    }
}
