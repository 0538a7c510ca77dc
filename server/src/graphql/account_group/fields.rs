//! The fields of an account group that need a service.

use async_graphql::{ComplexObject, Context};

use entity::account_access::AccessSubjectKind;

use crate::{
    domain::{
        Error, account_groups::AccountGroups, provider_accounts::ProviderAccounts,
        users::UserGroups,
    },
    graphql::{
        provider::account::ProviderAccount,
        resolver::{
            context::ContextExt as _,
            cost::{COUNT, one, page},
            error::Result,
        },
        share::state::AccountSharing,
        types::{account_group::AccountGroup, api_key::ApiKey, user::User, user_group::UserGroup},
    },
};

/// The most users or keys that a group lists.
const MAX_LISTED: i32 = 200;

#[ComplexObject]
impl AccountGroup {
    /// How the usage windows of its accounts are shared among its users.
    #[graphql(complexity = "one(child_complexity)")]
    async fn sharing(&self, ctx: &Context<'_>) -> Result<AccountSharing> {
        AccountSharing::of_group(ctx, Some(self.row_id)).await
    }

    /// The accounts of the group, by provider and label. Removed accounts are left out.
    #[graphql(complexity = "page(Some(10), None, child_complexity)")]
    async fn accounts(&self, ctx: &Context<'_>) -> Result<Vec<ProviderAccount>> {
        let accounts = ctx.service::<ProviderAccounts>();
        let mut accounts = accounts.find_many(&self.account_ids).await?;
        accounts.retain(|account| account.removed_at.is_none());
        accounts.sort_by_cached_key(|account| (account.kind, account.label.to_lowercase()));
        Ok(accounts.into_iter().map(ProviderAccount::from).collect())
    }

    /// The users whose own groups include this one, by name; archived users are left out. Those who use it only because
    /// it is the default are not among them.
    #[graphql(complexity = "page(Some(first), None, child_complexity)")]
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 50, desc = "The most users: 1 to 200.")] first: i32,
    ) -> Result<Vec<User>> {
        let groups = ctx.service::<AccountGroups>();
        let users = groups.users(self.row_id, limit(first)?).await?;
        Ok(users.into_iter().map(User::from).collect())
    }

    /// The groups of users whose own account groups include this one, by name.
    #[graphql(complexity = "10 * child_complexity")]
    async fn user_groups(&self, ctx: &Context<'_>) -> Vec<UserGroup> {
        let state = ctx.service::<AccountGroups>().access().current();
        let subjects = state.subjects_of(self.row_id);
        let mut groups = ctx.service::<UserGroups>().table().list();
        groups.retain(|group| subjects.contains(&(AccessSubjectKind::UserGroup, group.id)));
        groups.into_iter().map(UserGroup::from).collect()
    }

    /// The number of users whose own groups include this one.
    #[graphql(complexity = "COUNT")]
    async fn user_count(&self, ctx: &Context<'_>) -> Result<u64> {
        Ok(ctx
            .service::<AccountGroups>()
            .count_users(self.row_id)
            .await?)
    }

    /// The API keys whose own groups include this one, by name; revoked keys and those of archived users are left out.
    #[graphql(complexity = "page(Some(first), None, child_complexity)")]
    async fn api_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 50, desc = "The most keys: 1 to 200.")] first: i32,
    ) -> Result<Vec<ApiKey>> {
        let groups = ctx.service::<AccountGroups>();
        let keys = groups.api_keys(self.row_id, limit(first)?).await?;
        Ok(keys.into_iter().map(ApiKey::from).collect())
    }

    /// The number of API keys whose own groups include this one.
    #[graphql(complexity = "COUNT")]
    async fn api_key_count(&self, ctx: &Context<'_>) -> Result<u64> {
        Ok(ctx
            .service::<AccountGroups>()
            .count_api_keys(self.row_id)
            .await?)
    }
}

fn limit(first: i32) -> Result<u64> {
    match u64::try_from(first) {
        Ok(limit) if (1..=MAX_LISTED).contains(&first) => Ok(limit),
        _ => Err(Error::BadInput(format!("first must be between 1 and {MAX_LISTED}")).into()),
    }
}
