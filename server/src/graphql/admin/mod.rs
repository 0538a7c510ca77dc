//! Administrators and API tokens: the people and scripts that run the server.

pub(super) mod api_token;
mod changes;
pub(super) mod list;

use async_graphql::MergedObject;

use self::{
    api_token::{ApiTokenMutation, ApiTokenQuery},
    changes::AdminMutation,
    list::AdminQuery,
};

#[derive(Debug, Default, MergedObject)]
pub(super) struct AdminQueries(AdminQuery, ApiTokenQuery);

#[derive(Debug, Default, MergedObject)]
pub(super) struct AdminMutations(AdminMutation, ApiTokenMutation);
