//! What the face saw.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A commit that went through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Which client, by its `client.id`.
    pub client: String,
    /// Which hub.
    pub topic: String,
    /// Which partition.
    pub partition: i32,
    /// The offset after the last record that is done.
    pub offset: i64,
    /// When, since the face began.
    pub at: Duration,
}

/// What was seen so far.
#[derive(Debug, Default, Clone)]
pub struct Seen {
    /// What no client of the service may do.
    pub complaints: Vec<String>,
    /// All commits, in their order.
    pub commits: Vec<Commit>,
    /// Who fetched records of which partition, and when last.
    pub fetched: BTreeMap<(String, i32), Vec<(String, Duration)>>,
    /// How many connections were let in.
    pub logins: u64,
    /// When log-ons were refused, since the face began.
    pub refused: Vec<Duration>,
    /// How many connections have fallen silent, because they were idle for too long.
    pub silent: u64,
}

/// The same, shared by the threads of the face.
#[derive(Debug)]
pub struct Observed {
    began: Instant,
    seen: Mutex<Seen>,
}

impl Default for Observed {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            seen: Mutex::default(),
        }
    }
}

impl Observed {
    /// A copy of what was seen so far.
    #[must_use]
    pub fn so_far(&self) -> Seen {
        self.seen().clone()
    }

    pub(super) fn complain(&self, what: String) {
        self.seen().complaints.push(what);
    }

    pub(super) fn login(&self) {
        self.seen().logins += 1;
    }

    pub(super) fn refused(&self) {
        let at = self.began.elapsed();
        self.seen().refused.push(at);
    }

    pub(super) fn silent(&self) {
        self.seen().silent += 1;
    }

    pub(super) fn commit(&self, client: &str, topic: &str, partition: i32, offset: i64) {
        let at = self.began.elapsed();
        self.seen().commits.push(Commit {
            client: client.to_owned(),
            topic: topic.to_owned(),
            partition,
            offset,
            at,
        });
    }

    pub(super) fn fetched(&self, client: &str, topic: &str, partition: i32) {
        let at = self.began.elapsed();
        let mut seen = self.seen();
        let place = (topic.to_owned(), partition);
        let by = seen.fetched.entry(place).or_default();
        match by.last_mut() {
            Some((last, when)) if last == client => *when = at,
            _ => by.push((client.to_owned(), at)),
        }
    }

    /// How many commits of this partition went through in the last second.
    pub(super) fn commits_of_a_second(&self, topic: &str, partition: i32) -> usize {
        let now = self.began.elapsed();
        let seen = self.seen();
        let last = seen.commits.iter().rev();
        last.take_while(|commit| now - commit.at < Duration::from_secs(1))
            .filter(|commit| commit.topic == topic && commit.partition == partition)
            .count()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
