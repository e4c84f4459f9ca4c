//! `make fuzz T=spool`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| siembox_fuzz::spool::run(data));
