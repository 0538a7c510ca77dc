//! `decompression` of `proxypal_server::fuzzing`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    proxypal_server::fuzzing::run("decompression", data);
});
