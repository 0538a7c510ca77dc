//! Searching the keys of all users.

use async_graphql::{Context, Object};

use crate::{
    domain::{Error, api_keys::ApiKeys},
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::page,
            error::Result,
            guard::Declared,
            role::{Role, requires_role},
        },
        types::api_key::ApiKey,
    },
};

const MOST: u64 = 50;

#[derive(Debug, Default)]
pub(crate) struct ApiKeyQuery;

#[Object(guard = "Declared")]
impl ApiKeyQuery {
    /// Keys of all users, including revoked ones, that match a text. Keys that are not revoked come first,
    /// then the most recently used.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "page(Some(first), None, child_complexity)"
    )]
    async fn api_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "A whole key, which is compared by its digest and neither stored nor logged; or a part of the name, the prefix, the last four characters, or prefix and last four as in `sk-ada-73yM…7Jnt`."
        )]
        search: String,
        #[graphql(default = 20, desc = "The number of keys to return: 1 to 50.")] first: i32,
    ) -> Result<Vec<ApiKey>> {
        let limit = u64::try_from(first)
            .ok()
            .filter(|limit| (1..=MOST).contains(limit))
            .ok_or_else(|| Error::bad_input("first must be between 1 and 50"))?;
        let keys = ctx.service::<ApiKeys>().search(&search, limit).await?;
        Ok(keys.into_iter().map(ApiKey::from).collect())
    }
}
