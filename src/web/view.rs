//! The view: the status at one moment, from which pages are made.

use std::sync::{Arc, OnceLock};

use super::page::Page;
use crate::status::Snapshot;

/// The status at one moment. Pages of it are made once, however many ask.
#[derive(Debug, Clone)]
pub struct View(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    snapshot: Snapshot,
    /// The machine's name, to be shown.
    machine: String,
    pages: [OnceLock<Page>; 4],
}

/// Pages that are made of the status.
#[derive(Debug, Clone, Copy)]
pub(super) enum Of {
    Whole,
    Live,
    Json,
    Metrics,
}

impl View {
    /// A view of this snapshot. `machine` is the machine's name.
    #[must_use]
    pub fn new(snapshot: Snapshot, machine: &str) -> Self {
        Self(Arc::new(Inner {
            snapshot,
            machine: machine.to_owned(),
            pages: Default::default(),
        }))
    }

    /// The status.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.0.snapshot
    }

    /// The machine's name.
    #[must_use]
    pub fn machine(&self) -> &str {
        &self.0.machine
    }

    /// The page that `make` makes, made at most once.
    pub(super) fn page(&self, of: Of, make: impl FnOnce() -> Page) -> &Page {
        self.0.pages[of as usize].get_or_init(make)
    }
}
