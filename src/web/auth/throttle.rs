//! How often a password may be tried: guessing gets slow, and nobody gets locked out.
//!
//! Three ways lead to a try, each with a pace of its own:
//!
//! - A *known browser*, from which the administrator has signed in since the password was chosen,
//!   has three tries, then waits that double from one second to a minute. What others do, from its
//!   own address too, is no matter to it.
//! - Each *address* (of IPv6: each /64) has the same. Over all there are two tries a second, eight
//!   at once, as each costs the box a tenth of a second; addresses from which somebody has signed
//!   in before don't share that budget.
//! - Where an address has to wait, because of others behind the same router or proxy as a rule,
//!   there is the [`LoginQueue`].
//!
//! A try counts when it is let in, not when it has failed: many at once are no way around.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use super::line::LoginQueue;
use super::stamp::Stamp;
use super::waits::Waits;

/// Addresses remembered as the administrator's.
const MOST_KNOWN: usize = 8;
/// Over all, one try in this time,
const STEP: Duration = Duration::from_millis(500);
/// and so many at once after a pause.
const BURST: u32 = 8;

/// Times are steady ones.
#[derive(Debug, Clone, Default)]
pub(super) struct Throttle {
    addresses: Waits<IpAddr, 256>,
    browsers: Waits<[u8; 16], 64>,
    line: LoginQueue,
    /// From where somebody has signed in, the last one last.
    known: Vec<IpAddr>,
    /// When the budget of all is whole again.
    whole: Duration,
}

/// The visitor who tries a password.
#[derive(Debug, Clone, Copy)]
pub(super) struct Who {
    pub(super) from: IpAddr,
    /// The browser, if it is a known one.
    pub(super) browser: Option<Stamp>,
    /// Its place in the queue, if it has one.
    pub(super) place: Option<Stamp>,
}

/// How a try was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    Known,
    Address,
    Line,
}

// === impl Throttle ===

impl Throttle {
    /// Lets a try in and counts it, or says how long to wait.
    pub(super) fn knock(&mut self, who: &Who, now: Duration) -> Result<Admission, Duration> {
        if let Some(browser) = who.browser {
            if let Some(left) = self.browsers.left(&browser.id, now) {
                return Err(left);
            }
            self.browsers.count(browser.id, now);
            return Ok(Admission::Known);
        }
        let by_address = self.by_address(network(who.from), now);
        let left = match by_address {
            Ok(()) => return Ok(Admission::Address),
            Err(left) => left,
        };
        match who.place {
            Some(place) => match self.line.ask(&place, now) {
                Ok(()) => Ok(Admission::Line),
                Err(in_line) => Err(left.min(in_line)),
            },
            None => Err(left),
        }
    }

    /// The try that was let in this way was right.
    pub(super) fn open(&mut self, who: &Who, way: Admission) {
        match (way, who.browser) {
            (Admission::Known, Some(browser)) => self.browsers.forget(&browser.id),
            (Admission::Address, _) => self.remember(network(who.from)),
            // the others at its address wait on
            (Admission::Line | Admission::Known, _) => {}
        }
    }

    /// Can this place in the line still lead to a try?
    pub(super) fn holds(&self, place: &Stamp, now: Duration) -> bool {
        self.line.holds(place, now)
    }

    fn by_address(&mut self, from: IpAddr, now: Duration) -> Result<(), Duration> {
        if let Some(left) = self.addresses.left(&from, now) {
            return Err(left);
        }
        if !self.known.contains(&from) {
            self.spend(now)?;
        }
        self.addresses.count(from, now);
        Ok(())
    }

    fn remember(&mut self, from: IpAddr) {
        self.addresses.forget(&from);
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
}

/// The address that is counted: of IPv6 the /64, as one visitor can use all of it.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::waits::LONGEST;
    use super::*;

    impl Throttle {
        fn tries(&mut self, from: IpAddr, now: Duration) -> Result<(), Duration> {
            self.knock(&somebody(from), now).map(drop)
        }

        fn opens(&mut self, from: IpAddr) {
            self.open(&somebody(from), Admission::Address);
        }
    }

    fn somebody(from: IpAddr) -> Who {
        let (browser, place) = (None, None);
        Who {
            from,
            browser,
            place,
        }
    }

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
            if let Err(wait) = throttle.tries(host(1), now) {
                waits.push(wait.as_secs());
                now += wait;
                assert_eq!(throttle.tries(host(1), now), Ok(()));
            }
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert!(throttle.tries(host(1), now).is_err());
        assert_eq!(throttle.tries(host(2), now), Ok(()), "somebody else");
        throttle.opens(host(1));
        assert_eq!(throttle.tries(host(1), now), Ok(()));
    }

    #[test]
    fn a_known_browser_is_let_in_whatever_its_address_does() {
        let mut throttle = Throttle::default();
        let stamp = |number| Stamp {
            id: [number; 16],
            says: 0,
        };
        let who = |number| Who {
            browser: Some(stamp(number)),
            ..somebody(host(1))
        };
        for second in 1..200 {
            let _ = throttle.tries(host(1), at(second));
        }
        assert!(throttle.tries(host(1), at(200)).is_err());
        assert_eq!(throttle.knock(&who(1), at(200)), Ok(Admission::Known));
        throttle.open(&who(1), Admission::Known);
        assert!(
            throttle.tries(host(1), at(200)).is_err(),
            "the others wait on"
        );
        // one that was stolen guesses no faster than an address does, and holds up no other
        let tries = (200..1_200).filter(|second| throttle.knock(&who(2), at(*second)).is_ok());
        assert!(tries.count() < 30);
        assert_eq!(throttle.knock(&who(1), at(1_200)), Ok(Admission::Known));
    }

    #[test]
    fn a_network_of_ipv6_is_one_visitor() {
        let mut throttle = Throttle::default();
        let of = |text: &str| text.parse::<IpAddr>().unwrap_or(host(9));
        for last in 1..=3 {
            let one = of(&format!("2001:db8:1:2::{last}"));
            assert_eq!(throttle.tries(one, at(9)), Ok(()));
        }
        assert!(throttle.tries(of("2001:db8:1:2:ffff::1"), at(9)).is_err());
        assert_eq!(throttle.tries(of("2001:db8:1:3::1"), at(9)), Ok(()));
        // IPv4 that came in through an IPv6 socket
        assert_eq!(network(of("::ffff:10.0.0.1")), host(1));
    }

    #[test]
    fn a_flood_from_everywhere_leaves_the_known_address_alone() {
        let mut throttle = Throttle::default();
        assert_eq!(throttle.tries(host(1), at(1)), Ok(()));
        throttle.opens(host(1));
        let flood = (0..=255u8).map(|number| IpAddr::from([192, 0, 2, number]));
        let let_in = flood.filter(|from| throttle.tries(*from, at(9)).is_ok());
        assert_eq!(let_in.count(), 8);
        assert_eq!(throttle.tries(host(1), at(9)), Ok(()));
        // and everybody else waits for a moment only
        assert!(
            throttle
                .tries(host(2), at(9))
                .is_err_and(|wait| wait <= STEP)
        );
    }

    proptest! {
        /// Whatever came before: nobody waits for more than a minute, there are never more tries
        /// than the budget has (and what known addresses may), and the tables stay within their
        /// bounds.
        #[test]
        fn nobody_is_locked_out(
            steps in proptest::collection::vec((0..300u16, 0..3_000u64, any::<bool>()), 1..400),
        ) {
            let (mut throttle, mut now) = (Throttle::default(), at(1));
            let (begin, mut spent) = (now, 0u32);
            for (number, ms, right) in steps {
                now += Duration::from_millis(ms);
                let from = IpAddr::from([
                    10,
                    0,
                    u8::try_from(number / 256).unwrap_or(0),
                    u8::try_from(number % 256).unwrap_or(0),
                ]);
                let known = throttle.known.contains(&from);
                match throttle.tries(from, now) {
                    Ok(()) => {
                        spent += u32::from(!known);
                        if right {
                            throttle.opens(from)
                        }
                    }
                    Err(wait) => {
                        prop_assert!(wait > Duration::ZERO && wait <= LONGEST);
                        // whoever waits gets in, where nobody else comes meanwhile
                        let mut later = throttle.clone();
                        let patient = (0..2)
                            .any(|round| later.tries(from, now + wait + STEP * round).is_ok());
                        prop_assert!(patient);
                    }
                }
                prop_assert!(throttle.addresses.len() <= 256 && throttle.known.len() <= MOST_KNOWN);
                let budget = u32::try_from((now - begin).as_millis() / STEP.as_millis())
                    .unwrap_or(u32::MAX)
                    + BURST;
                prop_assert!(spent <= budget, "{spent} of {budget}");
            }
        }
    }
}
