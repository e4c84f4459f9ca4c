//! `make fuzz T=record`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| siembox_fuzz::record::run(data));
