//! Removing accounts.

use async_graphql::{Context, ID, Object, SimpleObject};

use super::account::ProviderAccount;
use crate::{
    domain::provider_accounts::ProviderAccounts,
    graphql::{
        resolver::{
            context::ContextExt as _,
            error::Result,
            guard::Declared,
            input,
            role::{Role, requires_role},
        },
        types::provider::ProviderKind,
    },
};

/// The result of `disconnectProvider`.
#[derive(SimpleObject)]
struct DisconnectProviderPayload {
    /// The removed accounts.
    accounts: Vec<ProviderAccount>,
}

/// The result of `removeProviderAccount`.
#[derive(SimpleObject)]
struct RemoveProviderAccountPayload {
    /// The removed account.
    account: ProviderAccount,
}

#[derive(Debug, Default)]
pub(crate) struct RemoveProviderMutation;

#[Object(guard = "Declared")]
impl RemoveProviderMutation {
    /// Remove an account and delete its secret. Its history stays.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn remove_provider_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account's id.")] id: ID,
    ) -> Result<RemoveProviderAccountPayload> {
        let id = input::id(&id, "provider account")?;
        let account = ProviderAccount::from(
            ctx.service::<ProviderAccounts>()
                .remove(&ctx.audit(), id)
                .await?,
        );
        Ok(RemoveProviderAccountPayload { account })
    }

    /// Remove all accounts of a provider and delete their secrets. Their history stays.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn disconnect_provider(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The provider.")] kind: ProviderKind,
    ) -> Result<DisconnectProviderPayload> {
        let accounts = ctx.service::<ProviderAccounts>();
        let removed = accounts.disconnect(&ctx.audit(), kind.into()).await?;
        let accounts = removed.into_iter().map(ProviderAccount::from).collect();
        Ok(DisconnectProviderPayload { accounts })
    }
}
