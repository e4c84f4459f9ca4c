//! The words of RELP, without a connection: frames, what a receiver says in them, and what it may do
//! wrong. Pure.

pub mod answer;
mod fault;
pub mod frame;

pub use fault::RelpFault;
