//! `socket_turns` of `proxypal_fuzz::metering`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| proxypal_fuzz::metering::socket_turns(data));
