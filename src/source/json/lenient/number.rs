//! A whole number, and yes or no, also where a text stands.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};

use crate::source::json::lenient_object::otherwise_default;

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
