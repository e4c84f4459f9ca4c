//! The records of the tenant, in the two orders that lists come in.

use std::collections::HashMap;
use std::sync::Arc;

use crate::records::{Record, Stream};

/// The field that a list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SortField {
    /// When it happened (`timestamp`).
    Date,
    /// When it was saved. Activities only.
    Created,
    /// How bad it is. Alerts only; sorted anew for each answer.
    Severity,
}

/// Activities or alerts.
#[derive(Debug, Default)]
pub struct Shelf {
    by_id: HashMap<Arc<str>, Arc<Record>>,
    by_date: Vec<Arc<Record>>,
    by_created: Vec<Arc<Record>>,
}

/// All records of the tenant.
#[derive(Debug, Default)]
pub struct Store {
    activities: Shelf,
    alerts: Shelf,
}

impl Store {
    /// The shelf of one list.
    #[must_use]
    pub fn shelf(&self, stream: Stream) -> &Shelf {
        match stream {
            Stream::Activities => &self.activities,
            Stream::Alerts => &self.alerts,
        }
    }

    /// The shelf of one list, to add to.
    pub fn shelf_mut(&mut self, stream: Stream) -> &mut Shelf {
        match stream {
            Stream::Activities => &mut self.activities,
            Stream::Alerts => &mut self.alerts,
        }
    }
}

/// Where a record stands in a list: the value it is sorted by, and its id.
#[must_use]
pub fn place(record: &Record, field: SortField) -> (i64, &str) {
    match field {
        SortField::Created => (record.created_ms, &record.id),
        SortField::Date | SortField::Severity => (record.at_ms, &record.id),
    }
}

impl Shelf {
    /// Adds records; one whose id is there already takes the place of the old one.
    pub fn add(&mut self, records: impl IntoIterator<Item = Record>) {
        for record in records {
            let record = Arc::new(record);
            if self
                .by_id
                .insert(record.id.as_str().into(), Arc::clone(&record))
                .is_some()
            {
                self.by_date.retain(|old| old.id != record.id);
                self.by_created.retain(|old| old.id != record.id);
            }
            for (list, field) in [
                (&mut self.by_date, SortField::Date),
                (&mut self.by_created, SortField::Created),
            ] {
                let key = place(&record, field);
                let at = if list.last().is_none_or(|last| place(last, field) < key) {
                    list.len()
                } else {
                    list.partition_point(|other| place(other, field) < key)
                };
                list.insert(at, Arc::clone(&record));
            }
        }
    }

    /// Forgets what was saved before this time.
    pub fn forget(&mut self, before_ms: i64) {
        let keeps = |record: &Record| record.created_ms >= before_ms;
        self.by_id.retain(|_, record| keeps(record));
        self.by_date.retain(|record| keeps(record));
        self.by_created.retain(|record| keeps(record));
    }

    /// The record with this id.
    #[must_use]
    pub fn by_id(&self, id: &str) -> Option<&Arc<Record>> {
        self.by_id.get(id)
    }

    /// All records, oldest first.
    #[must_use]
    pub fn sorted(&self, field: SortField) -> &[Arc<Record>] {
        match field {
            SortField::Created => &self.by_created,
            SortField::Date | SortField::Severity => &self.by_date,
        }
    }

    /// The records whose sort value lies between these, both included; oldest first.
    #[must_use]
    pub fn between(&self, field: SortField, low: i64, high: i64) -> &[Arc<Record>] {
        let all = self.sorted(field);
        let from = all.partition_point(|record| place(record, field).0 < low);
        let to = all.partition_point(|record| place(record, field).0 <= high);
        &all[from..to.max(from)]
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// None at all?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
}
