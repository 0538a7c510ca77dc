//! `graphql_documents` of `proxypal_server::fuzzing`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    proxypal_server::fuzzing::run("graphql_documents", data);
});
