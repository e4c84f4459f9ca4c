//! The port of a source whose partitions several boxes share: a member of a consumer group fetches
//! batch after batch, and tells the group how far it is.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::by_offset::{FoundOffsets, HubPartition};
use super::{Record, SourceError, Unreadable};
use crate::stream::StreamSpec;

/// Whether a member is still in its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MembershipState {
    /// It reads the partitions assigned to it.
    Member,
    /// The group rebalances: finish the page, commit, join again.
    Rebalancing,
    /// Its session has ended, so others may read its partitions: drop what is not on flash, join
    /// again.
    Lost,
}

/// What a member has after it joined.
#[derive(Debug)]
pub struct JoinedGroup {
    /// The generation: the coordinator raises it with each rebalance.
    pub generation: i32,
    /// Partitions of all hubs together.
    pub total_partitions: u64,
    /// Those that this member reads.
    pub assigned: Vec<HubPartition>,
    /// Hubs that can't be read, and why: the member joins for the others.
    pub failed: Vec<(String, SourceError)>,
}

/// A message of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubMessage {
    /// Its offset in the partition.
    pub offset: i64,
    /// The bytes of the message; if `damage` is set, those of its whole batch.
    pub body: Bytes,
    /// Why the batch can't be decoded; `None` if it can.
    pub damage: Option<String>,
    /// The offset of the next message: the one after this message, or after the damaged batch.
    pub next: i64,
}

/// What a fetch says of a partition.
#[derive(Debug)]
pub enum Fetched {
    /// Its next messages.
    Messages {
        /// In the order of their offsets; none where there are no new ones.
        messages: Vec<HubMessage>,
        /// The offset after them all, greater than that which was asked for; `None` where there is
        /// nothing new.
        next: Option<i64>,
        /// The offset after the newest message that the service holds (Kafka: high watermark).
        latest: i64,
    },
    /// The offset lies outside what the service keeps.
    OutOfRange,
    /// This partition can't be read for now; others of the same fetch may be.
    Failed(SourceError),
}

/// A record of a message.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "each lives for one call, and most are rows"
)]
pub enum HubRecord<'a> {
    /// A row of a table that is read: its stream, its text, and what was understood of it.
    Row(StreamSpec, &'a str, Result<Record<'a>, Unreadable>),
    /// A record of another table.
    Other,
    /// The message itself can't be understood.
    Poison(Unreadable),
}

/// The port: a member of a consumer group.
pub trait PartitionSource: Send {
    /// Where the hubs are: host and port.
    fn namespace(&self) -> String;

    /// The group's name.
    fn group(&self) -> String;

    /// The name by which the service shows this member.
    fn member(&self) -> String;

    /// Whether it is in its group; another thread sends the heartbeats meanwhile.
    fn membership(&self) -> MembershipState;

    /// Joins the group, for the first time or again. Blocks until all members have.
    ///
    /// # Errors
    /// The error's kind says what to do: see [`SourceErrorKind`](super::SourceErrorKind).
    fn join(&mut self) -> Result<JoinedGroup, SourceError>;

    /// The offsets of group and service in these partitions, of each that can be asked. What nobody
    /// has read is read from `first_ms` on, milliseconds since 1970.
    ///
    /// # Errors
    /// The error's kind says what to do: see [`SourceErrorKind`](super::SourceErrorKind).
    fn find(
        &mut self,
        partitions: &[HubPartition],
        first_ms: i64,
    ) -> Result<BTreeMap<HubPartition, Result<FoundOffsets, SourceError>>, SourceError>;

    /// Fetches what comes next in these partitions, from these offsets on; those in front have
    /// precedence. Waits for about a second where there is nothing.
    ///
    /// # Errors
    /// If none of the partitions can be asked. The error's kind says what to do: see
    /// [`SourceErrorKind`](super::SourceErrorKind).
    fn fetch(
        &mut self,
        from: &[(HubPartition, i64)],
    ) -> Result<Vec<(HubPartition, Fetched)>, SourceError>;

    /// Commits the offsets to go on from to the group. Gives the partitions whose offset was not
    /// taken.
    ///
    /// # Errors
    /// If none was taken: the partitions may belong to others by now.
    fn commit(
        &mut self,
        offsets: &BTreeMap<HubPartition, i64>,
    ) -> Result<BTreeMap<HubPartition, SourceError>, SourceError>;

    /// Takes a message's records apart.
    fn read(&self, body: &[u8], to: &mut dyn FnMut(HubRecord<'_>));
}

/// A source whose partitions are shared, and what another thread needs to stop it.
pub struct HubSource {
    /// A member of the group.
    pub source: Box<dyn PartitionSource>,
    /// Aborts a request that hangs. The source can't be used afterwards.
    pub cancel: super::Cancel,
    /// Reads the secret, to see whether it was replaced.
    pub read_secret: super::ReadSecret,
}
