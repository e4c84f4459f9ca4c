//! How often a password may be tried: guessing gets slow, and nobody gets locked out.
//!
//! Each address (of IPv6: each /64) has three tries, then waits that double from one second to a minute; a right password
//! ends that. Over all there are two tries a second, eight at once, as each costs the box a tenth of a second. Addresses
//! from which somebody has signed in before don't share that budget, so that a flood from elsewhere keeps no administrator
//! out.
//!
//! A try counts when it is let in, not when it has failed: many at once are no way around.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

/// Tries before there is a wait.
const FREE: u32 = 3;
const LONGEST: Duration = Duration::from_secs(60);
/// After so long without a try an address begins anew.
const FORGET: Duration = Duration::from_secs(15 * 60);
/// Addresses remembered; one more, and the one longest without a try is forgotten.
const MOST: usize = 256;
/// Addresses remembered as the administrator's.
const MOST_KNOWN: usize = 8;
/// Over all, one try in this time,
const STEP: Duration = Duration::from_millis(500);
/// and so many at once after a pause.
const BURST: u32 = 8;

/// Times are steady ones.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    tries: Vec<Tries>,
    /// From where somebody has signed in, the last one last.
    known: Vec<IpAddr>,
    /// When the budget of all is whole again.
    whole: Duration,
}

#[derive(Debug)]
struct Tries {
    from: IpAddr,
    count: u32,
    last: Duration,
}

// === impl Throttle ===

impl Throttle {
    /// Lets a try in and counts it, or says how long to wait.
    pub(super) fn knock(&mut self, from: IpAddr, now: Duration) -> Result<(), Duration> {
        let from = network(from);
        self.tries
            .retain(|tries| now.saturating_sub(tries.last) < FORGET);
        let mine = self.tries.iter().position(|tries| tries.from == from);
        if let Some(index) = mine {
            let tries = &self.tries[index];
            let next = tries.last + wait(tries.count);
            if next > now {
                return Err(next - now);
            }
        }
        if !self.known.contains(&from) {
            self.spend(now)?;
        }
        match mine {
            Some(index) => {
                let tries = &mut self.tries[index];
                (tries.count, tries.last) = (tries.count.saturating_add(1), now);
            }
            None => self.remember(from, now),
        }
        Ok(())
    }

    /// The try from there was right.
    pub(super) fn open(&mut self, from: IpAddr) {
        let from = network(from);
        self.tries.retain(|tries| tries.from != from);
        self.known.retain(|known| *known != from);
        if self.known.len() >= MOST_KNOWN {
            self.known.remove(0);
        }
        self.known.push(from);
    }

    fn spend(&mut self, now: Duration) -> Result<(), Duration> {
        let whole = self.whole.max(now) + STEP;
        let over = whole.saturating_sub(now + STEP * BURST);
        if over > Duration::ZERO {
            return Err(over);
        }
        self.whole = whole;
        Ok(())
    }

    fn remember(&mut self, from: IpAddr, now: Duration) {
        if self.tries.len() >= MOST {
            let oldest = self.tries.iter().enumerate();
            if let Some((index, _)) = oldest.min_by_key(|(_, tries)| tries.last) {
                self.tries.swap_remove(index);
            }
        }
        self.tries.push(Tries {
            from,
            count: 1,
            last: now,
        });
    }
}

/// Between the last of so many tries and the next.
fn wait(count: u32) -> Duration {
    match count.checked_sub(FREE) {
        None => Duration::ZERO,
        Some(doublings) => Duration::from_secs(1 << doublings.min(6)).min(LONGEST),
    }
}

/// What one visitor has to itself.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn host(number: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, number])
    }

    #[test]
    fn waits_double_up_to_a_minute_and_end_with_the_right_password() {
        let (mut throttle, mut now) = (Throttle::default(), at(100));
        let mut waits = Vec::new();
        for _ in 0..12 {
            if let Err(wait) = throttle.knock(host(1), now) {
                waits.push(wait.as_secs());
                now += wait;
                assert_eq!(throttle.knock(host(1), now), Ok(()));
            }
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert!(throttle.knock(host(1), now).is_err());
        assert_eq!(throttle.knock(host(2), now), Ok(()), "somebody else");
        throttle.open(host(1));
        assert_eq!(throttle.knock(host(1), now), Ok(()));
    }

    #[test]
    fn a_network_of_ipv6_is_one_visitor() {
        let mut throttle = Throttle::default();
        let of = |text: &str| text.parse::<IpAddr>().unwrap_or(host(9));
        for last in 1..=3 {
            let one = of(&format!("2001:db8:1:2::{last}"));
            assert_eq!(throttle.knock(one, at(9)), Ok(()));
        }
        assert!(throttle.knock(of("2001:db8:1:2:ffff::1"), at(9)).is_err());
        assert_eq!(throttle.knock(of("2001:db8:1:3::1"), at(9)), Ok(()));
        // IPv4 that came in through an IPv6 socket
        assert_eq!(network(of("::ffff:10.0.0.1")), host(1));
    }

    #[test]
    fn a_flood_from_everywhere_leaves_the_known_address_alone() {
        let mut throttle = Throttle::default();
        assert_eq!(throttle.knock(host(1), at(1)), Ok(()));
        throttle.open(host(1));
        let flood = (0..=255u8).map(|number| IpAddr::from([192, 0, 2, number]));
        let let_in = flood.filter(|from| throttle.knock(*from, at(9)).is_ok());
        assert_eq!(let_in.count(), 8);
        assert_eq!(throttle.knock(host(1), at(9)), Ok(()));
        // and everybody else waits for a moment only
        assert!(
            throttle
                .knock(host(2), at(9))
                .is_err_and(|wait| wait <= STEP)
        );
    }

    proptest! {
        /// Whatever came before: nobody waits for more than a minute, there are never more tries than the budget has (and what
        /// known addresses may), and the tables stay within their bounds.
        #[test]
        fn nobody_is_locked_out(steps in proptest::collection::vec((0..300u16, 0..3_000u64, any::<bool>()), 1..400)) {
            let (mut throttle, mut now) = (Throttle::default(), at(1));
            let (begin, mut spent) = (now, 0u32);
            for (number, ms, right) in steps {
                now += Duration::from_millis(ms);
                let from = IpAddr::from([10, 0, u8::try_from(number / 256).unwrap_or(0), u8::try_from(number % 256).unwrap_or(0)]);
                let known = throttle.known.contains(&from);
                match throttle.knock(from, now) {
                    Ok(()) => {
                        spent += u32::from(!known);
                        if right { throttle.open(from) }
                    }
                    Err(wait) => {
                        prop_assert!(wait > Duration::ZERO && wait <= LONGEST);
                        // whoever waits gets in, where nobody else comes meanwhile
                        let mut later = Throttle {
                            tries: throttle.tries.iter().map(|tries| Tries { ..*tries }).collect(),
                            known: throttle.known.clone(),
                            ..throttle
                        };
                        let patient = (0..2).any(|round| later.knock(from, now + wait + STEP * round).is_ok());
                        prop_assert!(patient);
                    }
                }
                prop_assert!(throttle.tries.len() <= MOST && throttle.known.len() <= MOST_KNOWN);
                let budget = u32::try_from((now - begin).as_millis() / STEP.as_millis()).unwrap_or(u32::MAX) + BURST;
                prop_assert!(spent <= budget, "{spent} of {budget}");
            }
        }
    }
}
