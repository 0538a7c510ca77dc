//! Which account groups users, keys and accounts belong to.

use async_graphql::{Context, ID, InputObject, Object, OneofObject, SimpleObject};

use super::changes::{ids, require_own_engine};
use crate::{
    domain::{
        Error,
        account_groups::{AccessSubject, AccountGroups},
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
        types::{api_key::ApiKey, user::User},
    },
};

/// A user or an API key: exactly one.
#[derive(OneofObject)]
enum AccountAccessSubject {
    /// The user's id.
    UserId(ID),
    /// The key's id.
    ApiKeyId(ID),
}

impl AccountAccessSubject {
    fn read(&self) -> Result<AccessSubject> {
        Ok(match self {
            Self::UserId(id) => AccessSubject::User(input::id(id, "user")?),
            Self::ApiKeyId(id) => AccessSubject::ApiKey(input::id(id, "API key")?),
        })
    }
}

/// The account groups to set for a user or key.
#[derive(InputObject)]
struct SetAccountAccessInput {
    /// The user or key.
    subject: AccountAccessSubject,
    /// The ids of the groups, 1 to 50, which replace the present ones; null to inherit: a key from its user, a user
    /// from the default group. To permit no account, set an empty group.
    #[graphql(validator(max_items = 50))]
    account_group_ids: Option<Vec<ID>>,
}

/// The result of `setAccountAccess`.
#[derive(SimpleObject)]
struct SetAccountAccessPayload {
    /// The user; null if the subject is a key.
    user: Option<User>,
    /// The key; null if the subject is a user.
    api_key: Option<ApiKey>,
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
    /// Set the account groups that a user or an API key may use. The groups of a key replace those of its user. Changes
    /// hold from the next request on. `NOT_FOUND` for an archived user and a revoked key.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn set_account_access(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The groups, and the user or key.")] input: SetAccountAccessInput,
        #[graphql(
            desc = "The `version` of the user or key that the change is based on; `CONFLICT` if it is another one now. Omit it to change the present state, whichever it is."
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
        let (user, api_key) = match subject {
            AccessSubject::User(id) => (loader.load_one(UserId(id)).await?, None),
            AccessSubject::ApiKey(id) => (None, loader.load_one(ApiKeyId(id)).await?),
        };
        Ok(SetAccountAccessPayload {
            user: user.map(User::from),
            api_key: api_key.map(ApiKey::from),
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
