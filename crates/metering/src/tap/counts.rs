//! One usage object, and its conversion to buckets by each convention.

use crate::protocols::UsageField;
use crate::tokens::Tokens;

/// Counts by the provider's convention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) input: Option<i64>,
    pub(super) tool_input: Option<i64>,
    pub(super) cache_read: Option<i64>,
    pub(super) cache_write: Option<i64>,
    pub(super) cache_write_1h: Option<i64>,
    pub(super) output: Option<i64>,
    pub(super) reasoning: Option<i64>,
    pub(super) top_level_reasoning: Option<i64>,
    pub(super) total: Option<i64>,
}

impl Counts {
    /// The slot of a field; `None` for parts, which are summed elsewhere.
    pub(super) fn field(&mut self, field: UsageField) -> Option<&mut Option<i64>> {
        Some(match field {
            UsageField::Input => &mut self.input,
            UsageField::ToolInput => &mut self.tool_input,
            UsageField::CacheRead => &mut self.cache_read,
            UsageField::CacheWrite => &mut self.cache_write,
            UsageField::CacheWritePart => return None,
            UsageField::CacheWrite1h => &mut self.cache_write_1h,
            UsageField::Output => &mut self.output,
            UsageField::Reasoning => &mut self.reasoning,
            UsageField::TopLevelReasoning => &mut self.top_level_reasoning,
            UsageField::Total => &mut self.total,
        })
    }

    /// The greater of each count. `iterations` covers all iterations, the object around it only some; details are in the
    /// object alone.
    pub(super) fn at_least(self, least: Self) -> Self {
        Self {
            input: self.input.max(least.input),
            cache_read: self.cache_read.max(least.cache_read),
            cache_write: self.cache_write.max(least.cache_write),
            cache_write_1h: self.cache_write_1h.max(least.cache_write_1h),
            output: self.output.max(least.output),
            reasoning: self.reasoning.max(least.reasoning),
            ..self
        }
    }

    /// Later counts are cumulative. Zeros are missing values, except zero input next to other input counts: a prompt that
    /// was cached whole. A sum applies to the counts in the same object.
    pub(super) fn completed_by(self, later: Self) -> Self {
        let any = |counts: [Option<i64>; 4]| counts.into_iter().flatten().any(|count| count > 0);
        let has_input = any([
            later.input,
            later.tool_input,
            later.cache_read,
            later.cache_write,
        ]);
        let has_output = any([
            later.output,
            later.reasoning,
            later.top_level_reasoning,
            None,
        ]);
        let input =
            |before: Option<i64>, after: Option<i64>| after.filter(|_| has_input).or(before);
        let output =
            |before: Option<i64>, after: Option<i64>| after.filter(|count| *count > 0).or(before);
        let total = match (has_input, has_output) {
            (false, false) => later.total.filter(|total| *total > 0).or(self.total),
            (true, true) => later.total,
            // Neither object has the sum of counts from both.
            (true, false) | (false, true) => later.total.filter(|_| !self.is_split(has_input)),
        };
        Self {
            input: input(self.input, later.input),
            tool_input: input(self.tool_input, later.tool_input),
            cache_read: input(self.cache_read, later.cache_read),
            cache_write: input(self.cache_write, later.cache_write),
            cache_write_1h: input(self.cache_write_1h, later.cache_write_1h),
            output: output(self.output, later.output),
            reasoning: output(self.reasoning, later.reasoning),
            top_level_reasoning: output(self.top_level_reasoning, later.top_level_reasoning),
            total,
        }
    }

    /// Whether one half of the counts is kept from here, when a later object has only the other half.
    fn is_split(&self, later_has_input: bool) -> bool {
        let kept = if later_has_input {
            [self.output, self.reasoning, self.top_level_reasoning]
        } else {
            [self.input, self.cache_read, self.cache_write]
        };
        kept.into_iter().flatten().any(|count| count > 0)
    }

    /// Input includes the caches, output includes reasoning, unless the sum contradicts that. Details are limited to the
    /// count that includes them, so that the buckets add up to the provider's counts.
    pub(super) fn inclusive(self) -> Tokens {
        let reported = [self.input, self.output, self.tool_input, self.cache_read];
        if reported.iter().all(Option::is_none)
            && self.reasoning.max(self.top_level_reasoning).is_none()
        {
            // A sum alone cannot be split.
            return Tokens {
                input: self.total.unwrap_or(0),
                ..Tokens::default()
            };
        }
        let input = self.input.unwrap_or(0) + self.tool_input.unwrap_or(0);
        let output = self.output.unwrap_or(0);
        let top_level = self.top_level_reasoning.unwrap_or(0);
        let excess = (self.total.unwrap_or(0) - input - output).max(0);
        let (input, excess) = self.input_buckets(input, excess);
        let (output, reasoning) = if top_level > output {
            (output, top_level)
        } else {
            split_output(output, self.reasoning.unwrap_or(0).max(top_level), excess)
        };
        Tokens {
            output,
            reasoning,
            ..input
        }
    }

    /// Splits input and returns the remaining excess of the sum: some servers exclude cached tokens from the input and
    /// include them in the sum.
    fn input_buckets(self, input: i64, excess: i64) -> (Tokens, i64) {
        let (read, written) = (self.cache_read.unwrap_or(0), self.cache_write.unwrap_or(0));
        let is_additional = read + written > input && excess >= read + written;
        let (cache_read, cache_write) = if is_additional {
            (read, written)
        } else {
            let read = read.min(input);
            (read, written.min(input - read))
        };
        let cached = cache_read + cache_write;
        let input = if is_additional { input } else { input - cached };
        let buckets = Tokens {
            input,
            cache_read,
            cache_write,
            cache_write_1h: self.kept_for_an_hour(cache_write),
            ..Tokens::default()
        };
        (
            buckets,
            if is_additional {
                excess - cached
            } else {
                excess
            },
        )
    }

    /// The part of these cache writes that is kept for an hour.
    fn kept_for_an_hour(self, cache_write: i64) -> i64 {
        self.cache_write_1h.unwrap_or(0).min(cache_write)
    }

    /// No count includes another, except output, which includes reasoning.
    pub(super) fn exclusive(self) -> Tokens {
        let output = self.output.unwrap_or(0);
        let reasoning = self.reasoning.unwrap_or(0).min(output);
        let cache_write = self.cache_write.unwrap_or(0);
        Tokens {
            input: self.input.unwrap_or(0),
            cache_read: self.cache_read.unwrap_or(0),
            cache_write,
            cache_write_1h: self.kept_for_an_hour(cache_write),
            output: output - reasoning,
            reasoning,
            ..Tokens::default()
        }
    }

    /// Input includes the cache and excludes the tools', output excludes thoughts. An excess of the sum is output: Gemini
    /// omits counts that its sum includes.
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
            output,
            reasoning,
            ..Tokens::default()
        }
    }
}

/// Output and reasoning. An excess of the sum over input and output is reasoning: xAI does not include it in the output,
/// and Google's form of OpenAI's protocol includes it in the sum alone.
fn split_output(output: i64, reasoning: i64, excess: i64) -> (i64, i64) {
    if reasoning > 0 && reasoning <= excess {
        return (output, excess);
    }
    let included = reasoning.min(output);
    (output - included, included + excess)
}
