//! Reads what can be read of a record, and finds id and time of one that can't be.
//!
//! A record may cost nothing but itself: whatever can be read is read, and what can't says why,
//! with the id and the time where they can still be found, so that it can be set aside and the
//! cursor can go on.

use std::borrow::Cow;

use serde::Deserialize;

use super::time::{RecordTime, first_time};
use super::{Record, Unreadable};
use crate::source::json::{Text, repair};

/// Where the records of an API tell their id and their time.
#[derive(Debug)]
pub(in crate::source) struct RecordKeys {
    /// The keys of the id; the first one is named where it is missing.
    pub ids: &'static [&'static str],
    /// The keys of what the cursor goes by, in the order in which they are looked for.
    pub times: &'static [&'static str],
    /// The key that is named where no time is usable.
    pub time: &'static str,
}

/// Why a record could not be read.
pub(in crate::source) enum Spoiled {
    /// It is not JSON: perhaps it can be repaired.
    NotJson(serde_json::Error),
    /// It is JSON, but has no id or no time.
    Incomplete(Unreadable),
}

impl From<serde_json::Error> for Spoiled {
    fn from(error: serde_json::Error) -> Self {
        Self::NotJson(error)
    }
}

/// The longest id, bytes. It stands in a line three times; those of the APIs have 24 to 100.
const LONGEST_ID: usize = 4096;

/// Reads `raw` with `read`; a text that a JSON parser refuses is repaired where that is possible
/// and read again.
pub(in crate::source) fn read_or_repair<'a>(
    raw: &'a str,
    keys: &RecordKeys,
    read: impl for<'r> Fn(&'r str) -> Result<Record<'r>, Spoiled>,
) -> Result<Record<'a>, Unreadable> {
    if !raw.trim_start().starts_with('{') {
        return Err(Unreadable {
            id: None,
            cursor_ms: None,
            reason: "the record is not a JSON object".to_owned(),
        });
    }
    let error = match read(raw) {
        Ok(mapped) => return Ok(mapped),
        Err(Spoiled::Incomplete(unreadable)) => return Err(unreadable),
        Err(Spoiled::NotJson(error)) => error,
    };
    if let Cow::Owned(mended) = repair(raw) {
        match read(&mended) {
            Ok(mapped) => {
                return Ok(mapped.into_owned());
            }
            Err(Spoiled::Incomplete(unreadable)) => return Err(unreadable),
            Err(Spoiled::NotJson(_)) => {}
        }
    }
    let reason = format!("the record is not valid JSON: {error}");
    Err(salvaged(raw, keys, reason))
}

/// Both the id and the time that the cursor goes by, or the refusal that names what is missing.
pub(in crate::source) fn complete<'a>(
    id: Option<Cow<'a, str>>,
    cursor_ms: Option<i64>,
    keys: &RecordKeys,
) -> Result<(Cow<'a, str>, i64), Spoiled> {
    let (key, time) = (keys.ids.first().unwrap_or(&"id"), keys.time);
    let missing = match (id, cursor_ms) {
        (Some(id), _) if id.len() > LONGEST_ID => Unreadable {
            reason: format!(
                "the record's id ({key}) has {} bytes, more than {LONGEST_ID}",
                id.len()
            ),
            id: Some(id[..id.floor_char_boundary(LONGEST_ID)].to_owned()),
            cursor_ms,
        },
        (Some(id), Some(cursor_ms)) => return Ok((id, cursor_ms)),
        (id, cursor_ms) => Unreadable {
            reason: match (&id, cursor_ms) {
                (None, None) => {
                    format!("the record has neither an id ({key}) nor a usable time")
                }
                (None, _) => format!("the record has no id ({key})"),
                (Some(_), _) => format!("the record has no usable time ({time})"),
            },
            id: id.map(Cow::into_owned),
            cursor_ms,
        },
    };
    Err(Spoiled::Incomplete(missing))
}

/// A record that is longer than the bound, and of which only the begin is known.
pub(in crate::source) fn too_long(begin: &str, bytes: u64, keys: &RecordKeys) -> Unreadable {
    let reason = format!("the record has {bytes} bytes, more than siembox accepts");
    salvaged(begin, keys, reason)
}

/// What can still be found in a record that can't be read, for this reason.
fn salvaged(raw: &str, keys: &RecordKeys, reason: String) -> Unreadable {
    let text = |key: &&str| {
        value_after::<Text<'_>>(raw, key)
            .and_then(Text::said)
            .map(Cow::into_owned)
    };
    let time = |key: &&str| first_time(&[value_after::<RecordTime>(raw, key).unwrap_or_default()]);
    Unreadable {
        id: keys.ids.iter().find_map(text),
        cursor_ms: keys.times.iter().find_map(time),
        reason,
    }
}

/// The value behind the first `"key":`, read without regard to what stands around it.
fn value_after<'a, T: Deserialize<'a>>(raw: &'a str, key: &str) -> Option<T> {
    let (_, behind) = raw.split_once(&format!("\"{key}\""))?;
    let value = behind.trim_start().strip_prefix(':')?;
    let mut values = serde_json::Deserializer::from_str(value).into_iter();
    values.next()?.ok()
}
