//! Reads one record of the API, an activity or an alert, as an [`Event`](crate::event::Event).
//!
//! A record may cost nothing but itself: whatever can be read is read, and what can't says why,
//! with the id and the time where they can still be found, so that it can be set aside and the
//! cursor can go on.

mod activity;
mod alert;
mod html;
mod html_entities;
mod kinds;
mod time;

pub use activity::activity;
pub use alert::alert;
pub use kinds::RECORDS;

use std::borrow::Cow;

use serde::Deserialize;

use crate::source::json::{Text, repair};
use crate::source::record::{Record, Unreadable};
use time::RecordTime;

/// The first usable time: after 1970, before the year 10000. A zero is how some sources write "not
/// known".
fn first_time(times: &[RecordTime]) -> Option<i64> {
    const END: i64 = 253_402_300_800_000;
    let times = times.iter().filter_map(|time| time.0);
    times.into_iter().find(|ms| (1..END).contains(ms))
}

/// Reads `raw` with `read`; a text that a JSON parser refuses is repaired where that is possible
/// and read again.
fn read_or_repair<'a>(
    raw: &'a str,
    read: impl for<'r> Fn(&'r str) -> Result<Record<'r>, Refusal>,
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
        Err(Refusal::Incomplete(unreadable)) => return Err(unreadable),
        Err(Refusal::NotJson(error)) => error,
    };
    if let Cow::Owned(mended) = repair(raw) {
        match read(&mended) {
            Ok(mapped) => {
                return Ok(mapped.into_owned());
            }
            Err(Refusal::Incomplete(unreadable)) => return Err(unreadable),
            Err(Refusal::NotJson(_)) => {}
        }
    }
    let reason = format!("the record is not valid JSON: {error}");
    Err(salvage(raw, reason))
}

/// Why a record could not be read.
enum Refusal {
    /// It is not JSON: perhaps it can be repaired.
    NotJson(serde_json::Error),
    /// It is JSON, but has no id or no time.
    Incomplete(Unreadable),
}

impl From<serde_json::Error> for Refusal {
    fn from(error: serde_json::Error) -> Self {
        Self::NotJson(error)
    }
}

/// The longest id, bytes. It stands in a line three times; those of the API have 24 to 100.
const LONGEST_ID: usize = 4096;

/// Both the id and the time that the cursor goes by, or the refusal that names what is missing.
fn complete<'a>(
    id: Option<Cow<'a, str>>,
    cursor_ms: Option<i64>,
) -> Result<(Cow<'a, str>, i64), Refusal> {
    let missing = match (id, cursor_ms) {
        (Some(id), _) if id.len() > LONGEST_ID => Unreadable {
            reason: format!(
                "the record's id (_id) has {} bytes, more than {LONGEST_ID}",
                id.len()
            ),
            id: Some(id[..id.floor_char_boundary(LONGEST_ID)].to_owned()),
            cursor_ms,
        },
        (Some(id), Some(cursor_ms)) => return Ok((id, cursor_ms)),
        (id, cursor_ms) => Unreadable {
            reason: match (&id, cursor_ms) {
                (None, None) => "the record has neither an id (_id) nor a usable time",
                (None, _) => "the record has no id (_id)",
                (Some(_), _) => "the record has no usable time (timestamp)",
            }
            .to_owned(),
            id: id.map(Cow::into_owned),
            cursor_ms,
        },
    };
    Err(Refusal::Incomplete(missing))
}

/// A record that is longer than the bound, and of which only the begin is known.
#[must_use]
pub fn too_long(begin: &str, bytes: u64) -> Unreadable {
    salvage(
        begin,
        format!("the record has {bytes} bytes, more than siembox accepts"),
    )
}

/// What can still be found in a record that can't be read, for this reason.
fn salvage(raw: &str, reason: String) -> Unreadable {
    let text = |key| {
        value_after::<Text<'_>>(raw, key)
            .and_then(Text::said)
            .map(Cow::into_owned)
    };
    let time = |key| first_time(&[value_after(raw, key).unwrap_or_default()]);
    Unreadable {
        id: text("\"_id\"").or_else(|| text("\"uid\"")),
        cursor_ms: time("\"created\"").or_else(|| time("\"timestamp\"")),
        reason,
    }
}

/// The value behind the first `"key":`, read without regard to what stands around it.
fn value_after<'a, T: Deserialize<'a>>(raw: &'a str, key: &str) -> Option<T> {
    let (_, behind) = raw.split_once(key)?;
    let value = behind.trim_start().strip_prefix(':')?;
    let mut values = serde_json::Deserializer::from_str(value).into_iter();
    values.next()?.ok()
}
