//! The counts of an answer, from the first that is told to the last.

use super::fact::{Field, Habit};
use crate::domain::tokens::Tokens;

/// Counts as the provider told them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    input: Option<i64>,
    tool_input: Option<i64>,
    cache_read: Option<i64>,
    cache_write: Option<i64>,
    output: Option<i64>,
    reasoning: Option<i64>,
    total: Option<i64>,
}

/// Collects counts, object by object: an object that is not complete counts for nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usage {
    habit: Habit,
    current: Counts,
    told: Option<Counts>,
}

impl Usage {
    pub(super) fn new(habit: Habit) -> Self {
        Self {
            habit,
            current: Counts::default(),
            told: None,
        }
    }

    /// An object of counts begins.
    pub(super) fn open(&mut self) {
        self.current = Counts::default();
    }

    pub(super) fn set(&mut self, field: Field, count: i64) {
        *self.current.field(field) = Some(count);
    }

    /// An object of counts is complete. The last one that is not all zero wins; Anthropic's complete
    /// each other.
    pub(super) fn close(&mut self) {
        let current = std::mem::take(&mut self.current);
        if current.is_empty() {
            return;
        }
        self.told = Some(match (self.told, self.habit) {
            (Some(told), Habit::Exclusive) => told.completed_by(current),
            (Some(told), _) if current.is_zero() => told,
            _ => current,
        });
    }

    /// The buckets, if any count was told.
    pub(super) fn tokens(&self) -> Option<Tokens> {
        let told = self.told?;
        Some(match self.habit {
            Habit::Inclusive => told.inclusive(),
            Habit::Exclusive => told.exclusive(),
            Habit::Mixed => told.mixed(),
        })
    }
}

impl Counts {
    fn field(&mut self, field: Field) -> &mut Option<i64> {
        match field {
            Field::Input => &mut self.input,
            Field::ToolInput => &mut self.tool_input,
            Field::CacheRead => &mut self.cache_read,
            Field::CacheWrite => &mut self.cache_write,
            Field::Output => &mut self.output,
            Field::Reasoning => &mut self.reasoning,
            Field::Total => &mut self.total,
        }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn is_zero(&self) -> bool {
        let counts = [
            self.input,
            self.tool_input,
            self.cache_read,
            self.cache_write,
            self.output,
            self.reasoning,
            self.total,
        ];
        counts.into_iter().flatten().all(|count| count == 0)
    }

    /// Later counts are cumulative. Zeros are blanks, but for input beside other input that is none: a
    /// prompt that was cached whole.
    fn completed_by(self, later: Self) -> Self {
        let input = [later.input, later.cache_read, later.cache_write];
        let tells_input = input.into_iter().flatten().any(|count| count > 0);
        let input =
            |before: Option<i64>, after: Option<i64>| after.filter(|_| tells_input).or(before);
        let output =
            |before: Option<i64>, after: Option<i64>| after.filter(|count| *count > 0).or(before);
        Self {
            input: input(self.input, later.input),
            cache_read: input(self.cache_read, later.cache_read),
            cache_write: input(self.cache_write, later.cache_write),
            output: output(self.output, later.output),
            reasoning: output(self.reasoning, later.reasoning),
            ..self
        }
    }

    /// Input includes the caches, output includes reasoning. What a detail claims beyond its whole is cut
    /// off, so the sum stays what the provider told.
    fn inclusive(self) -> Tokens {
        let input = self.input.unwrap_or(0);
        let output = self.output.unwrap_or(0);
        let cache_read = self.cache_read.unwrap_or(0).min(input);
        let cache_write = self.cache_write.unwrap_or(0).min(input - cache_read);
        let told = self.reasoning.unwrap_or(0);
        let (output, reasoning) = if self.total == Some(input + output + told) {
            (output, told)
        } else {
            (output - told.min(output), told.min(output))
        };
        Tokens {
            input: input - cache_read - cache_write,
            cache_read,
            cache_write,
            output,
            reasoning,
        }
    }

    /// Nothing includes anything, but output its thinking.
    fn exclusive(self) -> Tokens {
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

    /// Input includes the cache and not the tools', output excludes thoughts.
    fn mixed(self) -> Tokens {
        let input = self.input.unwrap_or(0) + self.tool_input.unwrap_or(0);
        let cache_read = self.cache_read.unwrap_or(0).min(input);
        Tokens {
            input: input - cache_read,
            cache_read,
            cache_write: 0,
            output: self.output.unwrap_or(0),
            reasoning: self.reasoning.unwrap_or(0),
        }
    }
}
