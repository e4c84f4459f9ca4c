//! `make fuzz T=settings`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| siembox_fuzz::settings::run(data));
