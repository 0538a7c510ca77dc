//! Removing accounts.

use async_graphql::{Context, ID, Object, SimpleObject};
use entity::admin::Role;

use super::account::ProviderAccount;
use crate::{
    domain::provider_accounts::ProviderAccounts,
    graphql::{
        resolver::{context::ContextExt as _, error::Result, guard::AtLeast, input},
        types::provider::ProviderKind,
    },
};

/// A provider was disconnected.
#[derive(SimpleObject)]
struct DisconnectProviderPayload {
    /// The accounts that were removed.
    accounts: Vec<ProviderAccount>,
}

/// An account was removed.
#[derive(SimpleObject)]
struct RemoveProviderAccountPayload {
    /// The account, as it was.
    account: ProviderAccount,
}

#[derive(Debug, Default)]
pub(crate) struct RemoveProviderMutation;

#[Object]
impl RemoveProviderMutation {
    /// Forget an account's secret. The history stays.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn remove_provider_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which account.")] id: ID,
    ) -> Result<RemoveProviderAccountPayload> {
        let id = input::id(&id, "provider account")?;
        let account = ProviderAccount::from(ctx.service::<ProviderAccounts>().remove(id).await?);
        Ok(RemoveProviderAccountPayload { account })
    }

    /// Forget the secrets of all accounts at a provider. The history stays.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn disconnect_provider(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which provider.")] kind: ProviderKind,
    ) -> Result<DisconnectProviderPayload> {
        let removed = ctx.service::<ProviderAccounts>().disconnect(kind.into());
        let accounts = removed
            .await?
            .into_iter()
            .map(ProviderAccount::from)
            .collect();
        Ok(DisconnectProviderPayload { accounts })
    }
}
