//! The protocols that tools speak, as they ask the provider of the tests.

use entity::provider_account::ProviderKind;
use serde_json::{Value, json};

/// A model of the provider.
pub(crate) const CHAT: &str = "stub-chat";

/// One of the four ways to ask the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Chat,
    Messages,
    Responses,
    Gemini,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    Streamed,
    Whole,
}

impl Protocol {
    pub(crate) const ALL: [Self; 4] = [Self::Chat, Self::Messages, Self::Responses, Self::Gemini];

    pub(crate) fn kind(self) -> ProviderKind {
        match self {
            Self::Chat => ProviderKind::OpenaiCompatible,
            Self::Messages => ProviderKind::Claude,
            Self::Responses => ProviderKind::Chatgpt,
            Self::Gemini => ProviderKind::Gemini,
        }
    }

    pub(crate) fn model(self) -> &'static str {
        match self {
            Self::Chat => CHAT,
            Self::Messages => "stub-claude",
            Self::Responses => "stub-codex",
            Self::Gemini => "stub-gemini",
        }
    }

    pub(crate) fn path(self, delivery: Delivery) -> &'static str {
        match (self, delivery) {
            (Self::Chat, _) => "/v1/chat/completions",
            (Self::Messages, _) => "/v1/messages",
            (Self::Responses, _) => "/v1/responses",
            (Self::Gemini, Delivery::Streamed) => {
                "/v1beta/models/stub-gemini:streamGenerateContent?alt=sse"
            }
            (Self::Gemini, Delivery::Whole) => "/v1beta/models/stub-gemini:generateContent",
        }
    }

    /// A request whose text is the provider's script.
    pub(crate) fn body(self, delivery: Delivery, script: &str) -> Value {
        let (model, stream) = (self.model(), delivery == Delivery::Streamed);
        let said = json!([{"role": "user", "content": script}]);
        match self {
            Self::Chat => json!({"model": model, "stream": stream, "messages": said}),
            Self::Messages => {
                json!({"model": model, "stream": stream, "max_tokens": 100, "messages": said})
            }
            Self::Responses => json!({"model": model, "stream": stream, "input": [
                {"type": "message", "role": "user", "content": [{"type": "input_text", "text": script}]}]}),
            Self::Gemini => json!({"contents": [{"role": "user", "parts": [{"text": script}]}]}),
        }
    }
}
