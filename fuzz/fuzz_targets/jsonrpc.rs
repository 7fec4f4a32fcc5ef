//! The JSON-RPC parser.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pegboard::fuzz::jsonrpc(bytes));
