//! The records of Graph, in the orders in which they are asked for.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::records::xdr::{List, Record, Ticks};

/// What a list is walked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum By {
    /// `createdDateTime`, `Timestamp`
    Made,
    /// `lastUpdateDateTime`
    Updated,
    /// `ingestion_time()`
    Ingested,
}

impl By {
    /// Where a record stands in this order.
    #[must_use]
    pub fn of(self, record: &Record) -> Ticks {
        match self {
            Self::Made => record.at,
            Self::Updated => record.updated,
            Self::Ingested => Ticks::of_ms(record.visible_ms),
        }
    }
}

/// One list.
#[derive(Debug, Default)]
pub struct Shelf {
    by_id: HashMap<String, Arc<Record>>,
    sorted: BTreeMap<(By, Ticks, String), Arc<Record>>,
}

/// All lists.
#[derive(Debug, Default)]
pub struct Shelves(HashMap<List, Shelf>);

impl Shelves {
    /// Adds a record; one whose id is there already takes the place of the old one.
    pub fn add(&mut self, record: Record) {
        let shelf = self.0.entry(record.list).or_default();
        let record = Arc::new(record);
        if let Some(old) = shelf.by_id.insert(record.id.clone(), Arc::clone(&record)) {
            for key in keys(&old) {
                shelf.sorted.remove(&key);
            }
        }
        for key in keys(&record) {
            shelf.sorted.insert(key, Arc::clone(&record));
        }
    }

    /// The record of this id.
    #[must_use]
    pub fn by_id(&self, list: List, id: &str) -> Option<&Arc<Record>> {
        self.0.get(&list)?.by_id.get(id)
    }

    /// All records of a list, oldest first.
    #[must_use]
    pub fn all(&self, list: List) -> Vec<Arc<Record>> {
        let orders = self.0.get(&list).map(|shelf| shelf.sorted.iter());
        (orders.into_iter().flatten())
            .take_while(|((by, ..), _)| *by == By::Made)
            .map(|(_, record)| Arc::clone(record))
            .collect()
    }

    /// The records whose stamp lies between these, the later one left out, and that are shown by
    /// now; oldest first, equal stamps by id.
    #[must_use]
    pub fn between(
        &self,
        list: List,
        by: By,
        (from, to): (Ticks, Ticks),
        now_ms: i64,
    ) -> Vec<Arc<Record>> {
        let Some(shelf) = self.0.get(&list).filter(|_| from < to) else {
            return Vec::new();
        };
        (shelf.sorted)
            .range((by, from, String::new())..(by, to, String::new()))
            .filter(|(_, record)| record.visible_ms <= now_ms)
            .map(|(_, record)| Arc::clone(record))
            .collect()
    }
}

fn keys(record: &Record) -> [(By, Ticks, String); 3] {
    [By::Made, By::Updated, By::Ingested].map(|by| (by, by.of(record), record.id.clone()))
}
