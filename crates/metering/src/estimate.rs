//! The tokens of a request: as its answer reports them if they are credible, otherwise estimated. An answer without
//! usage is never free.

use crate::{
    protocols::Protocol,
    tap::Observation,
    tokens::{MediaCounts, Tokens},
};

/// Bytes of English text in a token, roughly.
const BYTES_PER_TOKEN: u64 = 4;

/// The largest estimate of input, in tokens: no model has a larger context window.
pub const MAX_INPUT_TOKENS: i64 = 2_000_000;

/// The tokens that a request is charged for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeteredUsage {
    pub tokens: Tokens,
    /// False when the tokens are as the answer reported them.
    pub is_estimated: bool,
}

impl MeteredUsage {
    /// For requests that generated nothing.
    pub const NOTHING: Self = Self {
        tokens: Tokens {
            input: 0,
            cache_read: 0,
            cache_write: 0,
            cache_write_1h: 0,
            output: 0,
            reasoning: 0,
            media: MediaCounts::NONE,
        },
        is_estimated: false,
    };

    /// The tokens of an answer. `is_whole` means that the body came to its end. `expected` has the tokens of
    /// the request body as input, and as output the request's bound or the assumed output.
    pub fn of_answer(
        protocol: Protocol,
        seen: &Observation,
        is_whole: bool,
        expected: Tokens,
    ) -> Self {
        // Unknown endpoints may report zeros instead of no usage.
        let is_reported = |tokens: &Tokens| protocol != Protocol::Unmetered || tokens.total() > 0;
        let reported = seen.tokens.filter(is_reported);
        let is_final = seen.ended || (is_whole && seen.uncounted_bytes == 0);
        let usage = match reported {
            Some(tokens) if is_final && is_credible(tokens, seen) => Self {
                tokens,
                is_estimated: false,
            },
            // An error before any output and without usage: nothing was generated.
            None if seen.error_code.is_some() && !has_output(seen) => return Self::NOTHING,
            reported => Self {
                tokens: estimate(reported, seen, expected),
                is_estimated: true,
            },
        };
        Self {
            tokens: Tokens {
                media: media(seen, expected.media),
                ..usage.tokens
            },
            ..usage
        }
    }

    /// The tokens of a request that was sent and ended without an answer.
    pub fn without_answer(expected: Tokens) -> Self {
        Self {
            tokens: estimate(None, &Observation::default(), expected),
            is_estimated: true,
        }
    }
}

/// The images and seconds that the answer reports; the expected ones where it was not readable, or orders a video without
/// repeating its length.
fn media(seen: &Observation, expected: MediaCounts) -> MediaCounts {
    let reported = |count: i64, is_unknown: bool, expected: i64| {
        if count == 0 && is_unknown {
            expected
        } else {
            count
        }
    };
    MediaCounts {
        images: reported(seen.media.images, seen.undecoded_bytes > 0, expected.images),
        video_seconds: reported(seen.media.video_seconds, true, expected.video_seconds),
    }
}

/// Zeros are not credible when there is output, nor is output without input.
fn is_credible(reported: Tokens, seen: &Observation) -> bool {
    if reported.total() == 0 {
        return !has_output(seen);
    }
    let reports_output = reported.output + reported.reasoning > 0;
    reported.prompt() > 0 && (reports_output || !has_output(seen))
}

fn has_output(seen: &Observation) -> bool {
    seen.text_bytes > 0 || seen.media_bytes > 0 || seen.undecoded_bytes > 0
}

/// The reported counts, raised to the observed output.
fn estimate(reported: Option<Tokens>, seen: &Observation, expected: Tokens) -> Tokens {
    let mut used = reported.unwrap_or_default();
    if used.prompt() == 0 {
        used.input = expected.input.clamp(0, MAX_INPUT_TOKENS);
    }
    let has_usage = reported.is_some();
    let least = observed_output(seen, has_usage, expected.output.max(1));
    if used.output + used.reasoning < least {
        used.output = least - used.reasoning;
    }
    used
}

/// The output tokens, estimated from the observed bytes; limited to the expected tokens where text and envelope are not
/// distinguished.
fn observed_output(seen: &Observation, has_usage: bool, expected: i64) -> i64 {
    let text = tokens_of_text(seen.text_bytes);
    if seen.undecoded_bytes > 0 {
        // Compression makes text about four times shorter, and a token has about four bytes.
        let undecoded = i64::try_from(seen.undecoded_bytes).unwrap_or(i64::MAX);
        return text.saturating_add(undecoded.min(expected));
    }
    if seen.media_bytes > 0 {
        return text.max(expected);
    }
    if seen.text_bytes == 0 && !has_usage {
        return tokens_of_text(seen.body_bytes).min(expected);
    }
    text
}

/// Converts bytes of text to tokens, rounded up.
pub fn tokens_of_text(bytes: u64) -> i64 {
    i64::try_from(bytes.div_ceil(BYTES_PER_TOKEN)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
