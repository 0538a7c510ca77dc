//! The keys that anybody asks for, and the way down to a value.

use super::text::Text;

/// How many objects deep a path is told; nothing of interest is deeper.
const TRACKED: usize = 6;

macro_rules! keys {
    ($($name:ident = $text:literal),+ $(,)?) => {
        /// A key that somebody asks for.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub(in crate::gateway::meter) enum Key {
            /// Any other key.
            #[default]
            Other,
            $(#[doc = concat!("`", $text, "`")] $name,)+
        }

        impl Key {
            /// The key that is spelt like this.
            pub(super) fn of(text: &Text) -> Self {
                match text.whole() {
                    $(Some(bytes) if bytes == $text.as_bytes() => Self::$name,)+
                    _ => Self::Other,
                }
            }
        }
    };
}

keys! {
    Arguments = "arguments",
    BlockReason = "blockReason",
    CacheCreationInputTokens = "cache_creation_input_tokens",
    CacheCreationTokens = "cache_creation_tokens",
    CacheReadInputTokens = "cache_read_input_tokens",
    CacheWriteTokens = "cache_write_tokens",
    CachedContentTokenCount = "cachedContentTokenCount",
    CachedCreationTokens = "cached_creation_tokens",
    CachedTokens = "cached_tokens",
    Candidates = "candidates",
    CandidatesTokenCount = "candidatesTokenCount",
    Choices = "choices",
    Code = "code",
    CompletionTokens = "completion_tokens",
    CompletionTokensDetails = "completion_tokens_details",
    Content = "content",
    Delta = "delta",
    Error = "error",
    FinishReason = "finishReason",
    Function = "function",
    InputTokens = "input_tokens",
    InputTokensDetails = "input_tokens_details",
    Interaction = "interaction",
    Message = "message",
    Model = "model",
    ModelVersion = "modelVersion",
    Output = "output",
    OutputTokens = "output_tokens",
    OutputTokensDetails = "output_tokens_details",
    PartialJson = "partial_json",
    Parts = "parts",
    PromptFeedback = "promptFeedback",
    PromptTokenCount = "promptTokenCount",
    PromptTokens = "prompt_tokens",
    PromptTokensDetails = "prompt_tokens_details",
    ReasoningContent = "reasoning_content",
    ReasoningTokens = "reasoning_tokens",
    Response = "response",
    Status = "status",
    Stream = "stream",
    Text = "text",
    Thinking = "thinking",
    ThinkingTokens = "thinking_tokens",
    ThoughtsTokenCount = "thoughtsTokenCount",
    ToolCalls = "tool_calls",
    ToolUsePromptTokenCount = "toolUsePromptTokenCount",
    TotalCachedTokens = "total_cached_tokens",
    TotalInputTokens = "total_input_tokens",
    TotalOutputTokens = "total_output_tokens",
    TotalThoughtTokens = "total_thought_tokens",
    TotalTokens = "total_tokens",
    TotalToolUseTokens = "total_tool_use_tokens",
    Type = "type",
    Usage = "usage",
    UsageMetadata = "usageMetadata",
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
