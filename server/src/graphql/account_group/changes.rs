//! Creating, changing and deleting account groups.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use uuid::Uuid;

use super::list;
use crate::{
    domain::{
        Error,
        account_groups::{
            AccountGroupChanges, AccountGroups, DeletedAccountGroup, NewAccountGroup,
        },
    },
    engine::{EngineHandle, EngineMode},
    graphql::{
        resolver::{
            context::ContextExt as _,
            error::Result,
            guard::Declared,
            input,
            role::{Role, requires_role},
        },
        types::account_group::AccountGroup,
    },
};

/// A new account group.
#[derive(InputObject)]
struct CreateAccountGroupInput {
    /// The name: 1 to 60 characters; `CONFLICT` if another group has it.
    name: String,
    /// The ids of its accounts, at most 1,000; none when omitted. An account may be in several groups.
    #[graphql(default, validator(max_items = 1000))]
    account_ids: Vec<ID>,
    /// Whether callers without a group of their own use this group. Another default stops being one.
    #[graphql(default)]
    is_default: bool,
}

/// Changes of an account group. Omitted fields stay as they are.
#[derive(InputObject)]
struct UpdateAccountGroupInput {
    /// The new name: 1 to 60 characters; `CONFLICT` if another group has it.
    name: MaybeUndefined<String>,
    /// The ids of all its accounts, at most 1,000, which replace the present ones. An account that is in no group
    /// afterwards is available to every caller without a group.
    #[graphql(validator(max_items = 1000))]
    account_ids: MaybeUndefined<Vec<ID>>,
    /// Whether callers without a group of their own use this group. Another default stops being one.
    is_default: MaybeUndefined<bool>,
}

/// The result of `createAccountGroup`.
#[derive(SimpleObject)]
struct CreateAccountGroupPayload {
    /// The group.
    account_group: AccountGroup,
}

/// The result of `updateAccountGroup`.
#[derive(SimpleObject)]
struct UpdateAccountGroupPayload {
    /// The group.
    account_group: AccountGroup,
}

/// The result of `deleteAccountGroup`.
#[derive(SimpleObject)]
struct DeleteAccountGroupPayload {
    /// The id of the deleted group.
    id: ID,
    /// The name of the deleted group.
    name: String,
    /// The number of users who were permitted it.
    user_count: u64,
    /// The number of API keys that were permitted it.
    api_key_count: u64,
    /// The number of groups of users that were permitted it.
    user_group_count: u64,
    /// The number of its accounts that are in no group now, so that callers without a group use them.
    released_account_count: u64,
}

impl From<DeletedAccountGroup> for DeleteAccountGroupPayload {
    fn from(deleted: DeletedAccountGroup) -> Self {
        Self {
            id: deleted.id.into(),
            name: deleted.name,
            user_count: deleted.users,
            api_key_count: deleted.api_keys,
            user_group_count: deleted.user_groups,
            released_account_count: deleted.released_accounts,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct AccountGroupMutation;

#[Object(guard = "Declared")]
impl AccountGroupMutation {
    /// Create an account group, at most 200. From the next request on only callers who are permitted it reach its
    /// accounts. `CONFLICT` with an external engine, which has its own accounts.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn create_account_group(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The values to create the group with.")] input: CreateAccountGroupInput,
    ) -> Result<CreateAccountGroupPayload> {
        require_own_engine(ctx)?;
        let new = NewAccountGroup {
            name: input.name,
            account_ids: ids(&input.account_ids, "provider account")?,
            is_default: input.is_default,
        };
        let groups = ctx.service::<AccountGroups>();
        let group = groups.create(&ctx.audit(), new).await?;
        let account_group = list::find(ctx, group.id)?;
        Ok(CreateAccountGroupPayload { account_group })
    }

    /// Update an account group. Changes hold from the next request on; requests in flight end as usual.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn update_account_group(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The group's id.")] id: ID,
        #[graphql(desc = "The changes.")] input: UpdateAccountGroupInput,
        #[graphql(
            desc = "The `version` that the change is based on; `CONFLICT` if it is another one now. Omit it to change the present state, whichever it is."
        )]
        expected_version: Option<i32>,
    ) -> Result<UpdateAccountGroupPayload> {
        let account_ids = input::change("accountIds", input.account_ids)?;
        let account_ids = account_ids.map(|all| ids(&all, "provider account"));
        let changes = AccountGroupChanges {
            name: input::change("name", input.name)?,
            account_ids: account_ids.transpose()?,
            is_default: input::change("isDefault", input.is_default)?,
        };
        let id = input::id(&id, "account group")?;
        let groups = ctx.service::<AccountGroups>();
        groups
            .update(&ctx.audit(), id, expected_version, changes)
            .await?;
        let account_group = list::find(ctx, id)?;
        Ok(UpdateAccountGroupPayload { account_group })
    }

    /// Delete an account group. Callers who were permitted only this group reach no account until they are permitted
    /// another one. Its accounts that are in no other group become available to every caller without a group. A group
    /// that has accounts, users or API keys needs `confirm: true`; otherwise `CONFLICT`, with a message that names the users
    /// who lose access. `CONFLICT` for the default group.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn delete_account_group(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The group's id.")] id: ID,
        #[graphql(
            desc = "The `version` that the deletion is based on; `CONFLICT` if it is another one now."
        )]
        expected_version: Option<i32>,
        #[graphql(default = false, desc = "Whether to delete it although it is in use.")]
        confirm: bool,
    ) -> Result<DeleteAccountGroupPayload> {
        let id = input::id(&id, "account group")?;
        let groups = ctx.service::<AccountGroups>();
        let deleted = groups
            .delete(&ctx.audit(), id, expected_version, confirm)
            .await?;
        Ok(deleted.into())
    }
}

pub(super) fn ids(ids: &[ID], what: &'static str) -> Result<Vec<Uuid>> {
    ids.iter().map(|id| input::id(id, what)).collect()
}

/// Fails with an external engine: its accounts are not this server's.
pub(super) fn require_own_engine(ctx: &Context<'_>) -> Result<()> {
    match ctx.service::<EngineHandle>().status().mode {
        EngineMode::Managed | EngineMode::Demo => Ok(()),
        EngineMode::External => Err(Error::Conflict(
            "account groups need an engine that this server runs; an external engine chooses among its own accounts"
                .to_owned(),
        )
        .into()),
    }
}
