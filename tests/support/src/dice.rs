//! Seeded chance: the same seed throws the same numbers on every machine.

use std::fmt::Write as _;

/// A generator of numbers (SplitMix64: small, even, and good enough for tests).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice that always throw the same for the same seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Dice for the `n`-th thing of a series: independent of how many were thrown before.
    #[must_use]
    pub fn nth(seed: u64, n: u64) -> Self {
        Self(Self(seed ^ n.wrapping_mul(0xd605_bbb5_8c8a_bbed)).throw())
    }

    /// The next 64 bits.
    pub fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`; 0 where `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.throw() % bound }
    }

    /// True so many times in a hundred.
    pub fn percent(&mut self, of_hundred: u64) -> bool {
        self.below(100) < of_hundred
    }

    /// True with this probability, 0 to 1.
    pub fn chance(&mut self, probability: f64) -> bool {
        #[allow(clippy::cast_precision_loss)]
        let thrown = (self.throw() >> 11) as f64 / (1_u64 << 53) as f64;
        thrown < probability
    }

    /// One of these.
    ///
    /// # Panics
    /// Where there is none.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.below(of.len() as u64)).unwrap_or(0)]
    }

    /// One of these texts.
    pub fn one_of(&mut self, texts: &[&'static str]) -> &'static str {
        self.pick::<&'static str>(texts)
    }

    /// So many hexadecimal digits.
    pub fn hex(&mut self, digits: usize) -> String {
        let mut text = String::with_capacity(digits + 16);
        while text.len() < digits {
            let _ = write!(text, "{:016x}", self.throw());
        }
        text.truncate(digits);
        text
    }

    /// A GUID.
    pub fn guid(&mut self) -> String {
        let mut text = self.hex(32);
        for at in [20, 16, 12, 8] {
            text.insert(at, '-');
        }
        text
    }

    /// Puts these into another order.
    pub fn shuffle<T>(&mut self, these: &mut [T]) {
        for last in (1..these.len()).rev() {
            let other = usize::try_from(self.below(last as u64 + 1)).unwrap_or(0);
            these.swap(last, other);
        }
    }
}
