//! Recognises the kind of a record by its keys, as a file of records does not name it.

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::json::Text;
use super::record::{ReadRecord, Record, Unreadable};

/// The records that a file may hold.
#[derive(Debug)]
pub struct KnownRecords {
    /// The member of an answer that holds a list of them.
    pub list: &'static str,
    /// Their kinds. A record that has keys of several is of the first of them.
    pub kinds: &'static [RecordShape],
    /// What is said of an object that is of no kind.
    pub none: &'static str,
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
    /// Reads a record as what its keys say that it is.
    ///
    /// # Errors
    /// Where it is an object of no kind, or can't be read as what it is.
    pub fn read<'r>(&self, text: &'r str) -> Result<Record<'r>, Unreadable> {
        match self.kind(text) {
            Some(kind) => (kind.read)(text),
            None => Err(Unreadable {
                id: None,
                cursor_ms: None,
                reason: self.none.to_owned(),
            }),
        }
    }

    /// The kind of this record; `None` of an object that has no key of any. A text that is no JSON
    /// object is told by the words in it, so that reading it as what it was meant to be can say
    /// what is wrong with it.
    #[must_use]
    pub fn kind(&self, text: &str) -> Option<&'static RecordShape> {
        let mut json = serde_json::Deserializer::from_str(text);
        let by_keys = json.deserialize_map(KindOfKeys(self.kinds));
        if let (Ok(kind), Ok(())) = (by_keys, json.end()) {
            return kind.and_then(|nth| self.kinds.get(nth));
        }
        let has = |key: &&str| text.contains(&format!("\"{key}\""));
        let by_words = |kind: &&RecordShape| kind.keys.iter().any(has);
        (self.kinds.iter().rev().find(by_words)).or_else(|| self.kinds.first())
    }
}

/// Which of these kinds the keys of an object belong to.
struct KindOfKeys(&'static [RecordShape]);

impl<'de> Visitor<'de> for KindOfKeys {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found: Option<usize> = None;
        while let Some((key, _)) = map.next_entry::<Text<'_>, IgnoredAny>()? {
            let of_key = |kind: &RecordShape| kind.keys.contains(&&*key.0);
            let nth = self.0.iter().position(of_key);
            found = match (found, nth) {
                (Some(before), Some(nth)) => Some(before.min(nth)),
                (before, nth) => before.or(nth),
            };
        }
        Ok(found)
    }
}
