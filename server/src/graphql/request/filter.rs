//! Which requests are wanted.

use async_graphql::{Enum, ID, InputObject};

use crate::{
    domain::requests,
    graphql::{
        provider::account::ProviderKind,
        resolver::{error::Result, input},
        types::scalar::DateTime,
    },
};

/// The protocol that a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::request::Protocol")]
pub(crate) enum Protocol {
    /// OpenAI's chat completions.
    OpenaiChat,
    /// OpenAI's older completions.
    OpenaiCompletions,
    /// OpenAI's responses, also over WebSocket.
    OpenaiResponses,
    /// OpenAI's images.
    OpenaiImages,
    /// Anthropic's messages.
    AnthropicMessages,
    /// Gemini's content generation.
    Gemini,
    /// Videos, searches, endpoints that the gateway does not know: they may generate, in no protocol that is
    /// metered.
    Unmetered,
    /// Lists of models, token counting, results that are fetched: nothing that generates.
    Other,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::request::Outcome")]
pub(crate) enum Outcome {
    /// The client received the whole answer.
    Completed,
    /// The client left before the end.
    ClientGone,
    /// The engine or the provider failed or refused.
    UpstreamError,
    /// The gateway refused; nothing was forwarded.
    Rejected,
    /// The server or an administrator ended it.
    Interrupted,
}

/// Which requests are wanted. All conditions count together.
#[derive(Debug, Default, InputObject)]
pub(crate) struct RequestFilter {
    /// Of this user.
    user_id: Option<ID>,
    /// With this key.
    api_key_id: Option<ID>,
    /// For this model, as it was asked for.
    model: Option<String>,
    /// Served by this provider.
    provider: Option<ProviderKind>,
    /// That ended in one of these ways.
    outcomes: Option<Vec<Outcome>>,
    /// That came at this time or later.
    from: Option<DateTime>,
    /// That came before this time.
    to: Option<DateTime>,
}

impl RequestFilter {
    /// What the domain understands.
    pub(crate) fn read(self) -> Result<requests::RequestFilter> {
        let user_id = self.user_id.as_ref().map(|id| input::id(id, "user"));
        let api_key_id = self.api_key_id.as_ref().map(|id| input::id(id, "API key"));
        let outcomes = self.outcomes;
        Ok(requests::RequestFilter {
            user_id: user_id.transpose()?,
            api_key_id: api_key_id.transpose()?,
            model: self.model,
            provider: self.provider.map(Into::into),
            outcomes: outcomes.map(|outcomes| outcomes.into_iter().map(Into::into).collect()),
            from: self.from.map(Into::into),
            to: self.to.map(Into::into),
        })
    }
}
