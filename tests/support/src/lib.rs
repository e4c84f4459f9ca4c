//! What the tests of siembox stand on. Never part of the shipped binary.
//!
//! [`cloud`] plays the API that siembox reads, [`records`] draws what it serves, [`pki`] makes its
//! certificates. Nothing here depends on siembox: a fault of siembox can't hide in its own test.

pub mod arrivals;
pub mod assertion;
pub mod cef_reader;
pub mod chrony;
pub mod clock;
pub mod cloud;
pub mod command;
pub mod dice;
pub mod disk;
pub mod hub;
pub mod json_schema;
pub mod listener;
pub mod mapper;
pub mod old_tls;
pub mod own_test;
pub mod pki;
pub mod proxy;
pub mod python;
pub mod receiver;
pub mod records;
pub mod siembox;
pub mod silence;
pub mod sink;
pub mod soak;
pub mod stage;
pub mod wire;
