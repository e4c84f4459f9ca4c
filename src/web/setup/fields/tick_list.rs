//! Lists whose values are ticked, out of a few that are known.

/// The values of a list, out of a few.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::web::setup) struct TickList {
    /// Value and words.
    pub(in crate::web::setup) known: &'static [(&'static str, &'static str)],
    /// What holds where nothing is written.
    pub(in crate::web::setup) usual: &'static [&'static str],
    /// The words for an empty list, where that stands for all there are.
    pub(in crate::web::setup) all: Option<&'static str>,
}

// === impl TickList ===

impl TickList {
    /// What is ticked where an empty list stands for all there are.
    pub(in crate::web::setup) const ALL: &str = "*";

    /// As the page spells this value, which the settings know without regard to case.
    pub(in crate::web::setup) fn spelled<'a>(&self, word: &'a str) -> &'a str
    where
        Self: 'static,
    {
        let mut known = self.known.iter().map(|(known, _)| *known);
        known
            .find(|known| known.eq_ignore_ascii_case(word))
            .unwrap_or(word)
    }

    /// A value in words.
    pub(in crate::web::setup) fn words<'a>(&self, value: &'a str) -> &'a str
    where
        Self: 'static,
    {
        let known = self.known.iter().find(|(known, _)| *known == value);
        match (known, self.all) {
            (Some((_, words)), _) => words,
            (None, Some(all)) if value == Self::ALL => all,
            (None, _) => value,
        }
    }
}
