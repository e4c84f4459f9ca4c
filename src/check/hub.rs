//! Checks the way to the event hubs of an agent: connection, log-on, and what each partition holds.
//! It joins a consumer group of its own for a moment, so that nobody loses a partition to it.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use super::{Address, CheckReport};
use crate::settings::{AgentSettings, EventHubSettings, StreamSettings};
use crate::source::{
    Fetched, FoundOffsets, HubMessage, HubPartition, HubRecord, HubSource, PartitionSource,
    SourceError,
};
use crate::wiring::open_hub_as;
use crate::{clock, random};

/// Of a partition whose newest message has not come after so many answers, only its offset is told.
const MOST_ANSWERS: usize = 8;

/// Takes the steps to the hubs of this stream.
pub(super) fn reach(
    agent: &AgentSettings,
    stream: &StreamSettings,
    report: &mut CheckReport<impl Write>,
) {
    let source = agent.source_of(stream.spec);
    let Some(hubs) = source.event_hubs() else {
        return;
    };
    let warning = (source.proxy.is_some()).then(|| hubs.proxy_warning());
    if !report.step("hub", || connect(hubs, warning.as_deref())) {
        report.skip(stream.spec.name);
        return;
    }
    let mut member = None;
    report.step(stream.spec.name, || {
        let joined = JoinedMember::join(agent, stream, hubs)?;
        let text = format!(
            "the service lets siembox read {}; partitions: {}",
            joined.hubs.join(", "),
            joined.partitions.len()
        );
        member = Some(joined);
        Ok(text)
    });
    let Some(mut member) = member else {
        return;
    };
    for (hub, error) in member.failed {
        report.step(&hub, || Err(error.what));
    }
    let now_ms = clock::now_ms();
    let mut contents = PartitionContents::new();
    report.step("partitions", || {
        let source = &mut *member.source.source;
        let read = read_newest(source, &member.partitions, now_ms);
        contents = read.map_err(|error| error.what)?;
        Ok(format!(
            "{} of {} hold messages",
            count_with_messages(&contents),
            contents.len()
        ))
    });
    for (partition, found) in contents {
        report.step(&partition.to_string(), || {
            let (at, newest) = found.map_err(|error| error.what)?;
            Ok(in_words(at, newest.as_ref(), now_ms))
        });
    }
}

/// Is somebody there?
fn connect(hubs: &EventHubSettings, proxy_warning: Option<&str>) -> Result<String, String> {
    let address = Address {
        host: hubs.host.clone(),
        port: hubs.port,
        secure: true,
    };
    let reached = address.resolve().and_then(|_| address.connect());
    match (reached, proxy_warning) {
        (Ok(_), None) => Ok(address.to_string()),
        (Ok(_), Some(warning)) => Ok(format!("{address}; {warning}")),
        (Err(why), None) => Err(why),
        (Err(why), Some(warning)) => Err(format!("{why}; {warning}")),
    }
}

/// A member of a group that nobody else is in.
struct JoinedMember {
    /// Fetches messages.
    source: HubSource,
    /// The event hubs that can be read.
    hubs: Vec<String>,
    /// Their partitions.
    partitions: Vec<HubPartition>,
    /// The event hubs that can't be read, and why.
    failed: Vec<(String, SourceError)>,
}

/// The newest message of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
enum NewestMessage {
    /// Its newest row is of this time, milliseconds since 1970.
    Row(i64),
    /// It has rows of tables only that are not read.
    OtherTables,
    /// It can't be understood.
    Unreadable(String),
}

/// The offsets of each partition, and its newest message; `None` where there is none, or it did not
/// come.
type PartitionContents =
    BTreeMap<HubPartition, Result<(FoundOffsets, Option<NewestMessage>), SourceError>>;

/// Reads the newest message of each partition; one that fails holds up no other.
fn read_newest(
    source: &mut dyn PartitionSource,
    partitions: &[HubPartition],
    now_ms: i64,
) -> Result<PartitionContents, SourceError> {
    let found = source.find(partitions, now_ms)?.into_iter();
    let mut contents: PartitionContents = found
        .map(|(partition, at)| (partition, at.map(|at| (at, None))))
        .collect();
    for _ in 0..MOST_ANSWERS {
        let left: Vec<(HubPartition, i64)> = contents
            .iter()
            .filter_map(|(partition, found)| match found {
                Ok((at, None)) if has_messages(at) => Some((partition.clone(), at.latest - 1)),
                _ => None,
            })
            .collect();
        if left.is_empty() {
            break;
        }
        for (partition, fetched) in source.fetch(&left)? {
            let newest = match fetched {
                Fetched::Failed(error) => {
                    contents.insert(partition, Err(error));
                    continue;
                }
                Fetched::Messages { messages, .. } => messages.last().map(|it| read(source, it)),
                Fetched::OutOfRange => None,
            };
            if let Some(Ok((_, known))) = contents.get_mut(&partition) {
                *known = newest;
            }
        }
    }
    Ok(contents)
}

fn read(source: &dyn PartitionSource, message: &HubMessage) -> NewestMessage {
    if let Some(damage) = &message.damage {
        return NewestMessage::Unreadable(damage.clone());
    }
    let (mut newest, mut why) = (None, None);
    source.read(&message.body, &mut |record| match record {
        HubRecord::Row(_, _, Ok(record)) => newest = newest.max(Some(record.cursor_ms)),
        HubRecord::Row(_, _, Err(unreadable)) | HubRecord::Poison(unreadable) => {
            why = Some(unreadable.reason);
        }
        HubRecord::Other => {}
    });
    match (newest, why) {
        (Some(at_ms), _) => NewestMessage::Row(at_ms),
        (None, Some(why)) => NewestMessage::Unreadable(why),
        (None, None) => NewestMessage::OtherTables,
    }
}

/// How many of the partitions hold messages.
fn count_with_messages(contents: &PartitionContents) -> usize {
    let found = contents.values().filter_map(|found| found.as_ref().ok());
    found.filter(|(at, _)| has_messages(at)).count()
}

fn has_messages(at: &FoundOffsets) -> bool {
    at.earliest < at.latest
}

fn in_words(at: FoundOffsets, newest: Option<&NewestMessage>, now_ms: i64) -> String {
    if !has_messages(&at) {
        return "holds no message".to_owned();
    }
    let offset = at.latest - 1;
    match newest {
        Some(NewestMessage::Row(at_ms)) => {
            let age = u64::try_from(now_ms - at_ms).unwrap_or(0);
            let age = clock::span_in_words(Duration::from_millis(age));
            format!("newest offset {offset}, its row is {age} old")
        }
        Some(NewestMessage::OtherTables) => {
            format!("newest offset {offset}, with no row of the tables that are read")
        }
        Some(NewestMessage::Unreadable(why)) => {
            format!("newest offset {offset}, which cannot be read: {why}")
        }
        None => format!("newest offset {offset}; the service did not send it in time"),
    }
}

// === impl JoinedMember ===

impl JoinedMember {
    /// Where at least one event hub can be read; else why not.
    fn join(
        agent: &AgentSettings,
        stream: &StreamSettings,
        hubs: &EventHubSettings,
    ) -> Result<Self, String> {
        let group = format!("siembox-check-{:016x}", random::any());
        let opened = open_hub_as(agent, stream.spec, &group);
        let mut source = opened.map_err(|error| error.to_string())?;
        let joined = source.source.join().map_err(|error| error.what)?;
        let is_read = |hub: &&String| !joined.failed.iter().any(|(failed, _)| failed == *hub);
        let read: Vec<String> = hubs.hubs.iter().filter(is_read).cloned().collect();
        match joined.failed.first() {
            Some((_, error)) if read.is_empty() => Err(error.what.clone()),
            _ => Ok(Self {
                source,
                hubs: read,
                partitions: joined.assigned,
                failed: joined.failed,
            }),
        }
    }
}

#[cfg(test)]
mod tests;
