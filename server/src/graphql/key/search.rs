//! Finding keys among those of all users.

use async_graphql::{Context, Object};
use entity::admin::Role;

use super::fields::ApiKey;
use crate::{
    domain::{Error, api_keys::ApiKeys},
    graphql::resolver::{context::ContextExt as _, cost::page, error::Result, guard::AtLeast},
};

const MOST: u64 = 50;

/// The keys' part of the queries.
#[derive(Debug, Default)]
pub(crate) struct ApiKeyQuery;

#[Object]
impl ApiKeyQuery {
    /// Keys of all users, revoked ones too, that match a text. Keys that are not revoked come first, then those that
    /// were used last.
    #[graphql(
        guard = "AtLeast(Role::Viewer)",
        complexity = "page(Some(first), None, child_complexity)"
    )]
    async fn api_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "A whole key, which is compared by its digest and neither stored nor logged; or a part of its name, how it begins, its last four characters, or both ends as in `sk-ada-73yM…7Jnt`."
        )]
        search: String,
        #[graphql(default = 20, desc = "How many, at most 50.")] first: i32,
    ) -> Result<Vec<ApiKey>> {
        let limit = u64::try_from(first)
            .ok()
            .filter(|limit| (1..=MOST).contains(limit))
            .ok_or_else(|| Error::bad_input("first must be between 1 and 50"))?;
        let keys = ctx.service::<ApiKeys>().search(&search, limit).await?;
        Ok(keys.into_iter().map(ApiKey).collect())
    }
}
