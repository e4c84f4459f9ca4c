//! Which records have arrived as lines, by the ids that both APIs of a tenant know.

use std::collections::{BTreeMap, BTreeSet};

use crate::cloud::Cloud;
use crate::records::Stream;
use crate::records::xdr::List;

/// The lists of Graph and hunting whose records become lines of activities and alerts.
const LISTS: [List; 5] = [
    List::CloudAppEvents,
    List::IdentityLogonEvents,
    List::IdentityQueryEvents,
    List::IdentityDirectoryEvents,
    List::Alerts,
];

/// The ids of all activities and alerts, those of the old API and those of the new one, each once.
#[must_use]
pub fn ids(cloud: &Cloud) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for stream in [Stream::Activities, Stream::Alerts] {
        ids.extend(cloud.records(stream).iter().map(|record| record.id.clone()));
    }
    for list in LISTS {
        let records = cloud.xdr_records(list);
        ids.extend(records.iter().map(|record| legacy(&record.id).to_owned()));
    }
    ids
}

/// The id of an alert in the old API, where it has one.
#[must_use]
pub fn legacy(id: &str) -> &str {
    let rest = id.strip_prefix("ca").unwrap_or_default();
    let is_object_id = rest.len() == 24 && rest.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_object_id { rest } else { id }
}

/// The record that a line is of; `None` where it is no line of a record.
#[must_use]
pub fn id(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("|externalId=")?;
    rest.split(' ').next()
}

/// How often each id came.
pub fn counts<'l>(lines: impl IntoIterator<Item = &'l str>) -> BTreeMap<&'l str, usize> {
    let mut counts = BTreeMap::new();
    for id in lines.into_iter().filter_map(id) {
        *counts.entry(id).or_default() += 1;
    }
    counts
}

/// Have all of these ids come?
pub fn have_come<'l>(wanted: &BTreeSet<String>, lines: impl IntoIterator<Item = &'l str>) -> bool {
    let counts = counts(lines);
    wanted.iter().all(|id| counts.contains_key(id.as_str()))
}

/// The ids that have not come, or came more than once, or were never wanted, with the count.
pub fn wrong<'l>(
    wanted: &BTreeSet<String>,
    lines: impl IntoIterator<Item = &'l str>,
) -> Vec<(String, usize)> {
    let counts = counts(lines);
    let missing = wanted.iter().filter(|id| !counts.contains_key(id.as_str()));
    let odd = |(id, count): &(&&str, &usize)| **count > 1 || !wanted.contains(**id);
    let odd = counts.iter().filter(odd);
    let odd = odd.map(|(id, count)| ((*id).to_owned(), *count));
    missing.map(|id| (id.clone(), 0)).chain(odd).collect()
}
