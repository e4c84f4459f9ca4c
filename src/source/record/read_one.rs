//! Reads the records of a list one by one, and hands them over.

use std::ops::ControlFlow;

use super::{ReadRecord, RecordKeys, salvage};
use crate::event::Names;
use crate::source::Recipient;
use crate::source::json::list::TakeRecord;

/// Takes the records of a list.
pub struct ReadOne<'r> {
    /// How they are read.
    pub read: ReadRecord,
    /// Of one that is too long, these are looked for.
    pub keys: &'static RecordKeys,
    /// Names that the settings add to the tables.
    pub names: &'r Names,
    /// Who gets them.
    pub to: &'r mut dyn Recipient,
}

impl TakeRecord for ReadOne<'_> {
    fn record(&mut self, text: &str) -> ControlFlow<()> {
        self.to.record(text, (self.read)(text, self.names))
    }

    fn too_long(&mut self, begin: &str, bytes: u64) -> ControlFlow<()> {
        let unreadable = salvage::too_long(begin, bytes, self.keys);
        self.to.record(begin, Err(unreadable))
    }
}
