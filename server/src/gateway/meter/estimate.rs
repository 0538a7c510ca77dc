//! The tokens of a request: as its answer reports them where they are credible, otherwise estimated. An answer
//! without usage is never free.

use entity::request::UsageSource;

use super::tap::Observation;
use crate::domain::tokens::Tokens;

/// Bytes of English text in a token, roughly: what an estimate is made with.
const BYTES_PER_TOKEN: u64 = 4;

/// The largest estimate of input, in tokens: no model has a larger context window.
pub(in crate::gateway) const LARGEST_INPUT: i64 = 2_000_000;

/// The tokens of a request, and their source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EstimatedUsage {
    pub(super) tokens: Tokens,
    pub(super) source: UsageSource,
}

impl EstimatedUsage {
    /// Certainly no tokens.
    pub(super) const NOTHING: Self = Self {
        tokens: Tokens {
            input: 0,
            cache_read: 0,
            cache_write: 0,
            output: 0,
            reasoning: 0,
        },
        source: UsageSource::Wire,
    };

    /// The tokens of an answer. `is_whole` means that the body came to its end. `expected` has the tokens of
    /// the request body as input, and as output the request's bound or the assumed output.
    pub(super) fn of(seen: &Observation, is_whole: bool, expected: Tokens) -> Self {
        let reported = seen.tokens.unwrap_or_default();
        let is_final = seen.ended || (is_whole && seen.uncounted_bytes == 0);
        if seen.tokens.is_some() && is_final && is_credible(reported, seen) {
            return Self {
                tokens: reported,
                source: UsageSource::Wire,
            };
        }
        // An error before any output and without usage: nothing was generated.
        if seen.error_code.is_some() && seen.tokens.is_none() && !has_written(seen) {
            return Self::NOTHING;
        }
        Self {
            tokens: estimate(reported, seen, expected),
            source: UsageSource::Estimated,
        }
    }

    /// The tokens of a request that was sent and ended without an answer.
    pub(super) fn without_answer(expected: Tokens) -> Self {
        Self {
            tokens: estimate(Tokens::default(), &Observation::default(), expected),
            source: UsageSource::Estimated,
        }
    }
}

/// Zeros beside output are not credible, nor is output without input.
fn is_credible(reported: Tokens, seen: &Observation) -> bool {
    if reported.total() == 0 {
        return !has_written(seen);
    }
    let has_output = reported.output + reported.reasoning > 0;
    input_of(reported) > 0 && (has_output || !has_written(seen))
}

fn has_written(seen: &Observation) -> bool {
    seen.text_bytes > 0 || seen.media_bytes > 0 || seen.sealed_bytes > 0
}

/// The reported counts, raised to what was seen.
fn estimate(reported: Tokens, seen: &Observation, expected: Tokens) -> Tokens {
    let mut used = reported;
    if input_of(reported) == 0 {
        used.input = expected.input.clamp(0, LARGEST_INPUT);
    }
    let least = written(seen, expected.output.max(1));
    if used.output + used.reasoning < least {
        used.output = least - used.reasoning;
    }
    used
}

fn input_of(tokens: Tokens) -> i64 {
    tokens.input + tokens.cache_read + tokens.cache_write
}

/// Tokens of output by the bytes that were seen. Where text cannot be separated from its envelope, no more
/// than expected.
fn written(seen: &Observation, expected: i64) -> i64 {
    let text = tokens(seen.text_bytes);
    if seen.sealed_bytes > 0 {
        // Text is about four times as long as what it is compressed to.
        let sealed = i64::try_from(seen.sealed_bytes).unwrap_or(i64::MAX);
        return text.saturating_add(sealed.min(expected));
    }
    if seen.media_bytes > 0 {
        return text.max(expected);
    }
    if seen.text_bytes == 0 && seen.tokens.is_none() {
        return tokens(seen.body_bytes).min(expected);
    }
    text
}

/// The tokens of a small request with this answer; for the fuzzers.
pub(in crate::gateway) fn used(seen: &Observation, is_whole: bool) -> Tokens {
    let expected = Tokens {
        input: 1,
        output: 1,
        ..Tokens::default()
    };
    EstimatedUsage::of(seen, is_whole, expected).tokens
}

/// Converts bytes of text to tokens, rounded up.
pub(in crate::gateway) fn tokens(bytes: u64) -> i64 {
    i64::try_from(bytes.div_ceil(BYTES_PER_TOKEN)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
