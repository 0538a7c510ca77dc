//! `http1_answers` of `proxypal_fuzz::http1`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| proxypal_fuzz::http1::http1_answers(data));
