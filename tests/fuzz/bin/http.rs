//! `make fuzz T=http`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| siembox_fuzz::http::run(data));
