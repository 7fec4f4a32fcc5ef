//! The grants parser.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pegboard::fuzz::grants(bytes));
