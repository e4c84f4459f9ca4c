//! Finds how far a group is in partitions, and what the service keeps of them.

use std::collections::BTreeMap;

use super::kafka::{Fetcher, HubError, Membership, OffsetSpec, is_of_leader};
use crate::source::{FoundOffsets, HubPartition};

/// The offsets of group and service in each partition, or why they can't be asked for.
pub(super) type FoundByPartition = BTreeMap<HubPartition, Result<FoundOffsets, HubError>>;

/// Asks the group and the leaders. What nobody has read is read from `first_ms` on.
///
/// # Errors
/// If none of the partitions can be asked for.
pub(super) fn find(
    namespace: &str,
    membership: &Membership,
    fetcher: &mut Fetcher,
    partitions: &[HubPartition],
    first_ms: i64,
) -> Result<FoundByPartition, HubError> {
    if partitions.is_empty() {
        return Ok(FoundByPartition::new());
    }
    let mut committed = membership.committed(partitions)?;
    let mut earliest = fetcher.list_offsets(partitions, OffsetSpec::Earliest)?;
    let mut latest = fetcher.list_offsets(partitions, OffsetSpec::Latest)?;
    let unread: Vec<HubPartition> = partitions
        .iter()
        .filter(|it| matches!(committed.get(it), Some(Ok(None))))
        .cloned()
        .collect();
    let mut since = fetcher.list_offsets(&unread, OffsetSpec::ForTimestamp(first_ms))?;
    let mut found = FoundByPartition::new();
    for partition in partitions {
        let mut of = || {
            let committed = take(&mut committed, partition, namespace, "OffsetFetch")?;
            let earliest = take(&mut earliest, partition, namespace, "ListOffsets")?.unwrap_or(0);
            let latest = take(&mut latest, partition, namespace, "ListOffsets")?;
            let latest = latest.unwrap_or(earliest);
            let first = match since.remove(partition) {
                // no message is so new: what comes is
                None | Some(Ok(None)) => latest,
                Some(Ok(Some(first))) => first,
                // a broker that does not know the times of its messages: all that it keeps
                Some(Err(error)) if error.code().is_some_and(|code| !is_of_leader(code)) => {
                    earliest
                }
                Some(Err(error)) => return Err(error),
            };
            Ok(FoundOffsets {
                committed,
                first,
                earliest,
                latest,
            })
        };
        found.insert(partition.clone(), of());
    }
    Ok(found)
}

/// What was answered for a partition; an answer may leave it out.
fn take<T>(
    answers: &mut BTreeMap<HubPartition, Result<T, HubError>>,
    partition: &HubPartition,
    namespace: &str,
    what: &'static str,
) -> Result<T, HubError> {
    let no_answer = || HubError::NoAnswer {
        peer: namespace.to_owned(),
        what,
    };
    answers
        .remove(partition)
        .unwrap_or_else(|| Err(no_answer()))
}
