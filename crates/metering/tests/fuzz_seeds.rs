//! The properties that are fuzzed hold for every seed, among them every input that once broke one.

#[path = "../../../fuzz/src/metering.rs"]
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
fn compressed_bodies_open_to_the_same_however_they_are_cut() {
    check_seeds("decompression", properties::decompression);
}

#[test]
fn models_and_bounds_are_the_same_however_the_body_is_cut() {
    check_seeds("model_scanner", properties::model_scanner);
}

#[test]
fn turns_are_the_same_however_their_messages_are_cut() {
    check_seeds("socket_turns", properties::socket_turns);
}

#[test]
fn usage_is_the_same_however_the_answer_is_cut_and_compressed() {
    check_seeds("usage_taps", properties::usage_taps);
}
