//! Lists, also where a map or a single text stands. Their length is bounded.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::text::Text;
use crate::source::json::lenient_object::otherwise_default;

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

impl<'a, T> Items<T> {
    /// What is kept as texts; where there was more, a last one says how much.
    pub fn texts(self, text: impl Fn(T) -> Option<Cow<'a, str>>) -> Vec<Cow<'a, str>> {
        let more = (self.more > 0).then(|| Cow::Owned(format!("and {} more", self.more)));
        (self.kept.into_iter().filter_map(text))
            .chain(more)
            .collect()
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
