//! What came to a receiver's file, held against what had to come, line by line and without keeping
//! either in memory.

use std::collections::HashMap;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, BufReader};
use std::path::Path;

/// The lines that must come, in their order.
#[derive(Default)]
pub struct Wanted {
    place: HashMap<u64, usize>,
    /// Where each begins among them, bytes.
    begins: Vec<u64>,
    bytes: u64,
}

/// How what came differs from it.
#[derive(Debug, Default)]
pub struct Arrivals {
    /// Never came.
    pub lost: u64,
    /// Came once more than they should.
    pub repeated: u64,
    /// Of those, the longest way back: bytes from a line that came again to the end of the furthest
    /// line that had come.
    pub furthest: u64,
    /// Came for the first time behind a line that follows them.
    pub out_of_order: u64,
    /// Are none of the lines: torn, or never sent. Some of them.
    pub strange: Vec<String>,
}

// === impl Wanted ===

impl Wanted {
    /// These lines.
    pub fn new(lines: &[String]) -> Self {
        let mut wanted = Self::default();
        for line in lines {
            wanted.push(line);
        }
        wanted
    }

    /// One more.
    pub fn push(&mut self, line: &str) {
        let place = self.place.len();
        let twin = self.place.insert(hash(line), place);
        assert!(
            twin.is_none(),
            "the records of a story differ in their lines"
        );
        self.begins.push(self.bytes);
        self.bytes += line.len() as u64 + 1;
    }

    /// How many.
    pub fn len(&self) -> u64 {
        self.place.len() as u64
    }

    /// Their bytes, line feeds included.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Holds them against a file.
    pub fn compare(&self, file: &Path) -> Arrivals {
        let mut arrivals = Arrivals::default();
        let mut came = vec![false; self.begins.len()];
        // how many, and how many bytes, up to the furthest line that came
        let (mut places, mut reached) = (0, 0);
        let Ok(file) = File::open(file) else {
            arrivals.lost = self.len();
            return arrivals;
        };
        for line in BufReader::with_capacity(1 << 20, file).split(b'\n') {
            let line = String::from_utf8_lossy(&line.unwrap()).into_owned();
            let Some(&place) = self.place.get(&hash(&line)) else {
                if arrivals.strange.len() < 1000 {
                    arrivals.strange.push(line);
                }
                continue;
            };
            let begin = self.begins[place];
            if std::mem::replace(&mut came[place], true) {
                arrivals.repeated += 1;
                arrivals.furthest = arrivals.furthest.max(reached - begin);
            } else if place < places {
                arrivals.out_of_order += 1;
            } else {
                (places, reached) = (place + 1, begin + line.len() as u64 + 1);
            }
        }
        arrivals.lost = came.iter().filter(|came| !**came).count() as u64;
        arrivals
    }
}

// === impl Arrivals ===

impl Arrivals {
    /// Nothing lost, everything in order, and what is strange is the beginning of a line that was
    /// cut short by a kill.
    pub fn assert_complete(&self, lines: &[String]) {
        assert_eq!((self.lost, self.out_of_order), (0, 0), "{self:?}");
        for torn in &self.strange {
            assert!(
                lines.iter().any(|line| line.starts_with(torn.as_str())),
                "mangled: {torn}"
            );
        }
    }
}

fn hash(line: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    line.hash(&mut hasher);
    hasher.finish()
}
