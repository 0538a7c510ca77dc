//! Recognised events have the same effect as parsed ones, in random streams of every protocol.

#[path = "../../../fuzz/src/event_streams.rs"]
#[expect(unreachable_pub, reason = "public in the crate of the fuzzers")]
mod event_streams;

use std::{fs, path::Path};

use event_streams::{Entropy, check_stream, event_templates};

/// xorshift64: the same streams in every run.
struct Random(u64);

impl Entropy for Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        usize::try_from((self.0 >> 11) % bound).unwrap_or_default()
    }
}

/// Returns the number of bytes.
fn check(streams: u32) -> usize {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    (0..streams).map(|_| check_stream(&mut random)).sum()
}

#[test]
fn recognised_events_have_the_effect_of_parsed_ones() {
    assert!(check(500) > 500_000);
}

#[test]
fn recognised_events_have_the_effect_of_parsed_ones_in_the_seeds_of_the_fuzzer() {
    let seeds = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../fuzz/seeds/event_templates"
    ));
    let seeds: Vec<_> = fs::read_dir(seeds).unwrap().collect();
    assert!(!seeds.is_empty());
    for seed in seeds {
        let bytes = fs::read(seed.unwrap().path()).unwrap();
        event_templates(&bytes);
    }
}

/// `cargo test --release --package metering --test event_templates -- --ignored`
#[test]
#[ignore = "takes minutes"]
fn recognised_events_have_the_effect_of_parsed_ones_in_a_million_streams() {
    assert!(check(1_000_000) > 1_000_000_000);
}
