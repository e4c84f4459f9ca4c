//! The blink patterns of a lamp, as data for the player and for the page's legend.
//!
//! A lamp is on or off, because that is all that most of them can. What breathes on the page is
//! long on and short off there.

use std::time::Duration;

/// Rhythms of the lamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Blink {
    Steady,
    Breathing,
    Slow,
    Single,
    Double,
    Triple,
    Fast,
    LongShort,
    Flicker,
    Burst,
    Gap,
    Gaps,
}

// === impl Blink ===

impl Blink {
    /// Milliseconds on, off, on, off …, and again from the beginning. Empty for always on.
    #[must_use]
    pub const fn beats(self) -> &'static [u16] {
        match self {
            Self::Steady => &[],
            Self::Breathing => &[3000, 1000],
            Self::Slow => &[1000, 1000],
            Self::Single => &[200, 3800],
            Self::Double => &[200, 200, 200, 1400],
            Self::Triple => &[200, 200, 200, 200, 200, 1000],
            Self::Fast => &[250, 250],
            Self::LongShort => &[1000, 200, 200, 1100],
            Self::Flicker => &[100, 100],
            Self::Burst => &[100, 100, 100, 100, 100, 100, 100, 100, 100, 1100],
            Self::Gap => &[800, 200],
            Self::Gaps => &[1400, 200, 200, 200],
        }
    }

    /// For people.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Steady => "always on",
            Self::Breathing => "on for three seconds, off for one",
            Self::Slow => "on and off, once in two seconds",
            Self::Single => "one short flash, then a long pause",
            Self::Double => "two short flashes, then a pause",
            Self::Triple => "three short flashes, then a pause",
            Self::Fast => "on and off, twice a second",
            Self::LongShort => "a long flash and a short one, then a pause",
            Self::Flicker => "flickers, five times a second",
            Self::Burst => "flickers for a second, then a pause",
            Self::Gap => "on, with a short gap each second",
            Self::Gaps => "on, with two short gaps, repeated",
        }
    }

    /// Is the lamp lit so long after the rhythm began, and for how long does it stay so? `None`:
    /// for ever.
    #[must_use]
    pub fn at(self, since: Duration) -> (bool, Option<Duration>) {
        let beats = self
            .beats()
            .iter()
            .map(|ms| Duration::from_millis(u64::from(*ms)));
        let period: Duration = beats.clone().sum();
        if period.is_zero() {
            return (true, None);
        }
        let mut left = Duration::from_nanos((since.as_nanos() % period.as_nanos()) as u64);
        for (place, beat) in beats.enumerate() {
            match left.checked_sub(beat) {
                Some(rest) => left = rest,
                None => return (place % 2 == 0, Some(beat - left)),
            }
        }
        // not reached: what is left of a period is less than the period
        (true, Some(period))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn beats_are_played_again_and_again() {
        let double = |ms| Blink::Double.at(MS(ms));
        assert_eq!(double(0), (true, Some(MS(200))));
        assert_eq!(double(199), (true, Some(MS(1))));
        assert_eq!(double(200), (false, Some(MS(200))));
        assert_eq!(double(450), (true, Some(MS(150))));
        assert_eq!(double(600), (false, Some(MS(1400))));
        assert_eq!(double(2000 * 86_400 * 365 + 200), (false, Some(MS(200))));
        assert_eq!(Blink::Steady.at(MS(5)), (true, None));
    }
}
