//! A rhythm as somebody sees it who looks at the lamps from outside: samples over time → runs of on
//! and off → which beats they are.

use std::time::{Duration, Instant};

use siembox::for_tests::status::{Colour, Signal};

use crate::board::Board;
use crate::machine::Machine;
use crate::wait::until;

/// So long the lamps are watched for one verdict: more than two periods of the slowest rhythm.
const WATCHED: Duration = Duration::from_secs(9);
const BETWEEN: Duration = Duration::from_millis(15);
/// Software emulation is late now and then.
const TOLERANCE_MS: u64 = 120;

/// Waits until the lamps show this and nothing else.
pub fn shows(machine: &mut Machine, signal: Signal) {
    let mut last = String::new();
    until(
        &format!("the lamps show {signal:?}"),
        || {
            let seen = seen(machine);
            last = format!("{seen:?}");
            says(&seen, signal).then_some(())
        },
        String::new,
    );
    println!("{signal:?}: {last}");
}

/// The same, where the board has lamps.
pub fn agree(machine: &mut Machine, signal: Signal) {
    if Board::meant() == Board::Aarch64 {
        shows(machine, signal);
    }
}

/// Runs of each lamp, by its colour: lit or dark, for so many milliseconds.
type Seen = Vec<(String, Vec<(bool, u64)>)>;

/// What the lamps do for a while.
pub fn seen(machine: &mut Machine) -> Seen {
    let mut seen = Seen::new();
    let begin = Instant::now();
    let mut last = begin;
    while begin.elapsed() < WATCHED {
        let lamps = machine.lit();
        let now = Instant::now();
        let passed = u64::try_from((now - last).as_millis()).unwrap();
        last = now;
        if seen.is_empty() {
            let dark = |(colour, _): &(&str, bool)| ((*colour).to_owned(), Vec::new());
            seen = lamps.iter().map(dark).collect();
        }
        for ((_, lit), (_, runs)) in lamps.into_iter().zip(&mut seen) {
            match runs.last_mut() {
                Some((was, ms)) if *was == lit => *ms += passed,
                Some((_, ms)) => {
                    *ms += passed;
                    runs.push((lit, 0));
                }
                None => runs.push((lit, 0)),
            }
        }
        std::thread::sleep(BETWEEN);
    }
    seen
}

/// Is it this signal that they show?
fn says(seen: &Seen, signal: Signal) -> bool {
    let lamp = signal.meaning().lamp;
    let beats = lamp.rhythm.beats();
    let colour = match lamp.colour {
        // whatever the colour, where there is only one to show it
        _ if seen.len() == 1 => None,
        Colour::Green => Some("green"),
        Colour::Blue => Some("green"), // the nearest of the same kind on a board without blue
        Colour::Amber => Some("amber"),
        Colour::Red => Some("red"),
        Colour::White => None,
    };
    seen.iter().all(|(name, runs)| match colour {
        Some(colour) if name != colour => runs.iter().all(|(lit, _)| !lit),
        _ => are(runs, beats),
    })
}

/// Are these runs, whose first and last are cut, those beats again and again?
fn are(runs: &[(bool, u64)], beats: &[u16]) -> bool {
    if beats.is_empty() {
        return matches!(runs, [(true, _)]);
    }
    let Some(whole) = runs.get(1..runs.len().saturating_sub(1)) else {
        return false;
    };
    // a whole period at least, of which every beat is seen
    whole.len() >= beats.len()
        && (0..beats.len()).any(|first| {
            whole.iter().enumerate().all(|(place, (lit, ms))| {
                let beat = (first + place) % beats.len();
                let wanted = u64::from(beats[beat]);
                beat.is_multiple_of(2) == *lit
                    && ms.abs_diff(wanted) <= TOLERANCE_MS.max(wanted / 4)
            })
        })
}

#[test]
fn beats_are_told_apart() {
    let double = [
        (true, 40),
        (false, 190),
        (true, 230),
        (false, 1380),
        (true, 200),
        (false, 210),
        (true, 190),
        (false, 700),
    ];
    assert!(are(&double, &[200, 200, 200, 1400]));
    assert!(!are(&double, &[200, 200, 200, 200, 200, 1000]));
    assert!(!are(&double, &[]));
    assert!(are(&[(true, 9000)], &[]));
    assert!(!are(&[(false, 9000)], &[]));
}
