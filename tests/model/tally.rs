//! What the hours came to.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

#[derive(Debug, Default)]
pub struct Tally {
    pub hours: u64,
    pub simulated: Duration,
    pub lives: u64,
    pub requests: u64,
    pub records: u64,
    pub promised: u64,
    pub lines: u64,
    pub again: u64,
    pub breaks: u64,
    pub on_sled: u64,
    pub struck: BTreeMap<String, u64>,
}

impl Tally {
    pub fn add(&mut self, other: &Self) {
        self.hours += other.hours;
        self.simulated += other.simulated;
        self.lives += other.lives;
        self.requests += other.requests;
        self.records += other.records;
        self.promised += other.promised;
        self.lines += other.lines;
        self.again += other.again;
        self.breaks += other.breaks;
        self.on_sled += other.on_sled;
        for (name, count) in &other.struck {
            *self.struck.entry(name.clone()).or_default() += count;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hours = self.simulated.as_secs_f64() / 3600.0;
        writeln!(
            f,
            "{} cases ({} on sled), {hours:.0} simulated hours, {} lives, {} requests; {} records, {} of them promised; \
             {} lines, {} sent again after {} breaks; {} troubles:",
            self.hours,
            self.on_sled,
            self.lives,
            self.requests,
            self.records,
            self.promised,
            self.lines,
            self.again,
            self.breaks,
            self.struck.values().sum::<u64>(),
        )?;
        let struck: Vec<_> = self
            .struck
            .iter()
            .map(|(name, count)| format!("{name} {count}"))
            .collect();
        f.write_str(&struck.join(", "))
    }
}
