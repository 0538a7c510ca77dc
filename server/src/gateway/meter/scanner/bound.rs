//! How much a request may be answered, as it says itself.

use super::super::count::count;
use super::super::json::{Key, Text};

/// The most that an answer may hold. What the request says twice counts at its greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateway) struct Bound {
    /// Of each choice; `None` when the request sets no bound that can be believed.
    pub(in crate::gateway) max_output_tokens: Option<u64>,
    /// Answers to write side by side; at least one.
    pub(in crate::gateway) choices: u64,
}

impl Default for Bound {
    fn default() -> Self {
        Self {
            max_output_tokens: None,
            choices: 1,
        }
    }
}

impl Bound {
    /// Notes the number at this path, if it is a bound.
    pub(super) fn note(&mut self, path: &[Key], text: &Text) {
        let ([key] | [Key::GenerationConfig, key]) = path else {
            return;
        };
        let number = || text.as_str().and_then(count)?.try_into().ok();
        if matches!(
            key,
            Key::MaxTokens | Key::MaxCompletionTokens | Key::MaxOutputTokens
        ) {
            self.max_output_tokens = self.max_output_tokens.max(number());
        }
        if matches!(key, Key::N | Key::BestOf | Key::CandidateCount) {
            self.choices = self.choices.max(number().unwrap_or(1));
        }
    }
}
