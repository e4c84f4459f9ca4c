//! Times of Defender XDR: hundred nanoseconds, written with as many digits as they need.

use std::fmt;

/// Hundred nanoseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticks(pub i64);

impl Ticks {
    /// Ticks of a millisecond.
    const MS: i64 = 10_000;

    /// This millisecond since 1970.
    #[must_use]
    pub const fn of_ms(ms: i64) -> Self {
        Self(ms * Self::MS)
    }

    /// About this millisecond, on the grid of 1/300 s on which the stamps of Graph lie: `.0433333`,
    /// `.48`, `.8666667`. Many fall together.
    #[must_use]
    pub fn on_grid(ms: i64) -> Self {
        let nth = ms * 300 / 1000;
        Self((nth * 10_000_000 + 150).div_euclid(300))
    }

    /// The millisecond in which it lies.
    #[must_use]
    pub const fn ms(self) -> i64 {
        self.0.div_euclid(Self::MS)
    }

    /// A time as Graph and hunting write it: ISO with any number of digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let at: jiff::Timestamp = text.parse().ok()?;
        i64::try_from(at.as_nanosecond().div_euclid(100))
            .ok()
            .map(Self)
    }
}

impl fmt::Display for Ticks {
    /// `2026-11-10T10:41:18.0433333Z`, `2026-11-10T10:31:05Z`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = jiff::Timestamp::from_nanosecond(i128::from(self.0) * 100);
        write!(f, "{}", at.unwrap_or(jiff::Timestamp::UNIX_EPOCH))
    }
}

#[cfg(test)]
mod tests {
    use super::Ticks;

    #[test]
    fn are_written_with_as_many_digits_as_they_need() {
        let text = |ms| Ticks::on_grid(ms).to_string();
        assert_eq!(text(1_794_307_278_044), "2026-11-10T10:41:18.0433333Z");
        assert_eq!(text(1_794_307_442_480), "2026-11-10T10:44:02.48Z");
        assert_eq!(text(1_794_307_000_000), "2026-11-10T10:36:40Z");
        for text in ["2026-11-10T10:41:18.0433333Z", "2026-11-10T10:36:40Z"] {
            assert_eq!(Ticks::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(
            Ticks::parse("2026-11-10T10:41:18.0433333Z").unwrap().ms(),
            1_794_307_278_043
        );
        assert_eq!(Ticks::parse("soon"), None);
    }
}
