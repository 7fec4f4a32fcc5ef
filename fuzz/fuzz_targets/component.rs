//! The component loader.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pegboard::fuzz::component(bytes));
