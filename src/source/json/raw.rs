//! A member's value as it stands in the JSON, unread.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A value as it stands there; `None` where there is none.
#[derive(Debug, Default)]
pub(in crate::source) struct Raw<'a>(pub(in crate::source) Option<&'a RawValue>);

impl<'de> Deserialize<'de> for Raw<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        <&RawValue>::deserialize(from).map(|raw| Self(Some(raw)))
    }
}
