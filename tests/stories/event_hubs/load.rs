//! The load of a hub that several boxes read: rows come until it is enough.

use std::sync::atomic::{AtomicBool, Ordering};

use siembox_support::hub::{Export, Messages, Namespace};
use siembox_support::records::{self, xdr};

pub const PARTITIONS: i32 = 8;
/// Rows that come at a time.
const PORTION: usize = 160;

fn portion(seed: u64) -> Messages {
    let rows = xdr::twins(records::activities(1000 + seed, PORTION));
    Export::new(seed, PARTITIONS).rows(rows).messages()
}

/// Fills the hub until `enough`; gives what came.
pub fn load(namespace: &Namespace, enough: &AtomicBool) -> Vec<Messages> {
    let mut all = Vec::new();
    for seed in 0.. {
        let messages = portion(seed);
        namespace.fill(PARTITIONS, &messages.all);
        all.push(messages);
        if enough.load(Ordering::SeqCst) {
            break;
        }
    }
    all
}

/// The load ends with it, also where the story fails.
pub struct Over<'e>(pub &'e AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
