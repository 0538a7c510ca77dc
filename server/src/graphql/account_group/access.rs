//! Which account groups users, keys, groups of users and accounts belong to.

use async_graphql::{Context, ID, InputObject, Object, OneofObject, SimpleObject};

use super::changes::{ids, require_own_engine};
use crate::{
    domain::{
        Error,
        account_groups::{AccessSubject, AccountGroups},
        users::UserGroups,
    },
    graphql::{
        provider::account::ProviderAccount,
        resolver::{
            context::ContextExt as _,
            error::Result,
            guard::Declared,
            input,
            loaders::{AccountId, ApiKeyId, UserId},
            role::{Role, requires_role},
        },
        types::{api_key::ApiKey, user::User, user_group::UserGroup},
    },
};

/// A user, an API key or a group of users: exactly one.
#[expect(
    clippy::enum_variant_names,
    reason = "the names of the fields in the schema"
)]
#[derive(OneofObject)]
enum AccountAccessSubject {
    /// The user's id.
    UserId(ID),
    /// The key's id.
    ApiKeyId(ID),
    /// The id of the group of users.
    UserGroupId(ID),
}

impl AccountAccessSubject {
    fn read(&self) -> Result<AccessSubject> {
        Ok(match self {
            Self::UserId(id) => AccessSubject::User(input::id(id, "user")?),
            Self::ApiKeyId(id) => AccessSubject::ApiKey(input::id(id, "API key")?),
            Self::UserGroupId(id) => AccessSubject::UserGroup(input::id(id, "user group")?),
        })
    }
}

/// The account groups to set for a subject.
#[derive(InputObject)]
struct SetAccountAccessInput {
    /// The user, key or group of users.
    subject: AccountAccessSubject,
    /// The ids of the groups, 1 to 50, which replace the present ones; null to inherit: a key from its user, a user
    /// from the group of users, that from the default group. To permit no account, set an empty group.
    #[graphql(validator(max_items = 50))]
    account_group_ids: Option<Vec<ID>>,
}

/// The result of `setAccountAccess`.
#[derive(SimpleObject)]
struct SetAccountAccessPayload {
    /// The user; null if the subject is not one.
    user: Option<User>,
    /// The key; null if the subject is not one.
    api_key: Option<ApiKey>,
    /// The group of users; null if the subject is not one.
    user_group: Option<UserGroup>,
}

/// The result of `setProviderAccountGroups`.
#[derive(SimpleObject)]
struct SetProviderAccountGroupsPayload {
    /// The account.
    account: ProviderAccount,
}

#[derive(Debug, Default)]
pub(crate) struct AccountAccessMutation;

#[Object(guard = "Declared")]
impl AccountAccessMutation {
    /// Set the account groups that a user, an API key or the members of a group of users may use. The groups of a key replace
    /// those of its user, and those of a user replace those of the group of users. Changes hold from the next request on.
    /// `NOT_FOUND` for an archived user and a revoked key.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn set_account_access(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The groups, and the subject.")] input: SetAccountAccessInput,
        #[graphql(
            desc = "The `version` of the subject that the change is based on; `CONFLICT` if it is another one now. Omit it to change the present state, whichever it is."
        )]
        expected_version: Option<i32>,
    ) -> Result<SetAccountAccessPayload> {
        let subject = input.subject.read()?;
        let group_ids = input.account_group_ids.as_deref();
        let group_ids = group_ids.map(|all| ids(all, "account group")).transpose()?;
        if group_ids.is_some() {
            require_own_engine(ctx)?;
        }
        let (groups, audit) = (ctx.service::<AccountGroups>(), ctx.audit());
        let set = groups.set_access(&audit, subject, expected_version, group_ids.as_deref());
        set.await?;
        let loader = ctx.loader();
        let (mut user, mut api_key, mut user_group) = (None, None, None);
        match subject {
            AccessSubject::User(id) => user = loader.load_one(UserId(id)).await?,
            AccessSubject::ApiKey(id) => api_key = loader.load_one(ApiKeyId(id)).await?,
            AccessSubject::UserGroup(id) => {
                let groups = ctx.service::<UserGroups>();
                groups.reload().await?;
                user_group = groups.table().get(id);
            }
        }
        Ok(SetAccountAccessPayload {
            user: user.map(User::from),
            api_key: api_key.map(ApiKey::from),
            user_group: user_group.map(UserGroup::from),
        })
    }

    /// Set the account groups that an account is in. An account that is in no group is available to every caller without
    /// a group. Changes hold from the next request on.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn set_provider_account_groups(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account's id.")] id: ID,
        #[graphql(
            desc = "The ids of all its groups, at most 200, which replace the present ones.",
            validator(max_items = 200)
        )]
        account_group_ids: Vec<ID>,
    ) -> Result<SetProviderAccountGroupsPayload> {
        let id = input::id(&id, "provider account")?;
        let group_ids = ids(&account_group_ids, "account group")?;
        if !group_ids.is_empty() {
            require_own_engine(ctx)?;
        }
        let groups = ctx.service::<AccountGroups>();
        groups
            .set_groups_of_account(&ctx.audit(), id, &group_ids)
            .await?;
        let account = ctx.loader().load_one(AccountId(id)).await?;
        let what = "provider account";
        let account = account.map(ProviderAccount::from);
        Ok(SetProviderAccountGroupsPayload {
            account: account.ok_or(Error::NotFound { what })?,
        })
    }
}
