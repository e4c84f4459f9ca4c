//! A row of the ledger: the counts of one stream and hour.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use super::key::LedgerKey;

/// Rows by their names; only those with something in them.
pub type Rows = BTreeMap<LedgerKey, Row>;

/// The counts of one stream and hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Row {
    /// Records that the API counted when it was last asked about this hour.
    pub named: Option<u64>,
    /// Records read, repetitions included.
    pub read: u64,
    /// Of them, read before.
    pub seen: u64,
    /// Left out by a setting.
    pub left_out: u64,
    /// Could not be read and stand aside.
    pub aside: u64,
    /// Became lines on flash.
    pub spooled: u64,
    /// Of those lines, handed to the system for the first time.
    pub sent: u64,
    /// Handed to the system once more.
    pub again: u64,
    /// Arrived.
    pub proved: u64,
    /// Lines that vanished from flash without having arrived; only where no row is known for them.
    pub lost: u64,
    /// Of the lines sent, set aside because the receiver does not take them.
    pub refused: u64,
}

/// How many counts a row has.
pub(super) const FIELDS: usize = 11;

// === impl Row ===

impl Row {
    /// Different records of this hour.
    #[must_use]
    pub fn unique(&self) -> u64 {
        self.left_out + self.aside + self.spooled
    }

    /// How many records the API counts that were never read. It may well count fewer than were
    /// read: alerts get closed and deleted.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.named.unwrap_or(0).saturating_sub(self.unique())
    }

    /// What does not add up in it; by itself it always must.
    #[must_use]
    pub fn fault(&self) -> Option<&'static str> {
        if self.read != self.seen + self.unique() {
            Some("read is not equal to seen + left out + set aside + spooled")
        } else if self.spooled < self.sent {
            Some("more was sent than spooled")
        } else if self.sent < self.proved + self.refused {
            Some("more was proved or refused than sent")
        } else {
            None
        }
    }

    /// As numbers; 0 is nothing.
    pub(super) fn numbers(&self) -> [u64; FIELDS] {
        let named = self.named.map_or(0, |named| named.saturating_add(1));
        [
            self.read,
            self.seen,
            self.left_out,
            self.aside,
            self.spooled,
            self.sent,
            self.again,
            self.proved,
            self.lost,
            named,
            self.refused,
        ]
    }

    pub(super) fn from_numbers(numbers: [u64; FIELDS]) -> Self {
        let [
            read,
            seen,
            left_out,
            aside,
            spooled,
            sent,
            again,
            proved,
            lost,
            named,
            refused,
        ] = numbers;
        Self {
            named: named.checked_sub(1),
            read,
            seen,
            left_out,
            aside,
            spooled,
            sent,
            again,
            proved,
            lost,
            refused,
        }
    }
}

impl AddAssign<&Self> for Row {
    fn add_assign(&mut self, more: &Self) {
        let (ours, theirs) = (self.numbers(), more.numbers());
        let named = match (self.named, more.named) {
            (Some(ours), Some(theirs)) => Some(ours.saturating_add(theirs)),
            (ours, theirs) => ours.or(theirs),
        };
        let mut sum = [0; FIELDS];
        for (sum, (ours, theirs)) in sum.iter_mut().zip(ours.into_iter().zip(theirs)) {
            *sum = ours.saturating_add(theirs);
        }
        *self = Self {
            named,
            ..Self::from_numbers(sum)
        };
    }
}

/// All rows in one.
#[must_use]
pub fn sums(rows: &Rows) -> Row {
    let mut sums = Row::default();
    for row in rows.values() {
        sums += row;
    }
    sums
}

/// Adds rows to others.
pub(super) fn merge(rows: &mut Rows, more: &Rows) {
    for (key, row) in more {
        *rows.entry(*key).or_default() += row;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_up_or_says_why() {
        let mut row = Row {
            read: 10,
            seen: 3,
            left_out: 1,
            aside: 1,
            spooled: 5,
            sent: 5,
            proved: 4,
            ..Row::default()
        };
        assert_eq!(row.fault(), None);
        assert_eq!((row.unique(), row.missing()), (7, 0));
        row.named = Some(9);
        assert_eq!(row.missing(), 2);
        row.named = Some(6);
        assert_eq!(row.missing(), 0);
        row.proved = 6;
        assert_eq!(row.fault(), Some("more was proved or refused than sent"));
        row.read = 11;
        assert!(row.fault().is_some_and(|fault| fault.starts_with("read")));
    }

    #[test]
    fn what_is_named_is_added_only_to_what_is_named() {
        let mut sum = Row::default();
        sum += &Row {
            read: 2,
            ..Row::default()
        };
        assert_eq!(sum.named, None);
        for named in [0, 4] {
            sum += &Row {
                named: Some(named),
                ..Row::default()
            };
        }
        assert_eq!((sum.named, sum.read), (Some(4), 2));
    }
}
