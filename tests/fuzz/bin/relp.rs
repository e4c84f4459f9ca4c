//! `make fuzz T=relp`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| siembox_fuzz::relp::run(data));
