//! The keys that anybody asks for, and the way down to a value.

use super::text::Text;

/// How many objects deep a path is told; nothing of interest is deeper.
const TRACKED: usize = 6;

macro_rules! keys {
    ($($name:ident = $($text:literal)|+),+ $(,)?) => {
        /// A key that somebody asks for.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub(in crate::gateway::meter) enum Key {
            /// Any other key.
            #[default]
            Other,
            $(#[doc = stringify!($($text)|+)] $name,)+
        }

        impl Key {
            /// The key that is spelt like this.
            pub(in crate::gateway::meter) fn of(text: &Text) -> Self {
                match text.whole() {
                    $(Some($($text)|+) => Self::$name,)+
                    _ => Self::Other,
                }
            }
        }
    };
}

keys! {
    Arguments = b"arguments",
    BestOf = b"best_of",
    BlockReason = b"blockReason",
    CacheCreationInputTokens = b"cache_creation_input_tokens",
    CacheCreationTokens = b"cache_creation_tokens",
    CacheReadInputTokens = b"cache_read_input_tokens",
    CacheWriteTokens = b"cache_write_tokens",
    CachedContentTokenCount = b"cachedContentTokenCount",
    CachedCreationTokens = b"cached_creation_tokens",
    CachedTokens = b"cached_tokens",
    CandidateCount = b"candidateCount",
    Candidates = b"candidates",
    CandidatesTokenCount = b"candidatesTokenCount",
    Choices = b"choices",
    Code = b"code",
    CompletionTokens = b"completion_tokens",
    CompletionTokensDetails = b"completion_tokens_details",
    Content = b"content",
    Delta = b"delta",
    Error = b"error",
    FinishReason = b"finishReason",
    Function = b"function",
    GenerationConfig = b"generationConfig",
    Input = b"input",
    InputTokens = b"input_tokens",
    InputTokensDetails = b"input_tokens_details",
    Instructions = b"instructions",
    Interaction = b"interaction",
    MaxCompletionTokens = b"max_completion_tokens",
    MaxOutputTokens = b"max_output_tokens",
    MaxOutputTokensCamel = b"maxOutputTokens",
    MaxTokens = b"max_tokens",
    Message = b"message",
    Messages = b"messages",
    Model = b"model",
    ModelVersion = b"modelVersion",
    N = b"n",
    Output = b"output",
    OutputTokens = b"output_tokens",
    OutputTokensDetails = b"output_tokens_details",
    PartialJson = b"partial_json",
    Parts = b"parts",
    PromptFeedback = b"promptFeedback",
    PromptTokenCount = b"promptTokenCount",
    PromptTokens = b"prompt_tokens",
    PromptTokensDetails = b"prompt_tokens_details",
    ReasoningContent = b"reasoning_content",
    ReasoningTokens = b"reasoning_tokens",
    Response = b"response",
    Status = b"status",
    Text = b"text",
    Thinking = b"thinking",
    ThinkingTokens = b"thinking_tokens",
    ThoughtsTokenCount = b"thoughtsTokenCount",
    ToolCalls = b"tool_calls",
    ToolUsePromptTokenCount = b"toolUsePromptTokenCount",
    TotalCachedTokens = b"total_cached_tokens",
    TotalInputTokens = b"total_input_tokens",
    TotalOutputTokens = b"total_output_tokens",
    TotalThoughtTokens = b"total_thought_tokens",
    TotalTokens = b"total_tokens",
    TotalToolUseTokens = b"total_tool_use_tokens",
    Type = b"type",
    Usage = b"usage",
    UsageMetadata = b"usageMetadata",
}

/// The keys from the root to the current value.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Path {
    keys: [Key; TRACKED],
    depth: usize,
}

impl Path {
    /// Enters an object, whose first key is not known yet.
    pub(super) fn enter(&mut self) {
        self.depth += 1;
        self.replace(Key::Other);
    }

    /// Leaves the innermost object.
    pub(super) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// The key of the member that follows.
    pub(super) fn replace(&mut self, key: Key) {
        if let Some(last) = self.depth.checked_sub(1)
            && let Some(slot) = self.keys.get_mut(last)
        {
            *slot = key;
        }
    }

    /// The path of the current value.
    pub(super) fn keys(&self) -> &[Key] {
        self.keys.get(..self.depth).unwrap_or(&[Key::Other])
    }

    /// The path of the object that the current value is a member of.
    pub(super) fn object(&self) -> &[Key] {
        let depth = self.depth.saturating_sub(1);
        self.keys.get(..depth).unwrap_or(&[Key::Other])
    }

    /// Whether keys at this depth are told at all.
    pub(super) fn is_tracked(&self) -> bool {
        self.depth <= TRACKED
    }
}
