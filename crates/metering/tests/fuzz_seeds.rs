//! The properties that are fuzzed hold for every seed, among them every input that once broke one.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../../../fuzz/src/metering.rs"]
#[expect(unreachable_pub, reason = "public in the crate of the fuzzers")]
mod properties;

use std::{fs, path::Path};

fn check_seeds(target: &str, property: fn(&[u8])) {
    let seeds = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/seeds")).join(target);
    let seeds: Vec<_> = fs::read_dir(&seeds).unwrap().collect();
    assert!(!seeds.is_empty(), "{target} has no seeds");
    for seed in seeds {
        property(&fs::read(seed.unwrap().path()).unwrap());
    }
}

#[test]
fn decompression_does_not_depend_on_the_chunks() {
    check_seeds("decompression", properties::decompression);
}

#[test]
fn models_and_bounds_do_not_depend_on_the_chunks() {
    check_seeds("model_scanner", properties::model_scanner);
}

#[test]
fn turns_do_not_depend_on_the_chunks_of_messages() {
    check_seeds("socket_turns", properties::socket_turns);
}

#[test]
fn usage_does_not_depend_on_chunks_and_compression() {
    check_seeds("usage_taps", properties::usage_taps);
}
