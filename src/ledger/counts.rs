//! The counts of one page while it is taken in.

use super::key::LedgerKey;
use super::row::{Row, Rows};

/// What a page brought, by stream and hour.
#[derive(Debug, Default)]
pub struct PageCounts(Rows);

// === impl Counts ===

impl PageCounts {
    /// A new page.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// A record that was read before.
    pub fn seen(&mut self, key: LedgerKey) {
        self.read(key).seen += 1;
    }

    /// A record that a setting leaves out.
    pub fn left_out(&mut self, key: LedgerKey) {
        self.read(key).left_out += 1;
    }

    /// A record that could not be read.
    pub fn aside(&mut self, key: LedgerKey) {
        self.read(key).aside += 1;
    }

    /// A record that became a line.
    pub fn spooled(&mut self, key: LedgerKey) {
        self.read(key).spooled += 1;
    }

    /// By stream and hour.
    #[must_use]
    pub fn rows(&self) -> &Rows {
        &self.0
    }

    fn read(&mut self, key: LedgerKey) -> &mut Row {
        let row = self.0.entry(key).or_default();
        row.read += 1;
        row
    }
}
