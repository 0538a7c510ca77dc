//! Token counts in five buckets that never overlap, whatever the provider's convention, and counts of images and seconds.

use std::ops::RangeInclusive;

/// Plausible counts of one bucket of one request: no model reads or writes more.
pub const CREDIBLE: RangeInclusive<i64> = 0..=100_000_000;

/// The tokens of one request. The sum of the buckets is the total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Tokens {
    /// Read by the model and not from a cache.
    pub input: i64,
    /// Read from a prompt cache.
    pub cache_read: i64,
    /// Written to a prompt cache.
    pub cache_write: i64,
    /// The part of `cache_write` that is kept for an hour, where the provider reports lifetimes.
    #[serde(default)]
    pub cache_write_1h: i64,
    /// Written by the model, without reasoning.
    pub output: i64,
    /// Written by the model as reasoning.
    pub reasoning: i64,
    /// Not among the buckets.
    #[serde(default, skip_serializing_if = "MediaCounts::is_empty")]
    pub media: MediaCounts,
}

/// Output besides tokens, where the endpoint reports it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct MediaCounts {
    /// Images in the answer.
    pub images: i64,
    /// Seconds of the video that the request ordered.
    pub video_seconds: i64,
}

impl MediaCounts {
    /// Neither images nor videos.
    pub const NONE: Self = Self {
        images: 0,
        video_seconds: 0,
    };

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Self::NONE
    }
}

impl Tokens {
    /// The sum of all buckets.
    pub fn total(self) -> i64 {
        self.buckets().into_iter().fold(0, i64::saturating_add)
    }

    /// Whether there are neither tokens nor media.
    pub fn is_nothing(self) -> bool {
        self.total() == 0 && self.media.is_empty()
    }

    /// The tokens of the prompt, cached or not.
    pub fn prompt(self) -> i64 {
        let cached = self.cache_read.saturating_add(self.cache_write);
        self.input.saturating_add(cached)
    }

    /// Whether every bucket is within [`CREDIBLE`].
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

/// `None` for numbers that are negative, not whole or beyond [`CREDIBLE`]: they are ignored.
pub(crate) fn parse_count(text: &str) -> Option<i64> {
    let count = text.parse().ok().or_else(|| whole(text))?;
    CREDIBLE.contains(&count).then_some(count)
}

/// Some serializers write twelve as `12.0` or `1.2e1`.
fn whole(text: &str) -> Option<i64> {
    let number: f64 = text.parse().ok()?;
    let is_whole = number.fract() == 0.0 && number.abs() < 1e15;
    is_whole.then(|| format!("{number:.0}").parse().ok())?
}
