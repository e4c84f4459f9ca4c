//! The loop of the clock service: ask, select, set, report.

use std::io;
use std::time::Duration;

use jiff::SignedDuration;

use super::clock_state::{ClockSource, ClockState};
use super::select::{DateBounds, Deed, TimeAnswer, choose, deed};
use crate::backoff::Backoff;
use crate::clock;
use crate::settings::TimeServer;

/// What the keeper does to the world; a test has its own.
pub trait ClockPort {
    /// The wall clock, milliseconds since 1970.
    fn now_ms(&self) -> i64;
    /// Asks all of these at once. An error is in words that name the server.
    fn ask(&self, servers: &[TimeServer]) -> Vec<Result<TimeAnswer, String>>;
    /// Puts the clock on by so much.
    ///
    /// # Errors
    /// When the system refuses.
    fn set(&self, offset: SignedDuration) -> io::Result<()>;
}

/// What became of a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// For the log; empty where there is nothing to say.
    pub line: String,
    /// Is that something to look at?
    pub is_trouble: bool,
    /// For the others.
    pub word: ClockState,
    /// Until the next.
    pub wait: Duration,
}

/// Keeps the clock.
#[derive(Debug)]
pub struct SyncLoop {
    bounds: DateBounds,
    word: ClockState,
    backoff: Backoff,
    /// Did a server set or confirm the clock since the start?
    is_set: bool,
    /// The servers that had no answer are named once, then again when they are others.
    told: Vec<String>,
}

/// A clock without a thermostat is off by a second in some hours.
const EVERY: Duration = Duration::from_secs(3600);
const BACKOFF: Backoff = Backoff::new(Duration::from_secs(8), Duration::from_secs(900));
/// How many refusals a line names.
const NAMED: usize = 8;

// === impl Keeper ===

impl SyncLoop {
    /// Begins with what is known: the word that the start left.
    #[must_use]
    pub fn new(bounds: DateBounds, word: ClockState) -> Self {
        Self {
            bounds,
            word,
            backoff: BACKOFF,
            is_set: false,
            told: Vec::new(),
        }
    }

    /// Asks these groups, the later only where the earlier have no answer that holds, and sets the
    /// clock by the answer that is believed. `random` is any number, all equally likely.
    pub fn round(
        &mut self,
        port: &impl ClockPort,
        groups: &[Vec<TimeServer>],
        random: u64,
    ) -> Round {
        let mut refused = Vec::new();
        for group in groups {
            let asked_ms = port.now_ms();
            let mut held = Vec::new();
            for answer in port.ask(group) {
                let judged = answer.and_then(|answer| {
                    let checked = self.bounds.check(&answer, asked_ms);
                    checked
                        .map_err(|doubt| format!("{} {doubt}", answer.server))
                        .map(|()| answer)
                });
                match judged {
                    Ok(answer) => held.push(answer),
                    Err(why) => refused.push(why),
                }
            }
            match choose(&held) {
                Some(answer) => return self.believe(port, answer, random),
                None if held.is_empty() => {}
                None => refused.push(contradiction(&held)),
            }
        }
        let asked = groups.iter().flatten().map(ToString::to_string);
        self.failed(asked.collect(), &refused, random)
    }

    fn believe(&mut self, port: &impl ClockPort, answer: &TimeAnswer, random: u64) -> Round {
        let first = !self.is_set;
        let set = match deed(answer.offset, first) {
            Deed::Set => port.set(answer.offset).map(|()| true),
            Deed::Leave => Ok(false),
        };
        let set = match set {
            Ok(set) => set,
            Err(error) => {
                let why = format!("the clock could not be set: {error}");
                return self.failed(vec![answer.server.clone()], &[why], random);
            }
        };
        self.is_set = true;
        self.backoff.reset();
        self.told.clear();
        self.word = ClockState {
            source: ClockSource::Sntp,
            server: Some(answer.server.clone()),
            at_ms: port.now_ms(),
            asked: Vec::new(),
        };
        let line = match (set, first) {
            (true, _) => format!(
                "the clock was {} and is set: {}, from {} (stratum {})",
                distance(answer.offset),
                clock::in_words(self.word.at_ms),
                answer.server,
                answer.stratum
            ),
            (false, true) => format!(
                "the clock agrees with {} (stratum {}): {} ms off",
                answer.server,
                answer.stratum,
                answer.offset.as_millis()
            ),
            (false, false) => String::new(),
        };
        // a quarter of an hour more or less, so that not all boxes of a site ask at once
        let spread = Duration::from_secs(random % 1800);
        Round {
            line,
            is_trouble: false,
            word: self.word.clone(),
            wait: EVERY - Duration::from_secs(900) + spread,
        }
    }

    fn failed(&mut self, asked: Vec<String>, why: &[String], random: u64) -> Round {
        let wait = self.backoff.failed(random);
        let said = asked.join(", ");
        let line = if self.told == asked {
            String::new()
        } else {
            format!(
                "no time server gives the time (asked: {said}): {}; siembox retries at least every \
                    15 min; cure: allow outbound UDP port 123, or name other servers in [clock] \
                    servers",
                why.iter()
                    .take(NAMED)
                    .cloned()
                    .collect::<Vec<_>>()
                    .join("; ")
            )
        };
        self.told.clone_from(&asked);
        // the time that there was is still the best
        self.word.asked = asked;
        Round {
            line,
            is_trouble: true,
            word: self.word.clone(),
            wait,
        }
    }
}

/// `3 h 2 min behind`
fn distance(offset: SignedDuration) -> String {
    let side = if offset.is_negative() {
        "ahead"
    } else {
        "behind"
    };
    format!("{} {side}", clock::span_in_words(offset.unsigned_abs()))
}

fn contradiction(held: &[TimeAnswer]) -> String {
    let said = held
        .iter()
        .take(NAMED)
        .map(|answer| format!("{} reports {}", answer.server, distance(answer.offset)));
    format!(
        "they contradict each other: {}",
        said.collect::<Vec<_>>().join(", ")
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::cell::RefCell;

    use super::*;

    const BUILT: i64 = 1_790_000_000_000;
    const MIDDLE: u64 = 1 << 63;

    /// Servers by name: how far the true time is from theirs, or none.
    struct World {
        truth_ms: i64,
        now_ms: RefCell<i64>,
        servers: Vec<(&'static str, Option<i64>)>,
        asked: RefCell<Vec<String>>,
        refuses: bool,
    }

    impl ClockPort for World {
        fn now_ms(&self) -> i64 {
            *self.now_ms.borrow()
        }

        fn ask(&self, servers: &[TimeServer]) -> Vec<Result<TimeAnswer, String>> {
            let answer = |server: &TimeServer| {
                self.asked.borrow_mut().push(server.host.clone());
                let known = self.servers.iter().find(|(name, _)| *name == server.host);
                let error = known.and_then(|(_, error)| *error);
                let error = error.ok_or_else(|| format!("{}: no answer", server.host))?;
                Ok(TimeAnswer {
                    server: server.host.clone(),
                    offset: SignedDuration::from_millis(self.truth_ms + error - self.now_ms()),
                    delay: Duration::from_millis(20),
                    stratum: 2,
                })
            };
            servers.iter().map(answer).collect()
        }

        fn set(&self, offset: SignedDuration) -> io::Result<()> {
            if self.refuses {
                return Err(io::ErrorKind::PermissionDenied.into());
            }
            *self.now_ms.borrow_mut() += i64::try_from(offset.as_millis()).unwrap();
            Ok(())
        }
    }

    fn world(now_ms: i64, servers: &[(&'static str, Option<i64>)]) -> World {
        World {
            truth_ms: BUILT + 86_400_000,
            now_ms: RefCell::new(now_ms),
            servers: servers.to_vec(),
            asked: RefCell::default(),
            refuses: false,
        }
    }

    fn group(names: &[&str]) -> Vec<TimeServer> {
        names
            .iter()
            .map(|name| TimeServer::parse(name).unwrap())
            .collect()
    }

    fn keeper() -> SyncLoop {
        SyncLoop::new(DateBounds { floor_ms: BUILT }, ClockState::default())
    }

    #[test]
    fn a_clock_of_1970_is_set_and_then_only_watched() {
        let world = world(0, &[("a", Some(0)), ("b", None)]);
        let mut keeper = keeper();
        let round = keeper.round(&world, &[group(&["a", "b"])], MIDDLE);
        assert_eq!(world.now_ms(), world.truth_ms);
        assert!(round.line.contains("behind and is set"), "{}", round.line);
        assert!(round.line.ends_with("from a (stratum 2)"), "{}", round.line);
        assert_eq!(
            (round.word.source, round.word.server.as_deref()),
            (ClockSource::Sntp, Some("a"))
        );
        assert!((2700..4500).contains(&round.wait.as_secs()));
        let round = keeper.round(&world, &[group(&["a", "b"])], MIDDLE);
        assert_eq!((round.line.as_str(), round.is_trouble), ("", false));
    }

    #[test]
    fn who_lies_about_the_date_is_passed_over_and_the_next_group_asked() {
        let world = world(
            BUILT,
            &[("lent", Some(-86_400_000 * 400)), ("pool", Some(0))],
        );
        let round = keeper().round(&world, &[group(&["lent"]), group(&["pool"])], 0);
        assert_eq!(round.word.server.as_deref(), Some("pool"));
        assert_eq!(*world.asked.borrow(), ["lent", "pool"]);
    }

    #[test]
    fn without_an_answer_it_says_whom_it_asked_once_and_goes_on() {
        let world = world(BUILT, &[]);
        let mut keeper = keeper();
        let mut waits = Vec::new();
        for turn in 0..12 {
            let round = keeper.round(&world, &[group(&["a", "b:4123"])], MIDDLE);
            assert!(round.is_trouble);
            assert_eq!(
                round.line.contains("(asked: a, b:4123)"),
                turn == 0,
                "{}",
                round.line
            );
            assert_eq!(round.word.asked, ["a", "b:4123"]);
            assert!(!round.word.is_plausible());
            waits.push(round.wait.as_secs());
        }
        assert_eq!(waits[..3], [12, 20, 36]);
        assert!(
            waits.iter().all(|wait| (8..=900).contains(wait)),
            "{waits:?}"
        );
        assert_eq!(world.now_ms(), BUILT);
    }

    #[test]
    fn what_was_set_stays_known_when_servers_fall_silent() {
        let mut world = world(BUILT, &[("a", Some(0))]);
        let mut keeper = keeper();
        keeper.round(&world, &[group(&["a"])], 0);
        world.servers.clear();
        let round = keeper.round(&world, &[group(&["a"])], 0);
        assert!(round.word.is_plausible() && round.is_trouble);
        assert_eq!(
            round.word.in_words(),
            "set from the time server a; no time from a"
        );
    }

    #[test]
    fn three_that_contradict_each_other_set_nothing() {
        let world = world(
            BUILT,
            &[("a", Some(0)), ("b", Some(60_000)), ("c", Some(-60_000))],
        );
        let round = keeper().round(&world, &[group(&["a", "b", "c"])], 0);
        assert!(
            round.line.contains("contradict each other"),
            "{}",
            round.line
        );
        assert_eq!(world.now_ms(), BUILT);
    }

    #[test]
    fn a_system_that_refuses_is_said() {
        let mut world = world(BUILT, &[("a", Some(0))]);
        world.refuses = true;
        let round = keeper().round(&world, &[group(&["a"])], 0);
        assert!(
            round.is_trouble && round.line.contains("could not be set"),
            "{}",
            round.line
        );
    }
}
