//! Lenient reading of JSON from the API.

mod addresses;
mod element;
mod head;
mod lenient;
mod lenient_object;
pub mod list;
pub mod listing;
mod raw;
mod repair;
mod scalars;
mod splitter;

pub(in crate::source) use addresses::addresses;
pub(in crate::source) use lenient::{Items, LenientFlag, MOST_ITEMS, Number, Text, Texts};
pub(in crate::source) use lenient_object::{lenient_object, otherwise_default};
pub(in crate::source) use raw::Raw;
pub(in crate::source) use repair::repair;
