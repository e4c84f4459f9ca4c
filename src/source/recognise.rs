//! Recognises the kind of a record by its keys, as a file of records does not name it.

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::json::Text;
use super::record::{ReadRecord, Record, Unreadable};
use crate::event::Names;

/// The records that a file may hold: those of these APIs. A record that has keys of several kinds
/// is of the first of them.
#[derive(Debug)]
pub struct KnownRecords(pub &'static [ApiRecords]);

/// The records of an API.
#[derive(Debug)]
pub struct ApiRecords {
    /// The member of an answer that holds a list of them.
    pub list: &'static str,
    /// Their kinds.
    pub kinds: &'static [RecordShape],
    /// What they are, with an article.
    pub what: &'static str,
}

/// A kind of records.
#[derive(Debug)]
pub struct RecordShape {
    /// Keys that only records of this kind have.
    pub keys: &'static [&'static str],
    /// Reads one.
    pub read: ReadRecord,
}

// === impl KnownRecords ===

impl KnownRecords {
    /// The members of answers that hold a list of records.
    pub fn lists(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|api| api.list)
    }

    /// Reads a record as what its keys say that it is.
    ///
    /// # Errors
    /// Where it is an object of no kind, or can't be read as what it is.
    pub fn read<'r>(&self, text: &'r str, names: &Names) -> Result<Record<'r>, Unreadable> {
        match self.kind(text) {
            Some(kind) => (kind.read)(text, names),
            None => Err(Unreadable {
                id: None,
                cursor_ms: None,
                reason: self.none(),
            }),
        }
    }

    /// The kind of this record; `None` of an object that has no key of any. A text that is no JSON
    /// object is told by the words in it, so that reading it as what it was meant to be can say
    /// what is wrong with it.
    #[must_use]
    pub fn kind(&self, text: &str) -> Option<&'static RecordShape> {
        let mut json = serde_json::Deserializer::from_str(text);
        let by_keys = json.deserialize_map(KindOfKeys(self));
        if let (Ok(kind), Ok(())) = (by_keys, json.end()) {
            return kind.and_then(|nth| self.kinds().nth(nth));
        }
        let has = |key: &&&str| text.contains(&format!("\"{key}\""));
        let words = |kind: &&RecordShape| kind.keys.iter().filter(has).count();
        let most = self.kinds().max_by_key(words);
        most.filter(|kind| words(kind) > 0)
            .or_else(|| self.kinds().next())
    }

    fn kinds(&self) -> impl Iterator<Item = &'static RecordShape> {
        self.0.iter().flat_map(|api| api.kinds)
    }

    /// What is said of an object that is of no kind.
    fn none(&self) -> String {
        let all: Vec<&str> = self.0.iter().map(|api| api.what).collect();
        format!("not {}", all.join(", nor "))
    }
}

/// Which of these kinds the keys of an object belong to.
struct KindOfKeys<'k>(&'k KnownRecords);

impl<'de> Visitor<'de> for KindOfKeys<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found: Option<usize> = None;
        while let Some((key, _)) = map.next_entry::<Text<'_>, IgnoredAny>()? {
            let of_key = |kind: &RecordShape| kind.keys.contains(&&*key.0);
            let nth = self.0.kinds().position(of_key);
            found = match (found, nth) {
                (Some(before), Some(nth)) => Some(before.min(nth)),
                (before, nth) => before.or(nth),
            };
        }
        Ok(found)
    }
}
