//! `check_stream` of `proxypal_fuzz::event_streams`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut entropy = data;
    proxypal_fuzz::event_streams::check_stream(&mut entropy);
});
