//! Holds what consumers read on the two lines of an event against each other.

use std::collections::BTreeMap;
use std::fmt;

use super::event::Pair;
use super::reading::{Difference, Found, Instead, Reading};

/// How it came out.
#[derive(Debug, Default)]
pub struct Tally {
    pub consumers: Vec<OfConsumer>,
    /// The event, and the difference that it showed.
    pub shown: Vec<(String, String)>,
    /// What no difference of the table excuses: the first of each kind, and how many there are.
    pub wrong: BTreeMap<String, (usize, String)>,
}

/// The same of one consumer.
#[derive(Debug, Default)]
pub struct OfConsumer {
    name: String,
    /// Legacy lines that it takes.
    taken: usize,
    /// For each pattern, the legacy lines on which it found something.
    pub found: Vec<usize>,
    /// Finds that are the same on the successor's line.
    same: usize,
    /// Finds that differ, by the difference that excuses it.
    excused: BTreeMap<String, usize>,
}

/// The lines of the pairs are those that were read: legacy and successor by turns.
pub fn judge(pairs: &[Pair], reading: &Reading) -> Tally {
    let mut tally = Tally::default();
    for consumer in &reading.consumers {
        let mut of = OfConsumer {
            name: consumer.name.clone(),
            found: vec![0; consumer.patterns.len()],
            ..OfConsumer::default()
        };
        for (pair, read) in pairs.iter().zip(consumer.read.chunks(2)) {
            let Some(legacy) = &read[0] else { continue };
            of.taken += 1;
            for (nth, pattern) in consumer.patterns.iter().enumerate() {
                let Some(old) = legacy[nth].as_ref().filter(|found| !found.is_empty()) else {
                    continue;
                };
                of.found[nth] += 1;
                let new = read[1].as_ref().and_then(|read| read[nth].as_ref());
                if new == Some(old) {
                    of.same += 1;
                    continue;
                }
                let reads = match &read[1] {
                    Some(_) => &pattern.reads,
                    None => &consumer.takes_by,
                };
                match excuse(&reading.differences, pair, reads, new) {
                    Some(difference) => {
                        *of.excused.entry(difference.id.clone()).or_default() += 1;
                        tally
                            .shown
                            .push((pair.about.clone(), difference.id.clone()));
                    }
                    None => {
                        let kind = format!("{}, {}: {reads}", of.name, pair.road);
                        let example = || {
                            let Pair {
                                about,
                                legacy,
                                successor,
                                ..
                            } = pair;
                            format!("{about}\n  {old:?}\n  {new:?}\n  {legacy}\n  {successor}")
                        };
                        let wrong = tally.wrong.entry(kind);
                        wrong.or_insert_with(|| (0, example())).0 += 1;
                    }
                }
            }
        }
        tally.consumers.push(of);
    }
    tally
}

/// The difference of the table that allows it.
fn excuse<'d>(
    table: &'d [Difference],
    pair: &Pair,
    reads: &str,
    new: Option<&Found>,
) -> Option<&'d Difference> {
    let is_empty = new.is_none_or(BTreeMap::is_empty);
    let instead = if is_empty {
        Instead::Nothing
    } else {
        Instead::Other
    };
    table.iter().find(|difference| {
        let allowed = pair.differs.as_ref();
        allowed.is_none_or(|ids| ids.contains(&difference.id))
            && difference.reads.iter().any(|key| key == reads)
            && difference.roads.contains(&pair.road)
            && difference.successor.is_none_or(|only| only == instead)
    })
}

// === impl Tally ===

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut found, mut same) = (0, 0);
        for of in &self.consumers {
            let all: usize = of.found.iter().sum();
            (found, same) = (found + all, same + of.same);
            writeln!(
                f,
                "  {}: {} patterns on {} lines found {all}, the same {}, excused {:?}",
                of.name,
                of.found.len(),
                of.taken,
                of.same,
                of.excused
            )?;
        }
        let wrong: usize = self.wrong.values().map(|(count, _)| count).sum();
        let excused = found - same - wrong;
        write!(
            f,
            "  all: found {found}, the same {same}, excused {excused}, wrong {wrong}"
        )?;
        for (kind, (count, example)) in &self.wrong {
            write!(f, "\n{kind}: {count}, such as {example}")?;
        }
        Ok(())
    }
}
