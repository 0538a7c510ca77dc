//! Properties that the programs in `targets` check with a fuzzer's bytes, and the tests with the seeds.

pub mod event_streams;
pub mod http1;
pub mod metering;
