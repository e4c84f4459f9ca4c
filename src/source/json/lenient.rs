//! Reads JSON leniently, the way the API means it. Its records have grown for ten years and come
//! from dozens of apps: numbers arrive as text, texts as numbers, objects as `null`, lists as maps,
//! and a key can come twice. None of that may cost a record, so each type here takes any JSON value
//! and keeps what it can use.

mod items;
mod number;
mod text;

pub(in crate::source) use items::{Items, MOST_ITEMS, Texts};
pub(in crate::source) use number::{LenientFlag, Number};
pub(in crate::source) use text::Text;

#[cfg(test)]
mod tests;
