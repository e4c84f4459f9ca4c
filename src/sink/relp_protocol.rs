//! The words of RELP, without a connection: frames, what a receiver says in them, and what it may
//! do wrong. Pure.

mod error;
pub mod frame;
pub mod response;

pub use error::RelpFault;
