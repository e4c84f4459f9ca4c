//! What the tests of siembox stand on. Never part of the shipped binary.

pub mod pki;
pub mod receiver;
