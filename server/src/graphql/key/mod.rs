//! API keys for the gateway, and how tools are set up with them.

mod client_setup;
mod fields;
mod issue;
mod list;
pub(super) mod own;
mod revoke;
mod update;

use async_graphql::MergedObject;

use self::{
    client_setup::ClientSetupQuery, issue::IssueApiKeyMutation, list::ApiKeyQuery,
    own::OwnApiKeyMutation, revoke::RevokeApiKeyMutation, update::UpdateApiKeyMutation,
};

#[derive(Debug, Default, MergedObject)]
pub(super) struct ApiKeyQueries(ApiKeyQuery, ClientSetupQuery);

#[derive(Debug, Default, MergedObject)]
pub(super) struct ApiKeyMutations(
    IssueApiKeyMutation,
    UpdateApiKeyMutation,
    RevokeApiKeyMutation,
    OwnApiKeyMutation,
);
