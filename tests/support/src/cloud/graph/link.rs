//! `@odata.nextLink`: where a list goes on.

use std::collections::VecDeque;

use crate::records::xdr::Ticks;

/// As many links are remembered.
const REMEMBERED: usize = 10_000;

/// What was handed out, by number.
#[derive(Debug, Default)]
pub struct Links {
    given: VecDeque<(u64, Position)>,
    next: u64,
}

/// Where a list goes on: behind this record of the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The stamp it is sorted by.
    pub at: Ticks,
    /// Its id.
    pub id: String,
}

impl Links {
    /// A token for this place.
    pub fn token(&mut self, position: Position) -> String {
        self.next += 1;
        self.given.push_back((self.next, position));
        if self.given.len() > REMEMBERED {
            self.given.pop_front();
        }
        // signs that must not be encoded or decoded once more on the way
        format!("c2tpcC{:08x}%3d%3d", self.next)
    }

    /// The place that a token stands for.
    #[must_use]
    pub fn place(&self, token: &str) -> Option<&Position> {
        let number = token.strip_prefix("c2tpcC")?.strip_suffix("==")?;
        let number = u64::from_str_radix(number, 16).ok()?;
        let found = self.given.iter().find(|(given, _)| *given == number);
        found.map(|(_, position)| position)
    }
}
