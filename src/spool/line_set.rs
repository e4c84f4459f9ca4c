//! A set of line numbers: which lines a receiver has answered, which have arrived, which are set
//! aside. Pure.

use std::collections::BTreeMap;
use std::ops::Range;

/// Line numbers, kept as ranges without a gap: a stream that arrives in order is one range, however
/// long.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineSet {
    /// Begin of each range, and the number behind its end. No two touch.
    ranges: BTreeMap<u64, u64>,
}

// === impl LineSet ===

impl LineSet {
    /// Adds all numbers of the range; those that are in it already stay.
    pub fn insert(&mut self, lines: Range<u64>) {
        if lines.is_empty() {
            return;
        }
        let (mut first, mut next) = (lines.start, lines.end);
        while let Some((&begin, &end)) = self.ranges.range(..=next).next_back()
            && end >= first
        {
            self.ranges.remove(&begin);
            (first, next) = (first.min(begin), next.max(end));
        }
        self.ranges.insert(first, next);
    }

    /// Adds all numbers of another set.
    pub fn insert_all(&mut self, other: &Self) {
        for lines in other.ranges() {
            self.insert(lines);
        }
    }

    /// Takes all numbers of the range out.
    pub fn remove(&mut self, lines: Range<u64>) {
        while !lines.is_empty()
            && let Some((&begin, &end)) = self.ranges.range(..lines.end).next_back()
            && end > lines.start
        {
            self.ranges.remove(&begin);
            for (first, next) in [(begin, lines.start), (lines.end, end)] {
                if first < next {
                    self.ranges.insert(first, next);
                }
            }
        }
    }

    /// Forgets all numbers below `before`.
    pub fn forget_below(&mut self, before: u64) {
        while let Some(range) = self.ranges.first_entry() {
            let end = *range.get();
            if *range.key() >= before {
                return;
            }
            range.remove();
            if end > before {
                self.ranges.insert(before, end);
            }
        }
    }

    /// Is this line in it?
    #[must_use]
    pub fn contains(&self, line: u64) -> bool {
        self.gap_from(line) > line
    }

    /// The smallest number from `line` on that is not in it.
    #[must_use]
    pub fn gap_from(&self, line: u64) -> u64 {
        match self.ranges.range(..=line).next_back() {
            Some((_, &end)) => end.max(line),
            None => line,
        }
    }

    /// The smallest number from `line` on that is in it.
    #[must_use]
    pub fn member_from(&self, line: u64) -> Option<u64> {
        if self.contains(line) {
            return Some(line);
        }
        self.ranges.range(line..).next().map(|(&begin, _)| begin)
    }

    /// The number behind the greatest; 0 where there is none.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.ranges.last_key_value().map_or(0, |(_, &end)| end)
    }

    /// How many of these numbers are in it.
    #[must_use]
    pub fn count_in(&self, lines: Range<u64>) -> u64 {
        if lines.is_empty() {
            return 0;
        }
        let before = self.ranges.range(..lines.start).next_back();
        let within = self.ranges.range(lines.clone());
        before
            .into_iter()
            .chain(within)
            .map(|(&begin, &end)| end.min(lines.end).saturating_sub(begin.max(lines.start)))
            .sum()
    }

    /// How many numbers are in it.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.ranges.iter().map(|(begin, end)| end - begin).sum()
    }

    /// Is it empty?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Its numbers as ranges, lowest first.
    pub fn ranges(&self) -> impl Iterator<Item = Range<u64>> {
        self.ranges.iter().map(|(&begin, &end)| begin..end)
    }
}

impl From<Range<u64>> for LineSet {
    fn from(lines: Range<u64>) -> Self {
        let mut set = Self::default();
        set.insert(lines);
        set
    }
}

impl FromIterator<Range<u64>> for LineSet {
    fn from_iter<I: IntoIterator<Item = Range<u64>>>(ranges: I) -> Self {
        let mut set = Self::default();
        for lines in ranges {
            set.insert(lines);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    enum Act {
        Insert(u64, u64),
        Remove(u64, u64),
        ForgetBelow(u64),
    }

    fn acts() -> impl Strategy<Value = Vec<Act>> {
        let range = || (0..60_u64, 0..12_u64).prop_map(|(first, lines)| (first, first + lines));
        let act = prop_oneof![
            6 => range().prop_map(|(first, end)| Act::Insert(first, end)),
            2 => range().prop_map(|(first, end)| Act::Remove(first, end)),
            1 => (0..60_u64).prop_map(Act::ForgetBelow),
        ];
        prop::collection::vec(act, 0..40)
    }

    proptest! {
        /// Against the standard library's set of single numbers.
        #[test]
        fn is_a_set(acts in acts(), (from, to) in (0..70_u64, 0..70_u64)) {
            let (mut set, mut model) = (LineSet::default(), BTreeSet::new());
            for act in acts {
                match act {
                    Act::Insert(first, next) => {
                        set.insert(first..next);
                        model.extend(first..next);
                    }
                    Act::Remove(first, next) => {
                        set.remove(first..next);
                        model.retain(|line| !(first..next).contains(line));
                    }
                    Act::ForgetBelow(before) => {
                        set.forget_below(before);
                        model.retain(|line| *line >= before);
                    }
                }
            }
            prop_assert_eq!(
                set.ranges().flatten().collect::<BTreeSet<_>>(),
                model.clone()
            );
            prop_assert_eq!(set.len(), model.len() as u64);
            prop_assert_eq!(set.is_empty(), model.is_empty());
            prop_assert_eq!(set.end(), model.last().map_or(0, |last| last + 1));
            let touching = set
                .ranges()
                .zip(set.ranges().skip(1))
                .any(|(a, b)| a.end >= b.start);
            prop_assert!(!touching, "{:?}", set);
            for line in 0..75 {
                prop_assert_eq!(set.contains(line), model.contains(&line));
                prop_assert_eq!(
                    set.gap_from(line),
                    (line..).find(|n| !model.contains(n)).unwrap_or(0)
                );
                prop_assert_eq!(set.member_from(line), model.range(line..).next().copied());
            }
            let within = model.iter().filter(|n| (from..to).contains(*n)).count();
            prop_assert_eq!(set.count_in(from..to), within as u64);
        }
    }
}
