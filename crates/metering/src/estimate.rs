//! The tokens of a request: as its answer reports them where that is credible, otherwise estimated. An answer
//! without usage is never free.

use crate::tap::Observation;
use crate::tokens::Tokens;

/// Bytes of English text in a token, roughly: what an estimate is made with.
const BYTES_PER_TOKEN: u64 = 4;

/// The largest estimate of input, in tokens: no model has a larger context window.
pub const LARGEST_INPUT: i64 = 2_000_000;

/// The tokens of a request, and their source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EstimatedUsage {
    pub tokens: Tokens,
    /// Whether they are estimated; otherwise they are as the answer reported them.
    pub is_estimated: bool,
}

impl EstimatedUsage {
    /// Certainly no tokens.
    pub const NOTHING: Self = Self {
        tokens: Tokens {
            input: 0,
            cache_read: 0,
            cache_write: 0,
            output: 0,
            reasoning: 0,
        },
        is_estimated: false,
    };

    /// The tokens of an answer. `is_whole` means that the body came to its end. `expected` has the tokens of
    /// the request body as input, and as output the request's bound or the assumed output.
    pub fn of(seen: &Observation, is_whole: bool, expected: Tokens) -> Self {
        let told = seen.tokens.unwrap_or_default();
        let is_final = seen.ended || (is_whole && seen.uncounted_bytes == 0);
        if seen.tokens.is_some() && is_final && is_credible(told, seen) {
            return Self {
                tokens: told,
                is_estimated: false,
            };
        }
        // An error before any output and without usage: nothing was generated.
        if seen.error_code.is_some() && seen.tokens.is_none() && !has_written(seen) {
            return Self::NOTHING;
        }
        Self {
            tokens: estimate(told, seen, expected),
            is_estimated: true,
        }
    }

    /// The tokens of a request that was sent and ended without an answer.
    pub fn without_answer(expected: Tokens) -> Self {
        Self {
            tokens: estimate(Tokens::default(), &Observation::default(), expected),
            is_estimated: true,
        }
    }
}

/// Zeros beside output are not credible, nor is output without input.
fn is_credible(told: Tokens, seen: &Observation) -> bool {
    if told.total() == 0 {
        return !has_written(seen);
    }
    let has_output = told.output + told.reasoning > 0;
    input_of(told) > 0 && (has_output || !has_written(seen))
}

fn has_written(seen: &Observation) -> bool {
    seen.text_bytes > 0 || seen.media_bytes > 0 || seen.sealed_bytes > 0
}

/// The reported counts, raised to what was seen.
fn estimate(told: Tokens, seen: &Observation, expected: Tokens) -> Tokens {
    let mut used = told;
    if input_of(told) == 0 {
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

/// Tokens of output by the bytes that were seen. Where text cannot be told from what surrounds it, no more
/// than expected.
fn written(seen: &Observation, expected: i64) -> i64 {
    let text = tokens_of_text(seen.text_bytes);
    if seen.sealed_bytes > 0 {
        // Text is about four times as long as what it is compressed to.
        let sealed = i64::try_from(seen.sealed_bytes).unwrap_or(i64::MAX);
        return text.saturating_add(sealed.min(expected));
    }
    if seen.media_bytes > 0 {
        return text.max(expected);
    }
    if seen.text_bytes == 0 && seen.tokens.is_none() {
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
