//! What schemas of strangers go through.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pegboard::fuzz::schema(bytes));
