//! Takes apart a list that is in memory as a whole, as `render` has it. The splitter is the one
//! that takes a response apart, so that a damaged record, or a cut end, costs no other record.

use std::ops::ControlFlow;

use super::element::Element;
use super::head::{Head, Reach};
use super::splitter::{Progress, Splitter};

/// The elements of a list.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Listing<'t> {
    /// In their order: at which byte each begins, and its text; of one that is longer than a record
    /// may be, its length.
    pub elements: Vec<(usize, Result<&'t str, u64>)>,
    /// At which byte the last of them ends.
    pub told: usize,
    /// At which byte the list's closing bracket stands; `None` where it breaks off before.
    pub end: Option<usize>,
}

/// Behind which byte the list begins: of a JSON array, or of an answer's member of one of these
/// names.
#[must_use]
pub fn begin(text: &str, lists: &[&'static str]) -> Option<usize> {
    if text.starts_with('[') {
        return Some(1);
    }
    if !text.starts_with('{') {
        return None;
    }
    let begin = |list: &&'static str| match Head::new(list).feed(text.as_bytes()) {
        Reach::List(begin) => Some(begin),
        Reach::Open | Reach::Over => None,
    };
    lists.iter().filter_map(begin).min()
}

/// Takes apart what stands behind a list's opening bracket.
#[must_use]
pub fn elements(list: &str) -> Listing<'_> {
    let list = list.trim_end();
    let mut found = Listing::default();
    let mut splitter = Splitter::default();
    let mut each = |element: Element<'_>| {
        found.take(list, element);
        ControlFlow::Continue(())
    };
    let progress = match splitter.feed(list.as_bytes(), &mut each) {
        Progress::Open => splitter.end(&mut each),
        other => other,
    };
    if let Progress::Ended(behind) = progress {
        found.end = list.len().checked_sub(behind.len());
    }
    found
}

/// The object that a text begins with, told by its brackets alone; `None` where it does not close.
#[must_use]
pub fn object(text: &str) -> Option<&str> {
    let mut found = None;
    let mut splitter = Splitter::default();
    let mut each = |element: Element<'_>| {
        if let Element::Whole(element) = element {
            found = Some(element.len());
        }
        ControlFlow::Break(())
    };
    if splitter.feed(text.as_bytes(), &mut each) == Progress::Open {
        splitter.end(&mut each);
    }
    text.get(..found?)
}

impl<'t> Listing<'t> {
    /// The splitter hands texts over, not places. Between two elements stand blanks and commas
    /// only, so the next place where the text stands is its own.
    fn take(&mut self, list: &'t str, element: Element<'_>) {
        let (begin, bytes) = match element {
            Element::Whole(text) => (text, None),
            Element::TooLong { begin, bytes } => (begin, Some(bytes)),
        };
        let rest = list.get(self.told..).unwrap_or_default();
        let Some(at) = memchr::memmem::find(rest.as_bytes(), begin) else {
            return;
        };
        let at = self.told + at;
        let length = bytes.map_or(begin.len(), |bytes| usize::try_from(bytes).unwrap_or(0));
        self.told = at + length;
        let text = list.get(at..self.told).unwrap_or_default();
        let element = match bytes {
            None => Ok(text),
            Some(bytes) => Err(bytes),
        };
        self.elements.push((at, element));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_have_their_places() {
        let list = " {\"a\":\"]\"},\n7, \"{}\" ,{}] , \"hasNext\":false}";
        let found = elements(list);
        let told: Vec<_> = found
            .elements
            .iter()
            .map(|(at, text)| (*at, *text))
            .collect();
        assert_eq!(
            told,
            [
                (1, Ok("{\"a\":\"]\"}")),
                (12, Ok("7")),
                (15, Ok("\"{}\"")),
                (21, Ok("{}"))
            ]
        );
        assert_eq!(found.end, Some(23));
        assert_eq!(elements("{},{").end, None);
        assert_eq!(elements("{},{").told, 2);
    }

    #[test]
    fn lists_are_found_where_they_begin() {
        assert_eq!(begin("[1", &["results", "data"]), Some(1));
        assert_eq!(begin("{\"data\": [{}", &["results", "data"]), Some(10));
        assert_eq!(begin("{\"a\":{\"data\":[]}}", &["results", "data"]), None);
        assert_eq!(begin("7", &["results", "data"]), None);
    }

    #[test]
    fn an_object_is_told_by_its_brackets() {
        assert_eq!(object("{\"a\":\"\t}\"}, {}"), Some("{\"a\":\"\t}\"}"));
        assert_eq!(object("{\"a\":{}"), None);
    }
}
