//! The offsets of a stream whose partitions several boxes share. Pure: no I/O, no clock.
//!
//! A box that gets a partition finds its start offset ([`Offsets::start`]), puts it into the spool
//! and commits it to the consumer group; then it reads. Records and the offsets after them go to the
//! spool in one transaction; then the offsets are committed ([`CommitSchedule`]); only then is the
//! partition read further. A restart repeats nothing; a hand-over to another box repeats what was
//! not committed yet, which is one page at most.

mod commit_schedule;
mod offsets;

pub use commit_schedule::CommitSchedule;
pub use offsets::{CommittedOffset, Committer, FoundOffsets, HubPartition, Offsets, StartOffset};
