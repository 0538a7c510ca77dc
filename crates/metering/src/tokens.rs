//! Token counts in five buckets that never overlap, whatever the provider's own habit.

use std::ops::RangeInclusive;

/// The counts of one bucket of one request that can be believed: no model reads or writes more.
pub const CREDIBLE: RangeInclusive<i64> = 0..=100_000_000;

/// What one request used. The sum of the buckets is the total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Tokens {
    /// Read by the model and not from a cache.
    pub input: i64,
    /// Read from a prompt cache.
    pub cache_read: i64,
    /// Written to a prompt cache.
    pub cache_write: i64,
    /// Written by the model, without reasoning.
    pub output: i64,
    /// Written by the model to itself.
    pub reasoning: i64,
}

impl Tokens {
    /// All buckets together.
    pub fn total(self) -> i64 {
        self.buckets().into_iter().fold(0, i64::saturating_add)
    }

    /// Whether every bucket can be believed.
    pub fn are_credible(self) -> bool {
        self.buckets().iter().all(|count| CREDIBLE.contains(count))
    }

    fn buckets(self) -> [i64; 5] {
        [
            self.input,
            self.cache_read,
            self.cache_write,
            self.output,
            self.reasoning,
        ]
    }
}
