//! Decodes what a fetch brought of a partition.

use super::kafka::{DecodeBudget, DecodedBatch, FetchedBytes, batches};
use crate::source::{Fetched, HubMessage};

/// The messages of a partition that was asked for from `offset` on. `None` if there are some and
/// none of them came or was decoded: it is asked again, before those that had their turn.
pub(super) fn decode_fetched(
    fetched: FetchedBytes,
    offset: i64,
    budget: &mut DecodeBudget,
) -> Option<Fetched> {
    let latest = fetched.high_watermark;
    let mut messages = Vec::new();
    let mut at = offset;
    let mut stuck = None;
    for batch in batches(fetched.records, budget) {
        match batch {
            // a batch may begin before the offset that was asked for, or end before it
            DecodedBatch::Messages(of_batch, next) => {
                let new = of_batch.into_iter().filter(|(offset, _)| *offset >= at);
                messages.extend(new.map(|(offset, body)| HubMessage {
                    offset,
                    body,
                    damage: None,
                    next: offset.saturating_add(1),
                }));
                at = at.max(next);
            }
            DecodedBatch::Unreadable {
                first,
                next,
                why,
                bytes,
            } => {
                // a damaged header may lead far away: past what the service holds, or nowhere
                let after = next.min(latest).max(at.saturating_add(1));
                let message = HubMessage {
                    offset: first.max(at).min(after - 1),
                    body: bytes,
                    damage: Some(why),
                    next: after,
                };
                match next > at {
                    true => {
                        messages.push(message);
                        at = after;
                    }
                    // read before; unless nothing else comes, and it would come for ever
                    false => stuck = Some(message),
                }
            }
        }
    }
    if at == offset
        && let Some(message) = stuck
    {
        at = message.next;
        messages.push(message);
    }
    let is_new = at > offset;
    (is_new || latest <= offset).then_some(Fetched::Messages {
        messages,
        next: is_new.then_some(at),
        latest,
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    /// A batch of an older format, which nobody decodes, with this offset.
    fn old(first: i64) -> Vec<u8> {
        [&first.to_be_bytes()[..], &[0, 0, 0, 15], &[0; 15]].concat()
    }

    /// Of each message its offset, and the next.
    fn decoded(records: &[Vec<u8>], offset: i64, high_watermark: i64) -> Option<Vec<(i64, i64)>> {
        let fetched = FetchedBytes {
            records: Bytes::from(records.concat()),
            high_watermark,
        };
        match decode_fetched(fetched, offset, &mut DecodeBudget::new())? {
            Fetched::Messages { messages, next, .. } => {
                assert_eq!(next, messages.last().map(|it| it.next));
                Some(messages.iter().map(|it| (it.offset, it.next)).collect())
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_damaged_batch_leads_further_each_time() {
        assert_eq!(decoded(&[old(5)], 5, 9), Some(vec![(5, 6)]));
        assert_eq!(decoded(&[old(5), old(6)], 5, 9), Some(vec![(5, 6), (6, 7)]));
        // read before
        assert_eq!(decoded(&[old(4), old(5)], 5, 9), Some(vec![(5, 6)]));
        // its offset is damaged: far too low, or far too high
        assert_eq!(decoded(&[old(0)], 5, 9), Some(vec![(5, 6)]));
        assert_eq!(decoded(&[old(1 << 40)], 5, 9), Some(vec![(8, 9)]));
        assert_eq!(decoded(&[old(i64::MAX)], 5, 9), Some(vec![(8, 9)]));
        assert_eq!(decoded(&[old(i64::MIN)], 5, 9), Some(vec![(5, 6)]));
        assert_eq!(decoded(&[old(7)], 5, 0), Some(vec![(5, 6)]));
    }

    #[test]
    fn a_partition_whose_messages_did_not_come_is_left_out() {
        assert_eq!(decoded(&[], 5, 9), None);
        assert_eq!(decoded(&[], 9, 9), Some(vec![]));
    }
}
