//! One object of counts, and the buckets that it stands for in each protocol.

use super::field_kind::UsageField;
use crate::tokens::Tokens;

/// Counts as the provider told them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) input: Option<i64>,
    pub(super) tool_input: Option<i64>,
    pub(super) cache_read: Option<i64>,
    pub(super) cache_write: Option<i64>,
    pub(super) output: Option<i64>,
    pub(super) reasoning: Option<i64>,
    pub(super) reasoning_beside: Option<i64>,
    pub(super) total: Option<i64>,
}

impl Counts {
    /// Where a count of this kind is kept; parts are not.
    pub(super) fn field(&mut self, field: UsageField) -> Option<&mut Option<i64>> {
        Some(match field {
            UsageField::Input => &mut self.input,
            UsageField::ToolInput => &mut self.tool_input,
            UsageField::CacheRead => &mut self.cache_read,
            UsageField::CacheWrite => &mut self.cache_write,
            UsageField::CacheWritePart => return None,
            UsageField::Output => &mut self.output,
            UsageField::Reasoning => &mut self.reasoning,
            UsageField::ReasoningBeside => &mut self.reasoning_beside,
            UsageField::Total => &mut self.total,
        })
    }

    /// The greater of each count. The list has all iterations, the object around it only some; details are
    /// in the object alone.
    pub(super) fn at_least(self, least: Self) -> Self {
        Self {
            input: self.input.max(least.input),
            cache_read: self.cache_read.max(least.cache_read),
            cache_write: self.cache_write.max(least.cache_write),
            output: self.output.max(least.output),
            reasoning: self.reasoning.max(least.reasoning),
            ..self
        }
    }

    /// Later counts are cumulative. Zeros are blanks, but for input beside other input that is none: a
    /// prompt that was cached whole. A sum holds for the counts that came with it.
    pub(super) fn completed_by(self, later: Self) -> Self {
        let any = |counts: [Option<i64>; 4]| counts.into_iter().flatten().any(|count| count > 0);
        let tells_input = any([
            later.input,
            later.tool_input,
            later.cache_read,
            later.cache_write,
        ]);
        let tells_output = any([later.output, later.reasoning, later.reasoning_beside, None]);
        let input =
            |before: Option<i64>, after: Option<i64>| after.filter(|_| tells_input).or(before);
        let output =
            |before: Option<i64>, after: Option<i64>| after.filter(|count| *count > 0).or(before);
        let total = match (tells_input, tells_output) {
            (false, false) => later.total.filter(|total| *total > 0).or(self.total),
            (true, true) => later.total,
            // Counts of two objects have no sum in either of them.
            (true, false) | (false, true) => later.total.filter(|_| !self.is_split(tells_input)),
        };
        Self {
            input: input(self.input, later.input),
            tool_input: input(self.tool_input, later.tool_input),
            cache_read: input(self.cache_read, later.cache_read),
            cache_write: input(self.cache_write, later.cache_write),
            output: output(self.output, later.output),
            reasoning: output(self.reasoning, later.reasoning),
            reasoning_beside: output(self.reasoning_beside, later.reasoning_beside),
            total,
        }
    }

    /// Whether one half of the counts stays from here, when a later object has only the other half.
    fn is_split(&self, later_tells_input: bool) -> bool {
        let kept = if later_tells_input {
            [self.output, self.reasoning, self.reasoning_beside]
        } else {
            [self.input, self.cache_read, self.cache_write]
        };
        kept.into_iter().flatten().any(|count| count > 0)
    }

    /// Input includes the caches, output includes reasoning, unless the sum says otherwise. What a detail
    /// claims beyond its whole is cut off, so that the buckets add up to what the provider told.
    pub(super) fn inclusive(self) -> Tokens {
        let told = [self.input, self.output, self.tool_input, self.cache_read];
        if told.iter().all(Option::is_none) && self.reasoning.max(self.reasoning_beside).is_none() {
            // A sum alone cannot be split.
            return Tokens {
                input: self.total.unwrap_or(0),
                ..Tokens::default()
            };
        }
        let input = self.input.unwrap_or(0) + self.tool_input.unwrap_or(0);
        let output = self.output.unwrap_or(0);
        let beside = self.reasoning_beside.unwrap_or(0);
        let excess = (self.total.unwrap_or(0) - input - output).max(0);
        let (input, excess) = self.input_buckets(input, excess);
        let (output, reasoning) = if beside > output {
            (output, beside)
        } else {
            split_output(output, self.reasoning.unwrap_or(0).max(beside), excess)
        };
        Tokens {
            output,
            reasoning,
            ..input
        }
    }

    /// Splits input, and what remains of the excess of the sum: some servers leave out of the input what
    /// was cached, and add it to the sum.
    fn input_buckets(self, input: i64, excess: i64) -> (Tokens, i64) {
        let (read, written) = (self.cache_read.unwrap_or(0), self.cache_write.unwrap_or(0));
        let is_beside = read + written > input && excess >= read + written;
        let (cache_read, cache_write) = if is_beside {
            (read, written)
        } else {
            let read = read.min(input);
            (read, written.min(input - read))
        };
        let cached = cache_read + cache_write;
        let input = if is_beside { input } else { input - cached };
        let buckets = Tokens {
            input,
            cache_read,
            cache_write,
            ..Tokens::default()
        };
        (buckets, if is_beside { excess - cached } else { excess })
    }

    /// Nothing includes anything, but output its thinking.
    pub(super) fn exclusive(self) -> Tokens {
        let output = self.output.unwrap_or(0);
        let reasoning = self.reasoning.unwrap_or(0).min(output);
        Tokens {
            input: self.input.unwrap_or(0),
            cache_read: self.cache_read.unwrap_or(0),
            cache_write: self.cache_write.unwrap_or(0),
            output: output - reasoning,
            reasoning,
        }
    }

    /// Input includes the cache and not the tools', output excludes thoughts. What the sum has beyond
    /// them was written: Gemini leaves out counts that it gives the sum of.
    pub(super) fn mixed(self) -> Tokens {
        let input = self.input.unwrap_or(0) + self.tool_input.unwrap_or(0);
        let cache_read = self.cache_read.unwrap_or(0).min(input);
        let (mut output, mut reasoning) = (self.output.unwrap_or(0), self.reasoning.unwrap_or(0));
        let excess = (self.total.unwrap_or(0) - input - output - reasoning).max(0);
        if output == 0 {
            output = excess;
        } else {
            reasoning += excess;
        }
        Tokens {
            input: input - cache_read,
            cache_read,
            cache_write: 0,
            output,
            reasoning,
        }
    }
}

/// Output and reasoning. What a sum has beyond input and output is reasoning: xAI counts it beside the
/// output, and Google's form of OpenAI's protocol in the sum alone.
fn split_output(output: i64, reasoning: i64, excess: i64) -> (i64, i64) {
    if reasoning > 0 && reasoning <= excess {
        return (output, excess);
    }
    let included = reasoning.min(output);
    (output - included, included + excess)
}
