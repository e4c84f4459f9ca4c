//! Who did it: the first of the columns that says.

use std::borrow::Cow;

use crate::source::json::Text;

/// The text of a cell, without blanks at its ends; `None` where it says nothing.
pub(super) fn said(cell: Text<'_>) -> Option<Cow<'_, str>> {
    cell.said().map(super::trimmed)
}

/// `name@domain`, where both are told.
pub(super) fn at_domain<'a>(name: &Option<Cow<'a, str>>, domain: Text<'a>) -> Option<Cow<'a, str>> {
    let (name, domain) = (name.as_ref()?, said(domain)?);
    Some(Cow::Owned(format!("{name}@{domain}")))
}

/// Is it a mail address or a principal name?
pub(super) fn is_address(text: &str) -> bool {
    text.contains('@')
}
