//! The filter of requests.

use async_graphql::{ID, InputObject};

use crate::{
    domain::requests,
    graphql::{
        resolver::{error::Result, input},
        types::{provider::ProviderKind, request::Outcome, scalar::DateTime},
    },
};

/// A filter of requests. Conditions are combined with AND.
#[derive(Debug, Default, InputObject)]
pub(crate) struct RequestFilter {
    /// The user's id.
    user_id: Option<ID>,
    /// The key's id.
    api_key_id: Option<ID>,
    /// The requested model name.
    model: Option<String>,
    /// The provider that served the request.
    provider: Option<ProviderKind>,
    /// The outcomes, of which any matches.
    outcomes: Option<Vec<Outcome>>,
    /// The earliest start time, inclusive.
    from: Option<DateTime>,
    /// The latest start time, exclusive.
    to: Option<DateTime>,
}

impl RequestFilter {
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
