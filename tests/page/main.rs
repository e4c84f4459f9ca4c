//! The page: each page as a function of a status made by hand, the real process on a real socket,
//! and a real browser.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod around;
mod attacks;
mod browser;
mod canary;
mod cast;
mod change;
mod door;
mod driver;
mod echo;
mod house;
mod kept;
mod links;
mod looks;
mod metrics;
mod pages;
mod person;
mod schema;
mod setup;
#[path = "../stories/siembox.rs"]
#[expect(dead_code, reason = "the stories' own; not all of it is needed here")]
mod siembox;
mod sources;
mod stage;
mod still;
mod tls;
mod visit;
mod walk;
mod walk_change;
mod walk_xdr;
