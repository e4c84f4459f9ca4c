//! Many lines in one buffer: what a page writes, a batch holds and a sink sends.

/// Lines one after the other in one allocation, reused from page to page.
///
/// A line is a complete syslog message without its framing; it holds no newline. Each carries a
/// tag, a number that means nothing here: the ledger's word for what the line counts as.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    /// All lines, nothing between them.
    text: String,
    /// Where each line ends in `text`.
    ends: Vec<usize>,
    /// The tag of each.
    tags: Vec<u32>,
}

impl Lines {
    /// Lines from a text, where each of them ends in it, and their tags. `None` unless the ends
    /// rise, fall on characters, the last one is the end of the text, and there is a tag for each.
    #[must_use]
    pub fn from_parts(text: String, ends: Vec<usize>, tags: Vec<u32>) -> Option<Self> {
        let mut start = 0;
        for &end in &ends {
            if end < start || !text.is_char_boundary(end) {
                return None;
            }
            start = end;
        }
        let whole = start == text.len() && tags.len() == ends.len();
        whole.then_some(Self { text, ends, tags })
    }

    /// Adds the line that `write` appends to the buffer it is given.
    pub fn push_with(&mut self, tag: u32, write: impl FnOnce(&mut String)) {
        write(&mut self.text);
        self.ends.push(self.text.len());
        self.tags.push(tag);
    }

    /// The same, unless the line is longer than `most` bytes: then it is not added. False says so.
    pub fn push_within(&mut self, most: usize, tag: u32, write: impl FnOnce(&mut String)) -> bool {
        let start = self.text.len();
        self.push_with(tag, write);
        let fits = self.text.len() - start <= most;
        if !fits {
            self.text.truncate(start);
            self.ends.pop();
            self.tags.pop();
        }
        fits
    }

    /// Adds one line, with the tag 0.
    pub fn push(&mut self, line: &str) {
        self.push_with(0, |text| text.push_str(line));
    }

    /// The lines in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.ends.iter().enumerate().map(|(i, &end)| {
            let start = if i == 0 { 0 } else { self.ends[i - 1] };
            &self.text[start..end]
        })
    }

    /// Some of them, by their places, as lines of their own.
    #[must_use]
    pub fn part(&self, places: std::ops::Range<usize>) -> Self {
        let mut part = Self::default();
        let wanted = self.iter().zip(&self.tags);
        for (line, &tag) in wanted.skip(places.start).take(places.len()) {
            part.push_with(tag, |text| text.push_str(line));
        }
        part
    }

    /// Adds lines behind these, with their tags.
    pub fn append(&mut self, others: &Self) {
        let before = self.text.len();
        self.text.push_str(&others.text);
        self.ends.extend(others.ends.iter().map(|end| before + end));
        self.tags.extend_from_slice(&others.tags);
    }

    /// The lines from this place on become lines of their own.
    #[must_use]
    pub fn split_off(&mut self, place: usize) -> Self {
        let place = place.min(self.len());
        let begin = place.checked_sub(1).map_or(0, |last| self.ends[last]);
        let mut ends = self.ends.split_off(place);
        for end in &mut ends {
            *end -= begin;
        }
        Self {
            text: self.text.split_off(begin),
            ends,
            tags: self.tags.split_off(place),
        }
    }

    /// Bytes of the line at this place; 0 where there is none.
    #[must_use]
    pub fn bytes_at(&self, place: usize) -> usize {
        let end = |place: usize| self.ends.get(place).copied();
        let start = place.checked_sub(1).and_then(end).unwrap_or(0);
        end(place).map_or(0, |end| end - start)
    }

    /// Their tags in the same order.
    #[must_use]
    pub fn tags(&self) -> &[u32] {
        &self.tags
    }

    /// How many lines.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// No line at all?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes of all lines, framing not counted.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    /// What they take in memory, bytes.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.text.capacity()
            + self.ends.capacity() * size_of::<usize>()
            + self.tags.capacity() * size_of::<u32>()
    }

    /// Gives back the memory of the text beyond so many bytes.
    pub fn shrink_to(&mut self, bytes: usize) {
        self.text.shrink_to(bytes);
    }

    /// Forgets the lines, keeps the memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.tags.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_split_off_and_appended_again_is_as_it_was() {
        let mut all = Lines::default();
        for (tag, line) in ["one", "", "three", "\u{e4}"].into_iter().enumerate() {
            all.push_with(u32::try_from(tag).unwrap_or(0), |text| text.push_str(line));
        }
        for place in 0..6 {
            let mut begin = all.clone();
            let end = begin.split_off(place);
            assert_eq!(begin.iter().chain(end.iter()).collect::<Vec<_>>(), {
                all.iter().collect::<Vec<_>>()
            });
            assert_eq!(begin.len(), place.min(4));
            begin.append(&end);
            assert_eq!(begin, all);
        }
    }
}
