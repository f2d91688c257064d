#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| prog_strength_agent::auth::fuzz::claims(bytes));
