//! The keys that sinks know, and the path to a value.

use super::text::Text;

/// The deepest path that is tracked, in objects: no sink reads deeper values.
const MAX_TRACKED_DEPTH: usize = 6;

macro_rules! keys {
    ($($name:ident = $($text:literal)|+),+ $(,)?) => {
        /// A key that a sink knows.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub(crate) enum Key {
            /// Any other key.
            #[default]
            Other,
            $(#[doc = stringify!($($text)|+)] $name,)+
        }

        impl Key {
            /// The key with this spelling.
            pub(crate) fn of(text: &Text) -> Self {
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
    Audio = b"audio",
    B64Json = b"b64_json",
    BestOf = b"best_of",
    BlockReason = b"blockReason",
    CacheCreation = b"cache_creation",
    CacheCreationInputTokens = b"cache_creation_input_tokens",
    CacheCreationTokens = b"cache_creation_tokens",
    CacheN = b"cache_n",
    CacheReadInputTokens = b"cache_read_input_tokens",
    CacheWriteTokens = b"cache_write_tokens",
    CachedContentTokenCount = b"cachedContentTokenCount" | b"cached_content_token_count",
    CachedCreationTokens = b"cached_creation_tokens",
    CachedTokens = b"cached_tokens",
    CandidateCount = b"candidateCount",
    Candidates = b"candidates",
    CandidatesTokenCount = b"candidatesTokenCount" | b"candidates_token_count",
    Choices = b"choices",
    CitationTokens = b"citation_tokens",
    Code = b"code",
    CompletionTokens = b"completion_tokens",
    CompletionTokensDetails = b"completion_tokens_details",
    Content = b"content",
    Custom = b"custom",
    Data = b"data",
    Delta = b"delta",
    Detail = b"detail",
    Duration = b"duration",
    Ephemeral1hInputTokens = b"ephemeral_1h_input_tokens",
    Ephemeral5mInputTokens = b"ephemeral_5m_input_tokens",
    Error = b"error",
    EvalCount = b"eval_count",
    FinishReason = b"finishReason" | b"finish_reason",
    Function = b"function",
    FunctionCall = b"functionCall" | b"function_call",
    GenerationConfig = b"generationConfig",
    ImageUrl = b"image_url",
    Images = b"images",
    InlineData = b"inlineData" | b"inline_data",
    Input = b"input",
    InputTokens = b"input_tokens",
    InputTokensDetails = b"input_tokens_details",
    Instructions = b"instructions",
    Interaction = b"interaction",
    Iterations = b"iterations",
    MaxCompletionTokens = b"max_completion_tokens",
    MaxOutputTokens = b"max_output_tokens",
    MaxOutputTokensCamel = b"maxOutputTokens",
    MaxTokens = b"max_tokens",
    Message = b"message",
    Messages = b"messages",
    Model = b"model",
    ModelVersion = b"modelVersion" | b"model_version",
    N = b"n",
    NumCachedTokens = b"num_cached_tokens",
    Output = b"output",
    OutputTokens = b"output_tokens",
    OutputTokensDetails = b"output_tokens_details",
    Outputs = b"outputs",
    PartialImageB64 = b"partial_image_b64",
    PartialJson = b"partial_json",
    Parts = b"parts",
    PredictedN = b"predicted_n",
    PromptCacheHitTokens = b"prompt_cache_hit_tokens",
    PromptEvalCount = b"prompt_eval_count",
    PromptFeedback = b"promptFeedback",
    PromptN = b"prompt_n",
    PromptTokenCount = b"promptTokenCount" | b"prompt_token_count",
    PromptTokens = b"prompt_tokens",
    PromptTokensDetails = b"prompt_tokens_details" | b"prompt_token_details",
    Reasoning = b"reasoning" | b"reasoning_text",
    ReasoningContent = b"reasoning_content",
    ReasoningTokens = b"reasoning_tokens",
    Refusal = b"refusal",
    Response = b"response",
    Result = b"result",
    Seconds = b"seconds",
    ServiceTier = b"service_tier" | b"serviceTier",
    Speed = b"speed",
    Status = b"status",
    Summary = b"summary",
    Text = b"text",
    Thinking = b"thinking",
    ThinkingTokens = b"thinking_tokens",
    ThoughtsTokenCount = b"thoughtsTokenCount" | b"thoughts_token_count",
    Timings = b"timings",
    ToolCalls = b"tool_calls",
    ToolUsePromptTokenCount = b"toolUsePromptTokenCount" | b"tool_use_prompt_token_count",
    TotalCachedTokens = b"total_cached_tokens",
    TotalInputTokens = b"total_input_tokens",
    TotalOutputTokens = b"total_output_tokens",
    TotalThoughtTokens = b"total_thought_tokens",
    TotalTokenCount = b"totalTokenCount" | b"total_token_count",
    TotalTokens = b"total_tokens",
    TotalToolUseTokens = b"total_tool_use_tokens",
    TrafficType = b"trafficType" | b"traffic_type",
    Type = b"type",
    Url = b"url",
    Usage = b"usage",
    UsageMetadata = b"usageMetadata" | b"usage_metadata",
    XGroq = b"x_groq",
}

/// The keys from the root to the current value.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Path {
    keys: [Key; MAX_TRACKED_DEPTH],
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

    /// Whether the sink receives keys at this depth.
    pub(super) fn is_tracked(&self) -> bool {
        self.depth <= MAX_TRACKED_DEPTH
    }
}
