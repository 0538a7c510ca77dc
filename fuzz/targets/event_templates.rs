//! `event_templates` of `proxypal_fuzz::event_streams`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| proxypal_fuzz::event_streams::event_templates(data));
